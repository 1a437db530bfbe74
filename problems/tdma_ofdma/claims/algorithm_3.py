"""Algorithm 3, the paper's cheaper alternative for P1: is it feasible, how close does it come?

It takes P2's solution if that loads the cloud by at most F. Otherwise it hands out the cycles by descending
priority until F is used up, and then finds the cheapest airtimes for these bits.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_least, claim, smallest
from mecopt.claims.exact import FAILS
from mecopt.instance import Array, Instance

from .. import algorithms
from ..closed_form import Terms, fill_in_order, fill_slot, priorities, solve_p2, terms
from .cloud_cases import NO_SEARCH, PLAIN, Fields, binding, judged, priced_optimum, pricing
from .common import P1, PAPER, Case, p1_cases
from .threshold import finely, mobiles

Point = tuple[Array, Array]
Scheme = Callable[[Instance], Point]
"""Bits and airtimes for instances of P1."""


def printed(s: Instance) -> Point:
    """Algorithm 3 as printed: all cycles by priority."""
    x = algorithms.algorithm_3(s, reserve_required=False).x
    return x["offloaded_bits"], x["offloading_time"]


def reserving(s: Instance) -> Point:
    """Algorithm 3 with cycles for required bits set aside first."""
    x = algorithms.algorithm_3(s, reserve_required=True).x
    return x["offloaded_bits"], x["offloading_time"]


def equal(s: Instance) -> Point:
    """Equal airtimes."""
    x = algorithms.equal_allocation(s).x
    return x["offloaded_bits"], x["offloading_time"]


def unbounded(s: Instance) -> Point:
    """P2's solution, whatever its load."""
    x = solve_p2(s, 0.0).x
    return x["offloaded_bits"], x["offloading_time"]


def ranked(rank: Callable[[Instance, Terms], Array], *, free: float = 0.0) -> Scheme:
    """Steps 2 and 3 with another order; `free` is the share of the required cycles granted beyond F."""

    def scheme(s: Instance) -> Point:
        p = terms(s)
        wanted = np.where(priorities(p) > 0, p.input_bits - p.required_bits, 0.0) * s.cycles_per_bit
        needed = np.sum(s.cycles_per_bit * p.required_bits, axis=-1, keepdims=True)
        granted = fill_in_order(rank(s, p), wanted, s.cloud_capacity[..., None] - (1 - free) * needed)
        policy = fill_slot(p, np.minimum(p.required_bits + granted / s.cycles_per_bit, p.input_bits))
        return policy.bits, policy.time

    return scheme


def lowest_first(s: Instance, p: Terms) -> Array:
    """Ascending priority."""
    return -priorities(p)


def per_cycle(s: Instance, p: Terms) -> Array:
    """Saving per cycle at the cheapest rate."""
    saving: Array = p.bit_value - p.power_scale * np.log(2) / p.bandwidth
    return saving / s.cycles_per_bit


# Feasibility.


@finely
def feasibility(s: Instance, point: Point) -> Any:
    """Slack of the constraints of P1, each relative to its bound (bits: to R; F = 0: to the whole load)."""
    us = mobiles(s)
    bits, time = ([arb(float(x)) for x in array] for array in point)
    F = arb(float(s.cloud_capacity))
    load = sum((u.C * b for u, b in zip(us, bits, strict=True)), arb(0))
    whole = sum((u.C * u.R for u in us), arb(0))
    pairs = [(u, b) for u, b in zip(us, bits, strict=True) if u.R > 0]
    silent = any(b > 0 and not t > 0 for b, t in zip(bits, time, strict=True))
    return smallest(
        at_least(F, load, scale=F if F > 0 else whole) if whole > 0 else None,
        at_least(us[0].T, sum(time, arb(0)), scale=us[0].T),
        *(at_least(b, u.m, scale=u.R) for u, b in pairs),
        *(at_least(u.R, b, scale=u.R) for u, b in pairs),
        FAILS if silent or min(time) < 0 else None,
    )


def keeps_constraints(case: Case, scheme: Scheme) -> Any:
    """Slack of 'the scheme returns a feasible point'; None for infeasible data."""
    s = P1.instance(case)
    nats = np.sum(s.input_bits) * np.log(2) / (s.bandwidth * s.slot_duration)
    if P1.infeasible(s) or nats > 600:
        return None  # nats: the whole data at once would overflow
    return feasibility(s, scheme(s))


FORCED: Fields = {"local_frequency": st.sampled_from([1.0, 0.0]), "weight": st.just(1.0)}

ROUNDING = "relative to the bound of each constraint: sums of a few doubles"


@claim(
    id="TDMA-A3a",
    source=f"{PAPER}, Algorithm 3",
    statement="Algorithm 3 as printed returns a feasible point of P1 whenever P1 is feasible.",
    recorded="refuted",
    draws=binding(PLAIN | FORCED, users=(1, 3)),
    subject=printed,
    mutants=[
        Mutant("required cycles reserved", reserving),
        Mutant("the cloud bound ignored", unbounded),
    ],
    tol=1e-9,
    tol_reason=ROUNDING,
    max_samples=60,
    explanation="It sets no cycles aside for bits that must be offloaded: mobiles of high priority use up F "
    "before one of lower priority gets what it needs. (In the assumed scenario a quarter of the draws fail.)",
    corrected_by="TDMA-A3a.corrected",
)
def printed_is_feasible(case: Case, scheme: Scheme) -> Any:
    return keeps_constraints(case, scheme)


@claim(
    id="TDMA-A3a.corrected",
    source=f"correction of {PAPER}, Algorithm 3",
    statement="If it first sets aside the cycles ∑ C m of required bits and hands out the other F − ∑ C m by "
    "priority, Algorithm 3 returns a feasible point of P1 whenever P1 is feasible.",
    recorded="certified",
    draws=st.one_of(binding(), p1_cases()),
    subject=reserving,
    mutants=[
        Mutant("nothing reserved", printed),
        Mutant("reserved cycles handed out again", ranked(lambda s, p: priorities(p), free=1.0)),
        Mutant("the cloud bound ignored", unbounded),
    ],
    tol=1e-9,
    tol_reason=ROUNDING,
)
def reserving_is_feasible(case: Case, scheme: Scheme) -> Any:
    return keeps_constraints(case, scheme)


# Distance to the optimum.


def ratio(case: Case, scheme: Scheme) -> Interval | None:
    """Enclosure of the scheme's energy over the optimum; infinite for an infeasible point."""
    best = priced_optimum(case)
    if best is None:
        return None
    excess = judged(best, *scheme(best.instance))
    return Interval(np.inf, np.inf) if excess is FAILS else Interval(1 - excess.hi, 1 - excess.lo)


RIVALS: Fields = {
    "cycles_per_bit": st.sampled_from([1.0, 2.0, 5.0]),
    "energy_per_cycle": st.sampled_from([1.0, 2.0, 0.5]),
    "input_bits": st.sampled_from([1.0, 0.5]),
    "local_frequency": st.just(10.0),
    "weight": st.just(1.0),
    "noise_power": st.sampled_from([0.1, 0.01]),
}
"""No required bits: both readings of Algorithm 3 are the same."""


@claim(
    id="TDMA-A3b",
    source=f"{PAPER}, Section V-B",
    statement="Algorithm 3 is close to optimal (tested as: at most 1.1 times the optimum, per instance).",
    recorded="refuted",
    draws=binding(PLAIN | RIVALS, users=(2, 3)),
    subject=reserving,
    mutants=[Mutant("saving per cycle for the order", ranked(per_cycle)), Mutant("equal airtimes", equal)],
    tol=1e-7,
    tol_reason="relative to the optimum, which is proved to 1e-9",
    max_samples=60,
    explanation="The priority counts what a bit saves, the bound what it costs in cycles: Algorithm 3 spends "
    "scarce cycles on bits that need many of them.",
    corrected_by="TDMA-A3b.corrected",
    ahead=pricing(),
)
def close_to_optimal(case: Case, scheme: Scheme) -> Any:
    found = ratio(case, scheme)
    return None if found is None else Interval(1.1 - found.hi, 1.1 - found.lo)


def greedy_for_cycles(n: float) -> Case:
    """A bit saves the first user 2, the second 1; F serves 1/n bit of the first or 1 bit of the second."""
    return {
        "input_bits": [1 / n, 1.0],
        "cycles_per_bit": [n, 1.0],
        "energy_per_cycle": [2 / n, 1.0],
        "local_frequency": [10.0, 10.0],
        "channel_gain": [1.0, 1.0],
        "bandwidth": 1.0,
        "noise_power": 1 / n,
        "slot_duration": 1.0,
        "cloud_capacity": 1.0,
    }


@claim(
    id="TDMA-A3b.corrected",
    source=f"correction of {PAPER}, Section V-B",
    statement="No constant bounds Algorithm 3's energy over the optimum: for R = (1/n, 1), C = (n, 1), P = "
    "(2/n, 1), N0 = 1/n, F = 1 and units otherwise it is at least n/4.",
    recorded="certified",
    draws=st.fixed_dictionaries({"log2_n": st.integers(3, 40)}),
    subject=reserving,
    mutants=[
        Mutant("saving per cycle for the order", ranked(per_cycle)),
        Mutant("lowest priority first", ranked(lowest_first)),
    ],
    tol=1e-9,
    tol_reason="relative to n/4; the optimum is proved to 1e-9",
    max_samples=30,
)
def ratio_grows(case: Case, scheme: Scheme) -> Any:
    n = 2.0 ** case["log2_n"]  # a power of two keeps the data exact
    found = ratio(greedy_for_cycles(n), scheme)
    return None if found is None else Interval(4 * found.lo / n - 1, 4 * found.hi / n - 1)


DRAWS = 20
"""Instances of the assumed scenario in a mean."""


@claim(
    id="TDMA-A3b.scenario",
    source=f"{PAPER}, Section VII",
    statement="In the assumed scenario (30 users, 1 KB = 1000 bit, F_k = 1-10 GHz, T = 60 ms), F = 6·10⁹ "
    "to 9·10⁹, required cycles reserved, Algorithm 3 takes at most 1.2 times the optimal energy in the "
    "mean of 20 draws (about 1.10 for F up to 7·10⁹, 1.02 for 9·10⁹; single draws reach 1.7).",
    recorded="certified",
    draws=st.fixed_dictionaries(
        {"seed": st.integers(0, 999), "cloud_capacity": st.sampled_from([6e9, 7e9, 8e9, 9e9])}
    ),
    subject=reserving,
    mutants=[Mutant("equal airtimes", equal), Mutant("lowest priority first", ranked(lowest_first))],
    tol=1e-9,
    tol_reason="relative to the optimum; all of them are proved to 1e-9",
    max_samples=5,
)
def close_in_the_mean(case: Case, scheme: Scheme) -> Any:
    s = P1.sample(users=30, batch=DRAWS, seed=case["seed"]).replace(cloud_capacity=case["cloud_capacity"])
    best = P1.solve(s, method="closed-form", tol=NO_SEARCH)
    bits, time = scheme(s)
    x = {"offloaded_bits": bits, "offloading_time": time}
    tried = P1.certify(s, x, best.multipliers, tol=NO_SEARCH)
    proved = best.certificate.rigorous & tried.rigorous & (best.certificate.gap <= 1e-9)
    if not proved.all() or not (tried.infeasibility <= 1e-9).all():
        return FAILS
    ratios = tried.upper / np.array([best.certificate.upper, best.certificate.bound])
    low, high = np.mean(ratios, axis=-1)
    return Interval(1.2 - float(high) * (1 + 1e-14), 1.2 - float(low) * (1 - 1e-14))
