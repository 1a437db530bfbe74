r"""Cheapest bits on given sub-channels: Proposition 3 in closed form, for many assignments at once.

With A_{k,n} = beta_k T N0/g_{k,n} (J), w = B T/ln 2 (bit per nat) and v_k = beta_k C_k P_k (J/bit), a user
who holds the share rho_n of sub-channel n and sends l_n bits on it pays

    sum_n A_n rho_n (e^(l_n/(w rho_n)) - 1) + (R - L) v,        L = sum_n l_n in [m, R].

For a given total L all marginal costs (A_n/w) e^(l_n/(w rho_n)) equal one price theta of a bit or exceed it
where l_n = 0, so l_n = w rho_n [ln(theta w/A_n)]^+: with the sub-channels in ascending A, the first j are
active and rho_1 + .. + rho_j times ln(theta w) is L/w + sum_{i<=j} rho_i ln A_i. The best total is what
theta = v gives, clipped to [m, R]. Shares are 0 or 1 in P4 and anything in between in its relaxation.

Source: You et al. 2017, Problem P6, Proposition 3 and Phase 4.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mecopt.instance import Array, Instance


class Terms(NamedTuple):
    """Users `(*batch, K)`, `energy_scale` A (J) and its ascending order `(*batch, K, N)`."""

    input_bits: Array
    required_bits: Array
    bit_value: Array
    energy_scale: Array
    bits_per_nat: Array  # w, `(*batch, 1)`
    order: NDArray[np.intp]


class Filling(NamedTuple):
    """Bits `(*batch, K, N)`, price theta of the last bit in J/bit and total cost in J, both `(*batch, K)`."""

    bits: Array
    bit_price: Array
    cost: Array


def terms(s: Instance) -> Terms:
    """The quantities above for an instance of P4."""
    slot = s.slot_duration[..., None]
    scale = (s.weight * slot * s.subchannel_noise_power[..., None])[..., None] / s.channel_gain
    return Terms(
        input_bits=s.input_bits,
        required_bits=np.maximum(s.input_bits - s.local_frequency * slot / s.cycles_per_bit, 0.0),
        bit_value=s.weight * s.cycles_per_bit * s.energy_per_cycle,
        energy_scale=scale,
        bits_per_nat=s.subchannel_bandwidth[..., None] * slot / np.log(2),
        order=np.argsort(scale, axis=-1, kind="stable"),
    )


def best_total(p: Terms, shares: Array) -> Array:
    """The total L in [m, R] that costs least with these shares, `(*batch, K)`; 0 for a user without any.

    `shares` (0/1 or fractional) broadcasts against `(*batch, K, N)`. A user who must send bits and has no
    share is left with 0: `fill` gives that an infinite cost.
    """
    with np.errstate(divide="ignore"):
        rate = np.maximum(np.log((p.bit_value * p.bits_per_nat)[..., None] / p.energy_scale), 0.0)
    wanted = p.bits_per_nat * np.sum(shares * rate, axis=-1)
    total = np.clip(wanted, p.required_bits, p.input_bits)
    return np.where(np.any(shares > 0, axis=-1), total, 0.0)


def fill(p: Terms, shares: Array, total: Array | None = None) -> Filling:
    """The cheapest way to send `total` bits (None: the best total) on these shares.

    A user without a share sends nothing; where it must send m > 0 bits its cost is inf. The price of the
    last bit is then nan. Shapes as in `best_total`.
    """
    shares = np.broadcast_to(shares, np.broadcast_shapes(shares.shape, p.energy_scale.shape))
    served = np.any(shares > 0, axis=-1)
    total = np.where(served, best_total(p, shares) if total is None else total, 0.0)
    order = np.broadcast_to(p.order, shares.shape)
    share = np.take_along_axis(shares, order, axis=-1).astype(np.float64)
    scale = np.take_along_axis(np.broadcast_to(p.energy_scale, shares.shape), order, axis=-1)
    exponent, level = _rates(share, scale, total / p.bits_per_nat)
    sent = p.bits_per_nat[..., None] * share * exponent
    with np.errstate(over="ignore", invalid="ignore"):
        radio = np.sum(scale * share * np.expm1(exponent), axis=-1)
        cost = radio + (p.input_bits - total) * p.bit_value
    cost = np.where(served | (p.required_bits <= 0), cost, np.inf)
    bits = np.zeros_like(sent)
    np.put_along_axis(bits, order, sent, axis=-1)
    return Filling(bits, np.where(served, level / p.bits_per_nat, np.nan), cost)


def cost(p: Terms, shares: Array) -> Array:
    """Least cost of each user on its shares in J, `(*batch, K)`; inf where required bits have no sub-channel.

    For all subsets of N sub-channels: `cost(p, subsets[:, None, :])` with `subsets` of shape (2^N, N).
    """
    return fill(p, shares).cost


def _rates(share: Array, scale: Array, nats: Array) -> tuple[Array, Array]:
    """Exponents l_n/(w rho_n) that carry `nats` in all (channels by ascending scale), and theta w (J/nat)."""
    held = share > 0
    first = np.min(np.where(held, scale, np.inf), axis=-1, keepdims=True)
    first = np.where(np.isfinite(first), first, 1.0)
    # logarithms relative to the best own sub-channel: equal gains then cost no digit, however few the nats
    log_scale = np.where(held, np.log(scale / first), 0.0)
    width, load = np.cumsum(share, axis=-1), np.cumsum(share * log_scale, axis=-1)
    nats = nats[..., None]
    # n is active if the nats more than fill the better ones up to its level
    active = held & (nats > width * log_scale - load)
    nats_and_logs = nats + np.max(np.where(active, load, 0.0), axis=-1, keepdims=True)
    widest = np.max(np.where(active, width, 0.0), axis=-1, keepdims=True)
    log_level = np.where(widest > 0, nats_and_logs / np.where(widest > 0, widest, 1.0), 0.0)
    exponent = np.where(active, np.maximum(log_level - log_scale, 0.0), 0.0)
    # the last digits of the levels must not change the total
    reached = np.sum(share * exponent, axis=-1, keepdims=True)
    exponent = exponent * np.where(reached > 0, nats / np.where(reached > 0, reached, 1.0), 1.0)
    with np.errstate(over="ignore"):
        return exponent, (first * np.exp(log_level))[..., 0]
