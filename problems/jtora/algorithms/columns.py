"""Columns of the pattern program: who can share a sub-band, and what that is worth."""

from itertools import combinations, permutations
from math import comb, perm

import numpy as np

from ..model.pattern_program import Columns
from ..terms import Decision, Terms
from .exact import subband_cost
from .network import FREE, network

MOST = 10_000
"""Patterns of all sub-bands together: 8 users, 4 servers and 2 sub-bands have 6784."""


def count(t: Terms) -> int:
    """Patterns of all sub-bands, nobody's left out."""
    users, servers, subbands = t.shape
    return subbands * sum(comb(servers, k) * perm(users, k) for k in range(1, servers + 1))


def columns(t: Terms, *, exact: bool) -> Columns:
    """All patterns that are worth more than nothing, in either model of interference."""
    n, (users, servers, subbands) = network(t), t.shape
    rows, bands, worth = [], [], []
    occupant = np.full((servers, subbands), FREE, dtype=np.int64)
    for size in range(1, min(users, servers) + 1):
        for where in combinations(range(servers), size):
            for who in permutations(range(users), size):
                for j in range(subbands):
                    occupant[where, j] = who
                    value = np.sum(t.offload_gain[list(who)]) - subband_cost(n, occupant, j, exact)
                    if value > 0:
                        rows.append(occupant[:, j].copy())
                        bands.append(j)
                        worth.append(value)
                    occupant[:, j] = FREE
    user = np.array(rows, dtype=np.int64).reshape(-1, servers)
    root = np.sqrt(np.where(user == FREE, 0.0, t.compute_weight[user]) / t.server_frequency)
    return Columns(user, np.array(bands, dtype=np.int64), np.array(worth), root)


def decision(t: Terms, c: Columns, taken: np.ndarray) -> Decision:
    """The decision of the columns taken."""
    x = Decision.none(t.shape[0])
    for row in taken:
        here = np.flatnonzero(c.user[row] != FREE)
        x.server[c.user[row, here]], x.subband[c.user[row, here]] = here, c.subband[row]
    return x
