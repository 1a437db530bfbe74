"""P3, where the cloud computes within the slot: feasibility, its relation to P1, Theorem 3.

Offloaded bits cost the slot their airtime and C/F′ seconds each in the cloud: Σ C ℓ/F′ + Σ t ≤ T.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades, smallest
from mecopt.claims.exact import FAILS, HOLDS
from mecopt.instance import Array, Instance
from mecopt.problem import Problem

from .common import (
    P1,
    P2,
    P3,
    PAPER,
    Case,
    Optimum,
    optimum,
    p3_cases,
    point_is_optimal,
    required_bits,
    solving,
)
from .computing_time_priority import Ratio, coefficients, filled_ratio, psi
from .policy import LN2, fill_slot, seconds_per_bit
from .program import required_cycles
from .slots import EAGER, OPTIMAL, TOL
from .threshold import mobiles

# Feasibility, in exact fractions: doubles are fractions, and the condition is rational.


def in_whole_numbers(case: Case, slots: float) -> Case:
    """The case without local CPUs on a cloud that computes all data `slots` times in the slot, exactly."""
    R, C = ([float(round(x)) for x in case[name]] for name in ("input_bits", "cycles_per_bit"))
    cycles = sum(r * c for r, c in zip(R, C, strict=True))
    whole = {"input_bits": R, "cycles_per_bit": C, "local_frequency": [0.0] * len(R)}
    return case | whole | {"slot_duration": 0.5, "cloud_frequency": 2 * slots * cycles}


TIGHT = st.builds(
    in_whole_numbers,
    p3_cases(users=(1, 4), input_bits=decades(1, 1e3), cycles_per_bit=decades(1, 1e3)),
    st.sampled_from([1.0, 0.5, 1.5]),
)


@claim(
    id="TDMA-F3",
    source=f"{PAPER}, Section V-C",
    statement="P3 is feasible iff Σ C m/F′ < T.",
    recorded="certified",
    draws=st.one_of(p3_cases(users=(1, 4)), TIGHT),
    subject=lambda cloud, slot: cloud < slot,
    mutants=[
        Mutant("≤ for <", lambda cloud, slot: cloud <= slot),
        Mutant("half of the slot", lambda cloud, slot: 2 * cloud < slot),
        Mutant("always", lambda cloud, slot: True),
    ],
    tol=0.0,
    tol_reason="decided in exact fractions",
)
def feasible_iff_time_is_left(case: Case, condition: Callable[[Fraction, Fraction], bool]) -> Interval:
    """Of all m ≤ ℓ ≤ R the bits m take the cloud least time. Can they be sent in what is left of the slot?"""
    required = sum(required_cycles(case), Fraction(0))
    least, slot = required / Fraction(case["cloud_frequency"]), Fraction(case["slot_duration"])
    possible = required == 0 or least < slot  # bits take a positive airtime, and any is enough
    return HOLDS if condition(least, slot) is possible else FAILS


def slot_used(case: Case, bits: Array, time: Array) -> Fraction:
    """(Σ C ℓ/F′ + Σ t)/T, exactly."""
    cycles = [Fraction(C) * Fraction(float(ell)) for C, ell in zip(case["cycles_per_bit"], bits, strict=True)]
    airtime = sum(map(Fraction, time.tolist()), Fraction(0))
    return (sum(cycles, Fraction(0)) / Fraction(case["cloud_frequency"]) + airtime) / Fraction(
        case["slot_duration"]
    )


# P3 and P1 with the cycles that the cloud computes in a slot.


class Comparison(NamedTuple):
    """What is compared with P1 at F = `slots` F′ T, and what is said of the rise from P1's optimum to it."""

    problem: Problem
    slots: float
    slack: Callable[[Interval], Interval]


def none(rise: Interval) -> Interval:
    """Slack of 'no rise, no fall'."""
    furthest, nearest = max(abs(rise.lo), abs(rise.hi)), max(rise.lo, -rise.hi, 0.0)
    return Interval(-furthest, -nearest)


def not_negative(rise: Interval) -> Interval:
    """Slack of 'no fall'."""
    return rise


def optima(case: Case, compared: Comparison) -> tuple[Optimum, Optimum] | None:
    """Proved optima of P1 and of the problem compared with it, where both have one."""
    p2 = {key: value for key, value in case.items() if key != "cloud_frequency"}
    capacity = compared.slots * case["cloud_frequency"] * case["slot_duration"]
    other = optimum(compared.problem, case if compared.problem is P3 else p2)
    bounded = optimum(P1, p2 | {"cloud_capacity": capacity})
    return None if bounded is None or other is None else (bounded, other)


def rise(bounded: Optimum, other: Optimum) -> Interval:
    """Enclosure of the rise from one optimal value to the other, relative to the latter."""
    unit = max(other.upper, np.finfo(float).tiny)
    return Interval((other.lower - bounded.upper) / unit, (other.upper - bounded.lower) / unit)


@claim(
    id="TDMA-FN2",
    source=f"{PAPER}, Section V-C, footnote",
    statement="A bound on the load of the cloud (P1) and computing time within the slot (P3) are equivalent "
    "models of a finite cloud (tested as: with F = F′ T both have the same optimal value).",
    recorded="refuted",
    draws=p3_cases(users=(1, 3), **EAGER),
    subject=Comparison(P3, 1.0, none),
    mutants=[
        Mutant("computing takes no time", Comparison(P2, 1.0, none)),
        Mutant("P3 costs at least as much", Comparison(P3, 1.0, not_negative)),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=50,
    explanation="In P3 computing also takes airtime away: each offloaded bit leaves less of the slot to the "
    "radio. With F = F′ T every point of P3 is feasible for P1, but P1 may transmit during the whole slot.",
    corrected_by="TDMA-FN2.corrected",
)
def equivalent(case: Case, compared: Comparison) -> Interval | None:
    found = optima(case, compared)
    return None if found is None else compared.slack(rise(*found))


@claim(
    id="TDMA-FN2.corrected",
    source=f"{PAPER}, Section V-C, footnote, corrected",
    statement="With F = F′ T every feasible point of P3 is feasible for P1, and the optimal value of P3 is "
    "at least that of P1.",
    recorded="certified",
    draws=p3_cases(users=(1, 3), **(EAGER | {"cloud_frequency": decades(1e-2, 1e3)})),
    subject=Comparison(P3, 1.0, not_negative),
    mutants=[
        Mutant("P3 costs at most as much", Comparison(P3, 1.0, lambda r: Interval(-r.hi, -r.lo))),
        Mutant("half of F′ T", Comparison(P3, 0.5, not_negative)),
        Mutant("P2 for P3", Comparison(P2, 1.0, not_negative)),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=50,
)
def bounded_by_load(case: Case, compared: Comparison) -> Interval | None:
    """The optima, and the load of P3's in exact fractions."""
    found = optima(case, compared)
    if found is None:
        return None
    bits = found[1].bits
    spare = 1 - float(slot_used(case, bits, np.zeros_like(bits))) / compared.slots  # (F − Σ C ℓ)/F
    return smallest(compared.slack(rise(*found)), Interval(spare, spare))  # type: ignore[no-any-return]


# Theorem 3.


class Policy(NamedTuple):
    """Theorem 3: the υ̂ (with its limit at b = 1) that gives φ̂, and the airtime of a bit."""

    ratio: Ratio = filled_ratio
    seconds: Callable[[Instance, float], Array] = seconds_per_bit


def priorities(s: Instance, ratio: Ratio) -> Array:
    """φ̂ of every mobile: Lemma 6 for υ > 1, else 0."""
    found = []
    with ball_arithmetic():
        for u in mobiles(s):
            pair = coefficients(u, arb(float(s.cloud_frequency)))
            eager = pair[1] / pair[0] > 1
            found.append(float((u.A * psi(ratio(*pair))).mid()) if eager else 0.0)
    return np.array(found)


def more_airtime(s: Instance, price: float) -> Array:
    """ln 2/(B W0): Theorem 1's airtime without + 1, where that is positive."""
    rate = LN2 / (s.bandwidth * seconds_per_bit(s, price)) - 1
    return LN2 / (s.bandwidth * np.maximum(rate, 1e-3))


@claim(
    id="TDMA-T3",
    source=f"{PAPER}, Theorem 3",
    statement="For R > 0, if some υ_k > 1 or m_k > 0, the optimum of P3 has ℓ = m if φ̂ < λ, R if φ̂ > λ, "
    "anything between at equality, t = ℓ ln 2/(B [W0((λ h²/β − N0)/(N0 e)) + 1]), and Σ C ℓ/F′ + Σ t = T.",
    recorded="certified",
    draws=p3_cases(users=(1, 4), **(EAGER | {"input_bits": decades(1e-3, 1e3)})),
    subject=Policy(),
    mutants=[
        Mutant("φ of P2 for φ̂", Policy(ratio=lambda a, b: b / a)),
        Mutant("e^a for e^(a − 1)", Policy(ratio=lambda a, b: (b - 1) / ((b - 1) * a.exp()).lambertw())),
        Mutant("a without ln 2", Policy(ratio=lambda a, b: filled_ratio(a / arb.const_log2(), b))),
        Mutant("W0 for W0 + 1", Policy(seconds=more_airtime)),
    ],
    tol=TOL,
    tol_reason=OPTIMAL,
    max_samples=100,
    ahead=solving(P3),
)
def threshold_policy(case: Case, policy: Policy) -> Interval | None:
    """The printed policy, at the price at which it takes the slot, is optimal."""
    s = P3.instance(case)
    least = required_bits(s)
    phi = priorities(s, policy.ratio)
    if P3.infeasible(s) or not (np.any(phi > 0) or np.any(least > 0)):
        return None
    filled = fill_slot(s, lambda price: np.where(phi > price, s.input_bits, least), seconds=policy.seconds)
    optimal = point_is_optimal(P3, case, filled.bits, filled.time)
    if optimal is None or not np.all(np.isfinite(filled.time)):
        return optimal
    idle = float(abs(1 - slot_used(case, filled.bits, filled.time)))
    return smallest(optimal, Interval(-idle, -idle))  # type: ignore[no-any-return]
