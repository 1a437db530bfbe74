r"""A dual bound of P4 when it is partly settled who holds which sub-channels, and how many.

Within a node user k may hold sub-channel n only if `allowed`, and between lo_k and hi_k of them. For any
prices theta >= 0 of a bit and mu (of either sign) of holding a sub-channel, both in J, no assignment costs
less than

    D(theta, mu) = sum_k [ min{ theta_k m_k + v_k (R_k - m_k), theta_k R_k } - max{ mu_k lo_k, mu_k hi_k } ]
                   - sum_n max_{k allowed} [ A psi(theta_k w/A) - mu_k ].

With lo = 0, hi = N, mu = 0 and everything allowed this is the dual of the relaxation. D is concave with
kinks; at a temperature tau (J) max{a, b, ..} -> tau ln(e^(a/tau) + e^(b/tau) + ..) rounds them off, and the
weights of the last maximum are shares: where the slope of the smooth bound vanishes they carry the bits
wanted and make up the numbers held, so they are nearly the relaxed optimum. Newton's method from the prices
of a similar node takes a few steps. Whatever prices come out, D at them is a bound.

You et al. 2017, the relaxation of Problem P4; the prices mu are not in the paper.
"""

from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Mask
from mecopt.kernels.priority import psi_excess

from .water_filling import Terms

HOT, COLD, COOLING = 1e-1, 1e-5, 0.25
"""First and last temperature, relative to the bound and per sub-channel, and their ratio step by step.
The bound found misses the best by about the last one, relative to itself."""

STEPS = 30
"""Newton steps per temperature: three to five are usual."""

FAR = 30.0
"""Most that a price of a sub-channel moves in a step, in units of tau."""

ENOUGH = 0.1
"""Newton's decrement, in units of tau, at which the prices count as found."""


class Node(NamedTuple):
    """Who may hold what, `(K, N)`, and the least and largest numbers held, `(K,)`."""

    allowed: Mask
    least: Array
    most: Array


class Bound(NamedTuple):
    """A bound in J, its prices `(K,)` of a bit and of a sub-channel, and nearly best shares `(K, N)`."""

    value: float
    bit_price: Array
    price: Array
    shares: Array


class Smooth(NamedTuple):
    """The rounded bound, its slope and curvature (minus the Hessian) in the variables of `_climb`."""

    value: float
    slope: Array
    curvature: Array
    shares: Array


def best_bound(p: Terms, node: Node, bit_price: Array, price: Array) -> Bound:
    """A nearly best bound for a node, searched from given prices; those of bits are above 0."""
    top, best = sharp(p, node, bit_price, price), (bit_price, price)
    here, tau = best, HOT
    while True:
        unit = tau * max(abs(top), np.finfo(float).tiny) / node.allowed.shape[1]
        here, shares = _climb(p, node, *here, unit)
        value = sharp(p, node, *here)
        if value > top:
            top, best = value, here
        if tau <= COLD or not np.isfinite(value):
            return Bound(top, *best, shares)
        tau = max(tau * COOLING, COLD)


def sharp(p: Terms, node: Node, bit_price: Array, price: Array) -> float:
    """D at these prices."""
    bits, required, value = p.input_bits, p.required_bits, p.bit_value
    least = np.minimum(value * (bits - required) + bit_price * required, bit_price * bits)
    kept = np.sum(least - np.maximum(price * node.least, price * node.most))
    return float(kept - np.sum(np.max(_earned(p, node, bit_price, price), axis=0)))


def _climb(
    p: Terms, node: Node, bit_price: Array, price: Array, tau: float
) -> tuple[tuple[Array, Array], Array]:
    """Damped Newton to where the smooth bound is flat, in relative changes of theta and in mu/tau."""
    here = _smooth(p, node, bit_price, price, tau)
    users = len(price)
    longest = np.repeat([4.0, FAR], users)
    for _ in range(STEPS):
        curvature = here.curvature.copy()
        # keeps a price of a bit from falling below a fifth or growing more than fivefold in a step, and one
        # of a sub-channel from moving by many tau where the maxima are flat
        curvature[np.diag_indices(2 * users)] += np.abs(here.slope) / longest
        spread = np.sqrt(np.maximum(np.diag(curvature), 1e-9 * tau))
        scaled = curvature / np.outer(spread, spread) + 1e-10 * np.eye(2 * users)
        step = np.linalg.solve(scaled, here.slope / spread) / spread
        gain = float(here.slope @ step)
        if gain <= ENOUGH * tau:
            break
        relative = step[:users]
        length = min(1.0, 0.8 / max(float(np.max(-relative)), 0.8), 4.0 / max(float(np.max(relative)), 4.0))
        while length > 1e-6:
            tried = bit_price * (1 + length * relative), price + tau * length * step[users:]
            there = _smooth(p, node, *tried, tau)
            if there.value >= here.value + 0.1 * length * gain:
                break
            length /= 3
        else:
            break
        (bit_price, price), here = tried, there
    return (bit_price, price), here.shares


def _smooth(p: Terms, node: Node, bit_price: Array, price: Array, tau: float) -> Smooth:
    earned = _earned(p, node, bit_price, price)
    top = np.max(earned, axis=0)
    shares = np.exp((earned - top) / tau)
    total = np.sum(shares, axis=0)
    shares /= total
    # bits wanted at these prices, and numbers of sub-channels
    sends = bit_price * p.input_bits
    stays = p.bit_value * (p.input_bits - p.required_bits) + bit_price * p.required_bits
    cheaper, part = _soft_least(sends, stays, tau)
    spare = bit_price * (p.input_bits - p.required_bits)
    cost, few = _soft_least(-price * node.least, -price * node.most, tau)
    span = node.most - node.least
    count = node.most - few * span
    limited = span < node.allowed.shape[1]  # where any number will do mu stays 0
    cost = np.where(limited, cost, 0.0)
    # slopes of what is earned in the prices, and their products
    nats = bit_price[:, None] * p.bits_per_nat  # worth of a nat, (K, 1)
    open_for = exponents(p, bit_price)
    worth = shares * nats * open_for
    both = np.concatenate([worth, -tau * shares])
    curvature = -both @ both.T / tau
    users = np.arange(len(price))
    curvature[users, users] += np.sum(
        worth * (nats * open_for / tau) + shares * nats * (open_for > 0), axis=1
    )
    curvature[users, users] += part * (1 - part) * spare**2 / tau
    own = users + len(price)
    curvature[own, own] += tau * (np.sum(shares, axis=1) + few * (1 - few) * span**2)
    curvature[users, own] -= np.sum(worth, axis=1)
    curvature[own, users] -= np.sum(worth, axis=1)
    curvature[own[~limited], :] = curvature[:, own[~limited]] = 0.0
    bits_slope = bit_price * p.required_bits + part * spare - np.sum(worth, axis=1)
    return Smooth(
        value=float(np.sum(cheaper + cost) - np.sum(top + tau * np.log(total))),
        slope=np.concatenate([bits_slope, tau * limited * (np.sum(shares, axis=1) - count)]),
        curvature=curvature,
        shares=shares,
    )


def _soft_least(one: Array, other: Array, tau: float) -> tuple[Array, Array]:
    """-tau ln(e^(-one/tau) + e^(-other/tau)), and the weight of the first."""
    odds = np.exp(-np.abs(one - other) / tau)
    return np.minimum(one, other) - tau * np.log1p(odds), np.where(one <= other, 1.0, odds) / (1 + odds)


def _earned(p: Terms, node: Node, bit_price: Array, price: Array) -> Array:
    earned = p.energy_scale * saving(p, bit_price) - price[:, None]
    return np.asarray(np.where(node.allowed, earned, -np.inf))


def exponents(p: Terms, bit_price: Array) -> Array:
    """Nats that each user sends on each sub-channel it holds at these prices, `(K, N)`."""
    return np.asarray(np.log1p(_excess(p, bit_price)))


def saving(p: Terms, bit_price: Array) -> Array:
    """psi(theta w/A): what a sub-channel earns its user, in units of A."""
    return np.asarray(psi_excess(_excess(p, bit_price)))


def _excess(p: Terms, bit_price: Array) -> Array:
    return np.asarray(np.maximum(bit_price[:, None] * p.bits_per_nat / p.energy_scale - 1, 0.0))
