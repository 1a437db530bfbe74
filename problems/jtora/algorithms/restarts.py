r"""A better search than the printed one: each user to its best slot, pairs trade slots, restarts from kicks.

Algorithm 2 stops at the first decision that no single removal or exchange improves by the factor 1 +
epsilon/n^2. Here any improvement counts, the best slot of a user is taken rather than the first better one,
two users may trade their slots, and the best decision found is kicked (some users to random slots) and
improved again. No proof comes with it: the referee's bound says what is left.
"""

import numpy as np

from mecopt.compiled import jit
from mecopt.instance import Indices
from mecopt.loops import Trace

from ..fields import LOCAL
from ..terms import Decision, Terms
from . import baselines, incremental
from .incremental import Memo, freed, memory, scan_user
from .network import FREE, Network, State, computing_change, decision, network, put, state, value

TINY = 1e-12
"""An improvement by less than this part of the value is rounding."""

KICKED = 3
"""Users sent to random slots by a kick."""

EFFORT = 60_000
"""Elements times kicks, at least: small networks get more kicks, `MOST_KICKS` at most, large ones few."""

MOST_KICKS, FEWEST_KICKS = 60, 3


def kicks_for(t: Terms) -> int:
    """How many kicks a network of this size gets."""
    return int(np.clip(EFFORT // np.prod(t.shape), FEWEST_KICKS, MOST_KICKS))


def search(t: Terms, *, kicks: int | None = None, seed: int = 0) -> tuple[Decision, Trace]:
    """The best decision found from the printed search's, the greedy one, and kicks of the better."""
    n = network(t)
    rng = np.random.default_rng(seed)
    users, servers, subbands = t.shape
    best, records = -np.inf, []
    x = Decision.none(users)
    memo = memory(t)
    for start in (incremental.search(t).decision, baselines.greedy(t)):
        made = state(n, start)
        found = improve(n, made, memo)
        if found > best:
            best, x = found, decision(made)
        records.append({"value": best})
    for _ in range(kicks_for(t) if kicks is None else kicks):
        made = state(n, x)
        who = rng.integers(users, size=KICKED)
        kick(n, made, who, rng.integers(servers, size=KICKED), rng.integers(subbands, size=KICKED))
        found = improve(n, made, memo)
        if found > best * (1 + TINY):
            best, x = found, decision(made)
        records.append({"value": best})
    return x, Trace(tuple(records), "max_steps")


@jit
def kick(n: Network, made: State, who: Indices, server: Indices, subband: Indices) -> None:
    """Send some users to some slots."""
    for i in range(len(who)):
        if n.gain[who[i], server[i], subband[i]] > 0.0:
            put(n, made, who[i], server[i], subband[i])


@jit
def improve(n: Network, made: State, memo: Memo) -> float:
    """Better slots and trades until there are none; the value reached."""
    forget(memo)
    now = value(n, made)
    while True:
        before = now
        for u in range(made.server.shape[0]):
            better(n, made, memo, u)
        now = value(n, made)
        if not now > before + TINY * abs(now):
            trade(n, made)
            now = value(n, made)
            if not now > before + TINY * abs(now):
                return now


@jit
def forget(memo: Memo) -> None:
    """Nothing found for another state holds."""
    memo.entered[:] = -1
    memo.weighed[:] = -1
    memo.left[:] = -1


@jit
def better(n: Network, made: State, memo: Memo, u: int) -> None:
    """The best slot of user u, or none, if that improves."""
    now = value(n, made)
    for k in range(made.server.shape[0]):
        freed(n, made, memo, k)
    most = TINY * abs(now)
    s, j, gain, _ = scan_user(n, made, memo, u, most, True, now)
    if made.server[u] >= 0:
        alone = computing_change(n, made, u, LOCAL, FREE) + memo.leave[u]
        if alone > (gain if s >= 0 else most):
            put(n, made, u, LOCAL, LOCAL)
            return
    if s >= 0:
        put(n, made, u, s, j)


@jit
def trade(n: Network, made: State) -> None:
    """Let pairs of users trade their slots where that improves."""
    now = value(n, made)
    users = made.server.shape[0]
    for u in range(users):
        for v in range(u):
            s, j, r, i = made.server[u], made.subband[u], made.server[v], made.subband[v]
            if s < 0 or r < 0 or n.gain[u, r, i] == 0.0 or n.gain[v, s, j] == 0.0:
                continue
            put(n, made, u, r, i)  # v goes to its own CPU
            put(n, made, v, s, j)
            then = value(n, made)
            if then > now + TINY * abs(now):
                now = then
            else:
                put(n, made, u, s, j)
                put(n, made, v, r, i)
