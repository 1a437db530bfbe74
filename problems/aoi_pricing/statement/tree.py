r"""The referee's search for a proof that no association beats a value: a partition with prices for each part.

The set of associations is split again and again, by how many devices of a group of nearly equal ones a server
serves or by what one device does, until prices bound each part near the value. At prices with dual value g an
option that asks eps more than the device's cheapest costs every association that uses it g + eps at least,
and is left out where that suffices. The search gives up where it finds a better association itself, and hands
over what it has after `MOST_WORK`: any partition is a bound.
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

NEAR = 0.05
"""Devices of a group load the cores within this (relative) of the next smaller one."""

WHOLE = 0.005
"""A number of devices this near to a whole one is not split."""

HEATS = ((0.3, 5), (0.1, 3), (0.03, 3), (0.01, 3))
"""Temperatures for new parts, relative to the gap, and Newton steps at each."""

DIVIDED_AT = 0.03
"""The one at which it is seen which devices the relaxation divides."""

MARGIN = 0.5
"""Bounds may stay below the value by this part of the tolerated slack; the rest is for rounding."""


class Level(NamedTuple):
    """Parts left: options left `(parts, users, 1 + servers)`, devices of each group at each server, at least
    and at most `(parts, groups, servers)`, prices `(parts, rows, servers)`, bounds, and how much of each
    option the relaxation uses."""

    may: Mask
    least: Array
    most: Array
    prices: Array
    bound: Array
    used: Array

    def pick(self, which: Mask | Indices) -> "Level":
        """Some of them."""
        return Level._make(array[which] for array in self)

    def join(self, other: "Level") -> "Level":
        """Both."""
        return Level._make(np.concatenate(pair) for pair in zip(self, other, strict=True))


def search(d: Data, value: float, prices: Mapping[str, Array], *, slack: float) -> Parts | None:
    """Parts that bound the cost beyond sum K of one instance near `value`; None where there is nothing to
    gain."""
    if d.linked.size > LARGEST or not np.isfinite(value):
        return None
    plain, member = dual_search.links(d), _alike(d)
    count = np.repeat(member[:, :, None].astype(float), d.linked.shape[-1], axis=2)
    net = plain._replace(takes=np.concatenate([plain.takes, count]))
    target = value - MARGIN * slack
    level = _root(d, net, prices, len(member))
    if level.bound[0] >= target:
        return None
    left, records, work = _improve(net, level, target, target - level.bound[0]), [], 0
    while len(left.bound) and work < MOST_WORK:
        order = np.argsort(left.bound, kind="stable")
        front, rest = left.pick(order[:WAVE]), left.pick(order[WAVE:])
        children, out = _split(net, front, target)
        records.append((front, out))
        work += children.may.size
        children = _improve(
            net, children, target, max(value - front.bound[0], 1e-3 * (value - level.bound[0]))
        )
        if _better_point(d, net, children, value - slack):
            return None
        closed = (children.bound >= target) | _decided(children)
        shut = children.pick(closed)
        records.append((shut, shut.may))
        left = rest.join(children.pick(~closed))
    records.append((left, left.may))
    out = np.concatenate([gone for _, gone in records])
    told = np.asarray(out.any(axis=(1, 2)))
    found = Level._make(np.concatenate(column) for column in zip(*(some for some, _ in records), strict=True))
    found = found.pick(told)
    rows = len(net.takes) - len(member)
    own = dual_search.in_units(found.prices[:, :rows], d)
    return Parts(found.may, out[told], own, member, found.least, found.most, found.prices[:, rows:])


def _alike(d: Data) -> Mask:
    """Groups of two devices or more whose loads on the cores are nearly the same, `(groups, users)`."""
    load = np.mean(d.root_comp, axis=-1)
    order = np.argsort(load, kind="stable")
    order = order[load[order] > 0]
    steps = np.diff(np.log(load[order]))
    found = [
        np.isin(np.arange(len(load)), some) for some in np.split(order, 1 + np.flatnonzero(steps > NEAR))
    ]
    return np.array([some for some in found if np.sum(some) > 1], dtype=bool).reshape(-1, len(load))


def _root(d: Data, net: Links, prices: Mapping[str, Array], groups: int) -> Level:
    """All associations, at the prices that the referee has already."""
    names = ("bandwidth_price", "compute_price", "memory_price")
    known = np.stack([np.asarray(prices[name], dtype=np.float64) for name in names])[None]
    rows, servers = len(net.takes) - groups, d.linked.shape[-1]
    if rows > 2:
        known[:, 2] = np.where(d.limited, np.maximum(known[:, 2] * d.capacity, 1e-12), 1e-12)
    known = np.concatenate([known[:, :rows], np.zeros((1, groups, servers))], axis=1)
    size = np.sum(net.takes[rows:], axis=1)[None]
    may = np.isfinite(net.cost)
    level = Level(may, 0 * size, size, known, np.zeros(1), np.zeros(may.shape))
    return level._replace(bound=dual_search.look(_own(net, level), known, 1.0).sharp)


def _own(net: Links, level: Level) -> Links:
    """The links as each part has them."""
    return Links(np.where(level.may, net.cost, np.inf), net.takes, level.least, level.most)


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
    left = front._replace(may=may)
    number, whole = _number(net, left)
    some = np.flatnonzero(number >= 0)
    low, high = left.pick(some), left.pick(some)
    flat = (np.arange(len(some)), *np.unravel_index(number[some], front.least.shape[1:]))
    low.most[flat], high.least[flat] = whole[some], whole[some] + 1
    others = np.flatnonzero(number < 0)
    rest, gone = left.pick(others), front.may & ~may
    device = _device(net, rest, above[others], target)
    parts, options = np.nonzero(rest.may[np.arange(len(others)), device])
    chosen = rest.may[parts]
    row = np.arange(len(parts))
    chosen[row, device[parts]] = np.arange(may.shape[-1]) == options[:, None]
    return low.join(high).join(rest.pick(parts)._replace(may=chosen)), gone


def _number(net: Links, level: Level) -> tuple[Indices, Array]:
    """The number of devices (group and server, as a flat index) to split each part by, -1 for none, and the
    whole number below it: the one whose rounding changes the servers' loads most."""
    rows = len(net.takes) - level.least.shape[1]
    sent = np.einsum("pus,gus->pgs", level.used[..., 1:], net.takes[rows:])
    sent = np.clip(sent, level.least, level.most)
    load = np.einsum("gus,us->gs", net.takes[rows:], net.takes[1]) / np.sum(net.takes[rows:], axis=1)
    off = np.abs(sent - np.round(sent))
    off[(off < WHOLE) | (level.most <= level.least)] = 0.0
    score = (off * load**2).reshape(len(sent), -1)
    if not score.size:
        return np.full(len(sent), -1), np.zeros(len(sent))
    best, every = np.argmax(score, axis=-1), np.arange(len(sent))
    found = np.where(score[every, best] > 0, best, -1)
    return found, np.floor(sent.reshape(len(sent), -1)[every, best])


def _device(net: Links, level: Level, above: Array, target: float) -> Indices:
    """The device to split by: one whose options ask nearly the same, that the relaxation divides, and that
    takes much, but for what others of its group can take in its place."""
    rows = len(net.takes) - level.least.shape[1]
    member = net.takes[rows:]
    load = np.einsum("gus,us->gs", member, net.takes[1]) / np.sum(member, axis=1)
    apart = net.takes[1] - np.einsum("gus,gs->us", member, load)
    second = np.partition(np.where(level.may, above, np.inf), 1, axis=-1)[..., 1]
    size = np.max(np.where(level.may[..., 1:], net.takes[0] ** 2 + apart**2, 0.0), axis=-1)
    open_by = np.maximum(target - level.bound, 0.0)[:, None]
    score = (size * (1 - np.max(level.used, axis=-1)) + 1e-9 * open_by) / (second + 0.1 * open_by)
    return np.asarray(np.argmax(np.where(np.sum(level.may, axis=-1) > 1, score, -1.0), axis=-1))


def _improve(net: Links, level: Level, target: float, gap: float) -> Level:
    """Better prices for each part, from those of the part it came from."""
    if not len(level.bound):
        return level
    own, used = _own(net, level), level.used
    prices, bound = level.prices, dual_search.look(own, level.prices, gap).sharp
    best, prices = prices, prices.copy()
    inside = HEATS[0][0] * gap  # prices of memory climb from above 0 only
    prices[:, 2 : own.plain] = np.maximum(prices[:, 2 : own.plain], inside)
    for heat, steps in HEATS:
        prices, found = dual_search.climb(own, prices, heat * gap, steps=steps)
        seen = found.sharp
        if heat == DIVIDED_AT:
            used = dual_search.parts_used(own, prices, heat * gap)
        best = np.where((seen > bound)[:, None, None], prices, best)
        bound = np.maximum(bound, seen)
    for tried in (_without_memory(own, best), _at_loads(own, level, best, target)):
        seen = dual_search.look(own, tried, gap).sharp
        best = np.where((seen > bound)[:, None, None], tried, best)
        bound = np.fmax(bound, seen)
    return level._replace(prices=best, bound=bound, used=used)


def _decided(level: Level) -> Mask:
    """Parts with one association left, which cannot be split."""
    return np.asarray(np.all(np.sum(level.may, axis=-1) == 1, axis=-1))


def _without_memory(net: Links, prices: Array) -> Array:
    """The same with memory for free: rounding off keeps its prices above 0."""
    free = prices.copy()
    free[:, 2 : net.plain] = 0.0
    return free


def _at_loads(net: Links, level: Level, prices: Array, target: float) -> Array:
    """Prices that tell the exact cost of parts with one association; of overfull memory so dear that none
    is."""
    one = _decided(level)
    used = np.sum(np.where(level.may[:, None, :, 1:], net.takes, 0.0), axis=2)  # (parts, rows, servers)
    exact = 2 * used
    dear = (abs(target) + np.sum(np.abs(prices), axis=(1, 2)) + np.sum(exact**2, axis=(1, 2)))[:, None]
    exact[:, net.plain :] = 0.0
    excess = used[:, 2 : net.plain] - 1
    with np.errstate(divide="ignore"):
        exact[:, 2 : net.plain] = np.where(
            excess > 0, 10 * dear[:, None] / np.where(excess > 0, excess, 1.0), 0.0
        )
    return np.where(one[:, None, None], exact, prices)


def _better_point(d: Data, net: Links, level: Level, value: float) -> bool:
    """Whether what the devices ask for at the parts' prices, once improved by moves, costs less than
    `value`."""
    if not len(level.bound):
        return False
    options = np.argmin(_asked(net, level), axis=-1)
    net = net._replace(takes=net.takes[: len(net.takes) - level.least.shape[1]])
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
