r"""The referee's two bounds for P4, in either arithmetic: by prices, and by partitions where N is small.

By prices theta >= 0 of a bit (J/bit), for P4 and P4R: the L_k bits of user k are worth theta_k L_k, less
what the sub-channels save on them, and each sub-channel saves most with one user,

    D(theta) = sum_k least_k(theta_k) - sum_n max_k saved_{k,n}(theta_k),
    least(theta) = min{ v (R - m) + theta m, theta R },
    saved(theta) = A psi(u),   psi(u) = u ln u - u + 1,   u = max(theta w/A, 1).

By partitions, for whole sub-channels: the user k that holds the set S of them pays at least

    c_k(S) = max_theta { least_k(theta) - sum_{n in S} saved_{k,n}(theta) },

so V_k(M) = min_{S in M} V_{k-1}(M - S) + c_k(S) bounds P4 from below, and tightly: any theta is valid, and
the search for the best one only loses digits.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers
from mecopt.instance import Array, Indices, Mask
from mecopt.rootfind import falling_root

Data = SimpleNamespace

MOST_TERMS = 100_000
"""Limit on K N 2^N, the terms in the costs of all sets: half a second in ball arithmetic, and the sums over
partitions take less. N <= 9 at 15 users, 10 at 8, 11 at 3."""

LOG_PRECISION = 1e-13
"""Width of the final bracket of log(theta): the bound is flat or straight there and loses no more."""

LOG_RANGE = 700.0
"""Prices beyond e^700 times the cheapest overflow; a smaller one is as valid."""


def by_prices(ops: Arithmetic, d: Data, theta: Numbers) -> Numbers:
    """D(theta), `(*batch,)`, at prices `(*batch, users)`."""
    saved = savings(ops, np.expand_dims(theta * d.bits_per_nat, -1), d.energy_scale)
    return ops.sum(worth(ops, d, theta)) - ops.sum(ops.largest(np.swapaxes(saved, -1, -2)))


def partitions_affordable(d: Data) -> bool:
    """Whether `by_partitions` takes half a second at most."""
    users, channels = d.energy_scale.shape[-2:]
    return bool(users * channels * 2.0**channels <= MOST_TERMS)


def by_partitions(ops: Arithmetic, d: Data) -> Numbers:
    """The least cost over all partitions of the sub-channels, bounded from below, `(*batch,)`."""
    shape = d.energy_scale.shape[:-2]
    found = [_one(ops, d, cell) for cell in np.ndindex(shape)]
    return np.array(found, dtype=None if ops is FLOAT else object).reshape(shape)


def _one(ops: Arithmetic, d: Data, cell: tuple[int, ...]) -> Numbers:
    """One instance: the costs of all sets, then the dynamic programme."""
    used = ("input_bits", "required_bits", "bit_value", "energy_scale", "bits_per_nat")
    one = Data(**{name: np.asarray(getattr(d, name))[cell] for name in used})
    users, channels = one.energy_scale.shape
    pairs = _pairs(channels)
    costs = _set_costs(ops, one, channels)
    minimum: Any = ops.minimum  # a ufunc in either arithmetic
    best = costs[0]
    for k in range(1, users):
        best = minimum.reduceat(best[pairs.rest] + costs[k][pairs.chosen], pairs.first)
    return best[-1]


class Pairs(NamedTuple):
    """All S within M, for M = 0 .. 2^N - 1 in turn: S, M without S, and where each M begins."""

    chosen: Indices
    rest: Indices
    first: Indices


@cache
def _pairs(channels: int) -> Pairs:
    chosen: list[int] = []
    rest: list[int] = []
    first: list[int] = []
    for whole in range(2**channels):
        first.append(len(chosen))
        part = whole
        while True:
            chosen.append(part)
            rest.append(whole ^ part)
            if part == 0:
                break
            part = (part - 1) & whole
    return Pairs(*(np.array(column) for column in (chosen, rest, first)))


def _set_costs(ops: Arithmetic, d: Data, channels: int) -> Numbers:
    """c_k(S) for all sets in binary order, `(K, 2^N)`; inf where required bits have no sub-channel."""
    held = np.arange(2**channels)[:, None] >> np.arange(channels) & 1 == 1
    theta = ops.number(_set_prices(d, held))
    users = Data(**{name: _column(array) for name, array in vars(d).items() if name != "energy_scale"})
    saved = savings(ops, _column(theta * d.bits_per_nat), np.expand_dims(d.energy_scale, -2))
    costs = worth(ops, users, theta) - ops.sum(ops.where(held, saved, 0.0))
    costs[np.asarray(d.required_bits > 0, dtype=bool), 0] = ops.number(np.inf)
    return costs


def _set_prices(d: Data, held: Mask) -> Array:
    """Good prices for each user and set, in doubles: where wanted and carried bits cross, `(K, 2^N)`."""
    d = Data(**{name: np.asarray(array, dtype=np.float64) for name, array in vars(d).items()})
    bits, required, value = (_column(array) for array in (d.input_bits, d.required_bits, d.bit_value))
    floor = np.log(d.energy_scale / d.bits_per_nat)[:, None, :]  # log price at which a sub-channel opens

    def overload(log_price: Array) -> Array:
        wanted = np.where(np.exp(log_price) < value, bits, required)
        open_for = np.maximum(_column(log_price) - floor, 0.0)
        return np.asarray(wanted / d.bits_per_nat - np.sum(np.where(held, open_for, 0.0), axis=-1))

    low = np.broadcast_to(np.min(floor, axis=-1), (len(bits), len(held)))
    span = np.max(floor, axis=-1) - low + bits / d.bits_per_nat
    _, log_price = falling_root(overload, low, low + np.minimum(span, LOG_RANGE), precision=LOG_PRECISION)
    # who holds nothing, or cannot pay for what opens, computes locally
    idle = ~held.any(axis=-1) | (np.exp(log_price) >= value) & (required == 0)
    return np.asarray(np.where(idle, value, np.exp(log_price)))


def worth(ops: Arithmetic, d: Data, theta: Numbers) -> Numbers:
    """least(theta): what the users' bits are worth at least at prices of a bit."""
    local = d.bit_value * (d.input_bits - d.required_bits) + theta * d.required_bits
    return ops.minimum(local, theta * d.input_bits)


def savings(ops: Arithmetic, price: Numbers, scale: Numbers) -> Numbers:
    """A psi(max(price/A, 1)) at a price of a nat; in doubles its error is a rounding of the price."""
    excess = price / scale - 1
    excess = ops.maximum(excess, ops.number(np.zeros(excess.shape)))
    logarithm = np.log1p(excess) if ops is FLOAT else ops.log(1 + excess)
    return scale * ((1 + excess) * logarithm - excess)


def _column(a: Numbers) -> Numbers:
    return np.expand_dims(np.asarray(a), -1)
