"""JTORA and TO as the pattern program: a column for all users who share a sub-band, and what that is worth.

    max  sum_c V_c y_c - sum_s (sum_c a_cs y_c)^2
    s.t. a sub-band carries at most one column, a user is in at most one,   y boolean

V_c is the gains less the costs of the uploads of a column, interference included, a_cs the root sqrt(eta/f_s)
of its user at server s. The number of columns grows like users^servers. Tran and Pompili 2019, (12), (30).
"""

from itertools import combinations, permutations
from math import comb, perm
from typing import Any

import numpy as np

from mecopt.errors import DataError
from mecopt.handout import in_units
from mecopt.instance import Instance

from ..model.pattern_program import Columns, program
from ..terms import Decision, Terms, terms
from .exact import subband_cost
from .network import FREE, network

MOST = 10_000
"""Patterns of all sub-bands together: 8 users, 4 servers and 2 sub-bands have 6784."""


def count(t: Terms) -> int:
    """Patterns of all sub-bands, nobody's left out."""
    users, servers, subbands = t.shape
    return subbands * sum(comb(servers, k) * perm(users, k) for k in range(1, servers + 1))


def of_instance(s: Instance, *, exact: bool) -> Any:
    """The mixed-integer CVXPY problem of a small network, in either model of interference."""
    t = terms(s)
    if count(t) > MOST:
        raise DataError("channel_gain", f"makes {count(t)} patterns", f"give a network of at most {MOST}")
    made = columns(t, exact=exact)
    if not len(made.worth):
        raise DataError("channel_gain", "nobody gains by offloading", "give a user a link that is worth it")
    return in_units(program(made, whole=True), 1.0)


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
