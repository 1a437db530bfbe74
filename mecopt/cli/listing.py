"""`mecopt list`: what there is."""

import click

from mecopt.cli.common import AS_JSON, DONE, print_json


@click.command("list")
@click.argument("problem", required=False)
@AS_JSON
def list_(problem: str | None, as_json: bool) -> int:
    """Papers, problems, methods and numbers of claims; for one PROBLEM also its data and outputs.

    \b
    mecopt list
    mecopt list tdma_ofdma.P2
    """
    from mecopt.report import answers

    if problem is None:
        found = answers.papers_as_dict()
        show = answers.show_papers
    else:
        from mecopt.problem import load_problem

        found = answers.problem_as_dict(load_problem(problem))
        show = answers.show_problem
    if as_json:
        print_json(found)
    else:
        show(found)
    return DONE
