r"""The exact optimum by branch and bound over what devices do, bounded by the dual value of parts.

An option that asks eps more than the device's cheapest at prices of value g costs g + eps at least: it goes
where that is no better than the best association. What is left of a part is split by how many devices of a
group of nearly equal ones a server serves: equal devices change places at no cost, so that no single device
decides anything, but whole numbers of them cannot balance the servers. Once these numbers are whole it is
split by the options of one device that the relaxation divides. Feasible associations are relaxations made
whole, improved by moves.
"""

from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Indices, Mask
from mecopt.loops import Branching, Found, Part, branch_and_bound

from . import pricing
from .closed_form import Association, Prices, Terms, dual_value, fits, respond, total_cost
from .improvement import improve
from .part_bounds import Bounds, Options

HOT, COLD, COOLING = 0.1, 0.01, 0.3
"""Temperatures for a new part begin at what is missing to the best cost, at least at this part of what was
missing at the root, and fall by the factor to that part of what is missing. Where the bound is next to the
best cost and prices have far to go, they hardly move at temperatures of what is missing."""

STEPS = 4
"""Newton steps at each temperature."""

ROOT_HEATS, ROOT_STEPS = (0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4), 12

SECONDS = 50.0
MOST_PARTS = 200_000
PRICING_STEPS = 500

IMPROVE_WITHIN = 0.3
"""Answers are improved to full length where their cost beyond the best is within this part of the gap."""

TRIED = 4
"""Devices that a part is split by for a trial; the split that leaves least open is kept."""

WHOLE = 0.005
"""A number of devices this near to a whole one is not split."""


class Known(NamedTuple):
    """A part, its prices `(rows, servers)`, and how much of each option its relaxation uses `(users, 1 +
    servers)`."""

    options: Options
    prices: Array
    odds: Array


def devices_to_split(bounds: Bounds, may: Mask, odds: Array, above: Array, room: float) -> Indices:
    """Up to `TRIED` devices, the most promising first: those that matter and that the relaxation divides, or
    else whose options ask nearly the same; none where nothing is left to decide."""
    free = np.sum(may, axis=-1) > 1
    size = np.max(np.where(may[:, 1:], bounds.matters(), 0.0), axis=-1)
    second = np.partition(np.where(may, above, np.inf), 1, axis=-1)[:, 1]
    divided = 1 - np.max(odds, axis=-1)
    score = (size * divided + 1e-9 * room) / (second + 0.1 * room)
    order = np.argsort(np.where(free, -score, np.inf), kind="stable")
    return np.asarray(order[: min(TRIED, int(np.sum(free)))])


def by_device(may: Mask, o: Options, devices: Indices) -> tuple[Options, Indices]:
    """A part for each option of each of the devices, and which of the devices it is."""
    which, options = np.nonzero(may[devices])
    children = np.repeat(may[None], len(options), axis=0)
    children[np.arange(len(options)), devices[which]] = options[:, None] == np.arange(may.shape[-1])
    limits = (np.repeat(a, len(options), axis=0) for a in (o.least, o.most))
    return Options(children, *limits), which


def most_closed(value: Array, which: Indices, bound: float, room: float) -> Indices:
    """The children of the device whose split leaves least open."""
    still = np.maximum(1 - (value - bound) / room, 0.0) ** 4
    return np.asarray(np.flatnonzero(which == np.argmin(np.bincount(which, still))))


def by_number(bounds: Bounds, may: Mask, known: Known) -> Options | None:
    """Two parts: at most n devices of a group at a server, or more; None where all numbers are whole."""
    o, n, unit = known.options, len(bounds.unit), bounds.unit
    first = o.least.shape[1] - n
    low, high = (np.round(a[0, first:] / unit) for a in (o.least, o.most))
    sent = np.clip(bounds.sent(known.odds), low, high)
    off = np.abs(sent - np.round(sent))
    score = np.where((high > low) & (off > WHOLE), off * unit**2, 0.0)
    if not score.any():
        return None
    g, j = np.unravel_index(np.argmax(score), score.shape)
    whole = np.floor(sent[g, j])
    least, most = (np.repeat(a, 2, axis=0) for a in (o.least, o.most))
    most[0, first + g, j], least[1, first + g, j] = whole * unit[g, j], (whole + 1) * unit[g, j]
    return Options(np.repeat(may[None], 2, axis=0), least, most)


def solve(t: Terms, *, gap: float, seconds: float = SECONDS) -> tuple[Found[Association], Prices]:
    """The search from the root: everybody may do everything that there is a link for; and prices
    of all associations."""
    bounds = Bounds.of(t)
    root = pricing.converging(t, max_steps=PRICING_STEPS)
    first = improve(t, root.best)
    start = (total_cost(t, first), first)

    def branch(part: Part[Known], best: float) -> Branching[Known, Association]:
        o, prices = part.content.options, part.content.prices
        above = bounds.asked(o, prices[None])[0]
        above -= np.min(above, axis=-1, keepdims=True)
        may, room = o.may[0] & (part.bound + above < best), best - part.bound
        children, which = by_number(bounds, may, part.content), np.zeros(2, dtype=np.intp)
        if children is None:
            devices = devices_to_split(bounds, may, part.content.odds, above, room)
            if not len(devices):
                return _leaf(t, may)
            children, which = by_device(may, o, devices)
        many = np.repeat(prices[None], len(children.may), axis=0)
        found = bounds.climb(children, many, best, heats(room, whole_room), STEPS)
        split = most_closed(found.value, which, part.bound, room)
        parts = [
            Part(float(found.value[k]), Known(children.part(k), found.prices[k], found.odds[k]))
            for k in split
            if found.value[k] < best
        ]
        return _with_point(t, parts, found.odds[split[np.argmin(found.value[split])]], best, room)

    whole = _root(bounds, t, root, start[0])
    whole_room = max(start[0] - whole.bound, 0.0)
    found, _ = branch_and_bound(branch, whole, start=start, gap=gap, max_parts=MOST_PARTS, seconds=seconds)
    return found, _of_all(t, whole.content.prices, root)


def _of_all(t: Terms, climbed: Array, root: pricing.Outcome) -> Prices:
    """Prices of everybody's choice: those of the root's part, less those of numbers, if they prove more."""
    market = pricing.Market(t)
    prices = market.prices(
        np.maximum(climbed[: len(pricing.vector(t, root.prices)) // t.servers], 0.0).ravel()
    )
    return prices if dual_value(t, prices, respond(t, prices)[1]) > root.bound else root.prices


def heats(room: float, whole_room: float) -> tuple[float, ...]:
    """Temperatures for a new part, where so much is missing to the best cost, here and at the root."""
    heat = max(room, HOT * whole_room)
    found = [heat]
    while heat > COLD * room:
        heat *= COOLING
        found.append(heat)
    return tuple(found)


def _root(bounds: Bounds, t: Terms, found: pricing.Outcome, best: float) -> Part[Known]:
    """All associations, at prices that start from those found."""
    known = len(bounds.takes) - len(bounds.unit)
    prices = np.zeros((1, *bounds.takes[:, 0].shape))
    prices[0, :known] = pricing.vector(t, found.prices).reshape(known, -1)
    everything = bounds.everything()
    room = max(best - found.bound, 1e-9 * abs(best))
    heats = tuple(room * heat for heat in ROOT_HEATS)
    climbed = bounds.climb(everything, prices, best, heats, ROOT_STEPS)
    return Part(float(climbed.value[0]), Known(everything, climbed.prices[0], climbed.odds[0]))


def _leaf(t: Terms, may: Mask) -> Branching[Known, Association]:
    """Everything is decided."""
    x = np.argmax(may, axis=-1) - 1
    if not may.any(axis=-1).all() or not fits(t, x):
        return Branching()
    return Branching((), total_cost(t, x), x)


def _with_point(
    t: Terms, parts: list[Part[Known]], odds: Array, best: float, room: float
) -> Branching[Known, Association]:
    """The relaxation made whole; improved by moves where it comes near the best association."""
    x = made_whole(t, odds)
    cost = total_cost(t, x) if fits(t, x) else np.inf
    if not cost < best + IMPROVE_WITHIN * room:
        return Branching(parts)
    x = improve(t, x)
    return Branching(parts, total_cost(t, x), x)


def made_whole(t: Terms, odds: Array) -> Association:
    """Devices choose one by one, the least divided first, what costs least while later ones stay divided."""
    x: Association = np.argmax(odds, axis=-1) - 1
    part = odds[:, 1:].copy()
    comm, comp = np.sum(part * t.root_comm, axis=0), np.sum(part * t.root_comp, axis=0)
    used = np.zeros(t.servers)
    for i in np.argsort(-np.max(odds, axis=-1), kind="stable"):
        a, s = t.root_comm[i], t.root_comp[i]
        comm, comp = comm - part[i] * a, comp - part[i] * s
        asks = a * (a + 2 * comm) + s * (s + 2 * comp) + t.edge_cost[i]
        asks[used + t.memory[i] > t.capacity] = np.inf
        j = int(np.argmin(asks))
        x[i] = j if asks[j] < t.local_cost[i] else -1
        if x[i] >= 0:
            comm[j] += a[j]
            comp[j] += s[j]
            used[j] += t.memory[i]
    return x
