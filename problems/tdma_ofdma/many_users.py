r"""The threshold policies of P2 and P3 for instances too large to sort: few passes over the users.

A pass sums, at a price p, the time that the bits of Theorem 1 spend, with its slope and curvature. Every user
whose priority lies between p and the answer sends at most once more or less, so these few, sorted, and the
curve of all others,

    ln a(p e^x) = ln a - f x + c x^2/2 + O(x^3),

give the answer to O(x^3): the price at which the optimality conditions hold and who sends at it. Where it
is within `CLOSE` of p it is exact; else it is the next price. The first is the answer for every sixteenth
user. Compiled where the passes are (`compiled_policy`), plain Python in between.
Source: You et al. 2017, Theorems 1 and 3.
"""

import math

import numpy as np
from numpy.typing import NDArray

from mecopt.instance import Array, Instance
from mecopt.result import Point

from . import compiled_policy
from .compiled_policy import Users, Work
from .compiled_priorities import BLOCK, LARGE, LN2, LOG_LIMIT, TINY, Data, prepare
from .curve import Curve, Placed

MANY = 4096
"""Users from which on this search is the faster one."""

THINNED = 16
"""A first price is that of every so many-th user."""

CLOSE = 3e-5
"""|x| at which what a curve leaves out, about x^3/6, is below the rounding of the sum."""

NEAREST = 16
"""Those that may change sides, over the root of the users: the answer of a random part is well within."""

FAR = 0.3
"""|x| beyond which a curve says little."""

STEPS = 200
"""Prices tried; two or three are usual."""

PER_USER, NUMBERS = Data._fields[:6], Data._fields[6:9]


def solve(s: Instance, tol: float) -> Point:
    """P2 or P3, whichever the instance is of."""
    bits, time, price = threshold_policy(s)
    return Point({"offloaded_bits": bits, "offloading_time": time}, {"time_price": price})


def threshold_policy(s: Instance) -> tuple[Array, Array, Array]:
    """Bits and airtimes `(*batch, users)` and the price of airtime `(*batch,)` of P2 or P3."""
    data = _data(s)
    bits, time = np.empty_like(data.input_bits), np.empty_like(data.input_bits)
    price = np.empty_like(data.slowness)
    if bits.shape[1] <= MANY:
        compiled_policy.policies(data, bits, time, price)
    else:
        for i in range(price.size):
            price[i] = _policy(data, i, bits[i], time[i])
    shape = s.input_bits.shape
    return bits.reshape(shape), time.reshape(shape), price.reshape(s.batch_shape)


def _data(s: Instance) -> Data:
    users = s.input_bits.shape[-1]
    fields: dict[str, Array] = {name: s.data[name].reshape(-1, users) for name in PER_USER}
    for name in NUMBERS:
        fields[name] = s.data[name].reshape(-1)
    speed = s.data.get("cloud_frequency")
    fields["slowness"] = np.zeros(fields["bandwidth"].size) if speed is None else 1.0 / speed.reshape(-1)
    return Data(**fields)


def _policy(data: Data, i: int, bits: Array, time: Array) -> float:
    """The policy of one instance into the arrays; returns the price of airtime."""
    least, scale, priority = np.empty((3, bits.size))
    prepare(data, i, least, scale, priority)
    u = Users(
        data.input_bits[i],
        least,
        scale,
        data.cycles_per_bit[i],
        priority,
        nat_time=LN2 / float(data.bandwidth[i]),
        slowness=float(data.slowness[i]),
        budget=float(data.slot_duration[i]),
    )
    work = Work(*np.empty((4, BLOCK)))
    found = placed(u, first_price(u, work), work)
    return float(compiled_policy.filled(u, found.level, found.share, found.price, bits, time, work))


def chosen(u: Users, which: NDArray[np.intp] | slice) -> Users:
    """Some of the users, with the whole slot."""
    return u._replace(
        bits=u.bits[which].copy(),
        least=u.least[which].copy(),
        scale=u.scale[which].copy(),
        cycles=u.cycles[which].copy(),
        priority=u.priority[which].copy(),
    )


def first_price(u: Users, work: Work) -> float:
    """The price of airtime for a part of the users with their share of the slot."""
    part = chosen(u, slice(None, None, THINNED))
    part = part._replace(budget=u.budget * part.bits.size / u.bits.size)
    if part.bits.size > MANY:
        return placed(part, first_price(part, work), work).price
    levels = np.unique(part.priority[part.priority > 0.0])
    low, high = 0, levels.size
    while low < high:
        middle = (low + high) // 2
        if compiled_policy.spent_from(part, levels[middle], levels[middle], work) >= part.budget:
            low = middle + 1
        else:
            high = middle
    return float(levels[low - 1]) if low else compiled_policy.root_above(part, 0.0, work)


def placed(u: Users, price: float, work: Work) -> Placed:
    """The level, the share that users at it send of what they need not, and the price of airtime."""
    low, high = 0.0, math.inf
    for step in range(STEPS):
        price = min(max(price, TINY), LARGE) if price > 0.0 else TINY
        curve = Curve(price, *compiled_policy.expanded(u, price, price, work), u.budget)
        if curve.nobody_sends:
            if np.max(u.least) > 0.0:  # rates beyond the range of doubles
                high = min(high, price)
                price = math.sqrt(max(low, TINY)) * math.sqrt(min(high, LARGE))
                continue
            highest = float(np.max(u.priority, where=u.priority < price, initial=0.0))
            if highest <= TINY:
                return Placed(price, 0.0, price)
            price, high = highest, price
            continue
        low, high = (price, high) if curve.overfull else (low, price)
        answer, end = _guess(u, curve)
        told = min(price, end) <= answer.price <= max(price, end)
        if told and abs(math.log(answer.price / price)) <= CLOSE:
            return answer
        guess = answer.price if told else end
        if low < guess < high and step % 4 != 3:
            price = guess
        elif low > 0.0 and high < math.inf:
            price = math.sqrt(low) * math.sqrt(high)
        else:
            price *= math.exp(math.copysign(min(FAR * 2.0**step, LOG_LIMIT), curve.excess))
    return Placed(low, 0.0, max(low, TINY))


def _guess(u: Users, curve: Curve) -> tuple[Placed, float]:
    """The answer by a curve and the users with the nearest priorities, and the price up to which it knows."""
    # who changes sides moves the answer towards the price: the root of the curve is the farthest it can be
    reach = min(1.2 * abs(curve.root) + 1e-9, FAR)
    end = curve.price * math.exp(reach if curve.overfull else -reach)
    if curve.overfull:
        which = np.flatnonzero((u.priority >= curve.price) & (u.priority <= end))
    else:
        which = np.flatnonzero((u.priority >= end) & (u.priority < curve.price))
    nearest = int(NEAREST * math.sqrt(u.bits.size))
    if which.size > nearest:
        aside = np.abs(u.priority[which] - curve.price)
        which = which[aside <= np.partition(aside, nearest)[nearest]]
        end = float(np.max(u.priority[which]) if curve.overfull else np.min(u.priority[which]))
    near = chosen(u, which)
    seconds, fall = np.empty((2, which.size))
    compiled_policy.more_time(near, curve.price, seconds, fall)
    return curve.answer(near.priority, seconds, fall), end
