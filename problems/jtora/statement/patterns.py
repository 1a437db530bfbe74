r"""The optimal utility of a small network, bounded from above and tightly: price out patterns, enumerate the
rest.

A pattern gives the servers of one sub-band to users, at most one each: Q with worth V_{jQ} = sum g - cost,
where the cost of the uploads is bounded from below. Interference does not cross sub-bands, so a decision is
one pattern per sub-band without a user in two, of utility sum_j V_{jQ_j} - sum_s (sum of roots at s)^2. For
prices pi, mu >= 0

    utility <= sum_j L_{jQ_j} + sum pi + sum mu^2/4,    L_{jQ} = V_{jQ} - sum_{u in Q} pi_u - sum mu_s a_us,

so a pattern that cannot reach the utility of a known decision with the best L elsewhere is in no better one.
What is left is enumerated. L is first bounded without interference, then exactly for those that this does
not exclude. Worths are rounded upwards in ball arithmetic; the sums after them are doubles with a margin for
their rounding. Tran and Pompili 2019, (30).
"""

from collections.abc import Callable
from functools import cache
from itertools import combinations, permutations
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers, upper
from mecopt.instance import Array, Indices

from . import coupled, elements, ratio_bound
from .elements import minimise_smoothed

Data = SimpleNamespace

MOST_PATTERNS = 150_000
"""Limit on the patterns of all sub-bands: some seconds; 15 users x 4 servers x 3 sub-bands are 135 003."""

MOST_USERS = 60
"""Sets of users are bits of a whole number."""

MOST_SETTLED = 20_000
"""Limit on the patterns whose worth is found exactly: some seconds in ball arithmetic."""

MOST_PAIRS = 20_000_000
"""Limit on combinations looked at per sub-band; beyond it the bound is that of the prices."""

FIRST_TRY = 60
"""Best patterns per sub-band from which a first decision is made."""

MARGIN = 1e-9
"""Nothing within this of a known decision is discarded: prices and L are doubles with errors of 1e-13."""

ROUNDING = 2.0**-46
"""Relative to the terms of a sum: fewer than 64 of them are added, each right to 2^-52."""

NOBODY = -1

UNUSABLE = -1e6
"""Worth, in the search for prices, of what is worth less."""


def count(users: int, servers: int) -> int:
    """Patterns of one sub-band."""
    found = term = 1
    for k in range(1, min(users, servers) + 1):
        term = term * (users - k + 1) * (servers - k + 1) // k
        found += term
    return found


def affordable(d: Data) -> bool:
    """Whether there are few enough patterns."""
    users, servers, subbands = d.channel_gain.shape[-3:]
    return bool(users <= MOST_USERS and count(users, servers) * subbands <= MOST_PATTERNS)


@cache
def table(users: int, servers: int) -> Indices:
    """All patterns: the user of each server or `NOBODY`, `(count, servers)`; the first is empty."""
    rows = [np.full(servers, NOBODY)]
    for k in range(1, min(users, servers) + 1):
        for where in combinations(range(servers), k):
            for who in permutations(range(users), k):
                row = np.full(servers, NOBODY)
                row[list(where)] = who
                rows.append(row)
    return np.array(rows)


class Network(NamedTuple):
    """One instance in doubles: worth `(subbands, count)` of the patterns in `table`, roots `(count,
    servers)`.

    `likely` is the worth to the nearest, to order patterns by, and `settle(j, rows)` a smaller upper bound.
    """

    worth: Array
    likely: Array
    root: Array
    user: Indices
    settle: Callable[[int, Indices], Array]


def bound(ops: Arithmetic, d: Data, user_price: Numbers, server_price: Numbers) -> Numbers:
    """The bound at prices `(*batch, users)` and `(*batch, servers)`: they decide how much is enumerated."""
    shape = d.channel_gain.shape[:-3]
    single, found = _doubles(d), np.empty(shape)
    alone = elements.worth(ops, d)
    for cell in np.ndindex(shape):
        pi, mu = (np.asarray(p[cell], dtype=np.float64) for p in (user_price, server_price))
        found[cell] = _best(_network(ops, d, single, alone, cell), pi, mu)
    return ops.number(found)


def _doubles(d: Data) -> Data:
    """The data in doubles, `root` to the nearest."""
    return Data(
        **{n: a if isinstance(a, str) else np.asarray(a, dtype=np.float64) for n, a in vars(d).items()}
    )


def _network(ops: Arithmetic, d: Data, single: Data, alone: Numbers, cell: tuple[int, ...]) -> Network:
    """`alone` is at least the worth of each element without interference."""
    users, servers, subbands = d.channel_gain.shape[-3:]
    user = table(users, servers)
    rounded = np.array([float(v) if ops is FLOAT else upper(v) for v in alone[cell].ravel()])
    # one row of zeros for nobody; a sum of so few is right to 2^-50 of its terms
    element = np.pad(rounded.reshape(users, servers, subbands), ((0, 1), (0, 0), (0, 0)))
    parts = element[user, np.arange(servers)]
    worth = np.sum(parts, axis=1) + np.sum(np.abs(parts), axis=1) * 2.0**-50
    likely = [_worth(FLOAT, single, cell, j, user, settle="full") for j in range(subbands)]
    root = np.pad(single.root[cell], ((0, 1), (0, 0)))[user, np.arange(servers)]
    return Network(
        worth.T,
        np.array(likely),
        root,
        user,
        lambda j, rows: _worth(ops, d, cell, j, user[rows], settle="settled"),
    )


def _worth(ops: Arithmetic, d: Data, cell: tuple[int, ...], j: int, user: Indices, *, settle: str) -> Array:
    """At least the gains less the least cost of the uploads of patterns on sub-band j, `(count,)`."""
    there = user != NOBODY
    u, s = np.where(there, user, 0), np.arange(user.shape[1])
    h, noise = d.channel_gain[cell][:, :, j], np.asarray(d.noise_power)[cell]
    own_gain = h[u, s]
    dead = there & ops.is_zero(own_gain)
    alive = there & ~dead
    received = h[u[:, :, None], s] * d.max_transmit_power[cell][u][:, :, None]
    own = np.eye(len(s), dtype=bool)
    others = there[:, :, None] & there[:, None, :] & ~own
    phi, psi, most = (getattr(d, n)[cell][u] for n in ("time_weight", "energy_weight", "max_transmit_power"))
    if d.interference == "exact":
        snr = ops.where(others | (own & alive[:, :, None]), received, 0.0) / noise
        cost = coupled.least_cost(ops, phi, psi * most, snr, alive, settle=settle)
    else:
        noise = noise + ops.sum(np.swapaxes(ops.where(others, received, 0.0), -1, -2))
        cost = ops.number(np.zeros(len(user)))
    # with noise only in the exact model: a quick bound may be worse than that
    theta = ops.where(alive, own_gain, 1.0) / noise
    alone = ops.where(alive, ratio_bound.least_cost(ops, phi, psi, theta, most), 0.0)
    cost = ops.maximum(cost, ops.sum(alone))
    worth = ops.sum(ops.where(there, d.offload_gain[cell][u], 0.0)) - cost
    up = np.array([float(v) if ops is FLOAT else upper(v) for v in worth])
    return np.where(dead.any(axis=-1), -np.inf, np.where(np.isnan(up), np.inf, up))


def best_prices(d: Data) -> dict[str, Array]:
    """Prices at which the patterns' L are small, for each instance of the batch (float data)."""
    shape = d.channel_gain.shape[:-3]
    users, servers = d.channel_gain.shape[-3:-1]
    alone = elements.worth(FLOAT, d)
    found = [_search(_network(FLOAT, d, d, alone, cell), users) for cell in np.ndindex(shape)]
    rows = np.array(found).reshape(*shape, users + servers)
    return {"user_price": rows[..., :users], "server_price": rows[..., users:]}


def _search(n: Network, users: int) -> Array:
    there = n.user != NOBODY
    member = np.zeros((len(n.user), users))
    rows, servers = np.nonzero(there)
    member[rows, n.user[rows, servers]] = 1.0
    columns = np.hstack([member, n.root])
    usable = np.fmax(np.fmin(n.worth, n.likely), UNUSABLE)

    def smooth(prices: Array, width: float) -> tuple[float, Array]:
        left = (usable - columns @ prices) / width
        top = np.max(left, axis=1)
        part = np.exp(left - top[:, None])
        total = np.sum(part, axis=1)
        share = (part / total[:, None]).sum(axis=0) @ columns
        mu = prices[users:]
        level = width * np.sum(top + np.log(total)) + np.sum(prices[:users]) + np.sum(mu * mu) / 4
        return float(level), np.concatenate([np.ones(users), mu / 2]) - share

    return minimise_smoothed(smooth, columns.shape[1], float(np.max(usable)) / len(n.worth))


def _best(n: Network, pi: Array, mu: Array) -> float:
    """The largest utility of a decision, or a bound on it."""
    price = np.sum(np.append(pi, 0.0)[n.user], axis=1) + n.root @ mu
    constant = float(np.sum(pi) + np.sum(mu * mu) / 4)
    few = [np.argsort(-row, kind="stable")[:FIRST_TRY] for row in np.fmin(n.worth, n.likely) - price]
    n = _settled(n, few)
    known = max(_enumerate(n, few, price, -np.inf) or 0.0, 0.0)
    left, relaxed = _promising(n, price, constant, known)
    if sum(map(len, left)) <= MOST_SETTLED:
        n = _settled(n, left)
        left, relaxed = _promising(n, price, constant, known)
    if not np.isfinite(relaxed):
        return np.inf
    found = _enumerate(n, left, price, known - constant - MARGIN * (relaxed + constant))
    if found is None:
        return relaxed + ROUNDING * (relaxed + 2 * constant)
    return max(found, known)


def _settled(n: Network, chosen: list[Indices]) -> Network:
    """Tight worths for these patterns."""
    worth = n.worth.copy()
    for j, rows in enumerate(chosen):
        worth[j, rows] = np.fmin(worth[j, rows], n.settle(j, rows))
    return n._replace(worth=worth)


def _promising(n: Network, price: Array, constant: float, known: float) -> tuple[list[Indices], float]:
    """Patterns that reach the known utility with the best L elsewhere, and the bound by prices."""
    priced = n.worth - price
    top = np.max(priced, axis=1)
    relaxed = float(np.sum(top)) + constant
    short = relaxed - known + MARGIN * (relaxed + constant)
    return [np.flatnonzero(row >= best - short) for row, best in zip(priced, top, strict=True)], relaxed


def _enumerate(n: Network, chosen: list[Indices], price: Array, least: float) -> float | None:
    """The largest utility of these patterns whose L add up to `least`; None if there are too many."""
    there = n.user != NOBODY
    bits = np.sum(np.where(there, 1 << np.where(there, n.user, 0), 0), axis=1)
    priced = n.worth - price
    rest = np.array(
        [float(np.max(row[rows], initial=-np.inf)) for row, rows in zip(priced, chosen, strict=True)]
    )
    rest = np.append(np.cumsum(rest[::-1])[::-1], 0.0)
    taken, gained, size, level = np.zeros(1, dtype=np.int64), np.zeros(1), np.zeros(1), np.zeros(1)
    root = np.zeros((1, n.root.shape[1]))
    for j, rows in enumerate(chosen):
        if len(taken) * len(rows) > MOST_PAIRS:
            return None
        free = ((taken[:, None] & bits[rows]) == 0) & (n.worth[j, rows] > -np.inf)
        one, other = np.nonzero(free & (level[:, None] + priced[j, rows] + rest[j + 1] >= least))
        pattern = rows[other]
        taken, gained = taken[one] | bits[pattern], gained[one] + n.worth[j, pattern]
        size = size[one] + np.abs(n.worth[j, pattern])
        level, root = level[one] + priced[j, pattern], root[one] + n.root[pattern]
    cost = np.sum(root * root, axis=1)
    return float(np.max(gained - cost + ROUNDING * (size + cost), initial=-np.inf))
