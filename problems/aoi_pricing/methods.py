"""The methods of P1, P5, P5R and RA, by name."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from mecopt.instance import Instance
from mecopt.problem import TOL_EXACT, TOL_SOLVER, Method, stack
from mecopt.result import Point

from . import baselines, closed_form, exact, large, model, pricing
from .closed_form import Association, Prices, Terms
from .improvement import improve

Answer = tuple[Association, Prices | None, str]
"""An association, prices where the method has them, and a message."""

Solver = Callable[[Instance, Terms, float], Answer]


def as_point(t: Terms, x: Association, prices: Prices | None, message: str, *, with_shares: bool) -> Point:
    """The association with its best shares, as a point."""
    found = {"association": x.astype(np.float64)}
    if with_shares:
        found["bandwidth_share"], found["compute_share"] = closed_form.shares(t, x)
    names = ("bandwidth_price", "compute_price", "memory_price")
    return Point(found, dict(zip(names, prices, strict=True)) if prices else {}, message)


def _method(
    name: str,
    summary: str,
    solve: Solver,
    *,
    with_shares: bool,
    exact: bool = False,
    tol: float = TOL_EXACT,
) -> Method:
    def one(s: Instance, wanted: float) -> Point:
        t = closed_form.terms(s)
        return as_point(t, *solve(s, t, wanted), with_shares=with_shares)

    def run(s: Instance, wanted: float) -> Point:
        if not s.batch_shape:
            return one(s, wanted)
        points = [one(s[cell], wanted) for cell in np.ndindex(s.batch_shape)]
        return stack(points, s.batch_shape) if points else _empty(s, with_shares=with_shares)

    return Method(name, summary, run, aim="optimum" if exact else "heuristic", tol=tol)


def _empty(s: Instance, *, with_shares: bool) -> Point:
    """The point of a batch without instances."""
    shape = (*s.batch_shape, s.sizes["users"])
    names = ("association", "bandwidth_share", "compute_share")[: 3 if with_shares else 1]
    return Point({name: np.zeros(shape) for name in names}, {}, np.full(s.batch_shape, "", dtype=object))


def _exact(s: Instance, t: Terms, tol: float) -> Answer:
    found, prices = exact.solve(t, gap=tol / 2)
    assert found.solution is not None  # the search starts from one
    said = "" if found.gap <= tol else f"stopped with a gap of {found.gap:.2g}"
    return found.solution, prices, said


def _scip(s: Instance, t: Terms, tol: float) -> Answer:
    x, said = model.associate(s, seconds=exact.SECONDS)
    return x, None, said


def _paper(s: Instance, t: Terms, tol: float) -> Answer:
    found = pricing.paper(t)
    return found.best, found.prices, ""


def _last(s: Instance, t: Terms, tol: float) -> Answer:
    found = pricing.paper(t)
    return found.last, found.prices, ""


def _decreasing(s: Instance, t: Terms, tol: float) -> Answer:
    found = pricing.decreasing(t)
    return found.best, found.prices, ""


def _converging(s: Instance, t: Terms, tol: float) -> Answer:
    found = pricing.converging(t)
    return found.best, found.prices, ""


def _local_search(s: Instance, t: Terms, tol: float) -> Answer:
    found = pricing.converging(t)
    return improve(t, found.best), found.prices, ""


def _many(s: Instance, t: Terms, tol: float) -> Answer:
    found, prices = large.solve(t)
    return found, prices, ""


def _relaxation(s: Instance, t: Terms, tol: float) -> Answer:
    """The relaxed optimum with each task where its largest part is."""
    point = model.solve_relaxation(s, "CLARABEL", TOL_SOLVER)
    part = point.x["association_share"]
    local = 1 - np.sum(part, axis=-1, keepdims=True)
    x = np.argmax(np.concatenate([local, part], axis=-1), axis=-1) - 1
    prices = Prices(*(point.multipliers[k] for k in ("bandwidth_price", "compute_price", "memory_price")))
    return pricing.repaired(t, x, np.ones(len(x))), prices, str(point.message)


def _all_local(s: Instance, t: Terms, tol: float) -> Answer:
    return np.full(len(t.local_cost), -1), None, ""


def _baseline(scheme: baselines.Scheme) -> Solver:
    return lambda s, t, tol: (baselines.associate(t, scheme), None, "")


HEURISTICS: tuple[tuple[str, str, Solver], ...] = (
    ("local-search", "moves and exchanges from the best answer to prices", _local_search),
    ("pricing", "Algorithm 1 with constant steps, the best association it saw", _paper),
    ("pricing-last", "Algorithm 1 with constant steps, its last association", _last),
    ("pricing-diminishing", "Algorithm 1 with steps 4/(t + 2), the best association", _decreasing),
    ("pricing-level", "Algorithm 1 with steps that aim at a level, the best association", _converging),
    ("pricing-many", "prices from a sample of the devices, settled on all: for many devices", _many),
    ("relaxation", "each task where its largest part is in the relaxed optimum", _relaxation),
    ("baseline:random", "any server, a fifth local", _baseline("random")),
    ("baseline:max-sinr", "the server with the largest rate, a fifth local", _baseline("max-sinr")),
    ("baseline:max-compute", "the server that computes soonest, a fifth local", _baseline("max-compute")),
    ("baseline:combined", "the least of upload and computing, a fifth local", _baseline("combined")),
    ("baseline:all-local", "offload nothing", _all_local),
)


def association_methods(*, with_shares: bool) -> tuple[Method, ...]:
    """Methods of P1 (with shares) or P5."""
    found = [
        _method(
            "exact", "branch and bound by the dual value, proved", _exact, with_shares=with_shares, exact=True
        )
    ]
    if find_spec("pyscipopt"):
        summary = "mixed-integer second-order cone program, SCIP"
        found.append(
            _method("cvxpy:SCIP", summary, _scip, with_shares=with_shares, exact=True, tol=TOL_SOLVER)
        )
    found += [_method(*row, with_shares=with_shares) for row in HEURISTICS]
    return tuple(found)


def share(s: Instance, tol: float) -> Point:
    """RA in closed form, with its prices; any batch."""
    if not s.batch_shape:
        t = closed_form.terms(s)
        x = s.association.astype(np.intp)
        band, cores = closed_form.shares(t, x)
        on = closed_form.loads(t, x)
        prices = {"bandwidth_price": on.comm**2, "compute_price": on.comp**2}
        return Point({"bandwidth_share": band, "compute_share": cores}, prices)
    points = [share(s[cell], tol) for cell in np.ndindex(s.batch_shape)]
    if points:
        return stack(points, s.batch_shape)
    empty = np.zeros((*s.batch_shape, s.sizes["users"]))
    return Point(
        {"bandwidth_share": empty, "compute_share": empty}, {}, np.full(s.batch_shape, "", dtype=object)
    )


RA_METHODS = (Method("closed-form", "(22) and (24), square-root shares", share),)
