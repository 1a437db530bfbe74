"""Means of simulated networks for the claims on Figures 4 to 7, enclosed.

They are over `NETWORKS` networks for `SLOTS` slots of 0.1 s (the paper: 100 networks, 10 000 slots; the
benchmark `python benchmarks/aoi_pricing.py --figures` has 20 and 10 000), latencies those of finished tasks.
What a run counts (tasks, slots) is certain where none of its comparisons was close (`simulation.RELIABLE`);
energies are sums of doubles, enclosed. Other runs give a slack in doubles.
"""

from collections.abc import Callable
from functools import lru_cache, reduce, wraps
from typing import Any, NamedTuple

from flint import arb

from mecopt.arithmetic import ball_arithmetic, lower, upper
from mecopt.claims import Interval

from ..policies import SCHEMES, run
from ..simulation import RELIABLE, SLOT, Measures, World, world
from .common import Ball, Case

NETWORKS, SLOTS = 4, 1000

SIMULATED = "relative to the best baseline; the same networks, tasks and fading for all"

SUMMED = 1e-9
"""Relative error of a sum of up to 2e6 energies, none negative: 2e6 roundings, and 2e-11 of each term."""

ALL = ("pricing", *SCHEMES)

MIXES = ("authors", "authors-communication", "authors-computation")
USERS = (20, 40, 80, 120, 160)
"""The axis of the figures."""


class Means(NamedTuple):
    """Per finished task, over the networks: s, s, s, J; whether the counts are certain."""

    latency: Ball
    upload: Ball
    compute: Ball
    energy: Ball
    certain: bool


@lru_cache(maxsize=2 * NETWORKS)
def drawn(mix: str, users: int, servers: int, seed: int) -> World:
    """A network, kept with its channels for the next policy."""
    return world(mix, users=users, servers=servers, seed=seed)


@lru_cache(maxsize=512)
def measured(mix: str, users: int, servers: int, policy: str, local: float = 0.2) -> Means:
    """The means of a policy over the networks."""
    with ball_arithmetic():
        runs = [
            run(policy, drawn(mix, users, servers, seed), slots=SLOTS, local=local)
            for seed in range(NETWORKS)
        ]
        latency, upload, compute, energy = (
            sum((each(r) / r.finished for r in runs), arb(0)) / NETWORKS for each in TOTALS
        )
        return Means(latency, upload, compute, energy, all(r.margin > RELIABLE for r in runs))


def seconds(total: float) -> Ball:
    """A sum of slots in seconds, which the simulation has multiplied by a tenth."""
    return arb(round(total / SLOT)) / 10


TOTALS: tuple[Callable[[Measures], Ball], ...] = (
    lambda r: seconds(r.latency),
    lambda r: seconds(r.upload),
    lambda r: seconds(r.compute),
    lambda r: arb(r.device_energy, SUMMED * r.device_energy),
)


class Table:
    """The means that a check asks for, and whether all of them are certain."""

    def __init__(self, mix: str) -> None:
        self.mix, self.certain = mix, True

    def __call__(self, measure: str, policy: str, users: int, servers: int, local: float = 0.2) -> Ball:
        found = measured(self.mix, users, servers, policy, local)
        self.certain &= found.certain
        return getattr(found, measure)

    def below(self, measure: str, policy: str, users: int, servers: int) -> Ball:
        """(best of the other schemes − policy)/that."""
        best = least(self(measure, other, users, servers) for other in ALL if other != policy)
        return (best - self(measure, policy, users, servers)) / best


def least(balls: Any) -> Ball:
    return reduce(lambda a, b: a.min(b), balls)


Shown = Callable[[Table, Case], Ball]


def simulated(check: Callable[[Table, Case, Any], Ball]) -> Callable[[Case, Any], Interval | float]:
    """Run a check in balls: an enclosure of its slack if all runs are certain, else its middle."""

    @wraps(check)
    def answer(case: Case, subject: Any) -> Interval | float:
        table = Table(case["mix"])
        with ball_arithmetic():
            slack = check(table, case, subject)
            return Interval(lower(slack), upper(slack)) if table.certain else float(slack.mid())

    return answer
