r"""P4 by branch and bound: first how many sub-channels each user holds, then who holds which.

The dual bound of the relaxation is weak where a user holds few sub-channels: with 28 nats to send, half of
the time on a third one is worth far more than the mean of two and of three. Once the *numbers* held are
settled it is nearly tight (K = 8, N = 16: from 0.3-0.7 of the optimum to 0.99-1). So a node whose relaxed
numbers are not whole is split at one of them, n_k <= f or n_k >= f + 1, and one whose numbers are whole at
the most contested sub-channel: user k holds it, or never does. A node's prices start from its parent's.

Points come from giving each sub-channel to its largest share and improving by `local_search`. The tree goes
with the point as evidence: the referee bounds its leaves itself. The problem is P4 of You et al. 2017; the
method is not in the paper.
"""

import time
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.loops import Branching, Part, branch_and_bound
from mecopt.result import Point

from . import local_search, node_bound, phases, water_filling
from .node_bound import Bound, Node
from .phases import Owners
from .tree_bound import Tree

SECONDS = 60.0
"""Time after which the search stops with what it has proved."""

MAX_PARTS = 100_000
"""Nodes branched after which it stops; a few dozen are usual, a hundred nodes take a second."""

WHOLE = 0.02
"""A relaxed number of sub-channels this close to a whole one counts as whole: the shares are approximate."""

ROOM = 0.999
"""Part of the gap asked for that the search may leave; the rest is for rounding, which the referee counts."""

PROMISING = 1.5
"""Rounded shares up to so many times the best energy known are improved by local search."""


class Content(NamedTuple):
    """A node, the prices and shares found for it, and its number in the tree."""

    node: Node
    bound: Bound
    number: int


Work = Part[Content]


@np.errstate(all="ignore")  # absurd data overflow; the referee looks at what comes of it
def solve(s: Instance, *, tol: float, seconds: float = SECONDS, max_parts: float = MAX_PARTS) -> Point:
    """One instance, until the gap is `tol`, or `max_parts` nodes were branched, or `seconds` have passed."""
    began = time.monotonic()
    p = water_filling.terms(s)
    search = _Search(p)
    start = np.argmax(phases.heuristic(s, keep_total=False).x["subchannel_assignment"], axis=0)
    root = search.root()
    found, trace = branch_and_bound(
        search.branch,
        root,
        start=(local_search.energy(p, start), start),
        gap=ROOM * tol,
        max_parts=int(max_parts),
        seconds=seconds - (time.monotonic() - began),
    )
    point = phases.settled(s, start if found.solution is None else found.solution)
    ended = {"time_limit": f"{seconds:g} seconds", "max_steps": f"{found.branched} nodes"}.get(trace.ended)
    said = f"stopped after {ended}; its own gap is {found.gap:.2g}" if ended else ""
    return Point(point.x, point.multipliers, said, trace, search.tree.grown())


class Split(NamedTuple):
    """A node's two parts: by the number of sub-channels of a user, at most `at` or more, or by whether the
    user holds sub-channel `at`."""

    by_number: bool
    user: int
    at: int
    parts: tuple[Node, Node]


class _Tree:
    """Every node that was ever looked at, in order of birth."""

    def __init__(self) -> None:
        self.splits: list[tuple[int, bool, int, int]] = []
        self.prices: list[tuple[Array, Array]] = []

    def leaf(self, bit_price: Array, price: Array) -> int:
        """A new node, a leaf as yet, with its prices; returns its number."""
        self.splits.append((0, False, 0, 0))
        self.prices.append((bit_price, price))
        return len(self.splits) - 1

    def part(self, node: int, split: Split, first: int) -> None:
        """Note how a node was split, and which number its first part has."""
        self.splits[node] = (first, split.by_number, split.user, split.at)

    def grown(self) -> Tree:
        """The whole tree."""
        child, by_number, user, at = (np.array(column) for column in zip(*self.splits, strict=True))
        bit_price, price = (np.array(column) for column in zip(*self.prices, strict=True))
        return Tree(child, by_number, user, at, bit_price, price)


class _Search:
    """Branches nodes, and remembers the tree and which assignments were tried."""

    def __init__(self, p: water_filling.Terms) -> None:
        self.p = p
        self.users, self.channels = p.energy_scale.shape
        self.tried: set[bytes] = set()
        self.tree = _Tree()

    def root(self) -> Work:
        """Everything allowed."""
        everybody = np.ones((self.users, self.channels), dtype=bool)
        node = Node(everybody, np.zeros(self.users), np.full(self.users, float(self.channels)))
        equal = np.full(everybody.shape, 1 / self.users)
        price = np.maximum(water_filling.fill(self.p, equal).bit_price, np.finfo(float).tiny)
        bound = node_bound.best_bound(self.p, node, price, np.zeros(self.users))
        return Part(bound.value, Content(node, bound, self.tree.leaf(bound.bit_price, bound.price)))

    def branch(self, part: Work, best: float) -> Branching[Content, Owners]:
        """The node's own point, and its two parts but for those that hold nothing better."""
        node, bound, number = part.content
        value, owners = self._point(bound.shares, best)
        split = self._split(node, bound)
        if split is None:
            return Branching((), value, owners)  # one assignment is left, and its point was tried
        parts, births = [], []
        for child in split.parts:
            found = bound
            # the parent's prices are a bound as well, and often enough
            open_ = (
                not self._empty(child)
                and node_bound.sharp(self.p, child, bound.bit_price, bound.price) < best
            )
            if open_:
                found = node_bound.best_bound(self.p, child, bound.bit_price, bound.price)
            births.append(self.tree.leaf(found.bit_price, found.price))
            if open_:
                parts.append(Part(found.value, Content(child, found, births[-1])))
        self.tree.part(number, split, births[0])
        return Branching(parts, value, owners)

    def _point(self, shares: Array, best: float) -> tuple[float, Owners]:
        """Every sub-channel to its largest share, improved; energy inf if it was tried before."""
        owners = np.argmax(shares, axis=0)
        if owners.tobytes() in self.tried:
            return np.inf, owners
        self.tried.add(owners.tobytes())
        value = local_search.energy(self.p, owners)
        if not value <= PROMISING * best:
            return value, owners
        improved, _ = local_search.improve(self.p, owners)
        return improved.value, improved.owners

    def _split(self, node: Node, bound: Bound) -> Split | None:
        """Its two parts; None where one assignment is left."""
        count = np.clip(np.sum(bound.shares, axis=1), node.least, node.most)
        part = count - np.floor(count)
        open_for = (node.least < node.most) & (np.minimum(part, 1 - part) > WHOLE)
        if open_for.any():
            k = int(np.argmax(np.where(open_for, self._weight(bound, count) * part * (1 - part), -1.0)))
            few = np.where(np.arange(self.users) == k, np.floor(count), node.most)
            many = np.where(np.arange(self.users) == k, np.floor(count) + 1, node.least)
            halves = self._tightened(node._replace(most=few)), self._tightened(node._replace(least=many))
            return Split(True, k, int(np.floor(count[k])), halves)
        contested = np.sum(node.allowed, axis=0) > 1
        if not contested.any():
            return None
        worth = np.max(self.p.energy_scale * node_bound.saving(self.p, bound.bit_price), axis=0)
        doubt = (1 - np.max(bound.shares, axis=0)) * worth
        n = int(np.argmax(np.where(contested, doubt, -1.0)))
        k = int(np.argmax(np.where(node.allowed[:, n], bound.shares[:, n], -1.0)))
        only, never = node.allowed.copy(), node.allowed.copy()
        only[:, n] = np.arange(self.users) == k
        never[k, n] = False
        halves = self._tightened(node._replace(allowed=only)), self._tightened(node._replace(allowed=never))
        return Split(False, k, n, halves)

    def _weight(self, bound: Bound, count: Array) -> Array:
        """How sharply a user's energy bends in its number of sub-channels: e^(x/n) for x nats."""
        nats = np.sum(bound.shares * node_bound.exponents(self.p, bound.bit_price), axis=1)
        return np.asarray(bound.bit_price * nats**2 / np.maximum(count, 0.5) ** 3)

    def _tightened(self, node: Node) -> Node:
        """Numbers that can still be met: all sub-channels are given away, and only allowed ones held."""
        most = np.minimum(node.most, np.sum(node.allowed, axis=1))
        most = np.minimum(most, self.channels - np.sum(node.least) + node.least)
        alone = np.sum(node.allowed & (np.sum(node.allowed, axis=0) == 1), axis=1)
        least = np.maximum(node.least, alone)
        least = np.maximum(least, self.channels - np.sum(most) + most)
        return Node(node.allowed, least, most)

    def _empty(self, node: Node) -> bool:
        """Whether no feasible assignment is left."""
        needy = self.p.required_bits > 0
        return bool(
            np.any(node.least > node.most)
            or np.any(needy & (node.most < 1))
            or not np.all(np.any(node.allowed, axis=0))
        )
