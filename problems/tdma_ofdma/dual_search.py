"""The referee's own search for prices: maximise the dual bound of `statement` from the sign of its slope.

It shares no code with the closed form: exponents come from Newton's method on (y - 1) e^y + 1 = z, and
the optimal prices from sign changes of the supergradient, never from offloading priorities. Whatever it
returns is only a candidate: `statement.bound` is valid at any prices.
"""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from mecopt.exponents import exponents
from mecopt.instance import Array, Mask
from mecopt.rootfind import falling_root

Data = SimpleNamespace

LOG_RANGE = 750.0
"""Below its upper bracket the airtime price is searched over this many e-foldings: all of double range."""

LOG_PRECISION = 2e-14
"""Width of the final bracket of log(price): the spacing of doubles at the end of `LOG_RANGE`."""


def _response(d: Data, lam: Array, *, cloud_load: bool) -> tuple[Array, Array, Array]:
    """At airtime price `(*batch, 1)`: time the cheapest bits take, best cloud price, whether anybody sends.

    A bit of user k saves s_k = v_k - kappa_k(lam) - lam C_k/F'. Under a load bound the cheapest bits are a
    fractional knapsack: cycles go to the users that save most per cycle, and the saving per cycle at
    which they run out is the best cloud price.
    """
    y = exponents(lam / d.power_scale)
    saving = d.bit_value - d.power_scale / d.bits_per_nat * np.exp(y) - lam * d.cloud_time
    extra = np.where(saving > 0, d.input_bits - d.required_bits, 0.0)
    mu = np.zeros_like(lam)
    if cloud_load:
        per_cycle = saving / d.cycles_per_bit
        order = np.argsort(-per_cycle, axis=-1, kind="stable")
        wanted = np.take_along_axis(extra * d.cycles_per_bit, order, axis=-1)
        left = d.cloud_capacity - np.sum(d.cycles_per_bit * d.required_bits, axis=-1, keepdims=True)
        granted = np.clip(left - (np.cumsum(wanted, axis=-1) - wanted), 0.0, wanted)
        refused = np.take_along_axis(per_cycle, order, axis=-1) * (granted < wanted)
        mu = np.maximum(np.max(refused, axis=-1, keepdims=True), 0.0)
        cycles = np.take_along_axis(granted, np.argsort(order, axis=-1, kind="stable"), axis=-1)
        extra = cycles / d.cycles_per_bit
    bits = d.required_bits + extra
    sends = bits > 0
    with np.errstate(divide="ignore", over="ignore"):
        seconds = np.where(sends, 1 / (d.bits_per_nat * y), 0.0) + d.cloud_time
        spent = np.sum(np.where(sends, bits * seconds, 0.0), axis=-1, keepdims=True)
    return spent, mu, np.any(sends, axis=-1, keepdims=True)


def _price_ceiling(d: Data) -> Array:
    """An airtime price at which the minimum bits fit the slot and nobody wants more."""
    least = np.sum(d.required_bits, axis=-1, keepdims=True) / d.bits_per_nat
    cloud = np.sum(d.required_bits * d.cloud_time, axis=-1, keepdims=True)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        forced = np.where(least > 0, least / (d.budget - cloud), 0.0)
        wanted = np.log(d.bit_value * d.bits_per_nat / d.power_scale)
        y = np.clip(np.maximum(wanted, forced), 0.0, 690.0)
        ceiling = d.power_scale * y * y * np.exp(y) / 2  # at least A ((y-1)e^y + 1), without cancellation
    top = np.max(np.where(d.input_bits > 0, ceiling, 0.0), axis=-1, keepdims=True)
    return np.asarray(np.clip(top, 1e-300, 1e300))


def best_prices(d: Data, *, cloud_load: bool) -> dict[str, Array]:
    """Airtime price (and cloud price, for a bounded cloud load) that maximise the dual bound, `(*batch,)`."""

    def overuse(d: Data) -> Callable[[Array], Array]:
        def at(log_price: Array) -> Array:
            spent, _, _ = _response(d, np.exp(log_price), cloud_load=cloud_load)
            with np.errstate(divide="ignore", invalid="ignore"):
                excess = np.where(spent > 0, np.log(spent / d.budget), -LOG_RANGE)
            return np.clip(excess, -LOG_RANGE, LOG_RANGE)

        return at

    def part(keep: Mask) -> Callable[[Array], Array]:
        return overuse(Data(**{name: array[keep[..., 0]] for name, array in vars(d).items()}))

    end = np.log(_price_ceiling(d)) + 1.0  # at the ceiling itself rounding decides who still saves
    below, log_price = falling_root(overuse(d), end - LOG_RANGE, end, precision=LOG_PRECISION, part=part)
    _, mu, _ = _response(d, np.exp(log_price), cloud_load=cloud_load)
    # the last sender may stop at the very price: who sends is seen just below it
    _, _, sends = _response(d, np.exp(below), cloud_load=cloud_load)
    lam = np.where(sends, np.exp(log_price), 0.0)
    return {"time_price": lam[..., 0]} | ({"cloud_price": mu[..., 0]} if cloud_load else {})
