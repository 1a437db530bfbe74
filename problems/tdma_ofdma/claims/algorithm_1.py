"""Algorithm 1: bisecting the price of airtime of P2 as printed, and a version that ends."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from mecopt.claims import Interval, Mutant, claim, smallest
from mecopt.instance import Array, Instance

from .. import algorithms, closed_form
from .airtime_bracket import Bracket, argument, largest_priority, total
from .common import P2, PAPER, Case, optimum, point_is_optimal, solving
from .threshold import (
    THEOREM_1,
    Ball,
    Mobile,
    airtime,
    as_floats,
    asked,
    contested,
    finely,
    has_reason,
    mobiles,
    priority,
)


def bisection(s: Instance, aim: Callable[[float], float]) -> tuple[Array, Array]:
    """The printed bisection on another function of the airtime, in slots, than the airtime itself."""
    p = closed_form.terms(s)
    slot, top = float(s.slot_duration), float(np.max(closed_form.priorities(p)))
    price, _ = algorithms.printed_bisection(
        lambda tried: aim(float(np.sum(algorithms.printed_policy(p, tried).time)) / slot),
        target=1.0,
        high=top,
    )
    policy = algorithms.printed_policy(p, price)
    return policy.bits, policy.time


def printed_algorithm(s: Instance) -> tuple[Array, Array]:
    """Algorithm 1 as printed, stopped after 200 steps."""
    x = algorithms.algorithm_1_printed(s).x
    return x["offloaded_bits"], x["offloading_time"]


def exact_algorithm(s: Instance) -> tuple[Array, Array]:
    """The corrected one."""
    x = closed_form.solve_p2(s, 0.0).x
    return x["offloaded_bits"], x["offloading_time"]


@claim(
    id="TDMA-A1",
    source=f"{PAPER}, Algorithm 1",
    statement=(
        "Bisection of λ on [0, λ_max] until the policy's airtime equals T terminates with the optimum of "
        "P2. (Equal: to 1e-9, within 200 steps.)"
    ),
    recorded="refuted",
    draws=contested(users=(1, 3)),
    subject=printed_algorithm,
    mutants=[
        Mutant("exact algorithm", exact_algorithm),
        Mutant(
            "λ_h = λ_m if T_m > T", lambda s: bisection(s, lambda used: 1 / used if used > 0 else math.inf)
        ),
        Mutant("until half of the slot", lambda s: bisection(s, lambda used: 2 * used)),
    ],
    tol=1e-6,
    tol_reason="relative to the optimum; 1e-9 of the slot is worth 1e-9 times an exponent of some hundreds",
    max_samples=100,
    explanation=(
        "Where a mobile sends a part of its data, the policy's airtime jumps across T at λ = φₖ: the "
        "bisection never meets T and ends with that mobile at its minimum, which wastes airtime, or "
        "complete, which does not fit. Where required bits put λ* above λ_max it is not in the bracket."
    ),
    corrected_by="TDMA-A1.corrected",
    ahead=solving(P2),
)
def printed_bisection(case: Case, algorithm: Callable[[Instance], tuple[Array, Array]]) -> Any:
    s = P2.instance(case)
    if not _has_reason(s):
        return None
    return point_is_optimal(P2, case, *algorithm(s))


@finely
def _has_reason(s: Instance) -> bool:
    return any(map(has_reason, mobiles(s)))


ACCURACY = 2.0**-52
"""Relative accuracy to which the corrected algorithm finds the price."""


@dataclass(frozen=True)
class Outcome:
    """Bits, airtimes, and how often the airtime of a policy was evaluated."""

    bits: list[Ball]
    seconds: list[Ball]
    evaluations: int


@dataclass(frozen=True)
class Corrected:
    """Algorithm 1 with priorities searched first; mobiles at the threshold get `fill` of what they could."""

    fill: Callable[[Ball], Ball] = lambda share: share
    ceiling: Bracket | None = None

    def __call__(self, us: Sequence[Mobile]) -> Outcome:
        """Find the highest level of φ that fills the slot, then the price there or above it."""
        phis, slot = [priority(u) for u in us], us[0].T
        levels = _levels(us, phis)
        low, high, evaluations = 0, len(levels), 0
        while low < high:
            middle, evaluations = (low + high) // 2, evaluations + 1
            full = asked(us, phis, levels[middle], THEOREM_1)[1] >= slot
            low, high = (low, middle) if full else (middle + 1, high)
        if low < len(levels):
            level = levels[low]
            least, most = asked(us, phis, level, THEOREM_1)
            evaluations += 1
            if least <= slot:
                share = self.fill((slot - least) / (most - least))
                bits = [
                    u.m + share * (u.R - u.m) if p.overlaps(level) else u.R if p > level else u.m
                    for u, p in zip(us, phis, strict=True)
                ]
                return self._outcome(us, bits, level, evaluations)
        # complete above the level, minimum elsewhere; nobody changes his mind up to the next level
        bits = [
            u.R if any(p.overlaps(x) for x in levels[:low]) else u.m for u, p in zip(us, phis, strict=True)
        ]
        floor = levels[low] if low < len(levels) else None
        return self._at_root(us, bits, floor, levels[low - 1] if low else None, evaluations)

    def _at_root(
        self, us: Sequence[Mobile], bits: list[Ball], floor: Ball | None, top: Ball | None, evaluations: int
    ) -> Outcome:
        """Halve the logarithm of the price for given bits."""
        low, high = prices_of_bits(us, bits)
        low = low if floor is None else low.max(floor)
        high = high if top is None else high.min(top)
        high = high if self.ceiling is None else high.min(self.ceiling(us))
        low, high = low.log().mid(), high.log().mid()
        while high - low > ACCURACY:
            middle = ((low + high) / 2).mid()
            evaluations += 1
            spent = total(b * airtime(u, middle.exp()) for u, b in zip(us, bits, strict=True) if b > 0)
            low, high = (middle, high) if spent > us[0].T else (low, middle)
        return self._outcome(us, bits, high.exp(), evaluations)

    def _outcome(self, us: Sequence[Mobile], bits: list[Ball], price: Ball, evaluations: int) -> Outcome:
        seconds = [b * airtime(u, price) if b > 0 else arb(0) for u, b in zip(us, bits, strict=True)]
        scale = us[0].T / total(seconds)
        return Outcome(bits, [x * scale for x in seconds], evaluations)


def _levels(us: Sequence[Mobile], phis: Sequence[Ball]) -> list[Ball]:
    """Distinct priorities of those who have a choice, descending."""
    found: list[Ball] = []
    choice = [phi for u, phi in zip(us, phis, strict=True) if phi > 0 and u.m < u.R]
    for phi in sorted(choice, key=lambda ball: -ball.mid()):
        if not found or not phi.overlaps(found[-1]):
            found.append(phi)
    return found


def prices_of_bits(us: Sequence[Mobile], bits: Sequence[Ball]) -> tuple[Ball, Ball]:
    """Prices at which given bits take T or more, and T or less: everybody at the common rate Σ ℓ/T."""
    common = argument(total(bits) * arb.const_log2() / (us[0].B * us[0].T))
    scales = [u.A for u, b in zip(us, bits, strict=True) if b > 0]
    return common * min(scales), common * max(scales)


def most_evaluations(us: Sequence[Mobile]) -> int:
    """⌈log₂(K + 1)⌉ + 1 + ⌈log₂(ln(A_max/A_min)/ε)⌉."""
    scales = as_floats([u.A for u in us])
    width = math.log(scales.max() / scales.min())
    return (
        math.ceil(math.log2(len(us) + 1))
        + 1
        + max(math.ceil(math.log2(width / ACCURACY)) if width > 0 else 0, 0)
    )


@claim(
    id="TDMA-A1.corrected",
    source=f"correction of {PAPER}, Algorithm 1",
    statement=(
        "Search the descending φₖ of mobiles with mₖ < Rₖ for the first at which mobiles of this or "
        "higher priority fill the slot. If they do so only with the mobiles at equality, these share the "
        "rest of the slot; else, with everybody's bits known, bisect λ above that φ. This ends with the "
        "optimum of P2 after at most ⌈log₂(K + 1)⌉ + 1 + ⌈log₂(ln(A_max/A_min)/ε)⌉ evaluations of Σ tₖ, "
        "Aₖ = βₖN₀/hₖ², ε the accuracy of λ*."
    ),
    recorded="certified",
    draws=contested(),
    subject=Corrected(),
    mutants=[
        Mutant("mobiles at equality complete", Corrected(fill=lambda share: arb(1))),
        Mutant("mobiles at equality at the minimum", Corrected(fill=lambda share: arb(0))),
        Mutant("λ up to the largest φ", Corrected(ceiling=largest_priority)),
    ],
    tol=1e-10,
    tol_reason="relative to the optimum, proved to this accuracy; points are doubles",
    max_samples=150,
    ahead=solving(P2),
)
@finely
def corrected_algorithm(case: Case, algorithm: Callable[[Sequence[Mobile]], Outcome]) -> Any:
    us = mobiles(P2.instance(case))
    if not any(map(has_reason, us)):
        return None
    best = optimum(P2, case)
    if best is None:
        return None
    found = algorithm(us)
    optimal = point_is_optimal(P2, case, as_floats(found.bits), as_floats(found.seconds))
    if optimal is None:
        return None
    budget = most_evaluations(us)
    spare = (budget - found.evaluations) / budget
    return smallest(optimal, best.excess(best.lower, best.upper), Interval(spare, spare))
