"""`mecopt sweep`: many instances of a problem by one method, into a store."""

import math
from typing import Any

import click
from click.core import ParameterSource

from mecopt.cli.bench import into_store, running, sizes

PLAN = ("problem", "method", "tol", "instances", "seed", "size", "scenario", "timeout")


@click.command()
@click.argument("problem", required=False)
@click.option("--method", help="One of those that `mecopt list` shows.  [default: the best]")
@click.option("--tol", type=float, help="Relative gap that earns `optimal`.  [default: the method's own]")
@click.option("--instances", type=click.IntRange(1), default=100, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the first instance.")
@click.option("--size", multiple=True, metavar="NAME=N", help="Such as users=10.  [default: the problem's]")
@click.option("--scenario", metavar="NAME", help="One of the problem's.  [default: its first]")
@click.option(
    "--timeout", type=float, default=60.0, show_default=True, help="Seconds; then a solve is killed."
)
@click.option("--store", default="mecopt-sweep.sqlite", show_default=True, help="Where the results go.")
@running
@click.pass_context
def sweep(ctx: click.Context, /, **given: Any) -> int:
    """Solve many instances of PROBLEM by one method; values, points and certified errors go to a store.

    As safe as `mecopt bench`: what crashes or hangs costs its own instance, --resume goes on, --shard and
    --dask spread the work. `mecopt report STORE --csv FILE` exports the results.

    \b
    mecopt sweep tdma_ofdma.P1 --instances 1000
    mecopt sweep tdma_ofdma.P1 --method cvxpy:SCS --tol 1e-4 --size users=10
    """
    from mecopt.bench.plan import Plan
    from mecopt.problem import load_problem

    def plan() -> Plan:
        if given["problem"] is None:
            raise click.UsageError("name a PROBLEM, such as tdma_ofdma.P2, or --resume a store")
        chosen = load_problem(given["problem"]).method(given["method"])
        tol = chosen.tol if given["tol"] is None else given["tol"]
        if not 0 < tol < math.inf:
            raise click.UsageError(f"--tol {tol}: give a number above 0, such as 1e-8")
        return Plan(
            problems=(given["problem"],),
            solvers=(chosen.name,),
            accuracies=(f"{tol:g}",),
            units=("scaled",),
            instances=given["instances"],
            seed=given["seed"],
            sizes=sizes(given["size"]),
            scenarios=(given["scenario"],) if given["scenario"] else (),
            timeout=given["timeout"],
            repeats=0,
            keep_points=True,
        )

    stated = [name for name in PLAN if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    return into_store(given, plan, stated=bool(stated))
