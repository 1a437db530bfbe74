r"""The threshold policies of P2 and P3 as compiled loops, one instance after the other.

The theorems and steps of `closed_form`: priorities, a search for the highest priority at which the slot is
full, then one root search for the price with the bits known,

    t_k(lam) = l_k ln 2/(B y(lam/A_k)),    spent(lam) = sum_k t_k(lam) + l_k C_k/F'.

Sums are folded in an order that depends on their length alone, so an instance gets the same digits alone and
in any batch. (`many_users` has the search for instances that are too large to sort.)
Source: You et al. 2017, Theorems 1 and 3.
"""

import math
from typing import NamedTuple

import numpy as np

from mecopt.compiled import bits_of, float_of, internal, jit
from mecopt.instance import Array
from mecopt.kernels.compiled import exponent_of

from .compiled_priorities import BLOCK, LARGE, LN2, TINY, Data, prepare

LANES = 8
"""Doubles that a processor works on at a time: the users of a small instance are filled up to a multiple."""

ROOT_STEPS = 60
LEAST_EXPONENT = 1e-200


class Users(NamedTuple):
    """One instance: R and m (bit), A (W), C (cycle/bit), priority (W), ln 2/B, 1/F' (0 but in P3), T (s)."""

    bits: Array
    least: Array
    scale: Array
    cycles: Array
    priority: Array
    nat_time: float
    slowness: float
    budget: float


class Work(NamedTuple):
    """Room for a block of users: exponents, their slopes, bits, and times."""

    y: Array
    bend: Array
    bits: Array
    times: Array


@internal
def folded(terms: Array, count: int) -> float:
    """The sum of the first terms, in halves. Overwrites them."""
    while count > 1:
        half = (count + 1) // 2
        for i in range(count - half):
            terms[i] += terms[i + half]
        count = half
    return float(terms[0]) if count == 1 else 0.0


@internal
def added(total: float, lost: float, part: float) -> tuple[float, float]:
    """A sum with the digits it lost (Kahan): thousands of block sums else lose digits in their number."""
    part = part - lost
    grown = total + part
    return grown, (grown - total) - part


@internal
def rates(scale: Array, first: int, price: float, y: Array) -> None:
    """The rate exponents of a block of users at a price."""
    for i in range(y.size):
        # where price/A underflows nobody can wait that long, and no sum becomes inf - inf
        y[i] = max(exponent_of(price / scale[first + i]), LEAST_EXPONENT)


@internal
def bends(scale: Array, first: int, price: float, y: Array, bend: Array) -> None:
    """-d ln(1/y)/d ln(price) of a block, to the few digits that Newton's method needs."""
    for i in range(y.size):
        x = price / scale[first + i]
        # dy/d ln x = x/(y e^y), and e^y = (x - 1)/(y - 1) except next to x = 1
        inverse = (y[i] - 1.0) / (x - 1.0) if abs(x - 1.0) > 1e-6 else 0.36787944117144233
        bend[i] = x * inverse / (y[i] * y[i])


@internal
def pick_from(u: Users, first: int, level: float, bits: Array) -> None:
    """Theorem 1's bits of a block if users at the level and above send all and the others the least."""
    most, least, priority = u.bits, u.least, u.priority
    for i in range(bits.size):
        bits[i] = most[first + i] if priority[first + i] >= level else least[first + i]


@internal
def divided(bits: Array, y: Array, times: Array) -> None:
    """Time of the bits in units of a nat's."""
    for i in range(bits.size):
        times[i] = bits[i] / y[i]


@internal
def cloud_time(u: Users, first: int, bits: Array, times: Array) -> float:
    """Seconds that the cloud takes for a block's bits."""
    cycles = u.cycles
    for i in range(bits.size):
        times[i] = bits[i] * cycles[first + i]
    return u.slowness * folded(times, bits.size)


@jit
def spent_from(u: Users, price: float, level: float, work: Work) -> float:
    """Seconds of airtime and cloud at a price if users at the level > 0 and above it send all. One pass."""
    total = lost = 0.0
    # short loops over few arrays: only those are vectorised
    for first in range(0, u.bits.size, BLOCK):
        count = min(BLOCK, u.bits.size - first)
        y, bits, times = work.y[:count], work.bits[:count], work.times[:count]
        rates(u.scale, first, price, y)
        pick_from(u, first, level, bits)
        divided(bits, y, times)
        total, lost = added(total, lost, u.nat_time * folded(times, count))
        if u.slowness > 0.0:
            total, lost = added(total, lost, cloud_time(u, first, bits, times))
    return total


@jit
def expanded(u: Users, price: float, level: float, work: Work) -> tuple[float, float, float, float]:
    """Seconds of airtime at a price, how they fall with ln(price), their second derivative, and of cloud.

    Bits as in `spent_from`. One pass.
    """
    total = lost = cloud = lost_cloud = fall = curve = 0.0
    for first in range(0, u.bits.size, BLOCK):
        count = min(BLOCK, u.bits.size - first)
        y, bits, times, bend = work.y[:count], work.bits[:count], work.times[:count], work.bend[:count]
        rates(u.scale, first, price, y)
        bends(u.scale, first, price, y, bend)
        pick_from(u, first, level, bits)
        divided(bits, y, times)
        for i in range(count):
            y[i] = times[i] * bend[i] * ((y[i] + 3.0) * bend[i] - 1.0)
            bend[i] *= times[i]
        curve += u.nat_time * folded(y, count)
        fall += u.nat_time * folded(bend, count)
        total, lost = added(total, lost, u.nat_time * folded(times, count))
        if u.slowness > 0.0:
            cloud, lost_cloud = added(cloud, lost_cloud, cloud_time(u, first, bits, times))
    return total, fall, curve, cloud


@jit
def more_time(u: Users, price: float, seconds: Array, fall: Array) -> None:
    """By how much sending all instead of the least lengthens each user's time; its fall with ln(price)."""
    rates(u.scale, 0, price, seconds)
    bends(u.scale, 0, price, seconds, fall)
    for k in range(seconds.size):
        bits = u.bits[k] - u.least[k]
        airtime = u.nat_time * bits / seconds[k]
        fall[k] *= airtime
        seconds[k] = airtime + u.slowness * bits * u.cycles[k]


@internal
def next_above(level: float) -> float:
    """The smallest priority above a level."""
    return float_of(bits_of(level) + 1)


@internal
def sort_down(values: Array) -> None:
    """Sort in place, the largest first (Shell): NumPy's own sort takes seconds to compile."""
    gap = 1
    while gap < values.size:
        gap = 3 * gap + 1
    while gap > 1:
        gap //= 3
        for i in range(gap, values.size):
            value, j = values[i], i
            while j >= gap and values[j - gap] < value:
                values[j] = values[j - gap]
                j -= gap
            values[j] = value


@internal
def lowest_price(u: Users, level: float, left: float) -> float:
    """A price at which the bits overfill the slot: all at the rate of the mean, at the cheapest scale."""
    total, cheapest = 0.0, np.inf
    for k in range(u.bits.size):
        bits = u.bits[k] if u.priority[k] >= level else u.least[k]
        if bits > 0.0:
            total += bits
            cheapest = min(cheapest, u.scale[k])
    y = min(total * u.nat_time / left, 690.0)
    if not total > 0.0:
        return 0.0
    # below y = 1 the first term of the series, which is less, and no digits are lost
    return cheapest * ((y - 1.0) * math.exp(y) + 1.0 if y > 1.0 else 0.5 * y * y)


@jit
def root_above(u: Users, level: float, work: Work) -> float:
    """The price at which users above the level with all and the others with the least fill the slot.

    Newton on logarithms: ln(airtime) is convex and falls with ln(price), so steps from below stay below.
    """
    sends = next_above(level)
    price = max(level, TINY)
    for step in range(ROOT_STEPS):
        airtime, fall, _, cloud = expanded(u, price, sends, work)
        left = u.budget - cloud
        if not (airtime > 0.0 and left > 0.0):
            return level
        if step == 0 and level <= 0.0:
            price = min(max(lowest_price(u, sends, left), TINY), LARGE)
            continue
        change = math.log(airtime / left) * airtime / fall
        price = min(max(price * math.exp(change), TINY), LARGE)
        if not abs(change) > 1e-8:  # the next change would be its square
            break
    return price


@internal
def shared_out(u: Users, first: int, level: float, share: float, bits: Array) -> None:
    """The bits of a block: all above the level, a share at it."""
    most, least, priority = u.bits, u.least, u.priority
    for i in range(bits.size):
        k = first + i
        part = 1.0 if priority[k] > level else (share if priority[k] == level and level > 0.0 else 0.0)
        bits[i] = most[k] if part == 1.0 else least[k] + part * (most[k] - least[k])


@jit
def filled(u: Users, level: float, share: float, price: float, bits: Array, time: Array, work: Work) -> float:
    """Bits and airtimes at this price into the arrays, their last digits scaled so that they fill the slot.

    Users above the level send all, those at it this share of what they need not send. Returns the price, 0 if
    nobody sends. One pass.
    """
    total = lost = cloud = lost_cloud = 0.0
    for first in range(0, bits.size, BLOCK):
        count = min(BLOCK, bits.size - first)
        y, times = work.y[:count], work.times[:count]
        part, out = bits[first : first + count], time[first : first + count]
        shared_out(u, first, level, share, part)
        rates(u.scale, first, price, y)
        divided(part, y, out)
        times[:] = out
        total, lost = added(total, lost, folded(times, count))
        if u.slowness > 0.0:
            cloud, lost_cloud = added(cloud, lost_cloud, cloud_time(u, first, part, times))
    if not total > 0.0:
        return 0.0
    factor = (u.budget - cloud) / total
    for k in range(bits.size):
        time[k] *= factor
    return price


@jit
def settled(u: Users, level: float, bits: Array, time: Array, work: Work) -> float:
    """Bits and airtimes into the arrays if the slot is full from this level on (0: from none); the price."""
    share, price = 0.0, level
    few = spent_from(u, level, next_above(level), work) if level > 0.0 else np.inf
    if few <= u.budget:
        many = spent_from(u, level, level, work)
        share = min(max((u.budget - few) / (many - few), 0.0), 1.0)
    else:
        price = root_above(u, level, work)
    return filled(u, level, share, price, bits, time, work)


@jit
def policies(data: Data, bits: Array, time: Array, price: Array) -> None:
    """The policy of each instance into bits and time `(instances, users)` and price `(instances,)`."""
    users = bits.shape[1]
    room, rows = np.empty((4, BLOCK)), np.zeros((6, -(-users // LANES) * LANES))
    work = Work(room[0], room[1], room[2], room[3])
    sent, least, scale, cycles, priority, levels = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]
    scale[:] = 1.0  # of the silent users that fill up the lanes
    for i in range(price.size):
        prepare(data, i, least[:users], scale[:users], priority[:users])
        sent[:users] = data.input_bits[i]
        cycles[:users] = data.cycles_per_bit[i]
        nat_time, slowness, slot = LN2 / data.bandwidth[i], data.slowness[i], data.slot_duration[i]
        u = Users(sent, least, scale, cycles, priority, nat_time, slowness, slot)
        levels[:] = priority
        sort_down(levels)
        low, high = 0, levels.size
        while low < high:
            middle = (low + high) // 2
            tried = levels[middle]
            # at price zero airtime is free and fills any slot
            if tried <= 0.0 or spent_from(u, tried, tried, work) >= u.budget:
                high = middle
            else:
                low = middle + 1
        level = levels[low] if low < levels.size else 0.0
        price[i] = settled(u, level, bits[i], time[i], work)
