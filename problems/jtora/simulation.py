"""Realisations of the paper's experiments and its schemes on them; shared by figures and claims."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mecopt.figures import Outcome
from mecopt.instance import Array

from . import JTORA, closed_form, scenario
from .algorithms import baselines, exact, exhaustive, incremental, restarts
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


def network(
    draw: Draw, *, users: int | None = None, subbands: int, time_preference: float = 0.2, **changes: object
) -> Terms:
    """The terms of the first users of a realisation; `changes` replace the scenario's data."""
    gain = draw.gain[:users]
    data = {
        **scenario.COMMON,
        "channel_gain": np.broadcast_to(gain[..., None], (*gain.shape, subbands)),
        "time_preference": time_preference,
        "energy_preference": 1 - time_preference,
        **changes,
    }
    return terms(JTORA.instance(data))


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


def measure(t: Terms, seed: int, schemes: tuple[str, ...]) -> dict[str, Outcome]:
    """Utility J* and time of each scheme; the bound of a heuristic is its own value."""
    found = {}
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
