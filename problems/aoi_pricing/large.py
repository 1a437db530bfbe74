"""Prices for very many devices: found on a sample, settled on all of them, and the devices' answers to them.

With many devices the dual value is nearly smooth: a sample knows the prices but for the square root of its
size,
and a few ascent steps on all devices settle them.
"""

import numpy as np

from . import pricing
from .closed_form import Association, Prices, Terms, asking, loads, respond, total_cost

SAMPLE = 8000
"""Devices in the sample."""

STEPS = 12
"""Steps on all devices: each looks at every link."""

CONTESTED = 40_000, 8
"""Devices, or the part of all of them, that are asked again, one by one: those whose two cheapest options
cost nearly the same."""

ROUNDS = 2


def solve(t: Terms) -> tuple[Association, Prices]:
    """An association and prices."""
    users = len(t.local_cost)
    stride = max(users // SAMPLE, 1)
    sampled = pricing.converging(_sample(t, stride))
    start = pricing.vector(t, sampled.prices)
    found = pricing.converging(t, max_steps=STEPS, start=start) if stride > 1 else sampled
    answers, saved = respond(t, found.prices)
    tried = [settled(t, x, found.prices) for x in (pricing.repaired(t, answers, saved), found.best)]
    return min(tried, key=lambda x: total_cost(t, x)), found.prices


def settled(t: Terms, x: Association, p: Prices) -> Association:
    """Contested devices, the most contested first, go one by one where they cost least given all others."""
    q = np.concatenate([np.zeros((len(x), 1)), asking(t, p)], axis=1)
    two = np.partition(q, 1, axis=-1)[:, :2]
    order = np.argsort(two[:, 1] - two[:, 0], kind="stable")[: max(CONTESTED[0], len(x) // CONTESTED[1])]
    x, on = x.copy(), loads(t, x)
    band, cores, used = on.comm.copy(), on.comp.copy(), on.memory.copy()
    for i in np.tile(order, ROUNDS):
        a, s, j = t.root_comm[i], t.root_comp[i], x[i]
        if j >= 0:
            band[j] -= a[j]
            cores[j] -= s[j]
            used[j] -= t.memory[i]
        added = a * (a + 2 * band) + s * (s + 2 * cores) + t.edge_cost[i]
        added[used + t.memory[i] > t.capacity] = np.inf
        j = int(np.argmin(added))
        x[i] = j if added[j] < t.local_cost[i] else -1
        if x[i] >= 0:
            band[j] += a[j]
            cores[j] += s[j]
            used[j] += t.memory[i]
    return x


def _sample(t: Terms, stride: int) -> Terms:
    """Every stride-th device, each standing for stride: roots, costs and memory grow so that prices stay."""
    some = slice(None, None, stride)
    return Terms(
        root_comm=t.root_comm[some] * stride,
        root_comp=t.root_comp[some] * stride,
        edge_cost=t.edge_cost[some] * stride,
        local_cost=t.local_cost[some] * stride,
        serial=t.serial[some] * stride,
        memory=t.memory[some] * stride,
        capacity=t.capacity,
    )
