"""The methods of JTORA, TO and UPA, by name."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from mecopt.instance import Instance
from mecopt.problem import TOL_SOLVER, Method
from mecopt.result import Point

from . import algorithms, closed_form
from .algorithms import bisection
from .model import forms, pattern_program, relaxation
from .terms import Decision, Terms, one_by_one, terms

WORK = 2_000_000_000
"""Evaluations that the exact search may take, some ten seconds; then the best found has to do."""

TOL_FORM = 1e-4
"""Default tolerance of the forms for teaching."""

TOL_SCIP = 1e-6
"""SCIP's rows are right to 1e-9 of utilities around 1; decisions closer than that are the same to it."""

RELAXED_BY, SOME = "CLARABEL", 1e-6
"""Solver of the relaxation, and the fraction of a user below which it is not on a slot."""

STOPPED = "stopped after {nodes} nodes: the bound says what is left"

Answer = tuple[Decision, str]


def solve_exactly(t: Terms, *, model: bool) -> Answer:
    """The optimal decision, in `model` of exact interference or not."""
    users, servers, subbands = t.shape
    found = algorithms.exact.solve(t, exact=model, max_nodes=WORK // (users * servers**2 * subbands))
    return found.decision, "" if found.complete else STOPPED.format(nodes=found.nodes)


def _settled(t: Terms, x: Decision, message: str = "") -> Point:
    """The decision with the powers that are best as all send."""
    point = closed_form.point(t, x, message)
    return replace(point, x={**point.x, "transmit_power": algorithms.coupled.powers(t, x)})


def _unknown(t: Terms, message: str) -> Point:
    """No decision, and why."""
    point = closed_form.point(t, Decision.none(t.shape[0]), message)
    return replace(point, x={name: np.full(array.shape, np.nan) for name, array in point.x.items()})


def _rounded(s: Instance, tol: float) -> Point:
    """Users on the slots where the relaxation has most of them."""
    from scipy.optimize import linear_sum_assignment

    t = terms(s)
    users, _, subbands = t.shape
    found = relaxation.solve(t, RELAXED_BY, tol)
    if found.said:
        return _unknown(t, found.said)
    share = np.where(found.share > SOME, found.share, 0.0).reshape(users, -1)
    x = Decision.none(users)
    for user, slot in zip(*linear_sum_assignment(share, maximize=True), strict=True):
        if share[user, slot] > 0:
            x.server[user], x.subband[user] = divmod(int(slot), subbands)
    return closed_form.point(t, x, f"without interference at most {found.bound:.9g}")


def _patterns(s: Instance, *, model: bool) -> Point:
    """The optimum by SCIP, nan where there are too many patterns."""
    t = terms(s)
    count = algorithms.columns.count(t)
    if count > algorithms.columns.MOST:
        return _unknown(t, f"{count} patterns are too many for SCIP here, at most {algorithms.columns.MOST}")
    made = algorithms.columns.columns(t, exact=model)
    taken, _, said = pattern_program.solve(made)
    if said:
        return _unknown(t, said)
    x = algorithms.columns.decision(t, made, taken)
    return _settled(t, x) if model else closed_form.point(t, x)


def _scip(*, model: bool) -> tuple[Method, ...]:
    """The pattern program where SCIP is installed."""
    summary = "which pattern of users each sub-band carries, by SCIP; small networks"
    run = one_by_one(lambda s: _patterns(s, model=model))
    return (Method("patterns:SCIP", summary, run, tol=TOL_SCIP),) if pattern_program.available() else ()


def _printed(s: Instance, **options: Any) -> Point:
    t = terms(s)
    found = algorithms.incremental.search(t, **options)
    return replace(closed_form.point(t, found.decision), trace=found.trace)


def _heuristic(name: str, summary: str, decide: Callable[[Terms], Decision]) -> Method:
    return Method(
        name, summary, one_by_one(lambda s: closed_form.point(t := terms(s), decide(t))), aim="heuristic"
    )


PRINTED = (
    Method(
        "local-search",
        "Algorithm 2 as printed, from the best single element, first improvement",
        one_by_one(_printed),
        aim="heuristic",
    ),
    Method(
        "local-search:empty",
        "Algorithm 2 from the empty set, as the text says",
        one_by_one(partial(_printed, start="empty")),
        aim="heuristic",
    ),
    Method(
        "local-search:best",
        "Algorithm 2 with the best improvement",
        one_by_one(partial(_printed, rule="best")),
        aim="heuristic",
    ),
    Method(
        "baseline:exhaustive",
        "every decision, small networks only",
        one_by_one(lambda s: closed_form.point(t := terms(s), *algorithms.exhaustive.solve(t))),
        aim="heuristic",
    ),
    Method(
        f"relaxation:{RELAXED_BY}",
        "the convex program without interference, rounded; says its bound",
        lambda s, tol: one_by_one(lambda one: _rounded(one, tol))(s, tol),
        aim="heuristic",
        tol=TOL_SOLVER,
    ),
    _heuristic(
        "baseline:distributed",
        "DORA: Algorithm 2 in each cell by itself",
        lambda t: algorithms.baselines.distributed(t),
    ),
    _heuristic(
        "baseline:greedy",
        "GOJRA: in each cell the largest gain first",
        lambda t: algorithms.baselines.greedy(t),
    ),
    _heuristic(
        "baseline:independent",
        "IOJRA: users in random order on random sub-bands if that alone pays",
        lambda t: algorithms.baselines.independent(t, np.random.default_rng(0)),
    ),
    _heuristic("baseline:all-local", "offload nothing", lambda t: Decision.none(t.shape[0])),
)

JTORA_METHODS = (
    Method(
        "exact",
        "branch and bound over users, powers as all send; large networks: the best found",
        one_by_one(lambda s: _settled(t := terms(s), *solve_exactly(t, model=True))),
    ),
    Method(
        "search",
        "best slots, trades and restarts, powers as all send",
        one_by_one(lambda s: _settled(t := terms(s), algorithms.restarts.search(t)[0])),
        aim="heuristic",
    ),
    *_scip(model=True),
    *PRINTED,
)

TO_METHODS = (
    Method(
        "exact",
        "branch and bound over users; large networks: the best found",
        one_by_one(lambda s: closed_form.point(t := terms(s), *solve_exactly(t, model=False))),
    ),
    _heuristic("search", "best slots, trades and restarts", lambda t: algorithms.restarts.search(t)[0]),
    *_scip(model=False),
    *PRINTED,
)


def upa_methods() -> tuple[Method, ...]:
    """Those of UPA; the quasiconvex form needs ECOS, for Clarabel gives up on its feasibility problems."""
    form = [("dinkelbach", "CLARABEL", forms.dinkelbach, "Dinkelbach's iteration on a convex program")]
    if find_spec("ecos"):
        form.append(("quasiconvex", "ECOS", forms.quasiconvex, "CVXPY's bisection for quasiconvex programs"))
    return (
        Method("closed-form", "the root of Omega by the rate exponent", closed_form.solve_power),
        Method("bisection", "Algorithm 1 as printed", bisection.solve, tol=TOL_SOLVER),
        *(
            Method(
                f"{name}:{solver}", f"{summary}, {solver}", _by(run, solver), aim="heuristic", tol=TOL_FORM
            )
            for name, solver, run, summary in form
        ),
    )


def _by(run: Callable[[Instance, str, float], Point], solver: str) -> Callable[[Instance, float], Point]:
    return lambda s, tol: one_by_one(lambda one: run(one, solver, tol))(s, tol)
