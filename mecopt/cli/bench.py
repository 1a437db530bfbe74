"""`mecopt bench`: solvers against certified optima."""

import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mecopt.cli.common import AS_JSON, DONE, print_json

PLAN = (
    "problems",
    "solvers",
    "accuracy",
    "instances",
    "units",
    "seed",
    "size",
    "scenario",
    "timeout",
    "repeats",
)
"""The parameters that say what to do; the others say how."""


def names(text: str | None) -> tuple[str, ...] | None:
    """A comma-separated list of names; None for "all" and for nothing."""
    if text is None or text == "all":
        return None
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def sizes(given: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """NAME=N, several times."""
    found = {}
    for each in given:
        name, equals, count = each.partition("=")
        if not equals or not count.isdigit():
            raise click.UsageError(f"--size {each}: give NAME=N, such as users=10")
        found[name] = int(count)
    return tuple(found.items())


RUNNING = (
    click.option("--jobs", type=click.IntRange(1), help="Processes at a time.  [default: one per core]"),
    click.option("--resume", is_flag=True, help="Go on with the store; without PROBLEM with its last plan."),
    click.option("--shard", metavar="i/n", help="Only every n-th instance, for batch systems."),
    click.option(
        "--dask",
        metavar="ADDRESS",
        is_flag=False,
        flag_value="local",
        help="Run on the Dask scheduler there; without ADDRESS on a cluster of its own, here.",
    ),
    AS_JSON,
)


def running(command: Any) -> Any:
    """The options that `bench` and `sweep` share."""
    for option in reversed(RUNNING):
        command = option(command)
    return command


@click.command()
@click.argument("problems", nargs=-1, metavar="[PROBLEM|PAPER]...")
@click.option(
    "--solvers", help="Names of solvers and methods, with commas.  [default: all that aim at the optimum]"
)
@click.option(
    "--accuracy", default="low,medium,high", show_default=True, help="Relative errors 1e-3, 1e-6, 1e-9."
)
@click.option("--instances", type=click.IntRange(1), default=10, show_default=True, help="Per problem.")
@click.option("--units", default="scaled,si", show_default=True, help="Names with commas, or all.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the first instance.")
@click.option(
    "--size",
    multiple=True,
    metavar="NAME=N",
    help="Such as users=10, PAPER.users=10.  [default: the problem's]",
)
@click.option(
    "--scenario", multiple=True, metavar="NAME", help="Of problems that know it.  [default: their first]"
)
@click.option(
    "--timeout", type=float, default=60.0, show_default=True, help="Seconds; then a solve is killed."
)
@click.option(
    "--repeats", type=click.IntRange(0), default=3, show_default=True, help="Solves again, for the warm time."
)
@click.option("--store", default="mecopt-bench.sqlite", show_default=True, help="Where the results go.")
@running
@click.pass_context
def bench(ctx: click.Context, /, **given: Any) -> int:
    """Compare solvers and methods on instances whose optimum is certified.

    Every solve runs in a process of its own, which may crash and is killed at the time limit. Results are
    stored as they come; after an interruption --resume goes on where it stopped. `mecopt report` makes a
    page of a store.

    \b
    mecopt bench tdma_ofdma.P2 --instances 20 --units all
    mecopt bench --solvers CLARABEL,closed-form --accuracy high --timeout 5
    mecopt bench --resume
    mecopt bench tdma_ofdma --shard 3/16 --store part3.sqlite
    """
    from mecopt.bench.plan import Plan

    def plan() -> Plan:
        accuracies = names(given["accuracy"])
        return Plan(
            problems=problem_keys(given["problems"]),
            solvers=names(given["solvers"]),
            accuracies=accuracies if accuracies else ("low", "medium", "high"),
            units=names(given["units"]),
            instances=given["instances"],
            seed=given["seed"],
            sizes=sizes(given["size"]),
            scenarios=given["scenario"],
            timeout=given["timeout"],
            repeats=given["repeats"],
        )

    stated = [name for name in PLAN if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    return into_store(given, plan, stated=bool(stated))


def problem_keys(given: tuple[str, ...]) -> tuple[str, ...]:
    """Problems by key; a paper means all of its problems, nothing means everything."""
    from mecopt.bench.plan import every_problem
    from mecopt.problem import load_paper, load_problem

    if not given:
        return every_problem()
    found: list[str] = []
    for key in given:
        found += [load_problem(key).key] if "." in key else [p.key for p in load_paper(key).problems]
    return tuple(dict.fromkeys(found))


def into_store(given: dict[str, Any], plan: Any, *, stated: bool) -> int:
    """Run a plan into the store; with --resume and no plan stated, the store's last one."""
    from mecopt.bench import cluster
    from mecopt.bench import plan as plans
    from mecopt.bench.run import run
    from mecopt.bench.store import Store
    from mecopt.report.progress import Solves

    file, resume = Path(given["store"]), given["resume"]
    if resume and not stated:
        with Store(file, must_exist=True) as store:
            wanted = store.last_plan()
    else:
        wanted = plan()
    plans.check(wanted)
    cluster.check(given["dask"])
    plans.shard([], given["shard"])
    with Store(file, must_exist=resume) as store:
        if not resume and store.count():
            raise click.UsageError(f"{file} holds results: add --resume to go on, or name another --store")
        for key in plans.unvaried(wanted):
            click.echo(f"{key}: one instance only, its scenario is the same for every seed", err=True)
        start = time.perf_counter()
        with Solves(quiet=given["as_json"]) as progress:
            tally = run(
                wanted,
                store,
                jobs=given["jobs"],
                shard=given["shard"],
                dask=given["dask"],
                command=shlex.join(["mecopt", *sys.argv[1:]]),
                progress=progress,
            )
    found = {
        "store": str(file),
        "planned": tally.planned,
        "already_there": tally.skipped,
        "done": tally.done,
        "statuses": dict(tally.statuses),
        "seconds": time.perf_counter() - start,
    }
    if given["as_json"]:
        print_json(found)
    else:
        _say(found)
    return DONE


def _say(found: dict[str, Any]) -> None:
    parts = ", ".join(f"{count} {name}" for name, count in sorted(found["statuses"].items()))
    there = f", {found['already_there']} were there already" if found["already_there"] else ""
    click.echo(f"{found['done']} solves in {found['seconds']:.1f} s{': ' + parts if parts else ''}{there}")
    click.echo(f"stored in {found['store']}; mecopt report {found['store']} makes a page of it")
