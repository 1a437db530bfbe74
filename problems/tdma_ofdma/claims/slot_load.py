"""Remark 5: the load of the cloud in short and in growing slots.

Without required bits a slot carries at most T B log2 υ bits that are worth sending, and a longer one is used
for more. Required bits m = max(R − F T/C, 0) go the other way: they grow as the slot shrinks.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades
from mecopt.claims.exact import holds, vanishes
from mecopt.instance import Array, Instance

from .common import P2, PAPER, Case, optima, optimum, p2_cases, point_is_optimal, solving
from .program import required_cycles
from .slots import EAGER, NONE, OPTIMAL, TOL, Limit, Mobiles, with_slot
from .threshold import mobiles, ratio

RELAXED = p2_cases(users=(1, 4), slot_duration=NONE, local_frequency=NONE, **EAGER)
"""To be completed by a slot and CPUs that finish everything in it."""


def nothing_required(slots: Any) -> Any:
    """Cases of P2 without required bits."""
    return st.builds(partial(with_slot, required=[0.0] * 4), RELAXED, slots)


SHORT, SMALL = Fraction(1, 100), Fraction(1, 10)
"""A slot is short that can profitably carry 1 % of the data; a tenth is a small fraction."""


def best_rate(us: Mobiles) -> Any:
    """B log2 of the largest υ, the highest rate at which a bit saves energy; 0 if there is none."""
    return max(u.B * ratio(u).max(arb(1)).log() / arb.const_log2() for u in us)


def least_fraction(case: Case) -> Fraction:
    """Σ m/Σ R, exactly."""
    cycles = zip(required_cycles(case), case["cycles_per_bit"], strict=True)
    return sum((m / Fraction(C) for m, C in cycles), Fraction(0)) / sum(
        map(Fraction, case["input_bits"]), Fraction(0)
    )


@claim(
    id="TDMA-R5a",
    source=f"{PAPER}, Remark 5",
    statement="In a short slot only a small fraction of the data is offloaded, so that the cloud acts as "
    "unlimited (tested as: at most 10 %, if at the highest rate that saves energy the slot carries 1 %).",
    recorded="refuted",
    draws=p2_cases(
        users=(1, 3), slot_duration=decades(1e-8, 1.0), local_frequency=decades(1e-3, 1e12), **EAGER
    ),
    subject=SMALL,
    mutants=[Mutant("all of it", Fraction(1)), Mutant("nothing", Fraction(0))],
    tol=TOL,
    tol_reason="relative to the data",
    max_samples=100,
    explanation="In a short slot the mobiles' own CPUs finish little, too. What they cannot finish must be "
    "offloaded at any cost, and as T → 0 that is all data.",
    corrected_by="TDMA-R5a.corrected",
    ahead=solving(P2),
)
def small_fraction(case: Case, limit: Fraction) -> Interval | float | None:
    s = P2.instance(case)
    total = float(np.sum(s.input_bits))
    with ball_arithmetic():
        rate = best_rate(mobiles(s))
        if not (total > 0 and rate > 0 and rate * float(s.slot_duration) <= float(SHORT) * total):
            return None
    least = least_fraction(case)
    if least > limit:
        return Interval(float(limit - 1), float(limit - least))
    best = optimum(P2, case)
    return None if best is None else float(limit) - float(np.sum(best.bits)) / total


def no_bit_beyond_the_profitable_rate() -> str:
    """At the optimum ℓ ≤ t B log2 υ, or a bit less would cost less."""
    bits, t, A, B, v = sp.symbols("l t A B v", positive=True)
    cost = A * t * (sp.exp(bits * sp.log(2) / (B * t)) - 1) - v * bits
    ratio_ = v * B / (A * sp.log(2))
    vanishes(sp.diff(cost, bits).subs(bits, t * B * sp.log(ratio_) / sp.log(2)), "slope at ℓ = t B log2 υ")
    holds(sp.diff(cost, bits, 2).is_positive, "convex in ℓ")
    vanishes(sp.diff(cost, bits).subs(bits, 0) - v * (1 / ratio_ - 1), "slope at ℓ = 0")
    return (
        "for t > 0 a mobile's cost is strictly convex in ℓ: slope 0 at ℓ = t B log2 υ, v (1/υ − 1) at ℓ = 0; "
        "so an optimum without required bits has ℓ ≤ t B max(log2 υ, 0), and Σ t ≤ T"
    )


@claim(
    id="TDMA-R5a.corrected",
    source=f"{PAPER}, Remark 5, corrected",
    statement="If nobody has required bits, Σ ℓ ≤ T B max(0, max_k log2 υ_k) at every optimum, "
    "a fraction of the data that vanishes with T.",
    recorded="proved",
    draws=nothing_required(decades(1e-6, 1e2)),
    subject=best_rate,
    mutants=[
        Mutant("lowest υ", lambda us: best_rate([min(us, key=lambda u: float(ratio(u).mid()))])),
        Mutant("log10", lambda us: best_rate(us) * arb.const_log2() / arb(10).log()),
        Mutant("half of B", lambda us: best_rate(us) / 2),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    proof=no_bit_beyond_the_profitable_rate,
    max_samples=100,
    ahead=solving(P2),
)
def vanishing_fraction(case: Case, rate: Limit) -> Interval | None:
    """Offloading no more than the limit is optimal."""
    best = optimum(P2, case)
    if best is None:
        return None
    with ball_arithmetic():
        limit = float(case["slot_duration"] * rate(mobiles(best.instance)).mid())
    total = float(np.sum(best.bits))
    bits = best.bits * (min(limit, total) / total if total > 0 else 0.0)
    return point_is_optimal(P2, case, bits, best.time)


def longer(draws: Any) -> Any:
    """Cases of P2 with a second, longer slot."""
    growth = st.one_of(st.just(10.0), decades(1.01, 1e3))
    return st.builds(
        lambda case, by: {"data": case, "longer_slot_duration": case["slot_duration"] * by}, draws, growth
    )


def both_slots(case: Case) -> list[Case]:
    """The data with the shorter and with the longer slot."""
    return [case["data"], {**case["data"], "slot_duration": case["longer_slot_duration"]}]


def cycles(s: Instance, bits: Array) -> float:
    """Load of the cloud, relative to that of all data."""
    return float(np.sum(s.cycles_per_bit * bits) / np.sum(s.cycles_per_bit * s.input_bits))


@claim(
    id="TDMA-R5b",
    source=f"{PAPER}, Remark 5",
    statement="The longer the slot, the larger the load offloaded to the cloud.",
    recorded="refuted",
    draws=longer(
        p2_cases(
            users=(1, 3),
            slot_duration=st.one_of(st.just(0.1), decades(1e-3, 1e2)),
            energy_per_cycle=st.one_of(st.just(0.1), decades(1e-6, 1e6, special=[0.0])),
        )
    ),
    subject=lambda short, long: long - short,
    mutants=[
        Mutant("the smaller the load", lambda short, long: short - long),
        Mutant("the same load", lambda short, long: -abs(long - short)),
    ],
    tol=TOL,
    tol_reason="relative to the load of all data",
    max_samples=100,
    explanation="A longer slot lets a mobile's own CPU finish more: fewer bits are required. Where radio is "
    "dearer than local computing (υ < 1) only required bits are offloaded, and the load falls.",
    corrected_by="TDMA-R5b.corrected",
    ahead=solving(P2, both_slots),
)
def load_grows(case: Case, growth: Callable[[Any, Any], Any]) -> Interval | float | None:
    short, long = both_slots(case)
    s, s_long = P2.instance(short), P2.instance(long)
    if not np.sum(s.input_bits) > 0:
        return None
    with ball_arithmetic():
        us, us_long = mobiles(s), mobiles(s_long)
        if all(ratio(u) < 1 for u in us):  # then ℓ = m at every optimum: any bit costs more than it saves
            loads = [sum((u.C * u.m for u in side), arb(0)) for side in (us, us_long)]
            return Interval.from_arb(growth(*loads) / sum((u.C * u.R for u in us), arb(0)))
    best, best_long = optima(P2, [short, long])
    if best is None or best_long is None:
        return None
    return float(growth(cycles(s, best.bits), cycles(s, best_long.bits)))


@claim(
    id="TDMA-R5b.corrected",
    source=f"{PAPER}, Remark 5, corrected",
    statement="If nobody has required bits in the shorter of two slots, then for each of its optima the "
    "longer has one that offloads at least as much of every mobile's data, and nothing where υ ≤ 1.",
    recorded="certified",
    draws=longer(nothing_required(decades(1e-3, 1e2))),
    subject=(lambda bits, by: bits, 1.0),
    mutants=[
        Mutant("grows as T²", (lambda bits, by: bits * by**2, 1.0)),
        Mutant("all data of those who offload", (lambda bits, by: bits * np.inf, 1.0)),
        Mutant("nothing of mobiles with υ ≤ 2", (lambda bits, by: bits, 2.0)),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=100,
    ahead=solving(P2, both_slots),
)
def bits_grow(case: Case, subject: tuple[Callable[[Array, float], Array], float]) -> Interval | None:
    """At the longer slot, requiring the bits of the shorter costs nothing."""
    grown, eager = subject
    slot = case["longer_slot_duration"]
    short, free = optima(P2, both_slots(case))
    if short is None or free is None:
        return None
    s = free.instance
    with ball_arithmetic():
        wants = np.array([bool(ratio(u) > eager) for u in mobiles(s)])
    bits = np.where(short.bits > 0, grown(short.bits, slot / float(short.instance.slot_duration)), 0.0)
    local = s.input_bits - np.minimum(bits, s.input_bits)
    speeds = np.where(bits > 0, local * s.cycles_per_bit / slot, s.local_frequency)
    value = s.weight * s.cycles_per_bit * s.energy_per_cycle * s.input_bits
    kept = float(np.sum(np.where(wants, 0.0, value)))
    changes = {"input_bits": np.where(wants, s.input_bits, 0.0).tolist(), "local_frequency": speeds.tolist()}
    forced = optimum(P2, {**case["data"], "slot_duration": slot, **changes})
    return None if forced is None else free.excess(forced.lower + kept, forced.upper + kept)
