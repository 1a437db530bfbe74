"""The referee: value, feasibility and an independent bound of a point, from the problem's own statement.

It never asks the method how it did. Multipliers handed in are tried as prices for the dual bound; where
they leave a gap, the statement searches its own. A rigorous certificate evaluates the bound, and the
objective at an exactly feasible neighbour of the point, in ball arithmetic: the optimum then lies
between `bound` and `upper`, whatever the floating-point code before it did.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, overload

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers, ball_arithmetic, lower, upper
from mecopt.errors import DataError
from mecopt.instance import Array, Instance, numbers
from mecopt.result import Certificate, Names

if TYPE_CHECKING:
    import cvxpy as cp

    from mecopt.dcp import Report


class Statement(Protocol):
    """What a problem tells the referee. `d` is what `lift` made of the data; results are `(*batch,)`."""

    def lift(self, ops: Arithmetic, s: Instance) -> Any:
        """The data in the given arithmetic, with derived quantities."""

    def infeasible(self, s: Instance) -> Names:
        """The violated condition in words, "" for feasible data."""

    def value(self, ops: Arithmetic, d: Any, x: Mapping[str, Any]) -> Numbers:
        """The objective."""

    def violations(self, d: Any, x: Mapping[str, Any]) -> Mapping[str, Array]:
        """Each constraint's violation relative to its bound (float data)."""

    def feasible_neighbour(self, ops: Arithmetic, d: Any, x: Mapping[str, Any]) -> Mapping[str, Any]:
        """A feasible point within rounding of one whose violations are rounding."""

    def bound(self, ops: Arithmetic, d: Any, prices: Mapping[str, Any]) -> Numbers:
        """A bound on the optimum, valid at any non-negative prices."""

    def best_prices(self, d: Any) -> Mapping[str, Array]:
        """The statement's own prices (float data).

        Entries that are no multiplier of the problem (the cuts and cells of a nonconvex one, say) are for
        `bound` alone; they have the batch axes first and any trailing shape.
        """


class Proving(Statement, Protocol):
    """A statement that can also bound the optimum by what a search found: a tree of parts, say."""

    def searched_bound(self, ops: Arithmetic, d: Any, found: Any) -> Numbers:
        """The bound that follows from it, in either arithmetic; `d` is one instance.

        Nothing in it is trusted: wrong numbers make the bound weaker, not wrong. Raises `DataError` for what
        it cannot read.
        """


class Searching(Proving, Protocol):
    """A statement that searches itself where prices leave a gap: branch and bound, say."""

    def search(self, d: Any, value: float, prices: Mapping[str, Array], tol: float) -> Any | None:
        """What shows that no point is better than this one's value, or goes some way there; None if
        nothing does.

        `d` is one instance in floats, `prices` the best so far; a gap of `tol` is small enough.
        """


NEIGHBOURHOOD = 1e-9
"""A point whose violation exceeds this has no feasible neighbour worth the name."""


@overload
def certify(
    model: Instance,
    x: Mapping[str, Any],
    multipliers: Mapping[str, Any] | None = None,
    *,
    rigorous: bool = True,
) -> Certificate: ...


@overload
def certify(
    model: "cp.Problem",
    x: Mapping[str, Any] | None = None,
    multipliers: Mapping[Any, Any] | None = None,
    *,
    rigorous: bool = True,
) -> "Report": ...


def certify(
    model: Any,
    x: Any = None,
    multipliers: Any = None,
    *,
    rigorous: bool = True,
) -> "Certificate | Report":
    """Judge anybody's point: of an instance of a paper's problem, or of any DCP model in CVXPY.

    For an instance, `x` maps output names to arrays `(*batch, *axes)`; `multipliers`, if given, are tried as
    prices (all of them, or none).

    For a `cvxpy.Problem` of linear, second-order and exponential cones, `x` maps variable names to arrays and
    `multipliers` constraints to arrays (labels, or positions in `problem.constraints`; the signs of CVXPY's
    `dual_value`, see `mecopt.dcp`). Without `x` the values that a solver left in the model are judged, and
    its word with them. The `Report` adds which optimality condition fails, where, and by how much.

    Raises `DataError` for a missing or unknown entry, a wrong shape or a wrong type.
    """
    if isinstance(model, Instance):
        return judge(model, {} if x is None else x, multipliers, rigorous=rigorous)
    if type(model).__module__.partition(".")[0] != "cvxpy":
        allowed = "give an instance, mecopt.load(KEY).instance({...}), or a cvxpy.Problem"
        raise DataError("instance", f"got {type(model).__name__}", allowed)
    from mecopt.dcp import certify_model

    return certify_model(model, x, multipliers, rigorous=rigorous)


@np.errstate(all="ignore")  # absurd points overflow; what comes of them is looked at
def evaluate(instance: Instance, x: Mapping[str, Any]) -> tuple[Array, Array]:
    """Objective and worst relative violation of a point, in floating point and without a bound: cheap.

    Raises `DataError` as `certify` does.
    """
    statement = instance.problem.statement
    point = _arrays(instance, instance.problem.outputs, x, "x")
    return _evaluated(statement, statement.lift(FLOAT, instance), point)


@np.errstate(all="ignore")
def judge(
    instance: Instance,
    x: Mapping[str, Any],
    multipliers: Mapping[str, Any] | None,
    *,
    rigorous: bool,
    tol: float = 1e-10,
    evidence: Any = None,
) -> Certificate:
    """Certificate of a point over the batch; the statement searches prices where the gap exceeds `tol`.

    `evidence` (see `Point`) is tried where they leave a gap.
    """
    problem = instance.problem
    point = _arrays(instance, problem.outputs, x, "x")
    minimise = problem.sense == "min"
    d = problem.statement.lift(FLOAT, instance)
    value, violation = _evaluated(problem.statement, d, point)
    prices, bound = _prices(instance, d, value, multipliers, tol)
    searched = _searched(instance, value, violation, prices, bound, tol, evidence)
    gap = np.where(violation <= NEIGHBOURHOOD, _gap(value, value, bound, minimise=minimise), np.nan)
    unproved = Certificate(
        value, bound, np.full_like(value, np.nan), gap, violation, np.zeros(value.shape, bool)
    )
    if not rigorous:
        return unproved.unwrapped()
    return _proved(instance, point, prices, searched, unproved).unwrapped()


def _evaluated(statement: Statement, d: Any, point: Mapping[str, Array]) -> tuple[Array, Array]:
    value = np.asarray(statement.value(FLOAT, d, point))
    violation = np.maximum.reduce([np.asarray(v) for v in statement.violations(d, point).values()])
    return value, np.maximum(violation, 0.0)  # nan stays nan


def _prices(
    instance: Instance, d: Any, value: Array, multipliers: Mapping[str, Any] | None, tol: float
) -> tuple[dict[str, Array], Array]:
    """The better of the prices handed in and, where those leave a gap, the statement's own."""
    problem, statement = instance.problem, instance.problem.statement
    minimise = problem.sense == "min"
    prices = {o.name: np.zeros(_shape(instance, o.axes)) for o in problem.multipliers}
    bound = np.full(value.shape, np.nan)
    hint = {} if multipliers is None else multipliers
    _check_names(problem.multipliers, hint, "multipliers")
    if prices and len(hint) == len(prices):
        given = _arrays(instance, problem.multipliers, hint, "multipliers")
        prices = {name: np.maximum(np.nan_to_num(array, posinf=0.0), 0.0) for name, array in given.items()}
        bound = np.asarray(statement.bound(FLOAT, d, prices))
        bound = np.where(np.isfinite(bound), bound, np.nan)  # absurd prices overflow: no bound
    left_open = ~(_gap(value, value, bound, minimise=minimise) <= tol)
    if not left_open.any():
        return prices, bound
    if left_open.ndim > 1 or not left_open.all():
        d = statement.lift(FLOAT, instance[left_open])
    own = statement.best_prices(d)
    own_bound = np.full(value.shape, np.nan)
    own_bound[left_open] = statement.bound(FLOAT, d, own)
    better = left_open & ~((bound >= own_bound) if minimise else (bound <= own_bound))
    for name, array in own.items():
        trailing = np.shape(array)[1 if value.shape else 0 :]
        found = np.zeros(value.shape + trailing)
        found[left_open] = array
        known = prices.get(name, np.zeros(value.shape + trailing))
        prices[name] = np.where(better.reshape(better.shape + (1,) * len(trailing)), found, known)
    return prices, np.where(better, own_bound, bound)


Searched = dict[tuple[int, ...], Any]
"""What searches found, by place in the batch."""


def _searched(
    instance: Instance,
    value: Array,
    violation: Array,
    prices: Mapping[str, Array],
    bound: Array,
    tol: float,
    evidence: Any,
) -> Searched:
    """What a search shows where prices leave a gap: the method's or, if it can, the statement's own.

    Raises `bound` in place where that helps.
    """
    statement: Any = instance.problem.statement
    if evidence is not None:
        _check_evidence(instance, evidence)
    elif not hasattr(statement, "search"):
        return {}
    minimise = instance.problem.sense == "min"
    wanted = (violation <= NEIGHBOURHOOD) & ~(_gap(value, value, bound, minimise=minimise) <= tol)
    results: Searched = {}
    for cell in map(tuple, np.argwhere(wanted)):
        d = statement.lift(FLOAT, instance[cell] if cell else instance)
        found = evidence[cell] if cell and evidence is not None else evidence
        if found is None and hasattr(statement, "search"):
            found = statement.search(d, float(value[cell]), {k: v[cell] for k, v in prices.items()}, tol)
        if found is not None:
            results[cell] = found
            new = float(statement.searched_bound(FLOAT, d, found))
            bound[cell] = np.fmax(bound[cell], new) if minimise else np.fmin(bound[cell], new)
    return results


def _check_evidence(instance: Instance, evidence: Any) -> None:
    key, shape = instance.problem.key, instance.batch_shape
    if not hasattr(instance.problem.statement, "searched_bound"):
        raise DataError("evidence", f"{key} has no use for any", "leave it out")
    if shape and getattr(evidence, "shape", None) != shape:
        what = f"give an object array of shape {shape}, as the method's point has it"
        raise DataError("evidence", f"got {type(evidence).__name__} for a batch", what)


def _proved(
    instance: Instance,
    x: Mapping[str, Array],
    prices: Mapping[str, Array],
    searched: Searched,
    found: Certificate,
) -> Certificate:
    """Replace bound and gap by what ball arithmetic proves."""
    statement, minimise = instance.problem.statement, instance.problem.sense == "min"
    near = found.infeasibility <= NEIGHBOURHOOD
    usable = {name: np.where(np.isfinite(array), array, 0.0) for name, array in x.items()}
    with ball_arithmetic() as ops:
        d = statement.lift(ops, instance)
        bounds = np.asarray(statement.bound(ops, d, prices), dtype=object)
        values = np.asarray(
            statement.value(ops, d, statement.feasible_neighbour(ops, d, usable)), dtype=object
        )
        # a lower bound errs downwards and the value upwards; the other way round when maximising
        for cell, evidence in searched.items():
            one = statement.lift(ops, instance[cell] if cell else instance)
            better = ops.maximum if minimise else ops.minimum
            shown = statement.searched_bound(ops, one, evidence)  # type: ignore[attr-defined]
            bounds[cell] = better(bounds[cell], shown) if bounds[cell].is_finite() else shown
        outwards = (lower, upper) if minimise else (upper, lower)
        bound = np.array([outwards[0](b) for b in bounds.ravel()]).reshape(found.value.shape)
        reached = np.array([outwards[1](b) for b in values.ravel()]).reshape(found.value.shape)
    reached = np.where(near & np.isfinite(reached), reached, np.nan)
    proved = np.isfinite(bound) & np.isfinite(reached)
    worst = np.fmax(reached, found.value) if minimise else np.fmin(reached, found.value)
    gap = _gap(np.where(proved, worst, found.value), found.value, bound, minimise=minimise)
    gap = np.where(near, gap, np.nan)
    return Certificate(found.value, bound, reached, gap, found.infeasibility, proved)


def _gap(reached: Array, value: Array, bound: Array, *, minimise: bool) -> Array:
    """Distance to the bound relative to the value; 0 when both are equal, inf relative to 0.

    A value better than the bound (a constraint missed within tolerance) is as far off as one that is worse.
    """
    distance = np.maximum(np.abs(value - bound), reached - bound if minimise else bound - reached)
    return np.where(distance == 0, 0.0, distance / np.abs(value))


def _shape(instance: Instance, axes: tuple[str, ...]) -> tuple[int, ...]:
    return instance.batch_shape + tuple(instance.sizes[axis] for axis in axes)


def _check_names(outputs: Any, given: Any, group: str) -> None:
    if not isinstance(given, Mapping):
        raise DataError(group, f"got {type(given).__name__}", "give a mapping from output names to arrays")
    names = {output.name for output in outputs}
    for name in given:
        if name not in names:
            raise DataError(f"{group}.{name}", "unknown entry", f"allowed: {', '.join(sorted(names))}")


def _arrays(instance: Instance, outputs: Any, given: Mapping[str, Any], group: str) -> dict[str, Array]:
    """The point's arrays, checked against the problem's outputs."""
    _check_names(outputs, given, group)
    arrays = {}
    for output in outputs:
        shape = _shape(instance, output.axes)
        allowed = f"give numbers of shape {shape} ({output.unit})"
        if output.name not in given:
            raise DataError(f"{group}.{output.name}", "missing", allowed)
        array = numbers(f"{group}.{output.name}", given[output.name], allowed)
        if array.shape != shape:
            raise DataError(f"{group}.{output.name}", f"has shape {array.shape}", allowed)
        arrays[output.name] = array
    return arrays
