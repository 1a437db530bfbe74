"""The command `mecopt`: verify, solve, certify, reproduce, list."""

import errno
import functools
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mecopt import MecoptError, SolverError, __version__

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; bad input never ends in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # statements hold letters that not every terminal has
    try:
        status = cli.main(args=arguments, prog_name="mecopt", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status or DONE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except MecoptError as error:
        click.echo(f"mecopt: {error}", err=True)
        return FAILED if isinstance(error, SolverError) else WRONG_INPUT
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        _drop_output()
        return FAILED
    except SystemExit as stop:  # click and rich leave this way when the reader of a pipe has gone
        _drop_output()
        return stop.code if isinstance(stop.code, int) else FAILED


def _drop_output() -> None:
    """Nobody reads any more: let the interpreter flush into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 a verdict or certificate failed, 2 the input is wrong.",
)
@click.version_option(__version__, prog_name="mecopt", message="%(prog)s %(version)s")
def cli() -> None:
    """mecopt checks optimization claims: closed forms, algorithms and theorems about convex problems.

    \b
    mecopt verify                          every claim of every paper
    mecopt list                            what there is
    mecopt solve tdma_ofdma.P2 data.json   an instance, with a certificate
    mecopt reproduce tdma_ofdma 3a         a figure of the paper
    """


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


@cli.command()
@click.argument("targets", nargs=-1, metavar="[PAPER|CLAIM]...")
@click.option("--samples", default=200, show_default=True, help="Cases to draw per claim.")
@click.option("--seed", default=0, show_default=True, help="The same seed draws the same cases.")
@click.option("--jobs", type=int, help="Processes to use.  [default: one per core]")
@click.option("--out", default="mecopt-report", show_default=True, help="Folder of the report.")
@click.option("--replay", metavar="FILE", help="Check the case of a counterexample file again.")
@AS_JSON
def verify(
    targets: tuple[str, ...],
    samples: int,
    seed: int,
    jobs: int | None,
    out: str,
    replay: str | None,
    as_json: bool,
) -> int:
    """Check claims: every one, or those of papers and ids.

    Each is tested on random and extreme cases, searched for a violation, and tried on misprints that
    the check must notice. Writes a report: index.html, verdicts.json, counterexamples.
    Exit status 1 when a verdict is not the recorded one.

    \b
    mecopt verify
    mecopt verify tdma_ofdma --samples 1000 --out report
    mecopt verify TDMA-L3 TDMA-T1b
    mecopt verify --replay mecopt-report/counterexamples/TDMA-T1d.json
    """
    if replay is not None:
        if targets:
            raise click.UsageError("--replay takes one file and no further targets")
        return _replay(replay, as_json=as_json)
    from mecopt import claims
    from mecopt.claims import collect
    from mecopt.report import terminal

    wanted = collect.find(targets or None)
    start = time.perf_counter()
    settings: dict[str, Any] = {"samples": samples, "seed": seed, "jobs": jobs, "out": out}
    with terminal.LiveTable(wanted, quiet=as_json) as table:
        verdicts = claims.verify(targets or None, progress=table, **settings)
    if as_json:
        _print_json({"claims": [v.to_dict() for v in verdicts]})
    else:
        page = str(Path(out) / "index.html")
        terminal.summary(verdicts, report=page, seconds=time.perf_counter() - start)
    return DONE if all(v.as_recorded for v in verdicts) else FAILED


def _replay(file: str, *, as_json: bool) -> int:
    """Done when the case still violates the claim, failed when it does not."""
    from mecopt import claims
    from mecopt.report import answers

    found = claims.replay(file)
    if as_json:
        _print_json(found.to_dict())
    else:
        answers.show_replay(found)
    return DONE if found.violated else FAILED


@cli.command()
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
        _print_json(result.to_dict())
    else:
        answers.show_result(p, result)
    good = {"optimal", "infeasible"} | ({"feasible"} if chosen.aim == "heuristic" else set())
    return DONE if set(answers.flat(result.status)) <= good else FAILED


@cli.command()
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
        _print_json(judged)
    else:
        answers.show_certificate(p, certificate, judged)
    return DONE if set(answers.flat(judged["status"])) == {"optimal"} else FAILED


@cli.command()
@click.argument("paper")
@click.argument("figure")
@click.option(
    "--samples", type=click.IntRange(1), default=20, show_default=True, help="Realisations to average over."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed draws the same."
)
@click.option("--out", default="mecopt-figures", show_default=True, help="Folder for the files.")
@AS_JSON
def reproduce(paper: str, figure: str, samples: int, seed: int, out: str, as_json: bool) -> int:
    """Compute a figure or table of a paper again: FIGURE is its name, or "all".

    Writes FIGURE.json and FIGURE.csv (the numbers) and FIGURE.png (needs the extra `plots`). Means have
    95 % confidence intervals; the caption says what was assumed. Exit status 1 when a realisation
    violates an order that is provable.

    \b
    mecopt reproduce tdma_ofdma 3a
    mecopt reproduce tdma_ofdma table-1 --samples 200 --out figures
    """
    from mecopt import figures
    from mecopt.report import plot, tables

    wanted = figures.find(paper, figure)
    figures.check_folder(out)
    memo: figures.Memo = {}
    answers = []
    for each in wanted:
        steps = samples * len(each.points)
        with click.progressbar(length=steps, label=f"{paper} {each.key}", file=sys.stderr) as bar:
            data = figures.reproduce(
                each, samples=samples, seed=seed, memo=memo, tick=functools.partial(bar.update, 1)
            )
        picture = plot.png(each, data) if plot.available() else None
        files = figures.write(data, out, picture=picture)
        answers.append({"paper": paper, **data, "files": files})
        if not as_json:
            tables.show(data, files)
    if not plot.available():
        click.echo(f"No picture: {plot.ADVICE}", err=True)
    for data in answers:
        for sentence in data["violations"]:
            click.echo(f"mecopt: {data['figure']}: {sentence}", err=True)
    if as_json:
        _print_json({"figures": answers})
    return FAILED if any(data["violations"] for data in answers) else DONE


@cli.command("list")
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
        _print_json(found)
    else:
        show(found)
    return DONE


def _check_tol(tol: float | None) -> None:
    if tol is not None and not 0 < tol < math.inf:
        raise click.UsageError(f"--tol {tol}: give a number above 0, such as 1e-8")


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


if __name__ == "__main__":
    sys.exit(main())
