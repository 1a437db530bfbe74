r"""The referee's search for a proof that no association beats a value: a partition with prices for each part.

The set of associations is split again and again by what one device does, until prices bound each part near
the
value. At prices with dual value g an option that asks eps more than the device's cheapest costs every
association that uses it g + eps at least, and is left out where that suffices. The search gives up where it
finds a better association itself, and hands over what it has after `MOST_WORK`: any partition is a bound.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Indices, Mask

from . import dual_search
from .bounds import Parts
from .dual_search import Links

Data = SimpleNamespace

LARGEST = 1200
"""Links of the largest instance that is searched: 300 devices and 4 servers."""

MOST_WORK = 2_000_000
"""Parts times options of the devices: some ten seconds."""

WAVE = 256
"""Parts that are worked on at a time."""

MARGIN = 0.5
"""Bounds may stay below the value by this part of the tolerated slack; the rest is for rounding."""


class Level(NamedTuple):
    """Parts left, with options left `(parts, users, 1 + servers)`, prices `(parts, rows, servers)` and
    bounds."""

    may: Mask
    prices: Array
    bound: Array

    def pick(self, which: Mask | Indices) -> "Level":
        """Some of them."""
        return Level(self.may[which], self.prices[which], self.bound[which])

    def join(self, other: "Level") -> "Level":
        """Both."""
        may = np.concatenate([self.may, other.may])
        prices = np.concatenate([self.prices, other.prices])
        return Level(may, prices, np.concatenate([self.bound, other.bound]))


def search(d: Data, value: float, prices: Mapping[str, Array], *, slack: float) -> Parts | None:
    """Parts that bound the cost beyond sum K of one instance near `value`; None where there is nothing to
    gain."""
    if d.linked.size > LARGEST or not np.isfinite(value):
        return None
    net = dual_search.links(d)
    target = value - MARGIN * slack
    level = _root(d, net, prices)
    left, records, work = level, [], 0
    if level.bound[0] >= target:
        return None
    while len(left.bound) and work < MOST_WORK:
        order = np.argsort(left.bound, kind="stable")
        front, rest = left.pick(order[:WAVE]), left.pick(order[WAVE:])
        children, out = _split(net, front, target)
        records.append((front.may, out, front.prices))
        work += children.may.size
        children = _improve(
            net, children, target, max(value - front.bound[0], 1e-3 * (value - level.bound[0]))
        )
        if _better_point(d, net, children, value - slack):
            return None
        closed = (children.bound >= target) | _decided(children)
        shut = children.pick(closed)
        records.append((shut.may, shut.may, shut.prices))
        left = rest.join(children.pick(~closed))
    records.append((left.may, left.may, left.prices))
    may, out, found = (np.concatenate(column) for column in zip(*records, strict=True))
    told = out.any(axis=(1, 2))
    return Parts(may[told], out[told], dual_search.in_units(found[told], d))


def _root(d: Data, net: Links, prices: Mapping[str, Array]) -> Level:
    """All associations, at the prices that the referee has already."""
    names = ("bandwidth_price", "compute_price", "memory_price")
    known = np.stack([np.asarray(prices[name], dtype=np.float64) for name in names])[None]
    if len(net.takes) > 2:
        known[:, 2] = np.where(d.limited, np.maximum(known[:, 2] * d.capacity, 1e-12), 1e-12)
    known = known[:, : len(net.takes)]
    may = np.isfinite(net.cost)
    return Level(may, known, dual_search.look(net, known, 1.0).sharp)


def _asked(net: Links, level: Level) -> Array:
    """What each option asks at the part's prices `(parts, users, 1 + servers)`, inf for those left out."""
    q = np.where(level.may, net.cost, np.inf)
    q[..., 1:] += np.sum(level.prices[:, :, None, :] * net.takes, axis=1)
    return np.asarray(q)


def _split(net: Links, front: Level, target: float) -> tuple[Level, Mask]:
    """Leave out options that are too dear, then split each part by one device's options.

    Returns the smaller parts, and the options left out of each.
    """
    above = _asked(net, front)
    above -= np.min(above, axis=-1, keepdims=True)
    may = front.may & (front.bound[:, None, None] + above < target)
    device = _device(net, front, may, above, target)
    parts, options = np.nonzero(may[np.arange(len(may)), device])
    chosen = may[parts]
    row = np.arange(len(parts))
    chosen[row, device[parts]] = np.arange(may.shape[-1]) == options[:, None]
    return Level(chosen, front.prices[parts], front.bound[parts]), front.may & ~may


def _device(net: Links, front: Level, may: Mask, above: Array, target: float) -> Array:
    """The device to split by: one that takes much, and whose options ask nearly the same."""
    second = np.partition(np.where(may, above, np.inf), 1, axis=-1)[..., 1]
    size = np.max(np.where(may[..., 1:], np.sum(net.takes[:2] ** 2, axis=0), 0.0), axis=-1)
    open_by = target - front.bound[:, None]
    score = (size + 1e-9 * open_by) / (second + 1e-3 * open_by)
    return np.asarray(np.argmax(np.where(np.sum(may, axis=-1) > 1, score, -1.0), axis=-1))


def _improve(net: Links, level: Level, target: float, gap: float) -> Level:
    """Better prices for each part, from those of the part it came from."""
    cost = np.where(level.may, net.cost, np.inf)
    own = Links(cost, net.takes)
    prices, bound = level.prices, dual_search.look(own, level.prices, gap).sharp
    best = prices
    for heat in (0.03 * gap, 0.003 * gap):
        prices = dual_search.climb(own, prices, heat, steps=4)
        seen = dual_search.look(own, prices, heat).sharp
        best = np.where((seen > bound)[:, None, None], prices, best)
        bound = np.maximum(bound, seen)
    for tried in (_without_memory(best), _at_loads(net, level, best, target)):
        seen = dual_search.look(own, tried, gap).sharp
        best = np.where((seen > bound)[:, None, None], tried, best)
        bound = np.fmax(bound, seen)
    return Level(level.may, best, bound)


def _decided(level: Level) -> Mask:
    """Parts with one association left, which cannot be split."""
    return np.asarray(np.all(np.sum(level.may, axis=-1) == 1, axis=-1))


def _without_memory(prices: Array) -> Array:
    """The same with memory for free: rounding off keeps its prices above 0."""
    free = prices.copy()
    free[:, 2:] = 0.0
    return free


def _at_loads(net: Links, level: Level, prices: Array, target: float) -> Array:
    """Prices that tell the exact cost of parts with one association; of overfull memory so dear that none
    is."""
    one = _decided(level)
    used = np.sum(np.where(level.may[:, None, :, 1:], net.takes, 0.0), axis=2)  # (parts, rows, servers)
    exact = 2 * used
    dear = (abs(target) + np.sum(np.abs(prices), axis=(1, 2)) + np.sum(exact**2, axis=(1, 2)))[:, None]
    excess = used[:, 2:] - 1
    with np.errstate(divide="ignore"):
        exact[:, 2:] = np.where(excess > 0, 10 * dear[:, None] / np.where(excess > 0, excess, 1.0), 0.0)
    return np.where(one[:, None, None], exact, prices)


def _better_point(d: Data, net: Links, level: Level, value: float) -> bool:
    """Whether what the devices ask for at the parts' prices, once improved by moves, costs less than
    `value`."""
    if not len(level.bound):
        return False
    options = np.argmin(_asked(net, level), axis=-1)
    cost = [_cost(net, row) for row in options]
    best = options[int(np.argmin(cost))].copy()
    return _moved(net, best) < value


def _cost(net: Links, option: Indices) -> float:
    """Cost beyond sum K of an association (0 local, j + 1 server j), inf where memory is overfull."""
    users = np.arange(len(option))
    away = option > 0
    at = option[away] - 1
    loads = [np.bincount(at, row[away, at], net.takes.shape[-1]) for row in net.takes]
    fits = len(loads) < 3 or bool(np.all(loads[2] <= 1))
    return float(np.sum(net.cost[0, users, option]) + np.sum(np.square(loads[:2]))) if fits else np.inf


def _moved(net: Links, option: Indices) -> float:
    """The cost after single-device moves, as long as they improve it."""
    best, users = _cost(net, option), len(option)
    still = 0
    while still < users:
        for i in range(users):
            before = option[i]
            costs = []
            for k in np.flatnonzero(np.isfinite(net.cost[0, i])):
                option[i] = k
                costs.append((_cost(net, option), k))
            cost, k = min(costs)
            if cost < best - 1e-12 * abs(best):
                best, option[i], still = cost, k, 0
            else:
                option[i] = before
                still += 1
    return best
