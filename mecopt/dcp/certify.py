"""Certify a point of anybody's CVXPY model."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mecopt.dcp import bounds, conditions, oracle
from mecopt.dcp.point import (
    Miss,
    constraint_names,
    miss,
    objective,
    outside_range,
    placed,
    read_multipliers,
    read_values,
)
from mecopt.dcp.program import ConeProgram, compile_model
from mecopt.dcp.report import Report
from mecopt.errors import DataError
from mecopt.instance import Array

CLAIMS = ("optimal", "optimal_inaccurate")


def certify_model(
    problem: Any,
    values: Mapping[str, Any] | None = None,
    multipliers: Mapping[Any, Any] | None = None,
    *,
    rigorous: bool = True,
    tol: float = 1e-6,
) -> Report:
    """Judge a point of a DCP model of linear, second-order and exponential cones.

    `values` maps variable names to arrays; without it the variables' present values are judged, and the
    solver's word with them. `multipliers` maps constraints (labels, or positions in `problem.constraints`)
    to arrays in the form of CVXPY's `dual_value`; those left out are filled in. Signs: see `mecopt.dcp`.
    Raises `DataError` for a model that is not DCP or needs other cones, and for values that do not fit it.
    """
    if not isinstance(tol, int | float) or isinstance(tol, bool) or not 0 < tol < np.inf:
        raise DataError("tol", f"got {tol!r}", "give a relative gap above 0, such as 1e-6")
    program = compile_model(problem)
    own = values is None
    x = read_values(problem, values)
    given = read_multipliers(problem, program, multipliers)
    names = constraint_names(problem)
    value, worst = at_point(problem, x, names)
    notes: list[str] = []
    best, user, moved = _bounds(program, given, notes, rigorous=rigorous)
    judged = user or best
    rows = {p.constraint: program.rows_of(p.constraint) for p in program.parts if p.constraint is not None}
    used = {number: judged.y[place] for number, place in rows.items()} | given
    bound = max(best.value, user.value if user else -np.inf)
    top = np.inf
    if rigorous and worst.relative <= tol and np.isfinite(value):
        top, why = bounds.reached(program, columns_of(program, x))
        notes += [why] if why else []
    found = [conditions.primal(worst, value, tol)]
    if not best.known:
        found += conditions.unjudged("the model has no multipliers that the oracle could find")
    elif not np.isfinite(value) or np.isnan(worst.relative):
        found += conditions.unjudged("the model has no value at the point")
    else:
        found.append(conditions.dual(program, given, names, tol))
        found += conditions.at_point(problem, x, used, names, judged.value, moved, tol)
    proved = (user if user and user.value >= best.value else best).rigorous
    report = Report(
        sense="min" if program.sign > 0 else "max",
        value=value,
        bound=program.sign * bound,
        upper=program.sign * top if np.isfinite(top) else np.nan,
        gap=_gap(program.sign * value, bound, top),
        infeasibility=worst.relative,
        rigorous=bool(proved and np.isfinite(top)),
        tol=tol,
        conditions=tuple(found),
        multipliers={names[i]: y for i, y in used.items()},
        lagrangian=_lagrangian(program, names),
        notes=tuple(notes),
    )
    return _with_claim(report, problem) if own else report


def at_point(problem: Any, x: Mapping[str, Array], names: list[str]) -> tuple[float, Miss]:
    """The objective and the worst miss, in the model's own expressions."""
    with placed(problem, x):
        value = objective(problem)
        found = [miss(problem, number, name) for number, name in enumerate(names)]
    found += [outside_range(variable, x[variable.name()]) for variable in problem.variables()]
    unknown = [m for m in found if np.isnan(m.relative)]
    return value, unknown[0] if unknown else max(found, key=lambda m: m.relative)


def _bounds(
    program: ConeProgram, given: Mapping[int, Array], notes: list[str], *, rigorous: bool
) -> tuple[bounds.Bound, bounds.Bound | None, float]:
    """The best bound, that of the given multipliers, and how far those had to be moved."""
    guess = oracle.solve(program.c, program.A, program.b, program.blocks)
    if not guess.usable:
        notes.append(f"the oracle found no optimum of the model ({guess.said}): there is no bound")
        nothing = bounds.Bound(-np.inf, np.zeros(len(program.b)), False, known=False)
        return nothing, None, 0.0
    inner, direction = (
        oracle.inside_dual(program.c, program.A, program.b, program.blocks) if rigorous else (None, guess.z)
    )
    loose = bounds.unbounded_sentence(program, direction)
    best = bounds.dual_bound(program, guess.y, inner, loose, rigorous=rigorous)
    notes += [f"no bound is proved: {best.why}"] if best.why else []
    if not given:
        return best, None, 0.0
    y, moved = bounds.with_multipliers(program, given, guess.y)
    return best, bounds.dual_bound(program, y, inner, loose, rigorous=rigorous), moved


def columns_of(program: ConeProgram, x: Mapping[str, Array]) -> Array:
    """The point in the program's columns."""
    from cvxpy.reductions.cvx_attr2constr import lower_value

    z = np.zeros(program.c.size)
    for each in program.columns:
        value = x[each.variable.name()]
        if each.reduced:
            value = np.asarray(lower_value(each.variable, value))
        z[each.start : each.start + each.size] = np.ravel(value, order="F")
    return z


def _gap(value: float, bound: float, top: float) -> float:
    """As the referee's: the distance to the bound relative to the value, whichever end is farther."""
    distance = abs(value - bound)
    if np.isfinite(top):
        distance = max(distance, top - bound)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 0.0 if distance == 0 else float(np.float64(distance) / abs(value))


def _lagrangian(program: ConeProgram, names: list[str]) -> str:
    """The Lagrangian that the multipliers belong to, in words."""
    sign, best = ("+", "min") if program.sign > 0 else ("-", "max")
    text = f"L(x, y) = objective(x) {sign} sum of y * (left - right) over the constraints"
    if any(p.constraint is not None and _conic(program, p.start) for p in program.parts):
        other = "-" if sign == "+" else "+"
        text += f", {other} <y, s> for a cone constraint 's in K'"
    signs = "y >= 0 for <= and >= (both read as left <= right), any sign for ==, in the dual cone for cones"
    return f"{text}; {signs}; {best} L over x is the bound"


def _conic(program: ConeProgram, row: int) -> bool:
    return any(k.start <= row < k.start + k.size and k.kind in ("soc", "exp") for k in program.blocks)


def _with_claim(report: Report, problem: Any) -> Report:
    """Hold the solver's word against the findings."""
    if problem.status not in CLAIMS:
        return report
    stats = problem.solver_stats
    who = stats.solver_name if stats is not None and stats.solver_name else "the solver"
    if report.status == "optimal":
        said = f"{who} said {problem.status!r}, and the certificate agrees"
    elif report.infeasibility > report.tol:
        said = f"{who} said {problem.status!r} and is wrong: {report.conditions[0].sentence}"
    elif abs(report.value - report.bound) > report.tol * (1 + abs(report.value)) and np.isfinite(
        report.bound
    ):
        # solvers promise a tolerance absolute near 0: a smaller miss is no lie
        said = f"{who} said {problem.status!r} and is wrong: its point has a gap of {report.gap:.3g}"
    else:
        said = f"{who} said {problem.status!r}, which is certified only to a gap of {report.gap:.3g}"
    return replace(report, notes=(said, *report.notes))
