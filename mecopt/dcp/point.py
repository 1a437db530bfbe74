"""The point and the multipliers that somebody hands in, and what the model's own expressions say of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from mecopt.dcp.program import ConeProgram, entry_name
from mecopt.errors import DataError
from mecopt.instance import Array, numbers


@dataclass(frozen=True)
class Miss:
    """How far the point misses one constraint, absolutely and relative to its largest term, and where."""

    amount: float
    relative: float
    where: str


def read_values(problem: Any, values: Mapping[str, Any] | None) -> dict[str, Array]:
    """One finite array per variable, by name; without `values` those that the variables hold."""
    known = {variable.name(): variable for variable in problem.variables()}
    if values is None:
        values = {name: variable.value for name, variable in known.items()}
    _known_names("variable", values, list(known))
    found = {}
    for name, variable in known.items():
        allowed = f"give finite numbers of shape {variable.shape}"
        if values.get(name) is None:
            raise DataError(f"variable {name}", "has no value", allowed)
        given = values[name]
        array = numbers(f"variable {name}", given.toarray() if hasattr(given, "toarray") else given, allowed)
        if array.shape != variable.shape or not np.isfinite(array).all():
            what = f"has shape {array.shape}" if array.shape != variable.shape else "is not finite"
            raise DataError(f"variable {name}", what, allowed)
        found[name] = array
    return found


def _known_names(kind: str, given: Any, known: Sequence[str]) -> None:
    if not isinstance(given, Mapping):
        raise DataError(f"{kind}s", f"got {type(given).__name__}", "give a mapping from names to numbers")
    for name in given:
        if name not in known:
            raise DataError(f"{kind} {name}", "unknown", f"this model has: {', '.join(known) or 'none'}")


def constraint_names(problem: Any) -> list[str]:
    """Each constraint's label, or its position in the list of constraints."""
    labels = [getattr(c, "label", None) or str(number) for number, c in enumerate(problem.constraints)]
    return [name if labels.count(name) == 1 else str(number) for number, name in enumerate(labels)]


def read_multipliers(problem: Any, program: ConeProgram, given: Mapping[Any, Any] | None) -> dict[int, Array]:
    """Constraint number -> multiplier, in the order of the program's rows."""
    if given is None:
        return {}
    names = constraint_names(problem)
    if isinstance(given, Mapping):
        given = {str(name): value for name, value in given.items()}
    _known_names("multiplier", given, names)
    found = {}
    for number, name in enumerate(names):
        if given.get(name) is not None and any(p.constraint == number for p in program.parts):
            rows = program.rows_of(number)
            found[number] = _flat(f"multiplier {name}", problem.constraints[number], given[name], rows)
    return found


def _flat(name: str, constraint: Any, given: Any, rows: slice) -> Array:
    """A multiplier as CVXPY's `dual_value` has it, in the order of the rows: cone by cone."""
    size = rows.stop - rows.start
    kind = type(constraint).__name__
    allowed = f"give {size} finite numbers, as the constraint's dual_value has them"
    if kind in ("SOC", "ExpCone") and isinstance(given, Sequence) and len(given) in (2, 3):
        parts = [numbers(name, part, allowed) for part in given]
        if len(parts) != len(constraint.args) or sum(part.size for part in parts) != size:
            raise DataError(name, f"has parts of {[part.size for part in parts]} entries", allowed)
        array = _cone_by_cone(constraint, parts)
    else:
        array = numbers(name, given, allowed).ravel(order="F")
    if array.size != size or not np.isfinite(array).all():
        raise DataError(name, f"has {array.size} entries" if array.size != size else "is not finite", allowed)
    return array


@contextmanager
def placed(problem: Any, values: Mapping[str, Array]) -> Iterator[None]:
    """The model's variables at these values; what they held before comes back."""
    before = {variable: variable.value for variable in problem.variables()}
    try:
        for variable in before:
            variable.save_value(values[variable.name()])
        yield
    finally:
        for variable, value in before.items():
            variable.save_value(value)


@np.errstate(all="ignore")
def objective(problem: Any) -> float:
    """The objective at the placed values; nan outside its domain."""
    value = problem.objective.args[0].value
    return float(np.asarray(value).item()) if value is not None else np.nan


@np.errstate(all="ignore")
def slack(constraint: Any) -> Array:
    """What must lie in the constraint's cone, in the order of the program's rows; or an equality's miss."""
    kind = type(constraint).__name__
    if kind in ("SOC", "ExpCone"):
        arrays = [np.asarray(argument.value, dtype=np.float64) for argument in constraint.args]
        return _cone_by_cone(constraint, arrays)
    sign = 1.0 if kind == "NonNeg" else -1.0
    expression = constraint.expr if kind in ("Inequality", "Equality") else constraint.args[0]
    return sign * np.asarray(expression.value, dtype=np.float64).ravel(order="F")


def _cone_by_cone(constraint: Any, parts: Sequence[Array]) -> Array:
    """Arrays in the shapes of the constraint's arguments, put in the order of the rows."""
    if type(constraint).__name__ == "ExpCone":
        return np.stack([part.ravel(order="F") for part in parts], axis=-1).ravel()
    top = parts[0].ravel(order="F")
    shape = constraint.args[1].shape
    body = parts[1].reshape(shape if len(shape) == 2 else (parts[1].size, 1), order="F")
    rows = body.T if constraint.axis == 0 else body
    return np.concatenate([top[:, None], rows], axis=1).ravel()


@np.errstate(all="ignore")
def miss(problem: Any, number: int, name: str) -> Miss:
    """How far the placed values miss a constraint, relative to its largest term or variable."""
    constraint = problem.constraints[number]
    s, kind = slack(constraint), type(constraint).__name__
    if kind == "SOC":
        rows = s.reshape(np.size(constraint.args[0].value), -1)
        amounts = np.linalg.norm(rows[:, 1:], axis=1) - rows[:, 0]
    elif kind == "ExpCone":
        x, y, z = s.reshape(-1, 3).T
        reached = np.where(y > 0, y * np.exp(x / np.where(y > 0, y, 1.0)), np.where(x <= 0, 0.0, np.inf))
        amounts = np.maximum(reached - z, -y)
    else:
        amounts = np.abs(s) if kind in ("Equality", "Zero") else -s
    worst = int(np.argmax(np.where(np.isnan(amounts), np.inf, amounts)))
    amount = float(amounts[worst]) if np.isnan(amounts[worst]) else max(float(amounts[worst]), 0.0)
    terms = [np.max(np.abs(a.value)) for a in [*constraint.args, *constraint.variables()] if a.size]
    scale = float(np.nanmax(terms)) or 1.0
    shape = (
        constraint.shape if kind in ("Inequality", "Equality", "Zero", "NonNeg", "NonPos") else amounts.shape
    )
    where = entry_name(f"constraint {name}", shape, worst) if len(amounts) > 1 else f"constraint {name}"
    return Miss(amount, amount / scale, f"{where}, {short(constraint)}")


def short(constraint: Any) -> str:
    """The constraint as CVXPY prints it, on one line."""
    text = " ".join(str(constraint).split())
    return text if len(text) <= 70 else f"{text[:67]}..."


@np.errstate(all="ignore")
def outside_range(variable: Any, value: Array) -> Miss:
    """How far a value lies outside what the variable declares: its sign, bounds, symmetry."""
    off = np.abs(np.asarray(value - variable.project(value), dtype=np.float64)).ravel(order="F")
    worst = int(np.argmax(off))
    scale = float(np.max(np.abs(value))) or 1.0
    where = entry_name(variable.name(), variable.shape, worst)
    return Miss(float(off[worst]), float(off[worst]) / scale, f"{where}, the range it is declared with")
