"""The paper's baselines: each device is local by chance, or goes where its scheme says, in the order of
devices.

    random        any server                     max-sinr      the largest rate
    max-compute   least computing delay given the devices placed so far: S + 2 sqrt(S) L + s
    combined      the same plus A

A device draws with probability 0.2 to compute locally. "Computational load" is not defined in the paper: the
last two are what we assume. Chances come from a seed made of the data, so that an instance has one answer.
Devices that no server has a link or memory for compute locally.
"""

import zlib
from typing import Literal

import numpy as np

from mecopt.instance import Array

from .closed_form import Association, Terms

Scheme = Literal["random", "max-sinr", "max-compute", "combined"]

LOCAL_PROBABILITY = 0.2


def seed_of(t: Terms) -> int:
    """A seed that follows from the instance."""
    return zlib.crc32(t.local_cost.tobytes() + t.root_comm.tobytes())


def associate(
    t: Terms, scheme: Scheme, *, local_probability: float = LOCAL_PROBABILITY, seed: int | None = None
) -> Association:
    """The scheme's association; a link or memory that is missing is never used."""
    rng = np.random.default_rng(seed_of(t) if seed is None else seed)
    users, servers = t.root_comm.shape
    local = rng.random(users) < local_probability
    dice = rng.random((users, servers))
    x = np.full(users, -1)
    load, used = np.zeros(servers), np.zeros(servers)
    for i in np.flatnonzero(~local):
        usable = np.isfinite(t.edge_cost[i]) & (used + t.memory[i] <= t.capacity)
        if not usable.any():
            continue
        score = _score(t, scheme, int(i), load, dice[i])
        j = int(np.argmin(np.where(usable, score, np.inf)))
        x[i] = j
        load[j] += t.root_comp[i, j]
        used[j] += t.memory[i]
    return x


def _score(t: Terms, scheme: Scheme, i: int, load: Array, dice: Array) -> Array:
    """What the scheme minimises over the servers."""
    if scheme == "random":
        return dice
    if scheme == "max-sinr":
        return np.asarray(t.root_comm[i])  # d/R grows as the rate falls
    computing = t.root_comp[i] * (t.root_comp[i] + 2 * load) + t.serial[i]
    return np.asarray(computing if scheme == "max-compute" else computing + t.root_comm[i] ** 2)
