"""One slot of the simulation after another in compiled loops, in the order and with the sums of `simulation`.

`w` and `v` are a `Network` and a `State` of `compiled_simulation`; policies have the codes of its `CODES`.
"""

from typing import Any

import numpy as np

from mecopt.compiled import internal, jit
from mecopt.instance import Array

from . import scenario
from .policies import CAREFULLY, TIED
from .simulation import COMPUTES, FINISHED, IDLE, LOCAL, QUEUE, SLOT, SLOWING, STEPS, UPLOADS

POWER = scenario.TRANSMIT_POWER

ENERGY, SERVED, DRAINED, RUNNING, MARGIN = range(5)
FINISHED_TASKS, AT_HOME, LATENCY, UPLOAD, COMPUTE, DEAD, SERVING = range(7)


@jit
def slots_of(
    code: int, alpha: float, local: float, dice: Any, moving: Any, w: Any, v: Any, history: Array
) -> None:
    """All slots."""
    asks = np.empty(len(v.at), np.int64)
    for t in range(len(history)):
        _fade(moving, v, t)
        who = asks[: _ask(w, v, asks, t)]
        if len(who):
            if code <= 1:
                _price(code, alpha, w, v, who)
            else:
                _guess(code, local, dice, w, v, who)
            _send(w, v, who, t)
        _work(w, v, t)
        _drain(v)
        _reprice(v, t)
        history[t, 0], history[t, 1] = np.mean(v.prices[0]), np.mean(v.prices[1])


@internal
def _fade(moving: Any, v: Any, t: int) -> None:
    """The links that move, and the weights of uploads over them."""
    servers = v.prices.shape[1]
    for k in range(moving.first[t], moving.first[t + 1]):
        link = moving.link[k]
        v.rate[link], v.snr[link] = moving.new_rate[k], moving.new_snr[k]
        i = link // servers
        if v.phase[i] == UPLOADS and v.at[i] == link - i * servers:
            v.weight[i] = np.sqrt(v.bits[i] / v.rate[link])


@internal
def _nearer(v: Any, gap: float, scale: float) -> None:
    """Note a comparison; two zeros are compared for certain."""
    if abs(gap) < v.sums[MARGIN] * scale:
        v.sums[MARGIN] = abs(gap) / scale


@internal
def _ask(w: Any, v: Any, asks: Any, t: int) -> int:
    """Who asks now, how many, and the tasks they have."""
    many = 0
    for i in range(len(v.at)):
        if v.alive[i] and v.phase[i] == IDLE and v.due[i] <= t:
            kind = w.kinds[i, v.count[i] % QUEUE]
            v.count[i] += 1
            v.bits[i], v.flop[i] = w.kind_bits[kind], w.kind_flop[kind]
            asks[many] = i
            many += 1
    return many


@internal
def _price(code: int, alpha: float, w: Any, v: Any, who: Any) -> None:
    """(29) by the paper's rule or that of the authors' code."""
    servers = len(w.server_speed)
    q, size = np.empty(servers), np.empty(servers)
    for i in who:
        serial, parallel = v.flop[i] * (1 - w.rho[i]), v.flop[i] * w.rho[i]
        here = parallel / w.device_speed[i]
        at_home = serial / w.device_core[i] + here
        energy = w.per_flop * v.flop[i]
        for j in range(servers):
            a, s = v.bits[i] / v.rate[i * servers + j], parallel / w.server_speed[j]
            paid = v.prices[0, j] * np.sqrt(a) + v.prices[1, j] * np.sqrt(s)
            there = serial / w.server_core[j]
            if code == 0:
                sending = w.factor * POWER * a
                q[j] = paid + (there - at_home - alpha * ((energy - sending) / v.battery[i]))
                others = there + at_home + alpha * ((energy + sending) / v.battery[i])
                size[j] = paid + CAREFULLY * others
            else:
                q[j] = paid + there - (here + alpha)
                size[j] = paid + CAREFULLY * (there + here + alpha)
        v.decided[i] = _cheapest(q, size, v)


@internal
def _cheapest(q: Array, size: Array, v: Any) -> int:
    """The server of least q, -1 where that is not below 0."""
    best = int(np.argmin(q))
    for j in range(len(q)):
        if q[j] != q[best]:  # equal ones come of equal servers: they are equal in exact numbers, too
            _nearer(v, q[j] - q[best], size[j] + size[best])
    _nearer(v, q[best], size[best])
    return best if q[best] < 0 else -1


@internal
def _guess(code: int, local: float, dice: Any, w: Any, v: Any, who: Any) -> None:
    """The baselines: first everybody's die for staying at home, then everybody's choice."""
    servers = len(w.server_speed)
    stays, chances = np.empty(len(who)), np.empty(servers)
    for n in range(len(who)):
        stays[n] = dice.random()
    free = w.server_speed.copy()
    for i in range(len(v.at)):
        if v.phase[i] == UPLOADS:
            free[v.at[i]] -= v.flop[i]
        elif v.phase[i] == COMPUTES:
            free[v.at[i]] -= v.left[i]
    for n in range(len(who)):
        snr = v.snr[who[n] * servers : (who[n] + 1) * servers]
        if code == 2:
            chosen = dice.integers(0, servers)
        elif code == 3:
            chosen = int(np.argmax(snr))
        else:
            chances[:] = 0.0
            if code == 5:
                _add_softmax(chances, snr, 0.0, v)
            _add_softmax(chances, free, TIED, v)
            chosen = _drawn(chances, dice.random(), v)
        v.decided[who[n]] = -1 if stays[n] < local else chosen


@internal
def _add_softmax(chances: Array, scores: Array, tied: float, v: Any) -> None:
    top = np.max(scores)
    weights = np.exp(scores - top)
    for j in range(len(scores)):
        if 0 < top - scores[j] < tied:
            v.sums[MARGIN] = 0.0
    chances += weights / np.sum(weights)


@internal
def _drawn(chances: Array, die: float, v: Any) -> int:
    total = np.sum(chances)
    place, reached = 0, 0.0
    for j in range(len(chances) - 1):
        reached += chances[j]
        _nearer(v, reached - die * total, total)
        if reached < die * total:
            place += 1
    return place


@internal
def _send(w: Any, v: Any, who: Any, t: int) -> None:
    """Tasks go where it was decided."""
    servers = len(w.server_speed)
    for i in who:
        chosen = v.decided[i]
        v.at[i], v.started[i] = chosen, t
        if chosen >= 0:
            v.phase[i], v.left[i] = UPLOADS, v.bits[i]
            v.weight[i] = v.weights[0, i] = np.sqrt(v.bits[i] / v.rate[i * servers + chosen])
            v.weights[1, i] = np.sqrt(v.flop[i] * w.rho[i] / w.server_speed[chosen])
        else:
            v.phase[i], v.left[i] = LOCAL, v.flop[i]


@internal
def _work(w: Any, v: Any, t: int) -> None:
    """One slot: shares of bands and speeds, what is done and spent, what ends."""
    users, servers = len(v.at), len(w.server_speed)
    load, busy = np.zeros((2, servers)), np.zeros(servers)
    for i in range(users):
        if v.phase[i] == UPLOADS:
            load[0, v.at[i]] += v.weight[i]
        elif v.phase[i] == COMPUTES:
            load[1, v.at[i]] += v.weight[i]
            busy[v.at[i]] += 1
    for i in range(users):
        phase, spent = v.phase[i], 0.0
        if phase == IDLE:
            continue
        if phase == UPLOADS:
            share = v.weight[i] / max(load[0, v.at[i]], 1e-300)
            pace = share * v.rate[i * servers + v.at[i]]
            done = min(v.left[i], pace * SLOT)
            spent = w.factor * POWER * share * (done / pace)
        elif phase == COMPUTES:
            pace = v.weight[i] / max(load[1, v.at[i]], 1e-300) * w.server_speed[v.at[i]]
            done = min(v.left[i], pace * SLOT)
            v.sums[SERVED] += w.per_flop * done
            v.served[v.at[i]] += w.per_flop * done
        else:
            done = min(v.left[i], w.device_speed[i] * SLOT)
            spent = w.per_flop * done
        v.sums[ENERGY] += spent
        if v.full[i] < np.inf:
            v.sums[DRAINED] += spent
            v.battery[i] -= spent
        _end(w, v, i, done, t)
    for j in range(servers):
        v.sums[RUNNING] += busy[j] * v.served[j]
        v.counts[SERVING] += int(busy[j])


@internal
def _end(w: Any, v: Any, i: int, done: float, t: int) -> None:
    """What is left of a device's task, and what comes next where that is nothing."""
    v.left[i] -= done
    nothing = FINISHED * max(v.bits[i], v.flop[i])
    _nearer(v, v.left[i] - nothing, v.bits[i] if v.phase[i] == UPLOADS else v.flop[i])
    if v.left[i] > nothing:
        return
    if v.phase[i] == UPLOADS:
        v.phase[i], v.arrived[i], v.left[i] = COMPUTES, t + 1, v.flop[i]
        v.weight[i] = np.sqrt(v.flop[i] / w.server_speed[v.at[i]])
        return
    v.counts[FINISHED_TASKS] += 1
    v.counts[LATENCY] += t + 1 - v.started[i]
    if v.phase[i] == COMPUTES:
        v.counts[UPLOAD] += v.arrived[i] - v.started[i]
        v.counts[COMPUTE] += t + 1 - v.arrived[i]
    else:
        v.counts[AT_HOME] += 1
        v.counts[COMPUTE] += t + 1 - v.started[i]
    v.phase[i], v.due[i] = IDLE, t + 1


@internal
def _drain(v: Any) -> None:
    """Devices without a charge stop."""
    for i in range(len(v.at)):
        if v.alive[i] and v.full[i] < np.inf:
            _nearer(v, v.battery[i], v.full[i])
            if v.battery[i] <= 0:
                v.alive[i] = False
                v.counts[DEAD] += 1
                v.phase[i], v.at[i], v.decided[i] = IDLE, -1, -1


@internal
def _reprice(v: Any, t: int) -> None:
    """(31) over everybody's last decision."""
    load = np.zeros_like(v.prices)
    for i in range(len(v.at)):
        if v.decided[i] >= 0:
            load[0, v.decided[i]] += v.weights[0, i]
            load[1, v.decided[i]] += v.weights[1, i]
    for k, step in enumerate(STEPS):
        for j in range(v.prices.shape[1]):
            moved = v.prices[k, j] + step / (1 + SLOWING * t) * (load[k, j] - v.prices[k, j] / 2)
            v.prices[k, j] = max(moved, 0.0)
