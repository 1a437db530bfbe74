"""Slots filled at one price of airtime, in doubles: candidates which the referee judges.

Theorem 1 gives a bit the airtime ln 2/(B [W0((λ g/β − N0)/(N0 e)) + 1]) at the price λ. Given what everybody
offloads at each price, `fill_slot` finds the price at which that takes the slot. No code of the closed form.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import lambertw

from mecopt.instance import Array, Instance

from .common import required_bits
from .threshold import as_floats, mobiles, priority

LN2 = float(np.log(2.0))

HALVINGS = 58
"""Halvings of the logarithm of a factor 16: down to the spacing of doubles."""

LOWEST, HIGHEST = 1e-290, 1e305
"""Prices are searched between these: most of the range of doubles."""


class Filled(NamedTuple):
    """Bits and airtimes that use the slot up, and their price of airtime."""

    bits: Array
    time: Array
    price: float


def power_scale(s: Instance) -> Array:
    """A = β N0/g."""
    return s.weight * s.noise_power / s.channel_gain


def priorities(s: Instance) -> Array:
    """φ of (7), as printed."""
    return as_floats([priority(u) for u in mobiles(s)])


def exponent(x: Array) -> Array:
    """1 + W0((x − 1)/e) to all digits: SciPy's W0 loses half of them near its branch point x = 0."""
    y = np.where(x < 1e-6, np.sqrt(2 * x), 1.0 + lambertw((x - 1.0) / np.e).real)
    for _ in range(2):  # Newton on (y − 1) e^y + 1 = x, which defines W0
        y = y - (y * np.exp(y) - np.expm1(y) - x) / np.where(y > 0, y * np.exp(y), np.inf)
    return y


def seconds_per_bit(s: Instance, price: float) -> Array:
    """The airtime of a bit in Theorem 1."""
    return LN2 / (s.bandwidth * exponent(price / power_scale(s)))


def cloud_time(s: Instance) -> Array:
    """C/F′, the time that a bit takes in the cloud; 0 where the problem does not count it."""
    speed = s.data.get("cloud_frequency")
    return np.zeros_like(s.cycles_per_bit) if speed is None else s.cycles_per_bit / speed


def fill_slot(
    s: Instance,
    bits_at: Callable[[float], Array],
    *,
    seconds: Callable[[Instance, float], Array] = seconds_per_bit,
) -> Filled:
    """The price at which the falling `bits_at` take the slot, with its bits and airtimes.

    Where the bits jump across the slot's end the two sides are mixed so that they take it exactly: there
    λ is somebody's priority and any amount of his bits may go.
    """
    slot, cloud = float(s.slot_duration), cloud_time(s)
    if not np.any(bits_at(LOWEST) > 0):
        return Filled(np.zeros_like(s.input_bits), np.zeros_like(s.input_bits), 0.0)

    def spent(price: float, bits: Array) -> float:
        return float(np.sum(np.where(bits > 0, bits * (seconds(s, price) + cloud), 0.0)))

    low, high = _bracket(lambda price: spent(price, bits_at(price)) > slot)
    more, less = bits_at(low), bits_at(high)
    most, least = spent(high, more), spent(high, less)
    share = min(max((slot - least) / (most - least), 0.0), 1.0) if most > least else 0.0
    bits = less + share * (more - less)
    time = np.where(bits > 0, bits * seconds(s, high), 0.0)
    # what the price leaves of the slot in its last digits goes into the times
    return Filled(bits, time * ((slot - np.sum(bits * cloud)) / np.sum(time)), high)


def _bracket(too_low: Callable[[float], bool]) -> tuple[float, float]:
    """Neighbouring prices between which `too_low` turns false."""
    high = 1.0
    while too_low(high) and high < HIGHEST:
        high *= 16
    while not too_low(high / 16) and high > LOWEST:
        high /= 16
    low = high / 16
    for _ in range(HALVINGS):
        middle = float(np.sqrt(low) * np.sqrt(high))
        low, high = (middle, high) if too_low(middle) else (low, middle)
    return low, high


def constant(bits: Array) -> Callable[[float], Array]:
    """The same bits at every price."""
    return lambda price: bits


def first_in_line(s: Instance, order: list[int], count: int) -> Array:
    """Complete offloading for the first `count` of the order, minimum offloading for the others."""
    bits = required_bits(s)
    served = order[:count]
    bits[served] = s.input_bits[served]
    return bits


def energy(s: Instance, filled: Filled) -> float:
    """The objective in doubles: enough to choose among candidates."""
    sends = filled.bits > 0
    span = np.where(sends, filled.time, 1.0)
    radio = power_scale(s) * span * np.expm1(filled.bits * LN2 / (s.bandwidth * span))
    local = (s.input_bits - filled.bits) * s.weight * s.cycles_per_bit * s.energy_per_cycle
    return float(np.sum(np.where(sends, radio, 0.0) + local))
