r"""The exact optimum by branch and bound over what each device does, bounded by the dual value.

A part of all associations leaves each device some of its options. At prices with dual value g an option
that asks
eps more than the device's cheapest costs g + eps at least: it goes where that is no better than the best
association. What is left is split by the options of one device, whose prices then climb by Polyak steps that
aim at the best cost: past it the part is closed. Feasible associations come from the devices' answers,
improved.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Indices, Mask
from mecopt.loops import Branching, Found, Part, branch_and_bound

from . import pricing
from .closed_form import Association, Prices, Terms, fits, total_cost
from .improvement import improve

CLIMBS = 25
"""Polyak steps for each new part."""

SECONDS = 50.0
MOST_PARTS = 200_000
ROOT_STEPS = 500

IMPROVE_WITHIN = 0.3
"""Answers are improved to full length where their cost beyond the best is within this part of the gap."""


class Options(NamedTuple):
    """What devices may do `(users, 1 + servers)`, local first, and prices `(rows, servers)`."""

    may: Mask
    prices: Array


@dataclass(frozen=True)
class Tree:
    """The instance as arrays: cost of each option `(users, 1 + servers)`, what links take `(rows, users,
    servers)`."""

    t: Terms
    cost: Array
    takes: Array

    @classmethod
    def of(cls, t: Terms) -> "Tree":
        rows = [t.root_comm, t.root_comp]
        if np.isfinite(t.capacity).any():
            size = np.where(np.isfinite(t.capacity) & (t.capacity > 0), t.capacity, np.inf)
            rows.append(t.memory[:, None] / size)
        return cls(t, np.concatenate([t.local_cost[:, None], t.edge_cost], axis=1), np.stack(rows))

    def asked(self, may: Mask, prices: Array) -> Array:
        """What options ask at prices, `(parts, users, 1 + servers)`, inf for those left out."""
        q = np.where(may, self.cost, np.inf)
        q[..., 1:] += np.einsum("prs,rus->pus", prices, self.takes)
        return np.asarray(q)

    def value(self, q: Array, prices: Array) -> Array:
        """The dual value of each part."""
        charged = np.sum(prices[:, :2] ** 2, axis=(1, 2)) / 4 + np.sum(prices[:, 2:], axis=(1, 2))
        return np.asarray(np.sum(np.min(q, axis=-1), axis=-1) - charged)

    def climb(self, may: Mask, prices: Array, goal: float) -> tuple[Array, Array, Indices]:
        """Polyak steps of each part towards the goal: best prices, their value, the devices' options
        there."""
        best, value = prices, np.full(len(may), -np.inf)
        answers = np.zeros(may.shape[:2], dtype=np.intp)
        for _ in range(CLIMBS):
            q = self.asked(may, prices)
            now = self.value(q, prices)
            options = np.argmin(q, axis=-1)
            better = now > value
            best = np.where(better[:, None, None], prices, best)
            answers = np.asarray(np.where(better[:, None], options, answers))
            value = np.maximum(value, now)
            if np.all(value >= goal):
                break
            chosen = options[..., None] == np.arange(1, may.shape[-1])
            slope = np.einsum("pus,rus->prs", chosen, self.takes)
            slope[:, :2] -= prices[:, :2] / 2
            slope[:, 2:] -= 1.0
            size = np.maximum(goal - now, 0.0) / np.maximum(np.sum(slope**2, axis=(1, 2)), 1e-300)
            prices = np.maximum(prices + size[:, None, None] * slope, 0.0)
        return best, value, answers


def device_to_split(tree: Tree, may: Mask, above: Array, room: float) -> int:
    """A device that takes much and whose options ask nearly the same; -1 where nothing is left to decide."""
    free = np.sum(may, axis=-1) > 1
    if not free.any():
        return -1
    second = np.partition(np.where(may, above, np.inf), 1, axis=-1)[:, 1]
    size = np.max(np.where(may[:, 1:], np.sum(tree.takes[:2] ** 2, axis=0), 0.0), axis=-1)
    score = (size + 1e-9 * room) / (second + 1e-3 * room)
    return int(np.argmax(np.where(free, score, -1.0)))


def solve(t: Terms, *, gap: float, seconds: float = SECONDS) -> tuple[Found[Association], Prices]:
    """The search from the root: everybody may do everything that there is a link for; and the root's
    prices."""
    tree = Tree.of(t)
    root = pricing.converging(t, max_steps=ROOT_STEPS)
    first = improve(t, root.best)
    rows = [
        root.prices.band,
        root.prices.cores,
        root.prices.memory * np.where(np.isfinite(t.capacity), t.capacity, 0),
    ]
    prices = np.stack(rows[: len(tree.takes)])

    def branch(part: Part[Options], best: float) -> Branching[Options, Association]:
        may, prices = part.content
        above = tree.asked(may[None], prices[None])[0]
        above -= np.min(above, axis=-1, keepdims=True)
        may = may & (part.bound + above < best)
        i = device_to_split(tree, may, above, best - part.bound)
        if i < 0:
            return _leaf(t, may)
        options = np.flatnonzero(may[i])
        children = np.repeat(may[None], len(options), axis=0)
        children[:, i] = options[:, None] == np.arange(may.shape[-1])
        found, value, answers = tree.climb(children, np.repeat(prices[None], len(options), axis=0), best)
        parts = [
            Part(float(v), Options(child, p))
            for v, child, p in zip(value, children, found, strict=True)
            if v < best
        ]
        return _with_point(t, parts, answers - 1, best, best - part.bound)

    start = (total_cost(t, first), first)
    whole = Part(root.bound, Options(np.isfinite(tree.cost), prices))
    found, _ = branch_and_bound(branch, whole, start=start, gap=gap, max_parts=MOST_PARTS, seconds=seconds)
    return found, root.prices


def _leaf(t: Terms, may: Mask) -> Branching[Options, Association]:
    """Everything is decided."""
    x = np.argmax(may, axis=-1) - 1
    if not may.any(axis=-1).all() or not fits(t, x):
        return Branching()
    return Branching((), total_cost(t, x), x)


def _with_point(
    t: Terms, parts: list[Part[Options]], answers: Indices, best: float, room: float
) -> Branching[Options, Association]:
    """The best of the devices' answers; improved by moves where it comes near the best association."""
    costs = [total_cost(t, x) if fits(t, x) else np.inf for x in answers]
    k = int(np.argmin(costs))
    if not costs[k] < best + IMPROVE_WITHIN * room:
        return Branching(parts)
    x = improve(t, answers[k])
    return Branching(parts, total_cost(t, x), x)
