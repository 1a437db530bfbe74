"""The ways to compute a point of each problem, best first."""

from functools import partial

from mecopt.instance import Instance
from mecopt.loops.iteration import Trace
from mecopt.problem import TOL_SOLVER, Method

from . import algorithms, closed_form, exact, links, nlp, scip
from .algorithms import STARTS, algorithm_1, algorithm_2, loop, one_by_one
from .links import Plan


def _exact(name: str, mode: str, *, leave_out: tuple[str, ...] = ()) -> Method:
    return Method(
        name,
        "Algorithm G: branch and bound over the offloaded fraction, the rest convex in logarithms",
        one_by_one(partial(exact.solve_one, mode=mode), leave_out=leave_out),
        tol=TOL_SOLVER,
    )


def _half(s: Instance) -> tuple[Plan, Trace | None, str]:
    return exact.solve_one(s, "half")


def best_local(s: Instance) -> tuple[Plan, Trace | None, str]:
    """SLSQP from every start; the best of these and the special cases."""
    d = links.data(s)
    plans = exact.single_plans(s, "hybrid")
    if len(plans) == 2:
        plans += [nlp.refine(d, algorithms.start(s, name)) for name in STARTS]
    return min(plans, key=lambda x: links.objective(d, x)), None, ""


def _loops() -> tuple[Method, ...]:
    """Algorithms 1 and 2 from each start; the first start goes without saying."""
    found = []
    for key, what, algorithm in (
        ("cccp", "Algorithm 1 (CCCP)", algorithm_1),
        ("ibcd", "Algorithm 2 (inexact block coordinate descent)", algorithm_2),
    ):
        for name in STARTS:
            label = key if name == STARTS[0] else f"{key}:{name}"
            found.append(
                Method(
                    label, f"{what} from the start {name}", one_by_one(loop(algorithm, name)), aim="heuristic"
                )
            )
    return tuple(found)


HYBRID = (
    _exact("exact", "hybrid"),
    *(
        (Method("scip", "SCIP on the log-convex model", one_by_one(scip.solve_one), tol=1e-4),)
        if scip.available()
        else ()
    ),
    Method("nlp", "SLSQP in logarithms from every start", one_by_one(best_local), aim="heuristic"),
    *_loops(),
    Method(
        "cccp:gain",
        f"Algorithm 1 (CCCP) on P2 in the relay's gain, from the start {STARTS[0]}; noise_model 'fixed' only",
        one_by_one(algorithms.in_gain),
        aim="heuristic",
    ),
    Method("baseline:af-only", "everything over AF", one_by_one(algorithms.af_only), aim="heuristic"),
    Method("baseline:df-only", "everything over DF", one_by_one(algorithms.df_only), aim="heuristic"),
    Method("baseline:fdhr", "FDHR: half the band for each branch", one_by_one(_half), aim="heuristic"),
)

AF = (Method("closed-form", "best frequency (52) and best rate", closed_form.solve_af),)
DF = (
    Method(
        "closed-form",
        "best frequency (43) and energy-delay ratios (46), (49)",
        closed_form.solve_df,
        tol=1e-10,
    ),
)
FDHR = (_exact("exact", "half", leave_out=("omega",)),)
TDHR = (_exact("exact", "slots", leave_out=("omega",)),)
