"""`mecopt explain`: a problem in mathematics, its model node by node, its closed form."""

from pathlib import Path

import click

from mecopt.cli.common import AS_JSON, DONE, print_json


@click.command()
@click.argument("problem", metavar="PROBLEM|FILE.py:NAME")
@click.argument("instance", required=False, metavar="[INSTANCE.json]")
@click.option("--svg", metavar="FILE", help="Also draw the expression tree into FILE.")
@AS_JSON
def explain(problem: str, instance: str | None, svg: str | None, as_json: bool) -> int:
    """The problem in mathematics, the tree of its CVXPY model with sign and curvature of every node,
    the cones it compiles to, and the closed form and where it comes from.

    Signs are + (not negative), - (not positive), 0 and ± (either). Without INSTANCE.json a small
    instance of the paper's scenario is modelled. FILE.py:NAME is a CVXPY model of your own.

    \b
    mecopt explain tdma_ofdma.P2
    mecopt explain tdma_ofdma.P2 data.json --svg tree.svg
    """
    from mecopt import explain as explaining
    from mecopt.dcp import files
    from mecopt.errors import DataError
    from mecopt.jsonio import read_object
    from mecopt.problem import load_problem

    if files.is_model(problem):
        if instance is not None:
            raise click.UsageError("a model in a file takes no INSTANCE.json")
        found = explaining.explain_model(files.load_model(problem), problem)
    else:
        p = load_problem(problem)
        data = p.instance(read_object(instance)) if instance is not None else None
        found = explaining.explain(p, data)
    if svg is not None:
        if not found.trees:
            raise DataError("--svg", f"{problem} has no CVXPY model", "leave it out")
        try:
            Path(svg).write_text(explaining.as_svg(list(found.trees)), encoding="utf-8")
        except OSError as error:
            raise DataError(svg, f"cannot be written ({error.strerror})", "name another file") from None
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(str(found))
    return DONE
