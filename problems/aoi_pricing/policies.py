"""Policies for the simulation: what the paper says, what its authors' code does, baselines, exact in each
slot."""

import itertools
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec

import numpy as np

from mecopt.instance import Array

from .simulation import Choice, Measures, Policy, View, World, simulate

MOST_CHOICES = 4000
"""Associations of the tasks of one slot up to which all are tried."""


TIED = 2e4
"""Scores (flop) closer than this and not equal are not told apart for certain: `exp` blows rounding up, which
for 200 tasks of 7e13 flop after 10 000 slots is below this."""

CAREFULLY = 1e-4
"""Prices and what is paid by them are off by up to 2e-11, the other terms of a choice by 1e-15."""


def _cheapest(q: Array, size: Array, v: View) -> Choice:
    """The server of least q, -1 where that is not below 0; q may be off by a small part of `size`."""
    row, best = np.arange(len(q)), np.argmin(q, axis=-1)
    least, scale = q[row, best], size[row, best]
    apart = q != least[:, None]  # equal ones come of equal servers: they are equal in exact numbers, too
    v.compared((q - least[:, None])[apart], (size + scale[:, None])[apart])
    v.compared(least, scale)
    return np.where(least < 0, best, -1)


def pricing(v: View) -> Choice:
    """(29) with c = s − D − alpha G/B."""
    paid = v.prices[0] * np.sqrt(v.A) + v.prices[1] * np.sqrt(v.S)
    energies = (v.E_loc[:, None] + v.E_tx) / v.B[:, None]
    return _cheapest(paid + v.cost, paid + CAREFULLY * (v.s + v.D[:, None] + v.alpha * energies), v)


def pricing_authors_code(v: View) -> Choice:
    """As the authors' code: local delay without its serial part, and a battery term that is always alpha."""
    paid = v.prices[0] * np.sqrt(v.A) + v.prices[1] * np.sqrt(v.S)
    local = v.D_parallel[:, None] + v.alpha
    return _cheapest(paid + v.s - local, paid + CAREFULLY * (v.s + local), v)


def exact(v: View) -> Choice:
    """The association of this slot's tasks that adds least to the cost, given what the servers have to do."""
    users, servers = v.A.shape
    if (servers + 1) ** users > MOST_CHOICES:
        return _one_by_one(v)
    options = np.array(list(itertools.product(range(-1, servers), repeat=users)))
    cost = np.zeros(len(options))
    for j in range(servers):
        on = options == j
        for weight, load in zip((v.A, v.S), v.loads, strict=True):
            root = on @ np.sqrt(weight[:, j])
            cost += root * (root + 2 * load[j])
        cost += on @ v.cost[:, j]
    return np.asarray(options[int(np.argmin(cost))])


def _one_by_one(v: View) -> Choice:
    """Each task in turn where it adds least."""
    band, cores = v.loads[0].copy(), v.loads[1].copy()
    chosen = np.full(len(v.D), -1)
    for i in range(len(v.D)):
        root_a, root_s = np.sqrt(v.A[i]), np.sqrt(v.S[i])
        added = root_a * (root_a + 2 * band) + root_s * (root_s + 2 * cores) + v.cost[i]
        j = int(np.argmin(added))
        if added[j] < 0:
            chosen[i] = j
            band[j] += root_a[j]
            cores[j] += root_s[j]
    return chosen


def _softmax(scores: Array) -> Array:
    """Along the servers."""
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return np.asarray(weights / np.sum(weights, axis=-1, keepdims=True))


def _drawn(chances: Array, v: View) -> Choice:
    total = np.sum(chances, axis=-1, keepdims=True)
    dice = v.rng.random((len(chances), 1)) * total
    reached = np.cumsum(chances, axis=-1)[:, :-1]
    v.compared(reached - dice, total)
    return np.asarray(np.sum(reached < dice, axis=-1))


def baseline(v: View, *, scheme: str, local: float) -> Choice:
    """Local with a probability, else by the scheme; the draws are as many whatever comes of them."""
    stays = v.rng.random(len(v.D)) < local
    free = np.broadcast_to(v.speed - v.backlog, v.A.shape)
    if scheme == "random":
        chosen = v.rng.integers(v.A.shape[1], size=len(v.D))
    elif scheme == "max-sinr":
        chosen = np.argmax(v.snr, axis=-1)
    elif scheme == "max-compute":
        chosen = _drawn(_softmax(free), v)
    else:
        chosen = _drawn(_softmax(v.snr) + _softmax(free), v)
    if scheme in ("max-compute", "combined"):
        short = np.max(free, axis=-1, keepdims=True) - free
        v.compared(np.where((short > 0) & (short < TIED), 0.0, 1.0), np.ones(short.shape))
    return np.where(stays, -1, chosen)


SCHEMES = ("random", "max-sinr", "max-compute", "combined")


def named(local: float = 0.2) -> Mapping[str, Policy]:
    """Every policy by name; baselines compute locally with probability `local`."""
    return {
        "pricing": pricing,
        "pricing-authors-code": pricing_authors_code,
        "exact": exact,
        **{scheme: partial(baseline, scheme=scheme, local=local) for scheme in SCHEMES},
    }


def run(name: str, w: World, *, slots: int, local: float = 0.2, alpha: float = 1.0) -> Measures:
    """A built-in policy in a world: compiled where numba is installed, the same numbers either way."""
    if name != "exact" and find_spec("numba") is not None:
        from . import compiled_simulation

        return compiled_simulation.run(w, name, slots=slots, alpha=alpha, local=local)
    return simulate(w, named(local)[name], slots=slots, alpha=alpha)
