"""From an instance to a judged result: screen the data, run the method, let the referee decide."""

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from mecopt.certify import judge
from mecopt.instance import Array, Instance
from mecopt.problem import FEASIBILITY, Method, Problem
from mecopt.result import Certificate, Point, Result

if TYPE_CHECKING:
    from mecopt.problem import Output


def solve(
    problem: Problem, instance: Instance, method: Method, tol: float | None, *, rigorous: bool = True
) -> Result:
    """Judge the method's point on every feasible instance; name the violated condition of the others."""
    wanted = method.tol if tol is None else tol
    start = time.perf_counter()
    reasons = np.asarray(problem.infeasible(instance), dtype=object)
    feasible = reasons == ""
    if feasible.all():
        point = method.run(instance, wanted)
        seconds = time.perf_counter() - start
        certificate = judge(instance, point.x, point.multipliers, rigorous=rigorous, tol=wanted)
    else:
        point, certificate, seconds = _solve_feasible_part(
            instance, method, wanted, feasible, rigorous=rigorous
        )
    status, message = judged_status(certificate, reasons, np.asarray(point.message, dtype=object), wanted)
    return Result(
        problem=problem.key,
        method=method.name,
        tol=wanted,
        status=status[()],
        x=point.x,
        multipliers=point.multipliers,
        certificate=certificate.unwrapped(),
        message=message[()],
        seconds=seconds,
        trace=point.trace,
    )


def _solve_feasible_part(
    instance: Instance, method: Method, tol: float, feasible: Array, *, rigorous: bool
) -> tuple[Point, Certificate, float]:
    """Run on the feasible instances only and leave nan for the others."""
    start = time.perf_counter()
    point = Point(
        _unknown(instance, instance.problem.outputs), _unknown(instance, instance.problem.multipliers)
    )
    certificate = unknown_certificate(instance.batch_shape)
    if not feasible.any():
        return point, certificate, time.perf_counter() - start
    part = instance[feasible]
    found = method.run(part, tol)
    seconds = time.perf_counter() - start
    judged = judge(part, found.x, found.multipliers, rigorous=rigorous, tol=tol)
    for target, source in ((point.x, found.x), (point.multipliers, found.multipliers)):
        for name, array in source.items():
            target[name][feasible] = array
    for name in Certificate.__dataclass_fields__:
        getattr(certificate, name)[feasible] = getattr(judged, name)
    message = np.full(instance.batch_shape, "", dtype=object)
    message[feasible] = found.message
    return Point(point.x, point.multipliers, message, found.trace), certificate, seconds


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
    return "the objective at the point exceeds double precision: the data ask for absurd rates"
