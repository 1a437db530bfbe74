r"""The optimal decision of a small network, user by user, with a bound on what the rest can add.

A node has placed some users. Placing another never lowers what the placed ones cost, so each user yet to
come adds at most what it would add alone now,

    max(0, max over free slots of g - Gamma(interference now) - its computing on top of the load now),

and no two of them have the same slot. In `exact` interference, where placed users may still lower their
powers, the interference counted is that of the least powers: in an optimum nobody costs more than its gain
g, so phi ln 2/ln(1 + G x) <= g and x >= (e^(phi ln 2/g) - 1)/G. Sub-bands with the same gains are tried in
order. With `bounded=False` every decision is looked at. Tran and Pompili 2019, (30), Exhaustive.
"""

from math import inf
from typing import NamedTuple

import numpy as np

from mecopt.compiled import jit
from mecopt.instance import Array, Indices

from ..fields import LOCAL
from ..terms import Decision, Terms
from . import incremental, restarts
from .coupled import LN2, settle
from .network import FREE, Network, least_cost, network, state, value

KICKS = 4
"""Of the search that finds the first decision."""

CLOSE = 1e-12
"""A node that promises less than this part more than the best decision known is not looked into."""


class Tree(NamedTuple):
    """A depth-first search in place: order of users, twins of sub-bands, power counted as interference."""

    order: Indices
    twin: Indices
    counted: Array
    occupant: Indices
    load: Array
    cost: Array
    server: Indices
    subband: Indices


class Optimum(NamedTuple):
    """The best decision, how many nodes were looked at, and whether these were all."""

    decision: Decision
    nodes: int
    complete: bool


def solve(t: Terms, *, exact: bool, bounded: bool = True, max_nodes: int = 2**62) -> Optimum:
    """Search the whole tree, or until `max_nodes`; `exact` interference or interferers at full power."""
    n, nobody = network(t), Decision.none(t.shape[0])
    tree = _tree(t, n, exact=exact)
    start = (
        max(restarts.search(t, kicks=KICKS)[0], nobody, key=lambda x: total(t, n, x, exact=exact))
        if bounded
        else nobody
    )
    nodes = walk(n, tree, total(t, n, start, exact=exact), exact, bounded, max_nodes)
    found = start if tree.server[0] == NOT_FOUND else Decision(tree.server, tree.subband)
    return Optimum(found, abs(nodes), complete=nodes > 0)


NOT_FOUND = -2
"""Server of the first user while no decision better than the start is known."""


def _tree(t: Terms, n: Network, *, exact: bool) -> Tree:
    users, servers, subbands = t.shape
    single = np.max(incremental.single_values(n), axis=(1, 2))
    bands = [t.gain[..., j] for j in range(subbands)]
    first = [next(i for i in range(subbands) if np.array_equal(bands[i], band)) for band in bands]
    counted = np.array(t.most)
    if exact:
        strongest = np.max(t.gain, axis=(1, 2)) * t.most / t.noise
        with np.errstate(all="ignore"):
            least = np.expm1(t.time_weight * LN2 / t.offload_gain) / strongest
        counted = t.most * np.minimum(np.nan_to_num(least, nan=0.0, posinf=1.0), 1.0)
    return Tree(
        np.argsort(-single, kind="stable"),
        np.array(first),
        counted,
        np.full((servers, subbands), FREE, dtype=np.int64),
        np.zeros(servers),
        np.zeros(subbands),
        np.full(users, NOT_FOUND, dtype=np.int64),
        np.full(users, NOT_FOUND, dtype=np.int64),
    )


def total(t: Terms, n: Network, x: Decision, *, exact: bool) -> float:
    """The utility of a decision under either interference."""
    made = state(n, x)
    if not exact:
        return float(value(n, made))
    cost = sum(subband_cost(n, made.occupant, j, True) for j in range(t.shape[2]))
    return float(np.sum(t.offload_gain[x.offloading]) - np.sum(made.load**2 / t.server_frequency) - cost)


@jit
def subband_cost(n: Network, occupant: Indices, j: int, exact: bool) -> float:
    """The cost of the uploads on a sub-band."""
    servers = occupant.shape[0]
    size = 0
    for s in range(servers):
        size += occupant[s, j] >= 0
    phi, energy, snr, share = np.zeros(size), np.zeros(size), np.zeros((size, size)), np.ones(size)
    total, i = 0.0, 0
    for s in range(servers):
        u = occupant[s, j]
        if u < 0:
            continue
        if n.gain[u, s, j] == 0.0:
            return inf
        phi[i], energy[i] = n.phi[u], n.psi[u] * n.most[u]
        noise, k = n.noise, 0
        for r in range(servers):
            v = occupant[r, j]
            if v >= 0:
                snr[k, i] = n.most[v] * n.gain[v, s, j] / n.noise
                if r != s:
                    noise += n.most[v] * n.gain[v, s, j]
                k += 1
        if not exact:
            total += least_cost(n.phi[u], n.psi[u], n.gain[u, s, j] / noise, n.most[u])
        i += 1
    return settle(phi, energy, snr, share) if exact and size > 0 else total


@jit
def promise(n: Network, tree: Tree, u: int) -> float:
    """At most what user u adds to the node."""
    best = 0.0
    servers, subbands = tree.occupant.shape
    for s in range(servers):
        then = tree.load[s] + n.root[u]
        computing = (then * then - tree.load[s] * tree.load[s]) / n.speed[s]
        for j in range(subbands):
            if tree.occupant[s, j] >= 0 or n.gain[u, s, j] == 0.0:
                continue
            noise = n.noise
            for r in range(servers):
                k = tree.occupant[r, j]
                if k >= 0:
                    noise += tree.counted[k] * n.gain[k, s, j]
            cost = least_cost(n.phi[u], n.psi[u], n.gain[u, s, j] / noise, n.most[u])
            best = max(best, n.worth[u] - cost - computing)
    return best


@jit
def outlook(n: Network, tree: Tree, depth: int, gained: float) -> float:
    """At most the value of any decision below the node: `gained` and the promises that find free slots."""
    users = len(tree.order)
    promises = np.zeros(users - depth)
    for i in range(depth, users):
        promises[i - depth] = promise(n, tree, tree.order[i])
    free = 0
    for s in range(tree.occupant.shape[0]):
        for j in range(tree.occupant.shape[1]):
            free += tree.occupant[s, j] < 0
    promises.sort()
    total = gained
    for i in range(max(0, len(promises) - free), len(promises)):
        total += promises[i]
    return total


@jit
def usable(n: Network, tree: Tree, u: int, s: int, j: int, bounded: bool) -> bool:
    """Whether user u may take the slot; of empty sub-bands with the same gains only the first is tried."""
    if tree.occupant[s, j] >= 0 or n.gain[u, s, j] == 0.0:
        return False
    if bounded:
        for i in range(tree.twin[j], j):
            if tree.twin[i] == tree.twin[j] and np.all(tree.occupant[:, i] < 0):
                return False
    return True


@jit
def walk(n: Network, tree: Tree, floor: float, exact: bool, bounded: bool, max_nodes: int) -> int:
    """Fill in the best decision above `floor`; how many nodes, negative if more than allowed."""
    users, servers, subbands = n.gain.shape
    slots = servers * subbands
    at = np.full(users, -1)  # the choice of the user at each depth: a slot, or `slots` for its own CPU
    placed = np.zeros(users, dtype=np.bool_)
    before = np.zeros((users, 3))  # value, load of the server and cost of the sub-band without the user
    depth, nodes, gained = 0, 0, 0.0
    while depth >= 0:
        u = tree.order[depth]
        s, j = at[depth] // subbands, at[depth] % subbands
        if placed[depth]:
            tree.occupant[s, j] = FREE
            gained, tree.load[s], tree.cost[j] = before[depth]
            placed[depth] = False
        at[depth] += 1
        if at[depth] > slots:
            at[depth] = -1
            depth -= 1
            continue
        if at[depth] < slots:
            s, j = at[depth] // subbands, at[depth] % subbands
            if not usable(n, tree, u, s, j, bounded):
                continue
            placed[depth] = True
            before[depth, 0], before[depth, 1], before[depth, 2] = gained, tree.load[s], tree.cost[j]
            tree.occupant[s, j] = u
            tree.load[s] += n.root[u]
            tree.cost[j] = subband_cost(n, tree.occupant, j, exact)
            computing = (tree.load[s] ** 2 - before[depth, 1] ** 2) / n.speed[s]
            gained += n.worth[u] - computing + before[depth, 2] - tree.cost[j]
        nodes += 1
        if nodes > max_nodes:
            return -nodes
        if bounded and not outlook(n, tree, depth + 1, gained) > floor + CLOSE * abs(floor):
            continue
        if depth + 1 < users:
            depth += 1
        elif gained > floor:
            floor = gained
            for i in range(users):
                v = tree.order[i]
                tree.server[v] = at[i] // subbands if at[i] < slots else LOCAL
                tree.subband[v] = at[i] % subbands if at[i] < slots else LOCAL
    return nodes
