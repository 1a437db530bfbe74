"""The methods of P4, P4R and P5, by name."""

from functools import partial
from importlib.util import find_spec

import numpy as np

from mecopt.instance import Instance
from mecopt.problem import TOL_SOLVER, Method
from mecopt.result import Point
from mecopt.solvers import installed

from ..algorithms import one_by_one
from . import (
    averaged,
    branch_and_bound,
    dual,
    exact,
    local_search,
    model,
    outer_approximation,
    phases,
    water_filling,
)

RELAXATION_SOLVERS = ("CLARABEL", "ECOS")
"""In this order. CLARABEL has not failed on the paper's scenarios, ECOS has where there are many shares."""

WHOLE = 1e-5
"""Shares this close to 0 and 1 are a solver's 0 and 1; the referee judges the rounded point."""

FRACTIONAL = (
    "the optimum of the relaxation shares sub-channels: not a point of P4, its value is a lower bound"
)


def relax(s: Instance, tol: float = TOL_SOLVER) -> Point:
    """The relaxed optimum of one instance: by the first solver that leaves no gap, else from the dual."""
    available = {row.name for row in installed(model.CONES)}
    for name in filter(available.__contains__, RELAXATION_SOLVERS):
        found = model.solve(s, name, tol)
        if not found.message:
            point, gap = dual.settle(s, found)
            if gap <= tol:
                return point
    return dual.solve(s, tol)


def relaxation(s: Instance, tol: float) -> Point:
    """The relaxed optimum as an answer to P4, which it is only if no sub-channel is shared."""
    point = relax(s, tol)
    share = point.x["subchannel_assignment"]
    whole = np.round(share)
    if np.max(np.abs(share - whole)) <= WHOLE:
        bits = water_filling.fill(water_filling.terms(s), whole).bits
        return Point({"subchannel_assignment": whole, "offloaded_bits": bits}, point.multipliers)
    return Point(point.x, point.multipliers, point.message or FRACTIONAL)


SCIP_HERE = find_spec(outer_approximation.SCIP.package) is not None

P4_METHODS = (
    Method(
        "branch-and-bound",
        "a point with a proved gap: numbers of sub-channels first, then who holds which",
        lambda s, tol, **limits: one_by_one(partial(branch_and_bound.solve, tol=tol, **limits))(s, tol),
        aim="heuristic",
        tol=TOL_SOLVER,
        options={"seconds": branch_and_bound.SECONDS, "max_parts": branch_and_bound.MAX_PARTS},
    ),
    Method(
        "phases",
        "Phases 1 to 4, the bits of Phase 2 kept",
        one_by_one(partial(phases.heuristic, keep_total=True)),
        aim="heuristic",
    ),
    Method(
        "phases-reoptimised",
        "Phases 1 to 4, the bits settled anew in Phase 4",
        one_by_one(partial(phases.heuristic, keep_total=False)),
        aim="heuristic",
    ),
    Method(
        "local-search",
        "single gifts and exchanges from the rounded relaxation and from the phases",
        one_by_one(partial(local_search.solve, relax=relax)),
        aim="heuristic",
    ),
    Method(
        "exact",
        "the best partition by dynamic programming, up to 18 sub-channels for 8 users",
        one_by_one(exact.solve),
    ),
    Method(
        "milp:HIGHS",
        "mixed-integer outer approximation by tangents, for small instances",
        lambda s, tol: one_by_one(partial(outer_approximation.solve, tol=tol))(s, tol),
        tol=TOL_SOLVER,
    ),
    *(
        Method(
            "milp:SCIP",
            "the same with the programs solved by SCIP",
            lambda s, tol: one_by_one(
                partial(outer_approximation.solve, tol=tol, solver=outer_approximation.SCIP)
            )(s, tol),
            tol=TOL_SOLVER,
        )
        for _ in range(SCIP_HERE)
    ),
    Method(
        "relaxation",
        "a lower bound: sub-channels may be shared",
        lambda s, tol: one_by_one(partial(relaxation, tol=tol))(s, tol),
        aim="heuristic",
        tol=TOL_SOLVER,
    ),
    Method(
        "baseline:relaxation-rounding",
        "every sub-channel to the largest share in the relaxation",
        one_by_one(partial(phases.rounded, relax=relax)),
        aim="heuristic",
    ),
    Method(
        "baseline:greedy",
        "every sub-channel to the highest priority",
        one_by_one(phases.greedy),
        aim="heuristic",
    ),
    Method("baseline:all-local", "offload nothing", one_by_one(phases.all_local), aim="heuristic"),
)

P4R_METHODS = (
    Method(
        "relaxation",
        "the CVXPY model by the first solver that leaves no duality gap, else `ellipsoid`",
        lambda s, tol: one_by_one(partial(relax, tol=tol))(s, tol),
        tol=TOL_SOLVER,
    ),
    Method(
        "ellipsoid",
        "the dual by the ellipsoid method, shares by a linear program",
        lambda s, tol: one_by_one(partial(dual.solve, tol=tol))(s, tol),
        tol=TOL_SOLVER,
    ),
)

P5_METHODS = (Method("closed-form", "Theorem 1 on the averaged gains, exact", averaged.solve),)
