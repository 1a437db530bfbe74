r"""A network and a decision as compiled loops take them, and what a move changes.

`occupant[s, j]` is the user on a slot (`FREE` for none), `received[s, j]` the power there of the occupants
of the other servers on that sub-band, sending at full power; `cost[u]` is Gamma of a user who offloads,
`load[s]` the sum of sqrt(eta) at a server, `version[j]` is new after each change on a sub-band. A move
touches one or two sub-bands and up to three servers, so it takes as many evaluations of Gamma as these have
occupants. Tran and Pompili 2019, (19), (21), (28), Routine 1.
"""

from math import inf, log, log1p, sqrt
from typing import NamedTuple

import numpy as np

from mecopt.compiled import jit, spliced
from mecopt.instance import Array, Indices

from ..fields import LOCAL
from ..terms import Decision, Terms

FREE = -1

LN2 = float(np.log(2.0))


class Network(NamedTuple):
    """Constants: gain `(U, S, N)`, servers' speeds `(S,)`, the rest per user."""

    gain: Array
    noise: float
    most: Array
    phi: Array
    psi: Array
    root: Array
    worth: Array
    speed: Array


class State(NamedTuple):
    """A decision and what follows from it; the arrays are changed in place."""

    server: Indices
    subband: Indices
    occupant: Indices
    received: Array
    cost: Array
    load: Array
    version: Indices


def network(t: Terms) -> Network:
    """The constants of one network."""
    return Network(
        np.ascontiguousarray(t.gain),
        t.noise,
        np.ascontiguousarray(t.most),
        t.time_weight,
        t.energy_weight,
        np.sqrt(t.compute_weight),
        t.offload_gain,
        np.ascontiguousarray(t.server_frequency),
    )


def state(n: Network, x: Decision) -> State:
    """The state of a decision."""
    users, servers, subbands = n.gain.shape
    made = State(
        x.server.astype(np.int64),
        x.subband.astype(np.int64),
        np.full((servers, subbands), FREE, dtype=np.int64),
        np.zeros((servers, subbands)),
        np.zeros(users),
        np.zeros(servers),
        np.zeros(subbands, dtype=np.int64),
    )
    who = x.offloading
    made.occupant[x.server[who], x.subband[who]] = who
    refresh(n, made)
    return made


def decision(made: State) -> Decision:
    """The decision of a state."""
    return Decision(made.server.copy(), made.subband.copy())


@jit
def least_cost(phi: float, psi: float, theta: float, most: float) -> float:
    """Gamma = min over 0 < p <= most of (phi + psi p)/log2(1 + theta p); inf for theta = 0."""
    if not theta > 0.0:
        return inf
    top = theta * most
    log_top = log1p(top)
    if psi > 0.0:
        k = theta * phi / psi
        if (1.0 + top) * log_top - top > k:
            return LN2 * psi * (1.0 + excess(k)) / theta
    return LN2 * (phi + psi * most) / log_top


@jit
def excess(k: float) -> float:
    """The y >= 0 with (1 + y) ln(1 + y) - y = k, by Newton's method."""
    if k <= 0.0:
        return 0.0
    if k < 1e-10:
        return sqrt(2.0 * k) + k / 3.0
    y = sqrt(2.0 * k) + k / 3.0 if k < 1.0 else max(2.0, k / max(1.0, log(k) - 1.0))
    for _ in range(30):
        slope = log1p(y)
        if y < 0.01:
            value = (
                y
                * y
                * (0.5 - y * (1 / 6 - y * (1 / 12 - y * (1 / 20 - y * (1 / 30 - y * (1 / 42 - y / 56))))))
            )
        else:
            value = (1.0 + y) * slope - y
        step = (value - k) / slope
        y -= step
        if abs(step) <= 1e-15 * (1.0 + y):
            break
    return y


@jit
def heard(n: Network, made: State, s: int, j: int, without: int) -> float:
    """Power at server s on sub-band j from the occupants of other servers, one of them not counted."""
    total: float = 0.0
    for r in range(made.occupant.shape[0]):
        k = made.occupant[r, j]
        if r != s and k >= 0 and k != without:
            total += n.most[k] * n.gain[k, s, j]
    return total


@spliced
def less(n: Network, made: State, s: int, j: int, who: int) -> float:
    """`received` without one user, summed anew where the subtraction would cancel digits."""
    rest: float = made.received[s, j] - n.most[who] * n.gain[who, s, j]
    if rest < 0.5 * made.received[s, j]:
        return heard(n, made, s, j, who)
    return rest


@jit
def refresh(n: Network, made: State) -> None:
    """Everything that follows from the decision, from scratch."""
    for j in range(made.occupant.shape[1]):
        refresh_subband(n, made, j)
    for s in range(made.occupant.shape[0]):
        refresh_server(n, made, s)


@jit
def refresh_subband(n: Network, made: State, j: int) -> None:
    """Interference and costs on a sub-band, from scratch."""
    made.version[j] = made.version.max() + 1
    for s in range(made.occupant.shape[0]):
        made.received[s, j] = heard(n, made, s, j, FREE)
        u = made.occupant[s, j]
        if u >= 0:
            theta = n.gain[u, s, j] / (n.noise + made.received[s, j])
            made.cost[u] = least_cost(n.phi[u], n.psi[u], theta, n.most[u])


@jit
def refresh_server(n: Network, made: State, s: int) -> None:
    """The sum of roots at a server, from scratch."""
    made.load[s] = 0.0
    for j in range(made.occupant.shape[1]):
        if made.occupant[s, j] >= 0:
            made.load[s] += n.root[made.occupant[s, j]]


@jit
def value(n: Network, made: State) -> float:
    """J*(X)."""
    total: float = 0.0
    for u in range(made.server.shape[0]):
        if made.server[u] >= 0:
            total += n.worth[u] - made.cost[u]
    for s in range(made.load.shape[0]):
        total -= made.load[s] * made.load[s] / n.speed[s]
    return total


@jit
def put(n: Network, made: State, u: int, s: int, j: int) -> int:
    """Move user u to slot (s, j), or to its own CPU if s is `LOCAL`; returns who had to leave."""
    s0, j0 = made.server[u], made.subband[u]
    if s0 >= 0:
        made.occupant[s0, j0] = FREE
    gone = FREE
    if s >= 0:
        gone = made.occupant[s, j]
        if gone >= 0:
            made.server[gone] = made.subband[gone] = LOCAL
            made.cost[gone] = 0.0
        made.occupant[s, j] = u
    made.server[u], made.subband[u] = s, j if s >= 0 else LOCAL
    made.cost[u] = 0.0
    if s0 >= 0:
        refresh_subband(n, made, j0)
        refresh_server(n, made, s0)
    if s >= 0:
        if j != j0 or s0 < 0:
            refresh_subband(n, made, j)
        refresh_server(n, made, s)
    return gone


@jit
def change(n: Network, made: State, u: int, s: int, j: int) -> float:
    """What `put` would add to J*, without doing it."""
    gone = made.occupant[s, j] if s >= 0 else FREE
    total = computing_change(n, made, u, s, gone)
    if s >= 0 and made.server[u] >= 0 and made.subband[u] == j:
        return total + shift(n, made, u, s, j)
    return total + leave(n, made, u) + (enter(n, made, u, s, j) if s >= 0 else 0.0)


@jit
def leave(n: Network, made: State, u: int) -> float:
    """What the uploads gain when user u leaves its slot; 0 for a user without one."""
    s, j = made.server[u], made.subband[u]
    if s < 0:
        return 0.0
    total: float = made.cost[u] - n.worth[u]
    for r in range(made.occupant.shape[0]):
        k = made.occupant[r, j]
        if r != s and k >= 0:
            theta = n.gain[k, r, j] / (n.noise + less(n, made, r, j, u))
            total += made.cost[k] - least_cost(n.phi[k], n.psi[k], theta, n.most[k])
    return total


@jit
def enter(n: Network, made: State, u: int, s: int, j: int) -> float:
    """What the uploads gain when user u comes to slot (s, j) from another sub-band or its own CPU."""
    theta = n.gain[u, s, j] / (n.noise + made.received[s, j])
    total: float = n.worth[u] - least_cost(n.phi[u], n.psi[u], theta, n.most[u])
    gone = made.occupant[s, j]
    if gone >= 0:
        total += made.cost[gone] - n.worth[gone]
    for r in range(made.occupant.shape[0]):
        k = made.occupant[r, j]
        if r != s and k >= 0:
            noise = made.received[r, j] if gone < 0 else less(n, made, r, j, gone)
            theta = n.gain[k, r, j] / (n.noise + noise + n.most[u] * n.gain[u, r, j])
            total += made.cost[k] - least_cost(n.phi[k], n.psi[k], theta, n.most[k])
    return total


@jit
def shift(n: Network, made: State, u: int, s: int, j: int) -> float:
    """What the uploads gain when user u changes the server and keeps its sub-band: it is heard as before."""
    theta = n.gain[u, s, j] / (n.noise + less(n, made, s, j, u))
    total: float = made.cost[u] - least_cost(n.phi[u], n.psi[u], theta, n.most[u])
    gone = made.occupant[s, j]
    if gone < 0:
        return total
    total += made.cost[gone] - n.worth[gone]
    for r in range(made.occupant.shape[0]):
        k = made.occupant[r, j]
        if r != s and k >= 0 and k != u:
            theta = n.gain[k, r, j] / (n.noise + less(n, made, r, j, gone))
            total += made.cost[k] - least_cost(n.phi[k], n.psi[k], theta, n.most[k])
    return total


@spliced
def computing_change(n: Network, made: State, u: int, s: int, gone: int) -> float:
    """What less or more computing adds to J* when u moves to server s and `gone` leaves it."""
    s0 = made.server[u]
    total: float = 0.0
    if s0 >= 0 and s0 != s:
        left = made.load[s0] - n.root[u]
        total += (made.load[s0] ** 2 - left * left) / n.speed[s0]
    if s >= 0:
        then = made.load[s] + (0.0 if s0 == s else n.root[u]) - (n.root[gone] if gone >= 0 else 0.0)
        total += (made.load[s] ** 2 - then * then) / n.speed[s]
    return total
