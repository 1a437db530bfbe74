"""Algorithm I of the paper, and the baselines of its figures.

`local only` and `no shared data` are not points of P1': the first uploads nothing, the second shares
nothing. They
have energies of their own (`local_energy`, `without_sharing`); the others return points that the referee
judges.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.loops import Trace, ellipsoid_method
from mecopt.problem import stack
from mecopt.referee import evaluate
from mecopt.result import Names, Point

from . import closed_form, model
from .lagrangian import Minimiser, minimise, multicast_time, upload_price

LEAST = 1e-12
"""Multipliers of Algorithm I stay above this, in units of the energy of a feasible point. What that costs is
in proportion to it, about 1e-12 of the optimum.
"""

RADIUS, START = 30.0, 0.5
"""Of the first ball in these units, and its centre."""

WINDOWS = 0.001, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999
"""Shares of the time left for the download: a short one may leave the base station too little energy, a long
one the users too little time.
"""

FEASIBLE = 1e-6
"""Constraints missed by no more, relative to their bounds, are met."""

CLOSER = 1.0, 1e-1, 1e-2, 1e-3, 1e-4
"""Precisions of the dual, in wanted gaps, that are tried for a point recovered from its multipliers."""

MAX_STEPS = 30_000
"""Cap on Algorithm I: about 1700 steps for 2 users and 3700 for 3 reach 1e-9."""


def _nan_where(point: Point, reasons: Names) -> Point:
    """The same with nan and the reason where there is one."""
    bad = np.asarray(reasons, dtype=object) != ""
    x = {
        name: np.where(bad.reshape(bad.shape + (1,) * (array.ndim - bad.ndim)), np.nan, array)
        for name, array in point.x.items()
    }
    return Point(x, {}, np.asarray(reasons, dtype=object)[()])


def full_offloading(s: Instance) -> Point:
    """Nothing computed locally: P1' of users without a CPU."""
    forced = s.replace(local_frequency=np.zeros_like(s.local_frequency))
    found = _nan_where(closed_form.solve(forced), s.problem.infeasible(forced))
    return _priced(s, found)


def _priced(s: Instance, point: Point) -> Point:
    """A baseline's point with the optimum's prices: the referee tries them before it searches its own."""
    return Point(point.x, closed_form.solve(s).multipliers, point.message)


def single_transmitter(s: Instance) -> Point:
    """All shared data by one user, the best one."""
    users = s.sizes["users"]
    alone = [closed_form.solve(s, may_send=np.arange(users) == k).x for k in range(users)]
    joules = np.array([evaluate(s, x)[0] for x in alone])
    best = np.argmin(np.where(np.isnan(joules), np.inf, joules), axis=0)

    def choose(name: str) -> Array:
        found = np.stack([x[name] for x in alone])
        place = best.reshape(best.shape + (1,) * (found.ndim - 1 - best.ndim))
        return np.asarray(np.take_along_axis(found, place[None], axis=0)[0])

    return _priced(s, Point({name: choose(name) for name in alone[0]}))


def equal_time(s: Instance, tol: float) -> Point:
    """All users with the same times for each phase, by the conic model."""
    if not s.batch_shape:
        found = model.solve(s, "CLARABEL", tol, equal=True)
        return _priced(s, Point(found.x, {}, found.message))
    return one_by_one(equal_time)(s, tol)


def local_energy(s: Instance) -> tuple[Array, Names]:
    """Everything computed locally, shared data included: its energy, and why the CPUs cannot where they
    cannot.
    """
    wide = {name: s.data[name][..., None] for name in ("cycles_per_bit", "energy_coefficient", "max_latency")}
    cycles = wide["cycles_per_bit"] * s.input_bits
    joule = np.sum(wide["energy_coefficient"] * cycles**3 / wide["max_latency"] ** 2, axis=-1)
    late = np.any(cycles > wide["max_latency"] * s.local_frequency, axis=-1)
    reasons = np.where(late, "a local CPU is too slow for all of its user's data", "").astype(object)
    return joule, reasons[()]


def without_sharing(s: Instance) -> Instance:
    """The instance in which nobody knows of the shared data: all data private."""
    return s.replace(shared_bits=np.zeros_like(s.shared_bits))


class Dual(NamedTuple):
    """Algorithm I's end: the minimiser of the Lagrangian at the best multipliers (step 5), these, the
    trace.
    """

    last: Minimiser
    multipliers: dict[str, Array]
    trace: Trace


def algorithm_1(s: Instance, tol: float) -> Dual:
    """Algorithm I (Table I) for one instance: the ellipsoid method on the dual (18), then (17) once more."""
    users = s.sizes["users"]
    left, unit = _units(s)
    scale = np.concatenate([np.full(2 * users, unit / left), np.full(users, unit / np.max(s.input_bits))])
    scale = np.append(scale, unit / float(s.max_bs_energy))

    def at(x: Array) -> tuple[Minimiser, dict[str, Array]]:
        y = x * scale
        prices = {"time_price": y[:users], "download_price": y[users : 2 * users], "energy_price": y[-1]}
        return minimise(s, prices, y[2 * users : 3 * users]), prices

    def oracle(x: Array) -> tuple[float, Array]:
        found, _ = at(x)
        slopes = np.concatenate([found.latency, found.window, found.local, [found.energy]])
        return found.value, slopes * scale

    n = 3 * users + 1
    state, trace = ellipsoid_method(
        oracle,
        np.full(n, START),
        radii=np.full(n, RADIUS),
        precision=tol,
        max_steps=MAX_STEPS,
        least=np.full(n, LEAST),
    )
    last, prices = at(state.best)
    return Dual(last, {**prices, "shared_price": _shared_price(s, prices)}, trace)


def _units(s: Instance) -> tuple[float, float]:
    """Time left after the multicast, and the energy of a feasible point, the best of some."""
    left = float(s.max_latency) - multicast_time(s)
    joules = []
    with np.errstate(all="ignore"):
        for share in WINDOWS:
            joule, missed = evaluate(s, closed_form.at_window(s, share * left).x)
            if missed <= FEASIBLE and np.isfinite(joule):
                joules.append(float(joule))
        if not joules:  # the window has to be within 1e-4 of an end
            joules.append(float(evaluate(s, closed_form.solve(s).x)[0]))
    return left, min(joules)


def _shared_price(s: Instance, prices: dict[str, Array]) -> Array:
    return np.asarray(np.min(upload_price(s, prices["time_price"])[1]))


def ellipsoid_printed(s: Instance, tol: float) -> Point:
    """What step 5 of Algorithm I returns: a minimiser of the Lagrangian at the best multipliers."""
    dual = algorithm_1(s, tol)
    return Point(dual.last.x, dual.multipliers, _said(dual.trace), dual.trace)


def ellipsoid_recovered(s: Instance, tol: float) -> Point:
    """Algorithm I's multipliers with a feasible point recovered from them.

    The multipliers are known less well than the dual's value, to the root of it where the dual is smooth. So
    they are sought again, ten times closer, while the point is not within `tol` of that value.
    """
    for closer in CLOSER:
        dual = algorithm_1(s, tol * closer)
        point = closed_form.at_window(s, recovered_window(s, dual.last.x, dual.multipliers))
        joule, missed = evaluate(s, point.x)
        near = missed <= FEASIBLE and joule - dual.last.value <= tol * joule
        if near or dual.trace.ended != "converged":
            break
    return Point(point.x, dual.multipliers, _said(dual.trace), dual.trace)


def recovered_window(s: Instance, x: dict[str, Array], prices: dict[str, Array]) -> float:
    """The window that the multipliers point at: the download times of those who wait for it, by their
    price.
    """
    sigma, time = prices["download_price"], x["download_time"]
    left = float(s.max_latency) - multicast_time(s)
    waits = np.where(time > 0, sigma, 0.0)
    window = float(np.sum(waits * time) / np.sum(waits)) if np.any(waits > 0) else float(np.max(time))
    return min(window, left * (1 - 1e-9))


def _said(trace: Trace) -> str:
    return (
        ""
        if trace.ended == "converged"
        else f"the ellipsoid method ended ({trace.ended}) after {trace.steps} steps"
    )


def one_by_one(run: Callable[[Instance, float], Point]) -> Callable[[Instance, float], Point]:
    """A single-instance procedure as a method that answers batches (their traces are not kept)."""

    def method(s: Instance, tol: float) -> Point:
        if not s.batch_shape:
            return run(s, tol)
        cells = list(np.ndindex(s.batch_shape))
        return stack([run(s[cell], tol) for cell in cells], s.batch_shape) if cells else closed_form.solve(s)

    return method
