"""`mecopt solve` and `mecopt certify`: an instance, and the judgement of a point."""

import math

import click

from mecopt.cli.common import AS_JSON, DONE, FAILED, print_json


@click.command()
@click.argument("problem")
@click.argument("instance", metavar="INSTANCE.json")
@click.option("--method", help="One of those that `mecopt list` shows.  [default: the best]")
@click.option("--tol", type=float, help="Relative gap that earns `optimal`.  [default: the method's own]")
@click.option("--no-rigorous", is_flag=True, help="Certificate in floating point: faster, no proof.")
@AS_JSON
def solve(
    problem: str, instance: str, method: str | None, tol: float | None, no_rigorous: bool, as_json: bool
) -> int:
    """Solve an instance and certify the answer.

    INSTANCE.json holds one JSON object in SI units, "-" reads it from standard input; `mecopt list
    PROBLEM` names its entries. Exit status 1 when a method that aims at the optimum earns no
    certificate.

    \b
    mecopt solve tdma_ofdma.P2 data.json
    mecopt solve tdma_ofdma.P2 data.json --method cvxpy:CLARABEL --json
    """
    from mecopt.jsonio import read_object
    from mecopt.problem import load_problem
    from mecopt.report import answers

    p = load_problem(problem)
    chosen = p.method(method)
    _check_tol(tol)
    result = p.solve(p.instance(read_object(instance)), method=method, tol=tol, rigorous=not no_rigorous)
    if as_json:
        print_json(result.to_dict())
    else:
        answers.show_result(p, result)
    good = {"optimal", "infeasible"} | ({"feasible"} if chosen.aim == "heuristic" else set())
    return DONE if set(answers.flat(result.status)) <= good else FAILED


@click.command()
@click.argument("problem")
@click.argument("instance", metavar="INSTANCE.json")
@click.argument("point", metavar="POINT.json")
@click.option("--tol", default=1e-6, show_default=True, help="Relative gap that counts as optimal.")
@click.option("--no-rigorous", is_flag=True, help="Certificate in floating point: faster, no proof.")
@AS_JSON
def certify(problem: str, instance: str, point: str, tol: float, no_rigorous: bool, as_json: bool) -> int:
    """Judge your own point of an instance: value, feasibility, and a bound on the optimum.

    POINT.json maps the outputs that `mecopt list PROBLEM` names to numbers; prices are welcome but
    not needed. What `mecopt solve --json` prints will do as well. Exit status 1 when the point is
    not certified optimal within the tolerance.

    \b
    mecopt certify tdma_ofdma.P2 data.json point.json
    """
    from mecopt.jsonio import read_object
    from mecopt.problem import load_problem
    from mecopt.report import answers

    p = load_problem(problem)
    _check_tol(tol)
    s = p.instance(read_object(instance))
    x, prices = answers.split_point(p, read_object(point))
    certificate = p.certify(s, x, prices, rigorous=not no_rigorous, tol=tol)
    judged = answers.judgement(p, s, certificate, tol)
    if as_json:
        print_json(judged)
    else:
        answers.show_certificate(p, certificate, judged)
    return DONE if set(answers.flat(judged["status"])) == {"optimal"} else FAILED


def _check_tol(tol: float | None) -> None:
    if tol is not None and not 0 < tol < math.inf:
        raise click.UsageError(f"--tol {tol}: give a number above 0, such as 1e-8")
