"""Remark 4: P2 by one scalar search for the price of airtime, with a general root finder.

Nothing here knows priorities or Lambert's W: at a price λ a mobile picks its rate by the root of a scalar
equation and offloads if a bit then costs less than at home.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import brentq

from mecopt.claims import Mutant, claim
from mecopt.instance import Array, Instance

from .common import P2, PAPER, Case, optimum, p2_cases, point_is_optimal, required_bits, solving
from .threshold import OPTIMA, WITH_DATA, contested, finely, has_reason, mobiles, priority


def rise(y: float) -> float:
    """(y − 1) e^y + 1, by its series where the terms cancel."""
    if y < 0.01:
        return y * y * (1 / 2 + y * (1 / 3 + y * (1 / 8 + y * (1 / 30 + y * (1 / 144 + y / 840)))))
    return y * math.exp(y) - math.expm1(y)


def exponent_at(ratio: float) -> float:
    """The y ≥ 0 with (y − 1) e^y + 1 = ratio, by a general root finder."""
    # both bound the root from above, and rounding may not put it outside
    top = 1.01 * min(math.sqrt(2 * ratio), max(2.0, math.log(max(ratio, 1.0))))
    return float(brentq(lambda y: rise(y) / ratio - 1, 0.0, top, xtol=1e-15 * top, rtol=1e-15))


@dataclass(frozen=True)
class Search:
    """The search for one instance; mobiles indifferent at λ* get `fill` of what fits the rest of the slot."""

    fill: Callable[[float], float] = lambda share: share
    largest_price: Callable[[Instance], float] = lambda s: math.inf
    share_of_slot: float = 1.0

    def __call__(self, s: Instance) -> tuple[Array, Array]:
        """Bits and airtimes."""
        slot = float(s.slot_duration) * self.share_of_slot
        top = math.log(self.largest_price(s)) if self.largest_price(s) > 0 else -600.0

        def overuse(log_price: float) -> float:
            bits, seconds = answer(s, log_price)
            return math.log(max(float(bits @ seconds), 1e-300) / slot)

        start = min(math.log(max(power_scales(s))), top)
        low, high = _bracket(overuse, start, top)
        x = float(brentq(overuse, low, high, xtol=1e-14, rtol=1e-15)) if overuse(high) < 0 else high
        margin = 3e-14 + 3e-15 * abs(x)  # thrice what the root finder leaves
        heavy, seconds = answer(s, x - margin)
        light, _ = answer(s, x + margin)
        room, more = slot - float(light @ seconds), float((heavy - light) @ seconds)
        share = min(max(room / more, 0.0), 1.0) if more > 0 else 0.0
        bits: Array = light + self.fill(share) * (heavy - light)
        return bits, bits * seconds


def power_scales(s: Instance) -> Array:
    """A = β N0/g."""
    return s.weight * s.noise_power / s.channel_gain


def answer(s: Instance, log_price: float) -> tuple[Array, Array]:
    """What everybody does at a price: bits, and seconds per bit (of those who send)."""
    A = power_scales(s)
    y = np.array([exponent_at(math.exp(min(max(log_price - math.log(a), -690.0), 690.0))) for a in A])
    cost = A * math.log(2) / s.bandwidth * np.exp(y)
    bits = np.where(cost < s.weight * s.cycles_per_bit * s.energy_per_cycle, s.input_bits, required_bits(s))
    return bits, np.where(bits > 0, math.log(2) / (s.bandwidth * y), 0.0)


def _bracket(falling: Callable[[float], float], start: float, top: float) -> tuple[float, float]:
    low, high, step = start, start, 1.0
    while falling(low) <= 0 and low > -600:
        low, step = low - step, 2 * step
    step = 1.0
    while falling(high) >= 0 and high < top:
        high, step = min(high + step, top), 2 * step
    return low, high


@claim(
    id="TDMA-R4",
    source=f"{PAPER}, Remark 4",
    statement=(
        "P2 is solved by a one-dimensional search over λ. (Checked: a general root search on the slope "
        "of the dual function, knowing neither φ nor W, is optimal when mobiles indifferent at λ* fill "
        "the slot.)"
    ),
    recorded="certified",
    draws=st.one_of(contested(users=(1, 4)), p2_cases(users=(1, 4), input_bits=WITH_DATA)),
    subject=Search(),
    mutants=[
        Mutant("indifferent mobiles keep the minimum", Search(fill=lambda share: 0.0)),
        Mutant("indifferent mobiles offload completely", Search(fill=lambda share: 1.0)),
        Mutant("λ up to the largest φ only", Search(largest_price=lambda s: largest_priority(s))),
        Mutant("half of the slot", Search(share_of_slot=0.5)),
    ],
    tol=1e-9,
    tol_reason=OPTIMA,
    max_samples=60,
    ahead=solving(P2),
)
def scalar_search(case: Case, search: Callable[[Instance], tuple[Array, Array]]) -> Any:
    s = P2.instance(case)
    if not _has_reason(s) or optimum(P2, case) is None:
        return None  # nobody offloads, or at rates beyond double precision
    return point_is_optimal(P2, case, *search(s))


@finely
def _has_reason(s: Instance) -> bool:
    return any(map(has_reason, mobiles(s)))


def largest_priority(s: Instance) -> float:
    """The printed end of the bracket."""
    return max(float(priority(u).mid()) for u in mobiles(s))
