r"""Algorithm 2 as printed, each move evaluated by what it changes: the same decisions, far sooner.

    X <- the best single element (or nothing);   repeat: a removal, else an exchange, with J* > rho J*(X)

rho = 1 + epsilon/n^2, n = U S N. Removals by user, exchanges by (user, server, sub-band); elements on dead
channels are left out. The first that improves is taken and the scan starts over, or the best of all with the
rule `best`. What a user brings to a slot is remembered until that sub-band changes; and it is not evaluated
where even without harm to others it would not do. Tran and Pompili 2019, Algorithm 2.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from mecopt.compiled import internal, jit
from mecopt.instance import Array, Indices
from mecopt.loops import Ended, Trace

from ..fields import LOCAL
from ..terms import Decision, Terms
from .network import (
    FREE,
    Network,
    State,
    computing_change,
    decision,
    enter,
    least_cost,
    leave,
    network,
    put,
    shift,
    state,
    value,
)

Start = Literal["best", "empty"]
Rule = Literal["first", "best"]

MAX_MOVES = 100_000


class Scan(NamedTuple):
    """The move found: user, server, sub-band; how many were evaluated. User `LOCAL`: none improves."""

    user: int
    server: int
    subband: int
    queries: int


class Memo(NamedTuple):
    """Per element `enter`, and its part without harm to others; per user `leave`.

    Each with the version of the sub-band that it was found at.
    """

    enter: Array
    entered: Indices
    harmless: Array
    weighed: Indices
    leave: Array
    left: Indices


def memory(t: Terms) -> Memo:
    """Nothing found yet: versions count from 1."""
    users = t.shape[0]
    return Memo(
        enter=np.zeros(t.shape),
        entered=np.zeros(t.shape, dtype=np.int64),
        harmless=np.zeros(t.shape),
        weighed=np.zeros(t.shape, dtype=np.int64),
        leave=np.zeros(users),
        left=np.zeros(users, dtype=np.int64),
    )


SLACK = 1e-9
"""An element is passed over only if it misses by this part of the value: far above rounding."""


@dataclass(frozen=True)
class Search:
    """What Algorithm 2 found, how many moves it accepted, how many values of J* it asked for."""

    decision: Decision
    value: float
    moves: int
    queries: int
    trace: Trace


def factor(t: Terms, epsilon: float) -> float:
    """rho = 1 + epsilon/n^2."""
    return 1.0 + epsilon / float(np.prod(t.shape)) ** 2


def search(
    t: Terms,
    *,
    epsilon: float = 1.0,
    start: Start = "best",
    rule: Rule = "first",
    begin: Decision | None = None,
    max_moves: int = MAX_MOVES,
) -> Search:
    """Algorithm 2 on one network; `begin` starts from a decision instead."""
    n, rho = network(t), factor(t, epsilon)
    users = t.shape[0]
    asked = 0
    made = state(n, Decision.none(users) if begin is None else begin)
    if begin is None and start == "best":
        u, s, j = best_single(n)
        asked = int(np.count_nonzero(t.gain))
        if s != LOCAL:
            put(n, made, u, s, j)

    records = [_record(value(n, made), 0, asked)]
    ended: Ended = "max_steps"
    moves, memo = 0, memory(t)
    while moves < max_moves and ended != "stationary":
        room = min(ROOM, max_moves - moves)
        values, queries = np.empty(room), np.zeros(room, dtype=np.int64)
        made_now = climb(n, made, memo, rho, rule == "best", values, queries)
        for now, more in zip(values[:made_now].tolist(), queries[:made_now].tolist(), strict=True):
            moves, asked = moves + 1, asked + more
            records.append(_record(now, moves, asked))
        if made_now < room:
            ended, asked = "stationary", asked + int(queries[made_now])
            records.append(_record(records[-1]["value"], moves, asked))
    trace = Trace(tuple(records), ended)
    return Search(decision(made), records[-1]["value"], moves, asked, trace)


ROOM = 64
"""Moves between two looks of Python: most searches end within them."""


def _record(value: float, moves: int, queries: int) -> dict[str, float]:
    return {"value": value, "moves": moves, "queries": queries}


def single_values(n: Network) -> Array:
    """J* of every element alone, `(users, servers, subbands)`; -inf on dead channels."""
    return _single_values(n)


@jit
def _single_values(n: Network) -> Array:
    found = np.empty(n.gain.shape)
    users, servers, subbands = n.gain.shape
    for u in range(users):
        for s in range(servers):
            computing = n.root[u] * n.root[u] / n.speed[s]
            for j in range(subbands):
                cost = least_cost(n.phi[u], n.psi[u], n.gain[u, s, j] / n.noise, n.most[u])
                found[u, s, j] = n.worth[u] - cost - computing
    return found


def best_single(n: Network) -> tuple[int, int, int]:
    """The best element, the first among equals; server `LOCAL` where all channels are dead."""
    values = single_values(n)
    u, s, j = np.unravel_index(int(np.argmax(values)), values.shape)
    return (int(u), int(s), int(j)) if values[u, s, j] > -np.inf else (0, LOCAL, LOCAL)


@jit
def climb(
    n: Network, made: State, memo: Memo, rho: float, best: bool, values: Array, queries: Indices
) -> int:
    """Moves until none improves, as many as there is room for: how many, their values and queries."""
    for i in range(len(values)):
        found = scan(n, made, memo, rho, best)
        queries[i] = found.queries
        if found.user < 0:
            return i
        put(n, made, found.user, found.server, found.subband)
        values[i] = value(n, made)
    return len(values)


@internal
def scan(n: Network, made: State, memo: Memo, rho: float, best: bool) -> Scan:
    """The next move of Algorithm 2."""
    now = value(n, made)
    found = Scan(LOCAL, LOCAL, LOCAL, 0)
    most = now * rho - now
    for u in range(made.server.shape[0]):
        freed(n, made, memo, u)
    for u in range(made.server.shape[0]):
        if made.server[u] >= 0:
            gain = computing_change(n, made, u, LOCAL, FREE) + memo.leave[u]
            found = Scan(found.user, found.server, found.subband, found.queries + 1)
            if gain > most:
                most, found = gain, Scan(u, LOCAL, LOCAL, found.queries)
                if not best:
                    return found
    queries = found.queries
    for u in range(made.server.shape[0]):
        s, j, gain, asked = scan_user(n, made, memo, u, most, best, now)
        queries += asked
        if s >= 0:
            most, found = gain, Scan(u, s, j, queries)
            if not best:
                return found
    return Scan(found.user, found.server, found.subband, queries)


@jit
def scan_user(
    n: Network, made: State, memo: Memo, u: int, most: float, best: bool, now: float
) -> tuple[int, int, float, int]:
    """The exchange of user u that gains more than `most`: server (`LOCAL`: none), sub-band, gain, queries."""
    # into variables once: reading an array out of a tuple costs more than the arithmetic on it
    gain_of, noise, worth, cost = n.gain[u], n.noise, n.worth[u], memo.leave
    phi, psi, limit, own, root, speed = n.phi[u], n.psi[u], n.most[u], n.root[u], n.root, n.speed
    occupant, received, version, load = made.occupant, made.received, made.version, made.load
    harmless, weighed, entering, entered = memo.harmless[u], memo.weighed[u], memo.enter[u], memo.entered[u]
    s0, j0 = made.server[u], made.subband[u]
    server, subband, queries = LOCAL, LOCAL, 0
    spared = 0.0 if s0 < 0 else (load[s0] ** 2 - (load[s0] - own) ** 2) / speed[s0]
    for s in range(occupant.shape[0]):
        here = load[s] ** 2
        for j in range(occupant.shape[1]):
            gone = occupant[s, j]
            if gone == u or gain_of[s, j] == 0.0:
                continue
            queries += 1
            then = load[s] + (0.0 if s0 == s else own) - (root[gone] if gone >= 0 else 0.0)
            gain = (here - then * then) / speed[s] + (0.0 if s0 == s else spared)
            if s0 >= 0 and j0 == j:
                gain += shift(n, made, u, s, j)
            else:
                gain += cost[u]
                if weighed[s, j] != version[j]:
                    theta = gain_of[s, j] / (noise + received[s, j])
                    harmless[s, j] = worth - least_cost(phi, psi, theta, limit)
                    weighed[s, j] = version[j]
                # at best nobody is harmed and who was there leaves
                at_best = harmless[s, j] + (cost[gone] if gone >= 0 else 0.0)
                if gain + at_best < most - SLACK * (abs(now) + abs(at_best)):
                    continue
                if entered[s, j] != version[j]:
                    entering[s, j] = enter(n, made, u, s, j)
                    entered[s, j] = version[j]
                gain += entering[s, j]
            if gain > most:
                most, server, subband = gain, s, j
                if not best:
                    break
        if server >= 0 and not best:
            break
    return server, subband, most, queries


@jit
def freed(n: Network, made: State, memo: Memo, u: int) -> None:
    """Bring `leave` up to date; users without a slot have nothing to free."""
    if made.server[u] < 0:
        memo.leave[u] = 0.0
        memo.left[u] = 0
    elif memo.left[u] != made.version[made.subband[u]]:
        memo.leave[u] = leave(n, made, u)
        memo.left[u] = made.version[made.subband[u]]
