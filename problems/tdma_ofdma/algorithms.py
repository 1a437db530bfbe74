"""The paper's procedures as printed, its sub-optimal Algorithm 3, and the baselines.

None of these is exact; `closed_form` is. The printed Algorithms 1 and 2 keep their faults (a bracket that
can miss the price, a bisection that never meets its target, a load test without cycles per bit) because
the claims examine them. Source: You et al. 2017, Algorithms 1 to 3 and Section VII.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.kernels.rate import airtime_per_bit
from mecopt.loops import Ended, Trace, iterate
from mecopt.problem import stack
from mecopt.result import Point

from .closed_form import Policy, Terms, fill_in_order, fill_slot, priorities, solve_p2, terms

PRINTED_STEPS = 200
"""Cap on the printed bisections, which need not terminate: mostly doubles are spent long before."""

MEETS = 1e-9
"""Relative distance at which a printed bisection counts as having met its target exactly."""


def algorithm_3(s: Instance, *, reserve_required: bool) -> Point:
    """Algorithm 3 for P1: P2 if it fits the cloud, else cycles by descending priority, then airtime.

    `reserve_required=False` is the printed text, which gives no cycles to required bits first and can
    leave a user short of them.
    """
    free = solve_p2(s, 0.0)
    p, capacity = terms(s), s.cloud_capacity[..., None]
    load = np.sum(s.cycles_per_bit * free.x["offloaded_bits"], axis=-1, keepdims=True)
    start = p.required_bits if reserve_required else np.zeros_like(p.required_bits)
    bits = start + _by_priority(s, p, start, capacity)
    policy = fill_slot(p, bits)
    fits = load <= capacity
    return Point(
        {
            "offloaded_bits": np.where(fits, free.x["offloaded_bits"], policy.bits),
            "offloading_time": np.where(fits, free.x["offloading_time"], policy.time),
        }
    )


def _by_priority(s: Instance, p: Terms, start: Array, capacity: Array) -> Array:
    """Bits added to `start` in descending order of P2's priority until the cycles run out."""
    priority = priorities(p)
    wanted = np.where(priority > 0, (p.input_bits - start) * s.cycles_per_bit, 0.0)
    left = capacity - np.sum(s.cycles_per_bit * start, axis=-1, keepdims=True)
    cycles = fill_in_order(priority, wanted, left)
    # the last digit of a division must not turn complete offloading into R + 1 ulp
    return np.minimum(cycles / s.cycles_per_bit, p.input_bits - start)


def equal_allocation(s: Instance) -> Point:
    """Baseline of P1 and P2: equal airtime for all who want or must offload, bits by one price of cycles."""
    p = terms(s)
    ratio = p.bit_value * p.bandwidth / (p.power_scale * np.log(2))
    members = (ratio > 1) | (p.required_bits > 0)
    count = np.sum(members, axis=-1, keepdims=True)
    time = np.where(members, p.budget / np.maximum(count, 1), 0.0)

    def bits_at(mu: Array) -> Array:
        value = p.bit_value - mu * s.cycles_per_bit
        effective = np.maximum(value * p.bandwidth / (p.power_scale * np.log(2)), np.finfo(float).tiny)
        wanted = time * p.bandwidth * np.log2(effective)
        return np.where(members, np.clip(wanted, p.required_bits, p.input_bits), 0.0)

    zero = np.zeros_like(p.budget)
    bits = bits_at(zero)
    if "cloud_capacity" in s.data:
        capacity = s.cloud_capacity[..., None]
        low, high = zero, np.max(p.bit_value / s.cycles_per_bit, axis=-1, keepdims=True)
        fits = np.sum(s.cycles_per_bit * bits, axis=-1, keepdims=True) <= capacity
        for _ in range(64):  # down to the spacing of doubles
            middle = (low + high) / 2
            over = np.sum(s.cycles_per_bit * bits_at(middle), axis=-1, keepdims=True) > capacity
            low, high = np.where(over, middle, low), np.where(over, high, middle)
        bits = np.where(fits, bits, bits_at(high))
    return Point({"offloaded_bits": bits, "offloading_time": np.where(bits > 0, time, 0.0)})


def all_local(s: Instance) -> Point:
    """Baseline: offload nothing; feasible only where nothing must be offloaded."""
    return Point(
        {"offloaded_bits": np.zeros_like(s.input_bits), "offloading_time": np.zeros_like(s.input_bits)}
    )


class Bisection(NamedTuple):
    """A printed bisection's bracket and the last tried value with what it gave."""

    low: float
    high: float
    middle: float
    reached: float

    @property
    def next(self) -> float:
        """The value to try next."""
        return (self.low + self.high) / 2


def printed_bisection(
    measure: Callable[[float], float], *, target: float, high: float
) -> tuple[float, Trace]:
    """Halve [0, high] on a decreasing `measure` until it equals the target, as printed (Algorithms 1, 2)."""

    def step(state: Bisection) -> Bisection:
        middle = state.next
        reached = measure(middle)
        if reached < target:
            return Bisection(state.low, middle, middle, reached)
        return Bisection(middle, state.high, middle, reached)

    def stop(state: Bisection) -> Ended | None:
        if abs(state.reached - target) <= MEETS * target:
            return "converged"
        return "stationary" if state.next == state.middle else None  # doubles are spent

    start = Bisection(0.0, high, high, measure(high))
    last, trace = iterate(
        step,
        start,
        stop=stop,
        record=lambda state: {"price": state.middle, "reached": state.reached},
        max_steps=PRINTED_STEPS,
    )
    return last.middle, trace


def printed_policy(p: Terms, price: float, *, known: Array | None = None) -> Policy:
    """Theorem 1's policy at a price, single instance; a user at the threshold counts as complete.

    `known` priorities save a search the time to compute them at every price.
    """
    priority = priorities(p) if known is None else known
    bits = np.where((priority >= price) & (priority > 0), p.input_bits, p.required_bits)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = airtime_per_bit(np.float64(price), power_scale=p.power_scale, bandwidth=p.bandwidth)
        time = np.where(bits > 0, bits * each, 0.0)
    return Policy(bits, time, np.array([price]))


def algorithm_1_printed(s: Instance) -> Point:
    """Algorithm 1 as printed, for one instance of P2: bisect the airtime price on [0, max priority]."""
    policy, price, trace = _priced_airtime(terms(s))
    return _printed_point(policy, price, None, trace)


def _priced_airtime(p: Terms) -> tuple[Policy, float, Trace]:
    """The bisection of Algorithm 1: its policy, price and trace."""
    priority = priorities(p)
    price, trace = printed_bisection(
        lambda lam: float(np.sum(printed_policy(p, lam, known=priority).time)),
        target=float(p.budget[0]),
        high=float(np.max(priority)),
    )
    return printed_policy(p, price, known=priority), price, trace


def algorithm_2_printed(s: Instance, *, load_test: Literal["bits", "cycles"] = "bits") -> Point:
    """Algorithm 2 as printed, for one instance of P1.

    Step 1 keeps P2's solution if the sum of offloaded *bits* is at most F (`load_test="cycles"` reads it
    as the cycles it must mean); else the cloud price is bisected on [0, max(P - N0 ln 2/(B C g))].
    """
    p, capacity = terms(s), float(s.cloud_capacity)
    factor = s.cycles_per_bit if load_test == "cycles" else np.ones_like(s.cycles_per_bit)
    top = float(
        np.max(
            s.energy_per_cycle - s.noise_power * np.log(2) / (s.bandwidth * s.cycles_per_bit * s.channel_gain)
        )
    )

    def inner(mu: float) -> tuple[Policy, float, Trace]:
        # the printed effective energy per cycle is P - mu, whatever the weight
        return _priced_airtime(p._replace(bit_value=s.weight * s.cycles_per_bit * (s.energy_per_cycle - mu)))

    policy, price, trace = inner(0.0)
    if np.sum(factor * policy.bits) <= capacity:
        return _printed_point(policy, price, 0.0, trace)
    mu, trace = printed_bisection(
        lambda tried: float(np.sum(s.cycles_per_bit * inner(tried)[0].bits)),
        target=capacity,
        high=max(top, 0.0),
    )
    policy, price, _ = inner(mu)
    return _printed_point(policy, price, mu, trace)


def _printed_point(policy: Policy, price: float, mu: float | None, trace: Trace) -> Point:
    multipliers = {"time_price": np.array(price)}
    if mu is not None:
        multipliers["cloud_price"] = np.array(mu)
    missed = f"the printed bisection ended after {trace.steps} steps off its target"
    text = "" if trace.ended == "converged" else missed
    return Point({"offloaded_bits": policy.bits, "offloading_time": policy.time}, multipliers, text, trace)


def one_by_one(run: Callable[[Instance], Point]) -> Callable[[Instance, float], Point]:
    """A single-instance procedure as a method that answers batches (their traces are not kept)."""

    def method(s: Instance, tol: float) -> Point:
        if not s.batch_shape:
            return run(s)
        cells = list(np.ndindex(s.batch_shape))
        return stack([run(s[cell]) for cell in cells], s.batch_shape)

    return method
