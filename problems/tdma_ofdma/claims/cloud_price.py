"""The price of a cycle: how it moves with the bound, and what it does to the priorities (Remark 6).

Below, V is the optimum of P1 as a function of F; it is convex and an optimal mu is minus a slope of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_least, claim, decades, smallest
from mecopt.claims.exact import FAILS, HOLDS, holds, vanishes

from .cloud_cases import (
    OPTIMAL,
    PLAIN,
    Fields,
    at_capacity,
    binding,
    cloud_price_range,
    loads,
    priced_optima,
    priced_optimum,
    pricing,
    traders,
    unlimited,
)
from .common import P2, PAPER, Case, optimum, p2_cases
from .finite_cloud import Effective, printed_energy, tilde, weighted_energy
from .threshold import Ball, Mobile, finely, mobiles, priority, ratio

# The cloud price and the bound.

Relation = Callable[[Interval], Interval]
"""Judges an enclosure of (mu1 - mu2)/mu1, the relative fall of the price from F1 to a larger F2."""


@finely
def same_price(case: Case) -> bool:
    """Whether two mobiles of equal radio cost provably share slot and cloud at both bounds.

    Their bits at the marginal energy v - mu C, the same for both, add up to what the slot carries, and F only
    shifts them from one to the other: an exact KKT point, whose prices do not contain F.
    """
    us = mobiles(P2.instance(unlimited(case)))
    if len(us) != 2 or us[0].C == us[1].C or us[0].beta * us[1].g != us[1].beta * us[0].g:
        return False
    a, b = us
    mu = (b.v - a.v) / (b.C - a.C)
    gain = (a.v - mu * a.C) * a.B / (a.A * arb.const_log2())
    if not (mu > 0 and gain > 1):
        return False
    sent = a.B * a.T * gain.log() / arb.const_log2()
    for capacity in case["capacities"]:
        of_b = (capacity - a.C * sent) / (b.C - a.C)
        if not (a.m < sent - of_b < a.R and b.m < of_b < b.R):
            return False
    return True


def three_bounds(case: Case) -> list[Case]:
    """The case at both bounds and halfway between."""
    few, many = case["capacities"]
    return [at_capacity(case, F) for F in (few, (few + many) / 2, many)]


def price_fall(case: Case) -> Interval | None:
    """Enclosure of (mu(F1) - mu(F2))/mu(F1) where both bounds bind, else None.

    By convexity of V, mu(F1) is at least its fall left of a middle bound, mu(F2) at most that right of it.
    """
    few, many = case["capacities"]
    if not few < many:
        return None
    if same_price(case):
        return Interval(0.0, 0.0)
    free = optimum(P2, unlimited(case))
    low, middle, high = priced_optima(three_bounds(case))
    if low is None or middle is None or high is None or free is None or not high.lower > free.upper:
        return None
    left = (arb(low.lower) - arb(middle.upper)).max(arb(0))
    right = arb(middle.upper) - arb(high.lower)
    return Interval(Interval.from_arb(1 - right / left).lo, 1.0) if left > 0 else None


def larger(fall: Interval) -> Interval:
    """The smaller bound has the larger price."""
    return FAILS if fall.hi <= 0 else fall


def at_least_as_large(fall: Interval) -> Interval:
    """The smaller bound has no smaller price."""
    return fall


def smaller(fall: Interval) -> Interval:
    """The smaller bound has the smaller price."""
    return FAILS if fall.lo >= 0 else Interval(-fall.hi, -fall.lo)


def _two_bounds(case: Case, share: float) -> Case:
    least = loads(case)[0]
    few, many = least + share * (case["cloud_capacity"] - least), case["cloud_capacity"]
    return unlimited(case) | {"capacities": [few, many]}


TWO_BOUNDS = st.one_of(traders(2), st.builds(_two_bounds, binding(), st.sampled_from([0.5, 0.1, 0.9])))


@claim(
    id="TDMA-M1",
    source=f"{PAPER}, Section V-A",
    statement="A smaller F gives a larger μ*: μ*(F₁) > μ*(F₂) for F₁ < F₂ that both bind.",
    recorded="refuted",
    draws=TWO_BOUNDS,
    subject=larger,
    mutants=[Mutant("at least as large", at_least_as_large), Mutant("smaller", smaller)],
    tol=1e-9,
    tol_reason="relative to μ(F₁); equality is proved exactly and counts as −1",
    max_samples=60,
    explanation="Where two mobiles are both partially offloaded, F only shifts bits from one to the "
    "other and leaves both prices alone: V(F) is linear there. (With room to spare, μ is 0 for every F.)",
    corrected_by="TDMA-M1.corrected",
    ahead=pricing(three_bounds),
)
def price_falls(case: Case, relation: Relation) -> Any:
    fall = price_fall(case)
    return None if fall is None else relation(fall)


def prove_monotone() -> str:
    q1, q2, mu1, mu2, F1, F2 = sp.symbols("q1 q2 mu1 mu2 F1 F2", real=True)
    # q is the dual function without its term -mu F, at optimal prices for F1 and for F2
    best_at_1 = (q1 - mu1 * F1) - (q2 - mu2 * F1)
    best_at_2 = (q2 - mu2 * F2) - (q1 - mu1 * F2)
    vanishes(best_at_1 + best_at_2 - (mu1 - mu2) * (F2 - F1), "sum of both comparisons")
    return "prices optimal at F₁ and at F₂ beat each other there; the two sum up to (μ₁ − μ₂)(F₂ − F₁) ≥ 0"


Savings = Callable[[float, float], tuple[float, float]]
"""Most and least energy that another cycle saves, from the prices at the smaller and at the larger bound."""


@claim(
    id="TDMA-M1.corrected",
    source=f"correction of {PAPER}, Section V-A",
    statement="Optimal prices never rise with F: raising it from F₁ to F₂ saves at most μ(F₁)(F₂ − F₁) "
    "and at least μ(F₂)(F₂ − F₁), whichever optimal prices are taken.",
    recorded="proved",
    draws=TWO_BOUNDS,
    subject=lambda small, large: (small, large),
    mutants=[
        Mutant("prices rise", lambda small, large: (large, small)),
        Mutant("half the price at F₁", lambda small, large: (small / 2, large)),
        Mutant("twice the price at F₂", lambda small, large: (small, 2 * large)),
    ],
    tol=1e-8,
    tol_reason=OPTIMAL,
    proof=prove_monotone,
    max_samples=80,
    ahead=pricing(lambda case: [at_capacity(case, F) for F in case["capacities"]]),
)
def price_never_rises(case: Case, savings: Savings) -> Any:
    few, many = case["capacities"]
    low, high = priced_optima([at_capacity(case, F) for F in (few, many)])
    if low is None or high is None or not few < many:
        return None
    most, least = (
        arb(price) * (arb(many) - arb(few)) for price in savings(low.cloud_price, high.cloud_price)
    )
    saved = (arb(low.lower) - arb(high.upper)).union(arb(low.upper) - arb(high.lower))
    return smallest(at_least(most, saved, scale=arb(low.upper)), at_least(saved, least, scale=arb(low.upper)))


# Remark 6.

GOOD_OR_BAD: Fields = {
    "energy_per_cycle": st.sampled_from([1.0, 5.0, 0.0]),
    "channel_gain": st.sampled_from([1.0, 10.0, 0.01]),
}

Drop = tuple[Effective, bool]
"""The effective energy, and whether the drop is claimed for mobiles with priority 0, too."""


@finely
def drops(us: Sequence[Mobile], mu: Ball, drop: Drop) -> Any:
    """Slack of 'every priority falls': relative falls, -1 for one that provably does not fall as claimed."""
    effective, everybody = drop
    return smallest(*(_drop(priority(u), priority(tilde(u, mu, effective)), everybody) for u in us))


def _drop(before: Ball, after: Ball, everybody: bool) -> Interval:
    if before > 0:
        return Interval.from_arb((before - after) / before) if after < before else FAILS
    return HOLDS if after.is_zero() and not everybody else FAILS


@claim(
    id="TDMA-R6",
    source=f"{PAPER}, Remark 6",
    statement="If μ* > 0, then φ̃ < φ for every mobile.",
    recorded="refuted",
    draws=binding(PLAIN | GOOD_OR_BAD, users=(1, 3)),
    subject=(printed_energy, True),
    mutants=[
        Mutant("only mobiles with φ > 0", (printed_energy, False)),
        Mutant("price added", (lambda u, mu: u.P + mu, True)),
    ],
    tol=0.0,
    tol_reason="relative to φ; strict inequalities are decided in ball arithmetic, equality counts as −1",
    max_samples=60,
    explanation="A mobile with υ ≤ 1 has φ = 0 to begin with, and φ̃ = 0 = φ.",
    corrected_by="TDMA-R6.corrected",
    ahead=pricing(),
)
def every_priority_drops(case: Case, drop: Drop) -> Any:
    best, free = priced_optimum(case), optimum(P2, unlimited(case))
    if best is None or free is None or not best.lower > free.upper:
        return None  # that F raises the optimum proves that every optimal mu is positive
    return drops(mobiles(best.instance), arb(best.cloud_price), drop)


def prove_drop() -> str:
    v, C, A, B, mu = sp.symbols("v C A B mu", positive=True)
    ups = (v - mu * C) * B / (A * sp.log(2))  # beta C (P - mu/beta) = v - mu C
    phi = A * (ups * sp.log(ups) - ups + 1)
    vanishes(sp.diff(phi, mu) + B * C / sp.log(2) * sp.log(ups), "slope of the priority")
    d = sp.Symbol("d", positive=True)
    holds((-B * C / sp.log(2) * sp.log(1 + d)).is_negative, "slope negative for upsilon > 1")
    vanishes(phi.subs(mu, (v - A * sp.log(2) / B) / C), "priority 0 at upsilon = 1")
    return "dφ̃/dμ = −(B C/ln 2) ln υ̃ < 0 for υ̃ > 1, and φ̃ meets 0 at υ̃ = 1, where it stays"


@claim(
    id="TDMA-R6.corrected",
    source=f"correction of {PAPER}, Remark 6",
    statement="If μ > 0, then φ̃ < φ for every mobile with φ > 0, and φ̃ = φ = 0 for the others.",
    recorded="proved",
    draws=st.builds(lambda case, mu: {**case, "cloud_price": mu}, p2_cases(), decades(1e-6, 1e6)),
    subject=(weighted_energy, False),
    mutants=[
        Mutant("every mobile", (weighted_energy, True)),
        Mutant("price added", (lambda u, mu: u.P + mu / u.beta, False)),
        Mutant("price ignored", (lambda u, mu: u.P, False)),
    ],
    tol=0.0,
    tol_reason="relative to φ; strict inequalities are decided in ball arithmetic",
    proof=prove_drop,
)
def priority_drops(case: Case, drop: Drop) -> Any:
    return drops(mobiles(P2.instance(unlimited(case))), arb(case["cloud_price"]), drop)


def _rivals(scale: float, share: float, noise: float) -> Case:
    """A bit of the first saves more, a cycle of the second saves more."""
    return {
        "input_bits": [1.0, 1.0],
        "cycles_per_bit": [2 * scale, scale],
        "energy_per_cycle": [2.0, 3.0],
        "local_frequency": [1e6, 1e6],
        "channel_gain": [1.0, 1.0],
        "bandwidth": 1.0,
        "noise_power": noise,
        "slot_duration": 1.0,
        "cloud_capacity": share * scale,
    }


@claim(
    id="TDMA-R6.order",
    source=f"{PAPER}, Remark 6",
    statement="The cloud bound may change the order of priorities. (Two mobiles with C = (2, 1), P = (2, 3) "
    "and room for less than the data of one: φ₁ > φ₂, but φ̃₁ < φ̃₂ at every optimal μ*.)",
    recorded="certified",
    draws=st.builds(_rivals, decades(1.0, 10.0), st.sampled_from([0.5, 0.1, 0.9]), decades(1e-4, 0.1)),
    subject=weighted_energy,
    mutants=[
        Mutant("price ignored", lambda u, mu: u.P),
        Mutant("the same price for every bit", lambda u, mu: u.P - mu / u.C),
    ],
    tol=0.0,
    tol_reason="relative to the priorities; strict inequalities are decided in ball arithmetic",
    max_samples=30,
)
def order_changes(case: Case, effective: Effective) -> Any:
    mu = cloud_price_range(case)
    return None if mu is None else swapped(mobiles(P2.instance(unlimited(case))), mu, effective)


@finely
def swapped(us: Sequence[Mobile], mu: Ball, effective: Effective) -> Any:
    """Slack of 'the first is ahead of the second, but no longer at this cloud price'."""
    first, second = us
    energies = [effective(u, mu) for u in us]
    now = [priority(replace(u, P=e)) for u, e in zip(us, energies, strict=True)]
    ahead = at_least(priority(first), priority(second))
    if not (now[0] < now[1] and ratio(second) > 1):
        return FAILS
    return smallest(ahead, at_least(now[1], now[0]))
