r"""From an association to a better one: the best move of one device, the best exchange of two, until none
helps.

With the loads L_j = sum sqrt(A), sum sqrt(S) of the servers, adding i to j costs A + 2 sqrt(A) L + S +
2 sqrt(S) L' + e more, with L and L' without i; removing it gives the same back. All moves, and all exchanges,
are looked at in one array expression.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from mecopt.instance import Array
from mecopt.loops import local_search
from mecopt.loops.local_search import Neighbour

from .closed_form import Association, Terms, loads, total_cost

SIGNIFICANT = 1e-12
"""Relative gain that counts as one: below it sums of doubles cannot tell."""

MOST_EXCHANGES = 4_000_000
"""Pairs of devices up to which exchanges are looked at."""


def move_costs(t: Terms, x: Association) -> Array:
    """What each device's part of the cost would be elsewhere, `(users, 1 + servers)`, local first."""
    away = np.flatnonzero(x >= 0)
    on = loads(t, x)
    room = t.capacity - on.memory
    costs = np.concatenate([t.local_cost[:, None], t.edge_cost], axis=1)
    costs[:, 1:] += t.root_comm**2 + t.root_comp**2
    costs[:, 1:] += 2 * (t.root_comm * on.comm + t.root_comp * on.comp)
    costs[:, 1:][t.memory[:, None] > room] = np.inf
    at = x[away]
    own = t.root_comm[away, at], t.root_comp[away, at]
    costs[away, 1 + at] = (
        t.edge_cost[away, at] + own[0] * (2 * on.comm[at] - own[0]) + own[1] * (2 * on.comp[at] - own[1])
    )
    return costs


def exchange_gains(t: Terms, x: Association) -> Array:
    """How much the cost changes when two devices change places, `(users, users)`."""
    on = loads(t, x)
    there = np.where(x >= 0, x, 0)
    local = (x < 0)[:, None]
    change = np.zeros((len(x), len(x)))
    for root, load in ((t.root_comm, on.comm), (t.root_comp, on.comp)):
        new = root[:, there].T  # of k at the server of i, at [i, k]
        shift = new - np.diagonal(new)[:, None]
        change += shift * (2 * load[there][:, None] + shift)
    change += t.edge_cost[:, there].T - t.edge_cost[np.arange(len(x)), there][:, None]
    used = on.memory[there][:, None] + t.memory - t.memory[:, None]
    change[used > t.capacity[there][:, None]] = np.inf
    change = np.where(local, t.local_cost - t.local_cost[:, None], change)
    return np.asarray(change + change.T)


def _neighbours(t: Terms, x: Association) -> Iterator[Neighbour[Association]]:
    """The best move; then, if it is asked for, the best exchange."""
    costs = move_costs(t, x)
    change = costs - costs[np.arange(len(x)), x + 1][:, None]
    i, option = np.unravel_index(np.argmin(change), change.shape)
    yield _changed(t, x, {int(i): int(option) - 1})
    if len(x) ** 2 <= MOST_EXCHANGES:
        with np.errstate(invalid="ignore"):
            gains = exchange_gains(t, x)
        i, k = np.unravel_index(np.nanargmin(gains), gains.shape)
        yield _changed(t, x, {int(i): int(x[k]), int(k): int(x[i])})


def _changed(t: Terms, x: Association, places: dict[int, int]) -> Neighbour[Association]:
    new = x.copy()
    for i, j in places.items():
        new[i] = j
    return total_cost(t, new), lambda: new


def improve(t: Terms, x: Association, *, max_moves: int = 10_000) -> Association:
    """A feasible association that no move of one device and no exchange of two improves."""
    search, _ = local_search(
        x,
        value=total_cost(t, x),
        neighbours=partial(_neighbours, t),
        sense="min",
        improves=lambda new, old: new < old - SIGNIFICANT * abs(old),
        max_moves=max_moves,
    )
    return search.state
