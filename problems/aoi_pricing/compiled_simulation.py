"""The simulation of built-in policies in one compiled loop: slot by slot the numbers of `simulation`.

The channels of a world do not depend on the policy: they are drawn once, as the links that move in each slot.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from mecopt.compiled import jit
from mecopt.instance import Array

from . import scenario
from .compiled_slots import (
    AT_HOME,
    COMPUTE,
    DEAD,
    DRAINED,
    ENERGY,
    FINISHED_TASKS,
    LATENCY,
    MARGIN,
    RUNNING,
    SERVED,
    SERVING,
    UPLOAD,
    slots_of,
)
from .simulation import FADING_CHANCE, FADING_MEMORY, IDLE, SLOT, Measures, World, channels

CODES = {
    "pricing": 0,
    "pricing-authors-code": 1,
    "random": 2,
    "max-sinr": 3,
    "max-compute": 4,
    "combined": 5,
}

WEAR = np.sqrt(1 - FADING_MEMORY**2)


class Channels(NamedTuple):
    """Rates and SNR `(links,)` at first, and the links that move in each slot with what they move to."""

    rate: Array
    snr: Array
    first: Array
    link: Array
    new_rate: Array
    new_snr: Array


@lru_cache(maxsize=20)
def fading(w: World, slots: int) -> Channels:
    """The channels of a world over so many slots."""
    snr, rate = channels(w, w.shadow)
    if not w.fades:
        none = np.zeros(0)
        return Channels(
            rate.ravel(), snr.ravel(), np.zeros(slots + 1, np.int64), none.astype(np.int64), none, none
        )
    first, link, shadow = _moves(np.random.default_rng([w.seed, 1]), w.shadow.ravel().copy(), slots)
    gain = w.path.ravel()[link] * 10 ** (-shadow / 2)
    new = gain * (scenario.TRANSMIT_POWER / (scenario.NOISE_PSD * w.band))
    return Channels(rate.ravel(), snr.ravel(), first, link, w.band * np.log2(1 + new), new)


@jit
def _moves(rng: Any, shadow: Array, slots: int) -> Any:
    """Where each slot's moves begin, the links that move, and their shadowing."""
    links = len(shadow)
    first = np.zeros(slots + 1, np.int64)
    link, moved, moves = [0], [0.0], np.empty(links)
    for t in range(slots):
        for k in range(links):
            moves[k] = rng.random()
        for k in range(links):
            fresh = WEAR * rng.standard_normal()
            if moves[k] < FADING_CHANCE:
                shadow[k] = FADING_MEMORY * shadow[k] + fresh
                link.append(k)
                moved.append(shadow[k])
        first[t + 1] = len(link) - 1
    return first, np.array(link)[1:], np.array(moved)[1:]


class Network(NamedTuple):
    """What does not change: of devices and servers, and the tasks that devices will have."""

    band: float
    factor: float
    per_flop: float
    device_speed: Array
    device_core: Array
    rho: Array
    server_speed: Array
    server_core: Array
    kinds: Any
    kind_bits: Array
    kind_flop: Array


class State(NamedTuple):
    """What changes: of each device its phase, server, tasks so far, times, task and charge; prices; sums.

    `weights` are the two roots of the last decision, `weight` is the claim to a share of what serves it now.

    `counts`: finished, of these local, slots of latency, upload and computing, dead, tasks served times
    slots. `sums`: energy of devices, servers, devices with a battery; of running server totals; the margin.
    """

    rate: Array
    snr: Array
    phase: Any
    at: Any
    due: Any
    count: Any
    started: Any
    arrived: Any
    left: Array
    bits: Array
    flop: Array
    battery: Array
    full: Array
    alive: Any
    decided: Any
    weights: Array
    weight: Array
    prices: Array
    served: Array
    counts: Any
    sums: Array


def run(w: World, policy: str, *, slots: int, alpha: float, local: float) -> Measures:
    """What `simulate` finds for a built-in policy."""
    m, n = w.users, w.servers
    fixed = Network(
        band=float(w.band),
        factor=float(w.factor),
        per_flop=float(w.per_flop),
        device_speed=np.array(w.device_speed),
        device_core=np.array(w.device_core),
        rho=np.array(w.rho, dtype=np.float64),
        server_speed=np.array(w.server_speed),
        server_core=np.array(w.server_core),
        kinds=w.kinds,
        kind_bits=np.array(w.bits),
        kind_flop=np.array(w.flop),
    )
    moving = fading(w, slots)
    none, nothing, ones = np.zeros(m, np.int64), np.zeros(m), np.ones(m)
    state = State(
        rate=moving.rate.copy(),
        snr=moving.snr.copy(),
        phase=np.full(m, IDLE),
        at=np.full(m, -1),
        due=w.first.copy(),
        count=none.copy(),
        started=none.copy(),
        arrived=none.copy(),
        left=nothing.copy(),
        bits=ones.copy(),
        flop=ones.copy(),
        battery=w.battery.copy(),
        full=w.battery.copy(),
        alive=np.ones(m, np.bool_),
        decided=np.full(m, -1),
        weights=np.zeros((2, m)),
        weight=nothing.copy(),
        prices=np.zeros((2, n)),
        served=np.zeros(n),
        counts=np.zeros(7, np.int64),
        sums=np.zeros(5),
    )
    state.sums[MARGIN] = np.inf
    history = np.zeros((slots, 2))
    slots_of(CODES[policy], alpha, local, np.random.default_rng([w.seed, 2]), moving, fixed, state, history)
    counts, sums = state.counts.tolist(), state.sums.tolist()
    return Measures(
        finished=counts[FINISHED_TASKS],
        latency=SLOT * counts[LATENCY],
        upload=SLOT * counts[UPLOAD],
        compute=SLOT * counts[COMPUTE],
        local=counts[AT_HOME],
        device_energy=sums[ENERGY],
        server_energy=sums[SERVED],
        battery_energy=sums[DRAINED],
        running_energy=sums[RUNNING],
        served_slots=counts[SERVING],
        battery_slots=slots * int(np.sum(np.isfinite(w.battery))),
        dead=counts[DEAD],
        margin=sums[MARGIN],
        prices=[(a, b) for a, b in history.tolist()],
    )
