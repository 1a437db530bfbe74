r"""The relaxation of P4 by its dual: a price of a bit for each user, found by the ellipsoid method.

    D(theta) = sum_k min{ v_k (R_k - m_k) + theta_k m_k, theta_k R_k } - sum_n max_k A psi(theta_k w/A)

At given prices user k wants R_k bits if theta_k < v_k and m_k otherwise, and sub-channel n goes to the user
who earns most on it, at ln(theta_k w/A) nats. Wanted minus carried bits are a supergradient of the concave D.

The best prices leave ties, hence shares: with the rates that the prices fix, a linear program divides the
sub-channels, and water-filling then settles the bits. You et al. 2017, the relaxation of Problem P4.
"""

from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Instance, Mask
from mecopt.kernels.priority import psi_excess
from mecopt.loops import Trace, ellipsoid_method
from mecopt.result import Point

from . import water_filling

MAX_STEPS = 100_000
"""20 users and a gap of 1e-9 take about 20 000; this only ends what rounding keeps from converging."""

SHARPER = 1e-5
"""The dual is searched to this part of the wanted gap, for the error of the prices is like the root of it."""

SHARPEST = 1e-13
"""Relative gap of the dual below which there is rounding only."""

SHORTFALL_PRICE = 10.0
"""Times theta: what the linear program pays for a bit that nobody carries at these rates."""


class Users(NamedTuple):
    """Some of the users: `(K,)`, `scale` A `(K, N)`; `nat` is w."""

    bits: Array
    required: Array
    value: Array
    scale: Array
    nat: float


def solve(s: Instance, tol: float) -> Point:
    """P4R, one instance: ellipsoid method on the prices, shares by a linear program."""
    p = water_filling.terms(s)
    nat = float(p.bits_per_nat[0])
    wants = p.bit_value * nat > np.min(p.energy_scale, axis=-1)
    on = (p.input_bits > 0) & (wants | (p.required_bits > 0))
    shares = np.zeros(p.energy_scale.shape)
    prices = np.where(p.input_bits > 0, p.bit_value, 0.0)
    trace = None
    if on.any():
        u = Users(p.input_bits[on], p.required_bits[on], p.bit_value[on], p.energy_scale[on], nat)
        prices[on], trace = _best_prices(u, _price_ceiling(p, on), max(tol * SHARPER, SHARPEST))
        shares[on] = _shares(u, prices[on])
    x = {"subchannel_assignment": shares, "offloaded_bits": water_filling.fill(p, shares).bits}
    return Point(x, {"bit_price": prices}, "", trace)


def settle(s: Instance, point: Point) -> tuple[Point, float]:
    """A point of P4R, one instance, with the best bits for its shares, and its relative duality gap."""
    p, shares = water_filling.terms(s), point.x["subchannel_assignment"]
    filled = water_filling.fill(p, shares)
    every = Users(p.input_bits, p.required_bits, p.bit_value, p.energy_scale, float(p.bits_per_nat[0]))
    value, bound = float(np.sum(filled.cost)), dual(every, point.multipliers["bit_price"])[0]
    gap = (value - bound) / value if value > 0 else 0.0
    x = {"subchannel_assignment": shares, "offloaded_bits": filled.bits}
    return Point(x, point.multipliers, point.message, point.trace), gap


def _best_prices(u: Users, ceiling: Array, precision: float) -> tuple[Array, Trace]:
    """Maximise D over the box [0, ceiling], in units of half of it."""
    unit = ceiling / 2
    reach = np.full(len(unit), np.sqrt(len(unit)))  # the ball around the box

    def oracle(z: Array) -> tuple[float, Array]:
        value, gradient = dual(u, z * unit)
        return value, gradient * unit

    last, trace = ellipsoid_method(
        oracle, np.ones(len(unit)), radii=reach, precision=precision, max_steps=MAX_STEPS
    )
    return np.maximum(last.best * unit, 0.0), trace


def dual(u: Users, theta: Array) -> tuple[float, Array]:
    """D(theta) in J and a supergradient in bit; concave on all of R^K."""
    excess = np.maximum(theta[:, None] * u.nat / u.scale - 1, 0.0)
    earned = u.scale * psi_excess(excess)
    winner = np.argmax(earned, axis=0)
    channels = np.arange(u.scale.shape[1])
    carried = np.bincount(winner, weights=u.nat * np.log1p(excess[winner, channels]), minlength=len(theta))
    wanted = np.where(theta < u.value, u.bits, u.required)
    value = np.sum(u.value * (u.bits - wanted) + theta * wanted) - np.sum(earned[winner, channels])
    return float(value), wanted - carried


def _price_ceiling(p: water_filling.Terms, on: Mask) -> Array:
    """Prices that the best ones do not exceed.

    A user without required bits never pays more than v. Sending m + delta on equal shares costs some V, and
    then 0 <= D(theta) <= V - sum theta delta: so theta <= V/delta for the others.
    """
    users, channels = int(np.sum(on)), p.energy_scale.shape[-1]
    spare = p.bits_per_nat * channels / users  # one nat per sub-channel
    need = (p.required_bits > 0) & on
    shares = np.broadcast_to(np.where(on, 1.0 / users, 0.0)[:, None], p.energy_scale.shape)
    cost = water_filling.fill(p, shares, np.where(need, p.required_bits + spare, 0.0)).cost
    # fill counts m + delta bits as saved at v; only m are
    total = np.sum(cost[on]) + np.sum(np.where(need, p.bit_value * spare, 0.0))
    return np.where(need, np.maximum(total / spare, p.bit_value), p.bit_value)[on]


def _shares(u: Users, theta: Array) -> Array:
    """Shares `(K, N)` that cost least at the rates that the prices fix.

    Every user's load goes over its shares, stays local (at most R - m) or, at a prohibitive price, nowhere:
    one row per user, in units of R.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack, identity, kron

    users, channels = u.scale.shape
    excess = np.maximum(theta[:, None] * u.nat / u.scale - 1, 0.0)
    energy = theta * u.bits
    cost = np.concatenate([(u.scale * excess).ravel(), u.value * u.bits, SHORTFALL_PRICE * energy])
    if not np.isfinite(cost).all():
        return np.full(u.scale.shape, np.nan)  # absurd rates
    per_user, per_channel = (
        kron(identity(users), np.ones((1, channels))),
        kron(np.ones((1, users)), identity(channels)),
    )
    loads = np.log1p(excess) * (u.nat / u.bits)[:, None]
    found = linprog(
        cost / np.mean(energy),
        A_ub=hstack([per_channel, csr_array((channels, 2 * users))]),
        b_ub=np.ones(channels),
        A_eq=hstack([per_user.multiply(loads.ravel()), identity(users), identity(users)]),
        b_eq=np.ones(users),
        bounds=[
            *[(0, 1)] * u.scale.size,
            *[(0, most) for most in 1 - u.required / u.bits],
            *[(0, None)] * users,
        ],
        method="highs",
    )
    if found.x is None:
        return np.full(u.scale.shape, np.nan)
    share = np.maximum(found.x[: u.scale.size].reshape(u.scale.shape), 0.0)
    share = share / np.maximum(np.sum(share, axis=0), 1.0)
    # what is left over, if only by the program's tolerance, goes to whoever earns most on it
    winner = np.argmax(u.scale * psi_excess(excess), axis=0)
    share[winner, np.arange(channels)] += np.maximum(1 - np.sum(share, axis=0), 0.0)
    return np.asarray(share)
