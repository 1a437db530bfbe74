"""The referee's own search for prices: maximise the dual bound of `statement` by bisection on its slope.

It shares no code with the closed form: exponents come from Newton's method on (y - 1) e^y + 1 = z, and
the optimal prices from sign changes of the supergradient, never from offloading priorities. Whatever it
returns is only a candidate: `statement.bound` is valid at any prices.
"""

from types import SimpleNamespace

import numpy as np

from mecopt.instance import Array

Data = SimpleNamespace

NEWTON_STEPS = 16
"""From the start below, convergence to rounding over 600 decades takes at most this many."""

LOG_RANGE = 750.0
"""Below its upper bracket the airtime price is searched over this many e-foldings: all of double range."""

BISECTIONS = 64
"""Halvings of `LOG_RANGE` (or of the cloud price's bracket) down to the spacing of doubles."""


def exponents(ratio: Array) -> Array:
    """The y >= 0 with (y - 1) e^y + 1 = ratio, by Newton from above (the left side is convex)."""
    z = np.clip(np.nan_to_num(ratio, nan=0.0), 0.0, 1e300)
    # both are upper bounds: (y-1)e^y+1 >= y^2/2 always, and >= e^y once y >= 2
    y = np.minimum(np.sqrt(2 * z), np.maximum(2.0, np.log(np.maximum(z, 1.0))))
    for _ in range(NEWTON_STEPS):
        grown = np.exp(y)
        slope = np.where(y > 0, y * grown, 1.0)
        y = np.maximum(y - (y * grown - np.expm1(y) - z) / slope, 0.0)
    return y


def _bits_and_times(d: Data, lam: Array, mu: Array) -> tuple[Array, Array]:
    """The Lagrangian's minimiser at prices `(*batch, 1)`: cheapest of m and R bits, and seconds for a bit."""
    y = exponents(lam / d.power_scale)
    cost = d.power_scale / d.bits_per_nat * np.exp(y) + mu * d.cycles_per_bit + lam * d.cloud_time
    bits = np.where(cost < d.bit_value, d.input_bits, d.required_bits)
    with np.errstate(divide="ignore", over="ignore"):
        seconds = 1 / (d.bits_per_nat * y) + d.cloud_time
    return bits, seconds


def _time_and_load(d: Data, lam: Array, mu: Array) -> tuple[Array, Array]:
    bits, seconds = _bits_and_times(d, lam, mu)
    with np.errstate(over="ignore"):
        spent = np.sum(np.where(bits > 0, bits * np.where(bits > 0, seconds, 0.0), 0.0), axis=-1, keepdims=True)
    return spent, np.sum(d.cycles_per_bit * bits, axis=-1, keepdims=True)


def _price_ceiling(d: Data) -> Array:
    """An airtime price at which the minimum bits fit the slot and nobody wants more."""
    least = np.sum(d.required_bits, axis=-1, keepdims=True) / d.bits_per_nat
    cloud = np.sum(d.required_bits * d.cloud_time, axis=-1, keepdims=True)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        forced = np.where(least > 0, least / (d.slot_duration - cloud), 0.0)
        wanted = np.log(d.bit_value * d.bits_per_nat / d.power_scale)
        y = np.clip(np.maximum(wanted, forced), 0.0, 690.0)
        ceiling = d.power_scale * ((y - 1) * np.exp(y) + 1)
    top = np.max(np.where(d.input_bits > 0, ceiling, 0.0), axis=-1, keepdims=True)
    return np.clip(top, 1e-300, 1e300)


def _airtime_price(d: Data, mu: Array, top: Array) -> tuple[Array, Array]:
    """The best airtime price at a given cloud price, and the cloud load there."""
    low, high = np.log(top) - LOG_RANGE, np.log(top)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        spent, _ = _time_and_load(d, np.exp(middle), mu)
        over = spent > d.slot_duration
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    # at a kink the minimiser jumps; the load there is the mix that uses exactly the slot
    spent_low, load_low = _time_and_load(d, np.exp(low), mu)
    spent_high, load_high = _time_and_load(d, np.exp(high), mu)
    jump = spent_low - spent_high
    with np.errstate(invalid="ignore", over="ignore"):
        share = np.where(jump > 0, (d.slot_duration - spent_high) / np.where(jump > 0, jump, 1.0), 0.0)
    load = load_high + np.clip(np.nan_to_num(share), 0.0, 1.0) * (load_low - load_high)
    nobody = load_low <= 0
    return np.where(nobody, 0.0, np.exp(high)), load


def best_prices(d: Data, *, cloud_load: bool) -> dict[str, Array]:
    """Airtime price (and cloud price, for a bounded cloud load) that maximise the dual bound, `(*batch,)`."""
    top = _price_ceiling(d)
    zero = np.zeros_like(d.slot_duration)
    lam, load = _airtime_price(d, zero, top)
    if not cloud_load:
        return {"time_price": lam[..., 0]}
    cheapest = d.power_scale / (d.bits_per_nat * d.cycles_per_bit)
    ceiling = np.max(d.bit_value / d.cycles_per_bit - cheapest, axis=-1, keepdims=True)
    low, high = zero, np.maximum(ceiling, 0.0)
    free = load <= d.cloud_capacity
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        _, load = _airtime_price(d, middle, top)
        over = load > d.cloud_capacity
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    mu = np.where(free, 0.0, high)
    lam, _ = _airtime_price(d, mu, top)
    return {"time_price": lam[..., 0], "cloud_price": mu[..., 0]}
