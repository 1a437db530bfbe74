"""Realisations of the paper's scenario, and what each scheme makes of one: behind the figures and tables.

Along an axis of weights, distances or task sizes the same fadings and tasks are used at every abscissa.
Values are the objective recomputed; the referee's bound goes with the certified optimum.
"""

import math
import time
from collections.abc import Mapping, Sequence
from functools import cache, partial

import numpy as np

from mecopt.figures import Outcome
from mecopt.instance import Instance
from mecopt.loops.iteration import Trace
from mecopt.problem import Problem

from . import AF, DF, FDHR, P1, TDHR, algorithms, links
from .scenario import DISTANCE, path_gain

START = "blend-0.5"
"""Where CCCP and IBCD start in all figures; the paper does not say."""

RELAYS = (1.2e9, 2.4e9, 4.8e9)
PROBLEMS: dict[str, Problem] = {"fdhr": FDHR, "tdhr": TDHR}


def draw(samples: int, seed: int, *, scenario: str = "relay") -> Sequence[Instance]:
    """Instances with the mean weight; a figure sets its own."""
    drawn = P1.sample(batch=samples, seed=seed, scenario=scenario)
    return [drawn[i].replace(weight=0.1) for i in range(samples)]


draw_segment = partial(draw, scenario="segment")


def run(s: Instance, key: str) -> tuple[links.Plan, Trace, float]:
    """CCCP or IBCD from the usual start, and the seconds it took."""
    first = algorithms.start(s, START)
    begin = time.perf_counter()
    plan, trace = (algorithms.algorithm_1 if key == "cccp" else algorithms.algorithm_2)(s, first)
    return plan, trace, time.perf_counter() - begin


@cache
def warm_up() -> None:
    """Imports and compilation, which belong to no run time."""
    run(P1.sample(), "cccp")
    run(P1.sample(), "ibcd")


def judged(s: Instance, problem: Problem, method: str | None = None) -> Outcome:
    """A method's point with the referee's floating-point bound."""
    mine = problem.instance(s.given)
    r = problem.solve(mine, method=method, rigorous=False)
    if r.status not in ("optimal", "feasible"):
        return Outcome(math.nan, said=r.message)
    return Outcome(float(r.value), float(r.certificate.bound), r.seconds)


def special(s: Instance, problem: Problem) -> Outcome:
    """AF or DF alone: the closed form, which is the optimum."""
    r = problem.solve(problem.instance(s.given), rigorous=False)
    return Outcome(float(r.value), float(r.certificate.bound))


def schemes(s: Instance) -> Mapping[str, Outcome]:
    """All schemes of Figures 4 and 5 on one instance."""
    d = links.data(s)
    found = {"optimum": judged(s, P1, "exact"), "af": special(s, AF), "df": special(s, DF)}
    for key in ("cccp", "ibcd"):
        plan, _, seconds = run(s, key)
        found[key] = Outcome(links.objective(d, plan), found["optimum"].bound, seconds)
    return found | {key: judged(s, problem) for key, problem in PROBLEMS.items()}


def by_weight(s: Instance, weight: float) -> Mapping[str, Outcome]:
    return schemes(s.replace(weight=weight))


def by_size(s: Instance, megabits: float, *, weight: float) -> Mapping[str, Outcome]:
    """The task scaled from its mean of 1 Mbit."""
    return schemes(s.replace(weight=weight, input_bits=s.input_bits * megabits))


def by_distance(s: Instance, metres: float) -> Mapping[str, Outcome]:
    """The relay at this distance from the user: path losses of both hops change, fadings stay."""
    middle = path_gain(DISTANCE / 2)
    near, far = path_gain(metres) / middle, path_gain(DISTANCE - metres) / middle
    moved = s.replace(
        af_gain_user_relay=s.af_gain_user_relay * near,
        df_gain_user_relay=s.df_gain_user_relay * near,
        af_gain_relay_receiver=s.af_gain_relay_receiver * far,
        df_gain_relay_receiver=s.df_gain_relay_receiver * far,
    )
    found = {"optimum": judged(moved, P1, "exact")}
    d = links.data(moved)
    for key in ("cccp", "ibcd"):
        plan, _, seconds = run(moved, key)
        found[key] = Outcome(links.objective(d, plan), found["optimum"].bound, seconds)
    return found


def at_iteration(s: Instance, iteration: float) -> Mapping[str, Outcome]:
    """Objectives after so many iterations; the last one stands from there on."""
    traces = _traces(tuple(sorted((name, float(value)) for name, value in s.data.items())))
    columns = {
        "cccp": traces[0].column("objective"),
        "ibcd": traces[1].column("unsmoothed"),
        "ibcd-smoothed": traces[1].column("objective"),
    }
    at = {key: c[min(int(iteration), len(c) - 1)] for key, c in columns.items()}
    # the descent of CCCP holds to a solver's tolerance only: no bound that a check could hold it to
    return {key: Outcome(value, math.nan if key == "cccp" else value) for key, value in at.items()}


@cache
def _traces(data: tuple[tuple[str, float], ...]) -> tuple[Trace, Trace]:
    given = dict(data)
    noise = ("band", "fixed")[int(given.pop("noise_model"))]
    s = P1.instance({**given, "noise_model": noise})
    return run(s, "cccp")[1], run(s, "ibcd")[1]


def iterations(s: Instance, weight: float) -> Mapping[str, Outcome]:
    """Table II: iterations as value, seconds per iteration as seconds."""
    warm_up()
    found = {}
    for key in ("cccp", "ibcd"):
        _, trace, seconds = run(s.replace(weight=weight), key)
        found[key] = Outcome(float(trace.steps), seconds=seconds / max(trace.steps, 1))
    return found


def energy_and_delay(s: Instance, weight: float) -> dict[str, tuple[float, float]]:
    """Figure 3a: energy and delay of both algorithms at three speeds of the relay."""
    found = {}
    for speed in RELAYS:
        moved = s.replace(weight=weight, max_relay_frequency=speed)
        d = links.data(moved)
        for key in ("cccp", "ibcd"):
            c = links.costs(d, run(moved, key)[0])
            found[f"{key}-{speed / 1e9:g}"] = (c.af_energy + c.df_energy, max(c.af_time, c.df_time))
    return found


def energy_against_delay(s: Instance, weight: float) -> Mapping[str, Outcome]:
    return {k: Outcome(energy, across=delay) for k, (energy, delay) in energy_and_delay(s, weight).items()}


WEIGHTS = tuple(float(w) for w in np.logspace(-4, 1, 11))
