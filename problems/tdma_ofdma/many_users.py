r"""The threshold policies of P2 and P3 for instances too large to sort: few passes over the users.

A pass evaluates the time that the bits of Theorem 1 spend at a price. The price of a sample of users starts a
search on ln(spent/T) for two prices with at most `FEW` priorities between them; among these the level is
found by interpolation, and one or two steps of Newton's method end it. Compiled where the passes are
(`compiled_policy`), plain Python in between. Source: You et al. 2017, Theorems 1 and 3.
"""

import math

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.result import Point

from . import compiled_policy
from .compiled_policy import LARGE, LOG_LIMIT, TINY, Data, Users, Work

FEW = 64
"""Priorities left for the second search."""

MANY = 4096
"""Users from which on this search is the faster one, and those in the sample it starts from."""

ASIDE = 1.05
"""Factor between prices at which the sample tells how the spent time falls."""

STEPS = 100
"""Prices tried; five to eight are usual."""

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
    compiled_policy.prepare(data, i, least, scale, priority)
    u = Users(
        data.input_bits[i],
        least,
        scale,
        data.cycles_per_bit[i],
        priority,
        nat_time=compiled_policy.LN2 / float(data.bandwidth[i]),
        slowness=float(data.slowness[i]),
        budget=float(data.slot_duration[i]),
    )
    search = Search(u)
    level = search.level(*Search(_sample(u)).start())
    return float(compiled_policy.settled(u, level, bits, time, search.work))


def _sample(u: Users) -> Users:
    """Every n-th user, with their share of the slot."""
    step = u.bits.size // MANY
    share = -(-u.bits.size // step) / u.bits.size
    return u._replace(
        bits=u.bits[::step].copy(),
        least=u.least[::step].copy(),
        scale=u.scale[::step].copy(),
        cycles=u.cycles[::step].copy(),
        priority=u.priority[::step].copy(),
        budget=u.budget * share,
    )


class Search:
    """The search for the highest priority at which everybody at or above it fills the slot."""

    def __init__(self, users: Users) -> None:
        self.users = users
        self.work = Work(*np.empty((4, compiled_policy.BLOCK)))

    def excess(self, price: float) -> float:
        """ln(spent/T) within +-LOG_LIMIT: not negative where the slot is full. One pass."""
        spent = compiled_policy.spent_from(self.users, price, price, self.work) / self.users.budget
        return min(max(math.log(spent), -LOG_LIMIT), LOG_LIMIT) if spent > 0.0 else -LOG_LIMIT

    def start(self) -> tuple[float, float]:
        """A sample's price, and how ln(spent) falls with ln(price) there."""
        priority = self.users.priority
        price = self.highest(np.sort(priority[priority > 0])[::-1])
        if not price > 0.0:
            price = compiled_policy.root_above(self.users, 0.0, self.work)
        price = min(max(price, TINY), LARGE)
        drop = self.excess(price / ASIDE) - self.excess(price * ASIDE)
        return price, max(drop / (2 * math.log(ASIDE)), 0.01)

    def level(self, price: float, fall: float) -> float:
        """The level, 0 if there is none: a few prices from a start near it, now and then a halving."""
        low, high, more, less, stretch = 0.0, math.inf, 0.0, 0.0, 1.5
        levels = self.users.priority
        for step in range(STEPS):
            excess = self.excess(price)
            if excess >= 0.0:
                low, more = price, excess
            else:
                high, less = price, excess
            if low > 0.0 and high < math.inf:
                levels = levels_between(self.users.priority, low, high)
                if levels.size <= FEW:
                    break
                width = math.log(high / low)
                aside = width * min(0.05, width)
                # on the other side than this time, so that both ends close in
                share = width * more / (more - less) + (aside if excess >= 0.0 else -aside)
                price = low * math.exp(share if 0.0 < share < width and step % 8 != 7 else width / 2)
            else:
                shift = min(max(stretch * excess / fall, -LOG_LIMIT), LOG_LIMIT)
                price, stretch = min(max(price * math.exp(shift), TINY), LARGE), 2 * stretch
        else:
            levels = levels_between(self.users.priority, low, high)
        return self.highest(np.sort(levels)[::-1], (low, more), (high, less))

    def highest(
        self, levels: Array, below: tuple[float, float] = (0.0, 0.0), above: tuple[float, float] = (0.0, 0.0)
    ) -> float:
        """The highest of these priorities, in descending order, that fills the slot; 0 if none does.

        `below` and `above` are prices known to fill it and not to, with their excess.
        """
        low, high = 0, levels.size
        while low < high:
            middle = (low + high) // 2
            if below[0] > 0.0 and 0.0 < above[0] < math.inf:
                guess = below[0] * (above[0] / below[0]) ** (below[1] / (below[1] - above[1]))
                middle = min(max(int(np.searchsorted(-levels, -guess)), low), high - 1)
            price = float(levels[middle])
            excess = self.excess(price)
            if excess >= 0.0:
                high, below = middle, (price, excess)
            else:
                low, above = middle + 1, (price, excess)
        return float(levels[low]) if low < levels.size else 0.0


def levels_between(priority: Array, low: float, high: float) -> Array:
    """The positive priorities in [low, high) and the highest below low."""
    inside = priority[(priority >= low) & (priority < high)]
    beneath = np.max(priority, where=priority < low, initial=0.0)
    return np.append(inside, beneath) if beneath > 0.0 else inside[inside > 0.0]
