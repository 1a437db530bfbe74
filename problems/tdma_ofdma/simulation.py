"""Realisations of the paper's scenario, and what each scheme makes of one: behind the figures and tables.

A larger K or N adds users or sub-channels to the same draw. Every point is judged by the referee; run times
are those of single instances.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

import numpy as np

from mecopt.figures import Outcome
from mecopt.instance import Array, Instance
from mecopt.problem import FEASIBILITY, TOL_EXACT, TOL_SOLVER, Problem
from mecopt.result import Point

from . import P1
from .ofdma import P4, P4R, exact, methods, phases

EXACT_SUBCHANNELS = 16
"""Up to so many the optimum is that of the dynamic programme: a second for each instance."""

SEARCH_SECONDS = 1.0
"""For the branch and bound beyond."""

TDMA_SCHEMES = {"optimal": "closed-form", "algorithm-3": "algorithm-3", "equal": "baseline:equal"}


def draw_tdma(users: int, samples: int, seed: int) -> Sequence[Instance]:
    drawn = P1.sample(users=users, batch=samples, seed=seed, scenario="tdma_scaled")
    return [drawn[i] for i in range(samples)]


def draw_ofdma(users: int, subchannels: int, samples: int, seed: int) -> Sequence[Instance]:
    sizes = {"users": users, "subchannels": subchannels}
    drawn = P4.sample(batch=samples, seed=seed, scenario="ofdma_scaled", **sizes)
    return [drawn[i] for i in range(samples)]


def cut(s: Instance, problem: Problem, **sizes: int) -> Instance:
    """The first users, or sub-channels, of an instance or of each in a batch."""
    axes = {field.name: field.axes for field in problem.fields}
    data = {
        name: array[(..., *(slice(sizes.get(axis)) for axis in axes[name]))] for name, array in s.data.items()
    }
    return problem.instance(data)


def judged(
    problem: Problem,
    s: Instance,
    point: Point,
    seconds: float,
    *,
    prices: Mapping[str, Array],
    gap: float = math.inf,
) -> Outcome:
    """What the referee finds of a point, in floating point; good `prices` save it a search.

    A point farther from its bound than the relative `gap` counts as a failure.
    """
    if any(np.isnan(array).any() for array in point.x.values()):
        return Outcome(math.nan, said=_without_numbers(str(point.message)))
    found = problem.certify(s, point.x, prices, rigorous=False)
    if not found.infeasibility <= FEASIBILITY:
        return Outcome(math.nan, said="the point is infeasible")
    if not found.gap <= gap:
        return Outcome(math.nan, said=f"not within {gap:g} of the optimum")
    return Outcome(float(found.value), float(found.bound), seconds)


def _without_numbers(message: str) -> str:
    """The reason without the users' numbers, so that like failures are counted together."""
    return "a user who must offload has no sub-channel" if message.startswith("no sub-channel") else message


def tdma_schemes(s: Instance) -> dict[str, Outcome]:
    """The optimum of P1, Algorithm 3 and the equal allocation; none on an infeasible instance."""
    reason = str(P1.infeasible(s))
    if reason:
        return dict.fromkeys(TDMA_SCHEMES, Outcome(math.nan, said=f"infeasible instance: {reason}"))
    points = {key: _timed(partial(P1.run, s, method=method)) for key, method in TDMA_SCHEMES.items()}
    prices = points["optimal"][0].multipliers
    gaps = {"optimal": TOL_EXACT}
    return {
        key: judged(P1, s, *found, prices=prices, gap=gaps.get(key, math.inf))
        for key, found in points.items()
    }


def by_duration(s: Instance, milliseconds: float) -> Mapping[str, Outcome]:
    return tdma_schemes(s.replace(slot_duration=milliseconds / 1e3))


def by_capacity(s: Instance, giga: float) -> Mapping[str, Outcome]:
    return tdma_schemes(s.replace(cloud_capacity=giga * 1e9))


def by_users(s: Instance, users: float) -> Mapping[str, Outcome]:
    return tdma_schemes(cut(s, P1, users=int(users)))


@cache
def _warm_up() -> None:
    """Imports and first calls, which belong to no run time."""
    tiny = P4.sample(users=2, subchannels=2)
    phases.rounded(tiny, methods.relax)
    for method in ("phases", "baseline:greedy"):
        P4.run(tiny, method=method)


def ofdma_schemes(s: Instance) -> dict[str, Outcome]:
    """The relaxation, the optimum or nearly, rounding, the heuristic in both modes of Phase 4, greedy.

    The rounding's time holds that of the relaxation.
    """
    reason = str(P4.infeasible(s))
    if reason:
        keys = ("relaxation", "best", "rounding", "phases", "phases-reoptimised", "greedy")
        return dict.fromkeys(keys, Outcome(math.nan, said=f"infeasible instance: {reason}"))
    _warm_up()
    relaxed, relaxing = _timed(partial(methods.relax, s))
    rounded, rounding = _timed(partial(phases.rounded, s, lambda _: relaxed))
    prices, shared = relaxed.multipliers, P4R.instance(s.data)
    found = {
        "relaxation": judged(P4R, shared, relaxed, relaxing, prices=prices, gap=TOL_SOLVER),
        "best": judged(P4, s, *_timed(partial(best, s)), prices=prices),
        "rounding": judged(P4, s, rounded, relaxing + rounding, prices=prices),
    }
    for key, method in (("phases",) * 2, ("phases-reoptimised",) * 2, ("greedy", "baseline:greedy")):
        point, seconds = _timed(partial(P4.run, s, method=method))
        found[key] = judged(P4, s, point, seconds, prices=prices)
    return found


def best(s: Instance) -> Point:
    """The optimum with few sub-channels, beyond that the best point of a short branch and bound."""
    if s.sizes["subchannels"] <= EXACT_SUBCHANNELS and exact.affordable(*s.channel_gain.shape):
        return P4.run(s, method="exact")
    return P4.run(s, method="branch-and-bound", options={"seconds": SEARCH_SECONDS})


def by_subchannels(s: Instance, subchannels: float) -> Mapping[str, Outcome]:
    return ofdma_schemes(cut(s, P4, subchannels=int(subchannels)))


def by_ofdma_users(s: Instance, users: float) -> Mapping[str, Outcome]:
    return ofdma_schemes(cut(s, P4, users=int(users)))


def _timed(run: Callable[[], Point]) -> tuple[Point, float]:
    start = time.perf_counter()
    point = run()
    return point, time.perf_counter() - start
