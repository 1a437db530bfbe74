"""Lemma 4: where the price of airtime of P2 lies."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flint import arb

from mecopt.claims import Interval, Mutant, claim
from mecopt.claims.exact import apart

from .common import P2, PAPER, Case
from .threshold import Ball, Mobile, airtime_price, contested, finely, has_reason, mobiles, priority

Bracket = Callable[[Sequence[Mobile]], Ball]


def largest(balls: Any) -> Ball:
    """The largest of some balls, 0 if there are none."""
    best = arb(0)
    for ball in balls:
        best = best.max(ball)
    return best


def largest_priority(us: Sequence[Mobile]) -> Ball:
    """λ_max as printed."""
    return largest(priority(u) for u in us)


def argument(y: Ball) -> Ball:
    """(y − 1) e^y + 1, the λ/A at which the rate exponent is y."""
    return (y - 1) * y.exp() + 1


def total(balls: Any) -> Ball:
    """The sum of balls."""
    return sum(balls, arb(0))


def corrected_end(
    us: Sequence[Mobile],
    *,
    together: Callable[[Any], Ball] = total,
    price_of: Callable[[Ball], Ball] = argument,
) -> Ball:
    """λ_max, or the price at which everybody with required bits has the rate of all of them together."""
    common = together(u.m for u in us) * arb.const_log2() / (us[0].B * us[0].T)
    return largest_priority(us).max(largest(u.A * price_of(common) for u in us if u.m > 0))


@claim(
    id="TDMA-L4",
    source=f"{PAPER}, Lemma 4",
    statement="If at least one mobile offloads, 0 ≤ λ* ≤ λ_max = max φₖ.",
    recorded="refuted",
    draws=contested(),
    subject=largest_priority,
    mutants=[
        Mutant("or the price of the required bits", corrected_end),
        Mutant("smallest φ", lambda us: min((priority(u) for u in us), key=lambda ball: float(ball.mid()))),
        Mutant("half of the largest φ", lambda us: largest_priority(us) / 2),
    ],
    tol=1e-12,
    tol_reason="relative to λ_max + λ*; λ* is known to 1e-18",
    explanation=(
        "Required bits must be sent whatever airtime costs. A mobile that can compute nothing in time "
        "pays λ* > 0 even if υ ≤ 1 for everybody, when λ_max = 0, and more than φ as soon as its slot is "
        "too short for a rate of B log₂ υ."
    ),
    corrected_by="TDMA-L4.corrected",
)
@finely
def price_bracket(case: Case, end: Bracket) -> Any:
    us = mobiles(P2.instance(case))
    if not any(map(has_reason, us)):
        return None
    return Interval.from_arb(apart(end(us), airtime_price(us)))


@claim(
    id="TDMA-L4.corrected",
    source=f"correction of {PAPER}, Lemma 4",
    statement=(
        "If at least one mobile offloads, 0 < λ* ≤ max{max φₖ, max over mₖ > 0 of Aₖ((y − 1) e^y + 1)}, "
        "y = (ln 2/(B T)) Σ mⱼ, Aₖ = βₖ N₀/hₖ²."
    ),
    recorded="certified",
    draws=contested(),
    subject=corrected_end,
    mutants=[
        Mutant("largest m for Σ m", partial(corrected_end, together=largest)),
        Mutant(
            "y ln y − y + 1 for (y − 1) e^y + 1",
            partial(corrected_end, price_of=lambda y: y * y.log() - y + 1),
        ),
        Mutant("as printed", largest_priority),
    ],
    tol=1e-12,
    tol_reason="relative to the sum of both sides; λ* is known to 1e-18",
)
@finely
def corrected_bracket(case: Case, end: Bracket) -> Any:
    us = mobiles(P2.instance(case))
    if not any(map(has_reason, us)):
        return None
    return Interval.from_arb(apart(end(us), airtime_price(us)))
