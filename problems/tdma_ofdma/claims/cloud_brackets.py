"""Where the prices of P1 lie: Lemma 5, whose brackets start the searches of Algorithm 2."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_least, at_most, claim, smallest
from mecopt.claims.exact import FAILS

from .cloud_cases import (
    NO_SEARCH,
    OPTIMAL,
    PLAIN,
    Fields,
    binding,
    cloud_price_range,
    loads,
    other_slots,
    priced_optimum,
    pricing,
    time_price_range,
)
from .common import P1, PAPER, Case, Optimum, p1_cases
from .threshold import Ball, Mobile, finely, mobiles, priority

Bound = Callable[[list[Mobile]], Ball]
"""An upper bound of a price, from the mobiles that have data."""

FORCED: Fields = {"local_frequency": st.sampled_from([0.0, 1e-3, 1.0, 10.0, 1e6])}
"""Required bits in half of the cases."""

SHORT: Fields = PLAIN | FORCED | {"noise_power": st.sampled_from([1.0, 0.1])}


def largest(values: list[Ball]) -> Ball:
    """The largest, at least 0."""
    top = arb(0)
    for value in values:
        top = top.max(value)
    return top


def active(best: Optimum) -> list[Mobile]:
    """The mobiles that have data."""
    return [u for u in mobiles(best.instance) if u.R > 0]


def within(best: Optimum, *, time: float = np.inf, cloud: float = np.inf) -> Interval:
    """Slack of 'some optimal prices keep these bounds': minus the gap that clipped prices leave."""
    prices = {"time_price": min(best.time_price, time), "cloud_price": min(best.cloud_price, cloud)}
    x = {"offloaded_bits": best.bits, "offloading_time": best.time}
    gap = float(P1.certify(best.instance, x, prices, tol=NO_SEARCH).gap)
    return Interval(-gap, 0.0) if gap >= 0 else FAILS


# The price of airtime.


def highest_priority(us: list[Mobile]) -> Ball:
    """max phi."""
    return largest([priority(u) for u in us])


@finely
def forced_price(us: list[Mobile]) -> Ball:
    """Largest A ((y - 1) e^y + 1), y = ln 2 sum m/(B T), of the mobiles with required bits."""
    return price_of(us, sum((u.m for u in us), arb(0)))


def price_of(us: list[Mobile], bits: Ball) -> Ball:
    """Largest A ((y - 1) e^y + 1), y = ln 2 bits/(B T), of the mobiles with required bits."""
    y = bits * arb.const_log2() / (us[0].B * us[0].T) if us else arb(0)
    return largest([u.A * ((y - 1) * y.exp() + 1) for u in us if u.m > 0])


@claim(
    id="TDMA-L5a",
    source=f"{PAPER}, Lemma 5",
    statement="If at least one mobile offloads in P1, then 0 ≤ λ* ≤ max φ.",
    recorded="refuted",
    draws=binding(SHORT, users=(1, 2)),
    subject=highest_priority,
    mutants=[
        Mutant("what required bits cost, too", lambda us: largest([highest_priority(us), forced_price(us)])),
        Mutant("lowest priority", lambda us: -largest([-priority(u) for u in us])),
    ],
    tol=1e-6,
    tol_reason="relative to λ*, enclosed by proved optima for slots of slightly different length",
    max_samples=60,
    explanation="Bits that must be offloaded are sent at any price: in a short slot they drive λ* beyond "
    "every priority. Without required bits the bound holds.",
    corrected_by="TDMA-L5a.corrected",
    ahead=pricing(lambda case: [case, *other_slots(case)]),
)
def airtime_price_bound(case: Case, bound: Bound) -> Any:
    best, price = priced_optimum(case), time_price_range(case)
    if best is None or price is None or not best.bits.max() > 0:
        return None
    return bounded(price, active(best), bound)


@finely
def bounded(price: Ball, us: list[Mobile], bound: Bound) -> Any:
    """Slack of price <= bound, relative to the larger."""
    top = bound(us)
    return at_most(price, top, scale=max(float(price.mid()), float(top.mid())))


@finely
def as_float(bound: Bound, us: list[Mobile]) -> float:
    """The bound, rounded up."""
    return float(np.nextafter(float(bound(us).upper()), np.inf))


@claim(
    id="TDMA-L5a.corrected",
    source=f"correction of {PAPER}, Lemma 5",
    statement="If at least one mobile offloads in P1, then 0 ≤ λ* ≤ max{φ; A ((ȳ − 1) e^ȳ + 1) where m > 0}, "
    "with ȳ = ln 2 ∑ m/(B T), A = β N0/h².",
    recorded="certified",
    draws=st.one_of(p1_cases(local_frequency=FORCED["local_frequency"]), binding(FORCED)),
    subject=lambda us: largest([highest_priority(us), forced_price(us)]),
    mutants=[
        Mutant("required bits left out", highest_priority),
        Mutant("priorities left out", forced_price),
        Mutant(
            "required bits of one mobile",
            lambda us: largest([highest_priority(us), price_of(us, largest([u.m for u in us]))]),
        ),
    ],
    tol=1e-8,
    tol_reason=OPTIMAL,
    max_samples=100,
    ahead=pricing(),
)
def airtime_price_bracket(case: Case, bound: Bound) -> Any:
    best = priced_optimum(case)
    if best is None or not best.bits.max() > 0:
        return None
    return within(best, time=as_float(bound, active(best)))


# The price of a cycle.


def printed_saving(us: list[Mobile]) -> Ball:
    """max(P - N0 ln 2/(B C h^2))."""
    return largest([u.P - u.N0 * arb.const_log2() / (u.B * u.C * u.g) for u in us])


def weighted_saving(us: list[Mobile]) -> Ball:
    """max(beta P - A ln 2/(B C)), at least 0."""
    return largest([u.beta * u.P - u.A * arb.const_log2() / (u.B * u.C) for u in us])


@claim(
    id="TDMA-L5b",
    source=f"{PAPER}, Lemma 5",
    # where the maximum is negative nobody wants to offload and mu = 0: an edge left to the correction
    statement="If at least one mobile offloads in P1, then 0 ≤ μ* ≤ max{P − N0 ln 2/(B C h²)} (where "
    "that is positive).",
    recorded="refuted",
    draws=binding(PLAIN, users=(1, 2)),
    subject=printed_saving,
    mutants=[
        Mutant("weights kept", weighted_saving),
        Mutant("power for energy", lambda us: largest([u.P - u.N0 / u.g for u in us])),
    ],
    tol=1e-6,
    tol_reason="relative to μ*, enclosed by proved optima for slightly different F",
    max_samples=60,
    explanation="The weight is missing: a cycle of mobile k saves up to β P − A ln 2/(B C), A = β N0/h²: "
    "more than the printed bound where β > 1.",
    corrected_by="TDMA-L5b.corrected",
    ahead=pricing(),
)
def cycle_price_bound(case: Case, bound: Bound) -> Any:
    best = priced_optimum(case)
    if best is None or not best.bits.max() > 0 or not case["cloud_capacity"] > loads(case)[0]:
        return None
    us, price = active(best), cloud_price_range(case)
    return None if price is None or not bound(us) > 0 else bounded(price, us, bound)


@finely
def nobody_saves(us: list[Mobile], mu: Ball) -> Any:
    """Slack of 'at this price of a cycle no bit is worth its cheapest offloading', relative to its value."""
    costs = [(u.v, mu * u.C + u.A * arb.const_log2() / u.B) for u in us]
    return smallest(*(at_least(cost, value, scale=value + cost) for value, cost in costs))


@finely
def evaluate(bound: Bound, us: list[Mobile]) -> Ball:
    return bound(us)


@claim(
    id="TDMA-L5b.corrected",
    source=f"correction of {PAPER}, Lemma 5",
    statement="If ∑ C m < F, some optimal μ* is in [0, max{β P − A ln 2/(B C)}⁺], A = β N0/h²; at the upper "
    "end nobody saves anything by offloading.",
    recorded="certified",
    draws=binding(shares=st.sampled_from([0.5, 0.1, 0.9, 1e-3, 1e-6, 1.5])),
    subject=weighted_saving,
    mutants=[
        Mutant("weights lost", printed_saving),
        Mutant("factor ln 2 lost", lambda us: largest([u.beta * u.P - u.A / (u.B * u.C) for u in us])),
        Mutant("smallest saving", lambda us: -largest([-weighted_saving([u]) for u in us])),
    ],
    tol=1e-8,
    tol_reason=OPTIMAL,
    max_samples=100,
    ahead=pricing(),
)
def cycle_price_bracket(case: Case, bound: Bound) -> Any:
    best = priced_optimum(case)
    if best is None or not case["cloud_capacity"] > loads(case)[0] * (1 + 1e-9):
        return None
    us = active(best)
    return smallest(within(best, cloud=as_float(bound, us)), nobody_saves(us, evaluate(bound, us)))
