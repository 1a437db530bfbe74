"""Realisations of the paper's experiments and its schemes on them; shared by figures and claims."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mecopt.figures import Outcome
from mecopt.instance import Array, Instance

from . import TO, closed_form, scenario
from .algorithms import baselines, coupled, exact, exhaustive, incremental, restarts
from .terms import Decision, Terms, terms

CELLS = 7

SCHEMES = ("hjtora", "dora", "gojra", "iojra")


@dataclass(frozen=True)
class Draw:
    """One realisation of the channels: users in the order of their cells, and a seed for random schemes."""

    gain: Array
    cell: Array
    seed: int


def draw_small(samples: int, seed: int) -> list[Draw]:
    """The small network: 6 users, 4 cells."""
    return [_draw(6, 4, np.random.default_rng([seed, k]), k) for k in range(samples)]


def draw_cells(per_cell: int, samples: int, seed: int) -> list[Draw]:
    """Seven cells, users uniform over all of them."""
    return [_draw(per_cell * CELLS, CELLS, np.random.default_rng([seed, k]), k) for k in range(samples)]


def _draw(users: int, servers: int, rng: np.random.Generator, number: int) -> Draw:
    distance = scenario.drop((users,), servers, rng)
    return Draw(scenario.channel_gain(distance, rng), np.argmin(distance, axis=-1), number)


def instance(
    draw: Draw, *, users: int | None = None, subbands: int, time_preference: float = 0.2, **changes: object
) -> Instance:
    """TO for the first users of a realisation; `changes` replace the scenario's data."""
    gain = draw.gain[:users]
    data = {
        **scenario.COMMON,
        "channel_gain": np.broadcast_to(gain[..., None], (*gain.shape, subbands)),
        "time_preference": time_preference,
        "energy_preference": 1 - time_preference,
        **changes,
    }
    return TO.instance(data)


def network(draw: Draw, **setting: Any) -> Terms:
    """The terms of `instance`."""
    return terms(instance(draw, **setting))


def decide(scheme: str, t: Terms, seed: int) -> Decision:
    """The decision of a scheme."""
    if scheme == "iojra":
        return baselines.independent(t, np.random.default_rng(seed))
    return DECIDE[scheme](t)


DECIDE: Mapping[str, Callable[[Terms], Decision]] = {
    "hjtora": lambda t: incremental.search(t).decision,
    "dora": baselines.distributed,
    "gojra": baselines.greedy,
    "search": lambda t: restarts.search(t)[0],
    "exact": lambda t: exact.solve(t, exact=False).decision,
    "exhaustive": lambda t: exhaustive.solve(t)[0],
}


@cache
def warm_up(schemes: tuple[str, ...]) -> None:
    """Run each scheme once: compiling is no part of a run time."""
    usual = network(draw_small(1, 0)[0], subbands=2)
    for scheme in schemes:
        decide(scheme, usual, 0)


def measure(t: Terms, seed: int, schemes: tuple[str, ...]) -> dict[str, Outcome]:
    """Utility J* and time of each scheme; the bound of a heuristic is its own value."""
    found = {}
    warm_up(schemes)
    for scheme in schemes:
        start = time.perf_counter()
        x = decide(scheme, t, seed)
        seconds = time.perf_counter() - start
        value = closed_form.utility(t, x)
        found[scheme] = Outcome(value, value, seconds)
    return found


def utilities(t: Terms, seed: int, schemes: tuple[str, ...] = SCHEMES) -> Array:
    """J* of each scheme, in order."""
    return np.array([closed_form.utility(t, decide(scheme, t, seed)) for scheme in schemes])


def time_and_energy(t: Terms, seed: int) -> tuple[float, float]:
    """Mean completion time (s) and device energy (J) over all users under hJTORA, in the scenario's data.

    Against interferers at full power, as hJTORA counts them: up to 0.1 % more than as users send.
    """
    x = decide("hjtora", t, seed)
    found, theta = closed_form.allocate(t, x), closed_form.sinr_per_watt(t, x)
    common = scenario.COMMON
    local_time = common["workload"] / common["local_frequency"]
    local_energy = common["energy_coefficient"] * common["local_frequency"] ** 2 * common["workload"]
    time_spent, energy = np.full(len(x.server), local_time), np.full(len(x.server), local_energy)
    who = x.offloading
    rate = common["bandwidth"] / t.shape[2] * np.log2(1 + theta[who] * found.power[who])
    upload = common["input_bits"] / rate
    time_spent[who] = upload + common["workload"] / found.share[who]
    energy[who] = found.power[who] * upload
    return float(np.mean(time_spent)), float(np.mean(energy))


def interference_models(t: Terms, seed: int) -> dict[str, Outcome]:
    """hJTORA's solution with interferers at full power, as they send, and with the best powers."""
    x = decide("hjtora", t, seed)
    values = {
        "bound": closed_form.utility(t, x),
        "exact": as_sent(t, x, closed_form.allocate(t, x).power),
        "coupled": as_sent(t, x, coupled.powers(t, x)),
    }
    return {name: Outcome(value, value) for name, value in values.items()}


def as_sent(t: Terms, x: Decision, power: Array) -> float:
    """The utility at these powers, interference as sent, with the shares of (27)."""
    who = x.offloading
    server, subband = x.server[who], x.subband[who]
    received = t.gain[who[:, None], server, subband] * power[who][:, None]
    heard = (subband[:, None] == subband) & (server[:, None] != server)
    noise = t.noise + np.sum(np.where(heard, received, 0.0), axis=0)
    rate = np.log2(1 + power[who] * t.gain[who, server, subband] / noise)
    cost = np.sum((t.time_weight[who] + t.energy_weight[who] * power[who]) / rate)
    return float(np.sum(t.offload_gain[who]) - cost - closed_form.computing_cost(t, x))
