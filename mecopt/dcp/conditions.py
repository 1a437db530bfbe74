"""The four optimality conditions, each judged at the point and the multipliers, worst miss first."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mecopt.dcp.cones import misses
from mecopt.dcp.point import Miss, objective, placed, slack
from mecopt.dcp.program import Block, ConeProgram, entry_name
from mecopt.dcp.report import Condition
from mecopt.instance import Array

STEPS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8)
"""Moves of one entry, relative to its variable, that are tried to show where the Lagrangian falls."""


def primal(worst: Miss, value: float, tol: float) -> Condition:
    """Is the point feasible, and in the objective's domain?"""
    if np.isnan(worst.relative):
        said = f"{worst.where}: has no value at the point."
        return Condition("primal feasibility", False, np.nan, worst.where, said)
    if worst.relative <= tol and not np.isfinite(value):
        said = "the objective has no value at the point: it lies outside the objective's domain."
        return Condition("primal feasibility", False, np.inf, "the objective", said)
    if worst.relative <= tol:
        return Condition("primal feasibility", True, worst.relative, "", "every constraint is met.")
    said = f"{worst.where}: missed by {worst.amount:.3g} ({worst.relative:.3g} of its largest term)."
    return Condition("primal feasibility", False, worst.relative, worst.where, said)


def dual(program: ConeProgram, given: Mapping[int, Array], names: list[str], tol: float) -> Condition:
    """Do the given multipliers have the right sign, or lie in the dual cone?"""
    worst, where, said = 0.0, "", ""
    for number, value in given.items():
        rows = program.rows_of(number)
        scale = float(np.max(np.abs(value), initial=0.0)) or 1.0
        for block in _pieces(program, rows):
            amount, entry = misses(block, value[block.rows])
            if amount / scale > worst:
                worst, where = amount / scale, f"constraint {names[number]}"
                if block.kind == "nonneg" and len(value) > 1:
                    where += f", entry {entry}"
                reason = "is negative" if block.kind == "nonneg" else "lies outside the dual cone"
                said = f"the multiplier of {where} {reason}, by {amount:.3g}."
    if worst <= tol:
        own = "yours have" if given else "those found have"
        return Condition("dual feasibility", True, worst, "", f"{own} the right signs.")
    return Condition("dual feasibility", False, worst, where, said)


def _pieces(program: ConeProgram, rows: slice) -> list[Block]:
    """The cones of a constraint, with rows counted from its first."""
    found = []
    for block in program.blocks:
        start, stop = max(block.start, rows.start), min(block.start + block.size, rows.stop)
        if start < stop:
            found.append(Block(block.kind, start - rows.start, stop - start))
    return found


def complementarity(
    problem: Any, used: Mapping[int, Array], names: list[str], scale: float, tol: float
) -> tuple[Condition, float]:
    """Is each multiplier's product with its constraint's slack zero? Also the products' sum."""
    total, worst, where, said = 0.0, 0.0, "", ""
    for number, value in used.items():
        constraint = problem.constraints[number]
        s = slack(constraint)
        products = value * s
        total += float(np.sum(products))
        whole = type(constraint).__name__ in ("SOC", "ExpCone")
        entry = int(np.argmax(np.abs(products)))
        amount = abs(float(np.sum(products) if whole else products[entry])) / scale
        if not amount <= worst:
            worst = amount
            where = f"constraint {names[number]}"
            if len(value) > 1 and not whole:
                where = entry_name(where, constraint.shape, entry)
            pair = (
                "multiplier and slack" if whole else f"multiplier {value[entry]:.3g} and slack {s[entry]:.3g}"
            )
            said = f"{where}: {pair} have the product {_worth(amount, scale)}."
    if worst <= tol:
        return Condition("complementarity", True, worst, "", "slack constraints have no price."), total
    return Condition("complementarity", False, worst, where, said), total


def at_point(
    problem: Any,
    x: Mapping[str, Array],
    used: Mapping[int, Array],
    names: list[str],
    least: float,
    moved: float,
    tol: float,
) -> list[Condition]:
    """Complementarity and stationarity; their misses are relative to the objective."""
    with placed(problem, x):
        scale = abs(objective(problem)) or 1.0  # an objective of 0 gives no scale: absolute then
        slackness, total = complementarity(problem, used, names, scale, tol)
    return [slackness, stationarity(problem, x, used, least, moved, total, scale, tol)]


def unjudged(why: str) -> list[Condition]:
    """The conditions on multipliers where there are none, or no point to judge them at."""
    said = f"cannot be judged: {why}."
    names = ("dual feasibility", "complementarity", "stationarity")
    return [Condition(name, False, np.nan, "", said) for name in names]


def stationarity(
    problem: Any,
    values: Mapping[str, Array],
    used: Mapping[int, Array],
    least: float,
    moved: float,
    total: float,
    scale: float,
    tol: float,
) -> Condition:
    """Does the point minimise the Lagrangian at the multipliers? `least` is the proved minimum."""
    sign = 1.0 if problem.objective.NAME == "minimize" else -1.0
    turn = "smallest" if sign > 0 else "largest"
    place = _falls(problem, values, used, sign) if moved > tol or least == -np.inf else ""
    if moved > tol:
        place = place or "no single variable"
        said = f"at these multipliers the Lagrangian has no {turn} value"
        said += f"; the nearest multipliers with one differ by {moved:.3g} of the largest."
        said += f" It runs off along {place}."
        return Condition("stationarity", False, moved, place, said)
    with placed(problem, values):
        here = sign * float(np.asarray(problem.objective.args[0].value).item())
    amount = (here - total - least) / scale
    if not np.isfinite(amount):
        said = "there is no bound on the Lagrangian to compare the point with."
        return Condition("stationarity", False, amount, place, said)
    if amount <= tol:
        said = f"the point makes the Lagrangian {turn}, to {max(amount, 0.0):.2g}."
        return Condition("stationarity", True, max(amount, 0.0), "", said)
    place = _falls(problem, values, used, sign)
    better = "lower" if sign > 0 else "higher"
    said = f"the Lagrangian can be {better} by {_worth(amount, scale)}"
    said += f"; most along {place}." if place else "; no single entry shows it, several must move together."
    return Condition("stationarity", False, amount, place, said)


def _worth(amount: float, scale: float) -> str:
    """A miss in the objective's unit, and relative to the objective where that has a size."""
    return f"{amount * scale:.3g} ({amount:.3g} of the objective)" if scale != 1.0 else f"{amount:.3g}"


@np.errstate(all="ignore")
def _falls(problem: Any, values: Mapping[str, Array], used: Mapping[int, Array], sign: float) -> str:
    """The entry whose move alone lowers the Lagrangian most, by trial: kinks have no gradient to trust."""

    def lagrangian(changed: Mapping[str, Array]) -> float:
        with placed(problem, changed):
            value = sign * float(np.asarray(problem.objective.args[0].value).item())
            return value - sum(float(y @ slack(problem.constraints[i])) for i, y in used.items())

    start, best, place = lagrangian(values), 0.0, ""
    tried = 0
    for variable in problem.variables():
        value = values[variable.name()]
        unit = float(np.max(np.abs(value), initial=0.0)) or 1.0
        for entry in range(variable.size):
            if (tried := tried + 1) > 200:  # a large model: what was found so far must do
                return place
            for step in (s * side for s in STEPS for side in (unit, -unit)):
                moved = value.ravel(order="F").copy()
                moved[entry] += step
                inside = variable.project(moved.reshape(value.shape, order="F"))
                change = np.ravel(np.asarray(inside) - value, order="F")[entry]
                try:
                    drop = start - lagrangian({**values, variable.name(): np.asarray(inside, dtype=float)})
                except (ValueError, TypeError):
                    continue
                if drop > best:
                    best = drop
                    way = "upwards" if change > 0 else "downwards"
                    name = entry_name(variable.name(), variable.shape, entry)
                    place = f"{name} {way} from {value.ravel(order='F')[entry]:.4g}"
    return place
