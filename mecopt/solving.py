"""From an instance to a judged result: screen the data, run the method, let the referee decide."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mecopt.errors import DataError
from mecopt.instance import Instance, Mask
from mecopt.problem import FEASIBILITY, Method, Problem
from mecopt.referee import judge
from mecopt.result import Certificate, Point, Result

if TYPE_CHECKING:
    from mecopt.problem import Output


@np.errstate(all="ignore")  # absurd data overflow on the way; the referee looks at what comes of it
def solve(problem: Problem, instance: Instance, method: Method, tol: float, *, rigorous: bool) -> Result:
    """Judge the method's point on every feasible instance; name the violated condition of the others."""
    start = time.perf_counter()
    reasons = np.asarray(problem.infeasible(instance), dtype=object)
    feasible = reasons == ""
    if feasible.size and feasible.all():
        point, certificate, seconds = _run_and_judge(instance, method, tol, start, rigorous=rigorous)
    else:
        point, certificate, seconds = _solve_feasible_part(
            instance, method, tol, feasible, start, rigorous=rigorous
        )
    status, message = judged_status(certificate, reasons, np.asarray(point.message, dtype=object), tol)
    return Result(
        problem=problem.key,
        method=method.name,
        tol=tol,
        status=status[()],
        x=_whole_numbers(problem.outputs, point.x),
        multipliers=point.multipliers,
        certificate=certificate.unwrapped(),
        message=message[()],
        seconds=seconds,
        trace=point.trace,
    )


def _run_and_judge(
    instance: Instance, method: Method, tol: float, start: float, *, rigorous: bool
) -> tuple[Point, Certificate, float]:
    """The method's point, its certificate, and the seconds until the point was there."""
    found = method.run(instance, tol)
    seconds = time.perf_counter() - start
    try:
        certificate = judge(
            instance, found.x, found.multipliers, rigorous=rigorous, tol=tol, evidence=found.evidence
        )
    except DataError as error:  # the method's fault, not the data's
        found = _no_point(instance, f"{method.name} returned a malformed point: {error}")
        certificate = unknown_certificate(instance.batch_shape)
    return _with_arrays(found), certificate, seconds


def _with_arrays(point: Point) -> Point:
    """The same with arrays where the method gave lists or numbers."""
    x, multipliers = (
        {name: np.asarray(a, dtype=np.float64) for name, a in group.items()}
        for group in (point.x, point.multipliers)
    )
    return replace(point, x=x, multipliers=multipliers)


def _whole_numbers(outputs: "tuple[Output, ...]", x: Mapping[str, Any]) -> dict[str, Any]:
    """Integer outputs as integers where all of them are known."""
    whole = {o.name for o in outputs if o.integer and np.all(x[o.name] == np.floor(x[o.name]))}
    return {name: array.astype(np.int64) if name in whole else array for name, array in x.items()}


def _no_point(instance: Instance, message: str) -> Point:
    problem = instance.problem
    messages = np.full(instance.batch_shape, message, dtype=object)
    return Point(_unknown(instance, problem.outputs), _unknown(instance, problem.multipliers), messages)


def _solve_feasible_part(
    instance: Instance, method: Method, tol: float, feasible: Mask, start: float, *, rigorous: bool
) -> tuple[Point, Certificate, float]:
    """Run on the feasible instances only and leave nan for the others."""
    point = _no_point(instance, "")
    certificate = unknown_certificate(instance.batch_shape)
    if not feasible.any():
        return point, certificate, time.perf_counter() - start
    part = instance[feasible]
    found, judged, seconds = _run_and_judge(part, method, tol, start, rigorous=rigorous)
    multipliers = {name: point.multipliers[name] for name in found.multipliers}
    for target, source in ((point.x, found.x), (multipliers, found.multipliers)):
        for name, array in source.items():
            target[name][feasible] = array
    for name in Certificate.__dataclass_fields__:
        getattr(certificate, name)[feasible] = getattr(judged, name)
    point.message[feasible] = found.message
    return Point(point.x, multipliers, point.message, found.trace), certificate, seconds


def _unknown(instance: Instance, outputs: "tuple[Output, ...]") -> dict[str, Any]:
    return {
        output.name: np.full(instance.batch_shape + tuple(instance.sizes[a] for a in output.axes), np.nan)
        for output in outputs
    }


def unknown_certificate(shape: tuple[int, ...]) -> Certificate:
    """Nothing known: nan everywhere, not rigorous."""
    nan = {name: np.full(shape, np.nan) for name in ("value", "bound", "upper", "gap", "infeasibility")}
    return Certificate(**nan, rigorous=np.zeros(shape, dtype=bool))


def judged_status(certificate: Certificate, reasons: Any, said: Any, tol: float) -> tuple[Any, Any]:
    """The referee's verdict in one word, and the reason where it is not `optimal`."""
    shape = np.shape(reasons)
    within = (np.asarray(certificate.infeasibility) <= FEASIBILITY) & np.isfinite(certificate.value)
    optimal = within & (np.asarray(certificate.gap) <= tol)
    status = np.full(shape, "failed", dtype=object)
    status[within] = "feasible"
    status[optimal] = "optimal"
    status[reasons != ""] = "infeasible"
    message = np.broadcast_to(said, shape).copy()
    for cell in np.ndindex(shape):
        if status[cell] == "infeasible":
            message[cell] = reasons[cell]
        elif status[cell] == "failed" and not message[cell]:
            message[cell] = _failure(float(np.asarray(certificate.infeasibility)[cell]))
    return status, message


def _failure(infeasibility: float) -> str:
    if np.isnan(infeasibility):
        return "the method returned no numbers"
    if infeasibility > FEASIBILITY:
        return f"the point misses a constraint by {infeasibility:.3g} of its bound"
    return "the objective at the point is not a finite number in double precision"
