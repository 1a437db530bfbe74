r"""Exact optima of P1, P2 and P3 by priorities and prices.

Given the price lam of airtime a bit of user k costs kappa_k(lam) + mu C_k + lam C_k/F' when offloaded and
v_k = beta_k C_k P_k when computed locally, so the user offloads all it may while lam is below its
priority, the minimum above it, and any amount at equality:

    P2  phi = A psi(u),        u = v B/(A ln 2)                          (7), (8)
    P1  the same with v - mu C in place of v                             (10), weights corrected
    P3  phi = A psi(z),        z + psi(z) B C/(F' ln 2) = u              (11), (12)

    l_k in {m_k, [m_k, R_k], R_k},    t_k = l_k ln 2/(B y_k(lam)),   y = 1 + W0((lam/A - 1)/e).

P2 and P3 are Algorithm 1 made exact: a binary search over priorities, then one root search for lam with
the bits known. P1 searches lam with a fractional knapsack inside, and mixes at the root's jump.
Source: You et al. 2017, Theorems 1 to 3, Algorithms 1 and 2.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Indices, Instance, Mask
from mecopt.kernels.lambert import lambert_argument, lambert_exponent, lambert_slope
from mecopt.kernels.priority import computing_time_priority, offloading_priority
from mecopt.kernels.rate import airtime_per_bit, bit_price
from mecopt.result import Point
from mecopt.rootfind import falling_root

ROOT_STEPS = 60
"""Newton on a convex, nearly linear function: fewer than ten steps over 12 decades of gain."""

LOG_LIMIT = 700.0
"""Prices beyond e^700 J/s overflow; the referee rejects what comes of them."""

LOG_PRECISION = 2e-14
"""Width of the final bracket of log(price): the spacing of doubles at `LOG_LIMIT`."""


PART = 32_768
"""Users gone through at a time."""


class Terms(NamedTuple):
    """What the policy needs: users `(*batch, K)`, budgets `(*batch, 1)`."""

    input_bits: Array
    required_bits: Array
    bit_value: Array
    power_scale: Array
    cloud_time: Array
    bandwidth: Array
    budget: Array


class Policy(NamedTuple):
    """Bits, airtimes and the airtime price (`(*batch, 1)`)."""

    bits: Array
    time: Array
    price: Array


def terms(s: Instance) -> Terms:
    """The quantities of the notation table; `cloud_time` is C/F' in P3 and 0 elsewhere."""
    slot = s.slot_duration[..., None]
    local = s.local_frequency * slot / s.cycles_per_bit
    has_speed = "cloud_frequency" in s.data
    cloud = s.cycles_per_bit / s.cloud_frequency[..., None] if has_speed else np.zeros_like(local)
    return Terms(
        input_bits=s.input_bits,
        required_bits=np.maximum(s.input_bits - local, 0.0),
        bit_value=s.weight * s.cycles_per_bit * s.energy_per_cycle,
        power_scale=s.weight * s.noise_power[..., None] / s.channel_gain,
        cloud_time=cloud,
        bandwidth=s.bandwidth[..., None],
        budget=s.data.get("airtime_budget", s.slot_duration)[..., None],
    )


def priorities(p: Terms) -> Array:
    """The airtime price at which each user is indifferent; 0 where offloading never pays."""
    if not p.cloud_time.any():
        return offloading_priority(p.bit_value, power_scale=p.power_scale, bandwidth=p.bandwidth)
    return computing_time_priority(
        p.bit_value, power_scale=p.power_scale, bandwidth=p.bandwidth, cloud_time=p.cloud_time
    )


def _in_parts(s: Instance, solve: Callable[[Instance], Point]) -> Point:
    """A large batch some instances at a time, so that its arrays stay in the cache: four times faster."""
    step = max(PART // max(s.input_bits.shape[-1], 1), 1)
    if not s.batch_shape or len(s) <= step:
        return solve(s)
    points = [solve(s[first : first + step]) for first in range(0, len(s), step)]

    def whole(group: str) -> dict[str, Array]:
        parts = [getattr(point, group) for point in points]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    return Point(whole("x"), whole("multipliers"))


def solve_p2(s: Instance, tol: float) -> Point:
    """P2, unlimited cloud: the threshold policy of Theorem 1."""
    return _in_parts(s, lambda part: _point(part, threshold_policy(terms(part))))


def solve_p3(s: Instance, tol: float) -> Point:
    """P3, cloud computing time inside the slot: the threshold policy of Theorem 3."""
    return _in_parts(s, lambda part: _point(part, threshold_policy(terms(part))))


def solve_p1(s: Instance, tol: float) -> Point:
    """P1, at most F cloud cycles: Theorem 2, searched over lam alone.

    At a given lam a bit of user k saves v_k - kappa_k, so the best bits within F cycles are a fractional
    knapsack and mu is the saving per cycle at which they run out. Algorithm 2 searches mu and lam.
    """
    return _in_parts(s, _solve_p1)


def _solve_p1(s: Instance) -> Point:
    p, capacity = terms(s), s.cloud_capacity[..., None]
    free = threshold_policy(p)
    fits = np.sum(s.cycles_per_bit * free.bits, axis=-1, keepdims=True) <= capacity
    if fits.all():
        return _point(s, free, np.zeros_like(capacity))
    mu, policy = np.zeros_like(capacity), Policy(*(a.copy() for a in free))
    tight = ~fits[..., 0]
    bounded, mu[tight] = _bounded_policy(s[tight], Terms(*(a[tight] for a in p)), free.price[tight])
    for whole, found in zip(policy, bounded, strict=True):
        whole[tight] = found
    return _point(s, policy, mu)


def _bounded_policy(s: Instance, p: Terms, free_price: Array) -> tuple[Policy, Array]:
    """P1's policy and price of a cycle where the bits of P2, at its price of airtime, exceed the cloud."""

    def overuse(s: Instance, p: Terms) -> Callable[[Array], Array]:
        def at(log_price: Array) -> Array:
            price = np.exp(log_price)
            spent = _time_at(p, price, _knapsack(s, p, price)[0])
            return np.clip(np.log(spent / p.budget), -LOG_LIMIT, LOG_LIMIT)

        return at

    def part(keep: Mask) -> Callable[[Array], Array]:
        return overuse(s[keep[..., 0]], Terms(*(a[keep[..., 0]] for a in p)))

    with np.errstate(divide="ignore", over="ignore"):
        # the bound takes load off the slot: its price of airtime is at most that of the unlimited cloud.
        # Not less than an e-fold of margin: at that price itself rounding decides who still saves
        end = np.log(np.where(free_price > 0, free_price, 1.0)) + 1.0
        ends = falling_root(overuse(s, p), end - LOG_LIMIT, end, precision=LOG_PRECISION, part=part)
        low, high = (np.exp(a) for a in ends)
        heavy, _ = _knapsack(s, p, low)
        light, mu = _knapsack(s, p, high)
        more, less = _time_at(p, high, heavy), _time_at(p, high, light)
    # where two users swap places the time jumps; both fillings are optimal and so is their mix
    share = np.clip((p.budget - less) / np.where(more > less, more - less, 1.0), 0.0, 1.0)
    return fill_slot(p, light + np.where(more > less, share, 0.0) * (heavy - light)), mu


def _knapsack(s: Instance, p: Terms, price: Array) -> tuple[Array, Array]:
    """Bits that save most within the cloud capacity at a price of airtime, and the price of a cycle."""
    saving = p.bit_value - bit_price(price, power_scale=p.power_scale, bandwidth=p.bandwidth)
    per_cycle = saving / s.cycles_per_bit
    room = s.cloud_capacity[..., None] - np.sum(s.cycles_per_bit * p.required_bits, axis=-1, keepdims=True)
    wanted = np.where(saving > 0, (p.input_bits - p.required_bits) * s.cycles_per_bit, 0.0)
    granted = fill_in_order(per_cycle, wanted, np.maximum(room, 0.0))
    short = (granted < wanted) & (saving > 0)
    mu = np.max(np.where(short, per_cycle, 0.0), axis=-1, keepdims=True)
    bits = np.minimum(p.required_bits + granted / s.cycles_per_bit, p.input_bits)
    return np.where(granted == wanted, np.where(wanted > 0, p.input_bits, p.required_bits), bits), mu


def fill_in_order(rank: Array, wanted: Array, room: Array) -> Array:
    """Grant `wanted` in descending rank (ties: lower index first) until the room `(*batch, 1)` is used up."""
    order = np.argsort(-rank, axis=-1, kind="stable")
    in_order = np.take_along_axis(wanted, order, axis=-1)
    granted = np.clip(room - (np.cumsum(in_order, axis=-1) - in_order), 0.0, in_order)
    result = np.empty_like(granted)
    np.put_along_axis(result, order, granted, axis=-1)
    return result


def _point(s: Instance, policy: Policy, cloud_price: Array | None = None) -> Point:
    multipliers = {"time_price": policy.price[..., 0]}
    if cloud_price is not None:
        multipliers["cloud_price"] = cloud_price[..., 0]
    return Point({"offloaded_bits": policy.bits, "offloading_time": policy.time}, multipliers)


def threshold_policy(p: Terms) -> Policy:
    """The optimal policy of P2 or P3: bits by priority, the rest of the slot by one price of airtime."""
    priority = np.where(p.input_bits > p.required_bits, priorities(p), 0.0)
    levels = -np.sort(-priority, axis=-1)  # (*batch, K), descending
    index = _first_level_that_fills(p, priority, levels)
    level = np.take_along_axis(levels, np.minimum(index, levels.shape[-1] - 1), axis=-1)
    found = (index < levels.shape[-1]) & (level > 0)
    level = np.where(found, level, 0.0)
    above = np.where(priority > level, p.input_bits, p.required_bits)
    at_least = np.where((priority >= level) & (priority > 0), p.input_bits, p.required_bits)
    price = np.where(found, level, np.inf)  # no level, no time spent at it
    spent, spent_more = _time_at(p, price, above), _time_at(p, price, at_least)
    share = (p.budget - spent) / np.where(found, spent_more - spent, 1.0)
    partial = above + np.clip(share, 0.0, 1.0) * (at_least - above)
    threshold = found & (spent <= p.budget)
    bits = np.where(threshold, partial, above)
    start = np.where(threshold, level, np.maximum(level, _lowest_price(p, bits)))
    return _fill_from(p, bits, start, known=threshold)


def _first_level_that_fills(p: Terms, priority: Array, levels: Array) -> Indices:
    """Index of the highest level at which everybody at or above it fills the slot; K if there is none."""
    count = levels.shape[-1]
    low, high = np.zeros_like(p.budget, dtype=np.intp), np.full_like(p.budget, count, dtype=np.intp)
    for _ in range(int(count).bit_length()):
        middle = np.minimum((low + high) // 2, count - 1)
        level = np.take_along_axis(levels, middle, axis=-1)
        bits = np.where((priority >= level) & (priority > 0), p.input_bits, p.required_bits)
        # at price zero airtime is free and fills any slot
        fills = (level <= 0) | (_time_at(p, level, bits) >= p.budget)
        high = np.where((low < high) & fills, middle, high)
        low = np.where((low < high) & ~fills, middle + 1, low)
    return high


def _time_at(p: Terms, price: Array, bits: Array) -> Array:
    """Airtime (and cloud time) that the bits take at this price, `(*batch, 1)`; inf at price 0."""
    each = airtime_per_bit(price, power_scale=p.power_scale, bandwidth=p.bandwidth) + p.cloud_time
    each = np.where(bits > 0, each, 0.0)  # silent users take no time at any price
    return np.asarray(np.sum(bits * each, axis=-1, keepdims=True))


def _lowest_price(p: Terms, bits: Array) -> Array:
    """A price at which the bits overfill the slot: every user at the rate of the mean, cheapest scale."""
    nats = np.sum(bits, axis=-1, keepdims=True) * np.log(2) / p.bandwidth
    left = p.budget - np.sum(bits * p.cloud_time, axis=-1, keepdims=True)
    y = np.clip(nats / np.where(left > 0, left, 1.0), 0.0, 690.0)
    cheapest = np.min(np.where(bits > 0, p.power_scale, np.inf), axis=-1, keepdims=True)
    scale = np.where(np.isfinite(cheapest), cheapest, 0.0)
    return scale * lambert_argument(y)


def fill_slot(p: Terms, bits: Array) -> Policy:
    """Cheapest airtimes for given bits: all users at one price of airtime, the slot used up."""
    return _fill_from(p, bits, _lowest_price(p, bits))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # absurd rates end in inf or nan, judged later
def _fill_from(p: Terms, bits: Array, start: Array, *, known: Mask | None = None) -> Policy:
    """Airtimes for given bits: the price at which they fill the slot, by Newton on logarithms.

    log of the airtime sum is convex and decreasing in log(price), so Newton from a price that is too
    low climbs monotonically. Where `known`, `start` already is the price.
    """
    nats = bits * np.log(2) / p.bandwidth
    left = p.budget - np.sum(bits * p.cloud_time, axis=-1, keepdims=True)
    sends = np.sum(bits, axis=-1, keepdims=True) > 0
    log_price = np.log(np.where(start > 0, start, 1.0))
    done = ~sends | ~(left > 0) | ~(start > 0) | (False if known is None else known)
    for _ in range(ROOT_STEPS):
        if done.all():
            break
        log_price = np.clip(log_price, -LOG_LIMIT, LOG_LIMIT)
        y = _sending_exponent(p, bits, np.exp(log_price))
        ratio = np.exp(log_price) / p.power_scale
        total = np.sum(nats / y, axis=-1, keepdims=True)
        fall = np.sum(nats / y * (ratio * lambert_slope(y) / y), axis=-1, keepdims=True)
        excess = np.log(np.where(done, 1.0, total / np.where(done, 1.0, left)))
        step = excess * total / np.where(done, 1.0, fall)  # of log(total) over its slope in log(price)
        log_price = np.where(done, log_price, log_price + step)
        done = done | ~(np.abs(step) > 4e-15 * (1 + np.abs(log_price)))
    price = np.where(sends & (start > 0), np.exp(log_price), 0.0)
    price = np.where(known, start, price) if known is not None else price
    y = _sending_exponent(p, bits, np.where(price > 0, price, 1.0))
    time = np.where(bits > 0, nats / y, 0.0)
    total = np.sum(time, axis=-1, keepdims=True)
    # the root is good to rounding; scale the last digits so that the slot is used exactly
    return Policy(bits, time * np.where(total > 0, left / np.where(total > 0, total, 1.0), 0.0), price)


def _sending_exponent(p: Terms, bits: Array, price: Array) -> Array:
    """y_k(price) for users that send, 1 for the others (whose airtime is 0 anyway)."""
    return np.where(bits > 0, lambert_exponent(price / p.power_scale), 1.0)
