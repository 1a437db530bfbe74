"""`mecopt solve` and `mecopt certify`: an instance, and the judgement of a point."""

import math

import click

from mecopt.cli.common import AS_JSON, DONE, FAILED, print_json


@click.command()
@click.argument("problem")
@click.argument("instance", metavar="INSTANCE.json")
@click.option("--method", help="One of those that `mecopt list` shows.  [default: the best]")
@click.option("--tol", type=float, help="Relative gap that earns `optimal`.  [default: the method's own]")
@click.option(
    "--option", "options", multiple=True, metavar="NAME=NUMBER", help="A limit of the method's own."
)
@click.option("--no-rigorous", is_flag=True, help="Certificate in floating point: faster, no proof.")
@AS_JSON
def solve(
    problem: str,
    instance: str,
    method: str | None,
    tol: float | None,
    options: tuple[str, ...],
    no_rigorous: bool,
    as_json: bool,
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
    limits = _limits(options)
    chosen.limited(limits, where=p.key)  # complains before anything is read
    result = p.solve(
        p.instance(read_object(instance)), method=method, tol=tol, rigorous=not no_rigorous, options=limits
    )
    if as_json:
        print_json(result.to_dict())
    else:
        answers.show_result(p, result)
    good = {"optimal", "infeasible"} | ({"feasible"} if chosen.aim == "heuristic" else set())
    return DONE if set(answers.flat(result.status)) <= good else FAILED


@click.command()
@click.argument("problem", metavar="PROBLEM|FILE.py:NAME")
@click.argument("files", nargs=-1, required=True, metavar="[INSTANCE.json] POINT.json")
@click.option("--tol", default=1e-6, show_default=True, help="Relative gap that counts as optimal.")
@click.option("--no-rigorous", is_flag=True, help="Certificate in floating point: faster, no proof.")
@AS_JSON
def certify(problem: str, files: tuple[str, ...], tol: float, no_rigorous: bool, as_json: bool) -> int:
    """Judge your own point: value, feasibility, and a bound on the optimum.

    Of a PROBLEM of a paper: POINT.json maps the outputs that `mecopt list PROBLEM` names to numbers;
    prices are welcome but not needed. What `mecopt solve --json` prints will do as well.

    Of a CVXPY model, the cvxpy.Problem NAME in FILE.py (or a function NAME that returns one): POINT.json
    maps variable names to numbers, or is {"x": {...}, "multipliers": {...}} with CVXPY's dual values by
    constraint (label or position). The answer names the optimality condition that fails, where, and by
    how much. FILE.py is run: certify only files that you trust.

    Exit status 1 when the point is not certified optimal within the tolerance, or a multiplier fails.

    \b
    mecopt certify tdma_ofdma.P2 data.json point.json
    mecopt certify model.py:problem point.json
    """
    from mecopt.dcp import files as models

    _check_tol(tol)
    own = models.is_model(problem)
    if len(files) != (1 if own else 2):
        wanted = "FILE.py:NAME POINT.json" if own else "PROBLEM INSTANCE.json POINT.json"
        raise click.UsageError(f"got {len(files)} files; give {wanted}")
    if own:
        return _certify_model(problem, files[0], tol, rigorous=not no_rigorous, as_json=as_json)
    from mecopt.jsonio import read_object
    from mecopt.problem import load_problem
    from mecopt.report import answers

    p = load_problem(problem)
    s = p.instance(read_object(files[0]))
    x, prices = answers.split_point(p, read_object(files[1]))
    certificate = p.certify(s, x, prices, rigorous=not no_rigorous, tol=tol)
    judged = answers.judgement(p, s, certificate, tol)
    if as_json:
        print_json(judged)
    else:
        answers.show_certificate(p, certificate, judged)
    return DONE if set(answers.flat(judged["status"])) == {"optimal"} else FAILED


def _limits(options: tuple[str, ...]) -> dict[str, float]:
    """NAME=NUMBER pairs as a mapping."""
    found = {}
    for text in options:
        name, _, number = text.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            raise click.UsageError(f"--option {text}: give a name and a number, such as seconds=10") from None
    return found


def _certify_model(target: str, point: str, tol: float, *, rigorous: bool, as_json: bool) -> int:
    from mecopt.dcp import certify_model, files
    from mecopt.jsonio import read_object

    values, multipliers = files.split_point(read_object(point))
    report = certify_model(files.load_model(target), values, multipliers, rigorous=rigorous, tol=tol)
    if as_json:
        print_json({"model": target, **report.to_dict()})
    else:
        click.echo(str(report))
    return DONE if report.status == "optimal" and not report.failed else FAILED


def _check_tol(tol: float | None) -> None:
    if tol is not None and not 0 < tol < math.inf:
        raise click.UsageError(f"--tol {tol}: give a number above 0, such as 1e-8")
