"""What the claims share: cases, brackets that are proved to hold an optimum, values in balls, tidy "
"tolerances."""

import json
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, ProofError, decades, instances
from mecopt.instance import Instance
from mecopt.problem import FEASIBILITY, TOL_SOLVER, Problem
from mecopt.result import Certificate

from .. import AF, DF, FDHR, P1, TDHR, algorithms, branches, exact, links, nlp, scenario
from ..links import Plan

PAPER = "Chen et al. 2020"

Case = dict[str, Any]

HOLDS, FAILS = Interval(1.0, 1.0), Interval(-1.0, -1.0)

EXACT, EXACT_REASON = 1e-12, "relative to the larger side; exact up to ball arithmetic"
PROVED, PROVED_REASON = 1e-6, "relative to the optimum, which is proved to 3e-7"

BY_NAME: dict[str, Problem] = {"hr": P1, "af": AF, "df": DF, "fdhr": FDHR, "tdhr": TDHR}

NATURAL: dict[str, SearchStrategy[Any]] = {
    **dict.fromkeys(
        (
            "input_bits",
            "cycles_per_bit",
            "bandwidth",
            "max_user_power",
            "max_relay_power",
            "max_user_frequency",
        ),
        decades(0.1, 10),
    ),
    **dict.fromkeys(
        ("max_relay_frequency", "user_energy_coefficient", "relay_energy_coefficient"), decades(0.1, 10)
    ),
    **dict.fromkeys(scenario.GAINS, decades(1e-2, 1e2)),
    "conversion_ratio": decades(0.01, 1),
    "noise_psd": decades(1e-2, 10),
    "weight": decades(1e-2, 1e2),
    "af_prelog": st.sampled_from([0.5, 1.0]),
    "noise_model": st.sampled_from(["band", "fixed"]),
}
"""Dimensionless data around 1: counterexamples shrink to numbers a reader can check by hand."""


def cases(**overrides: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Cases of P1 with both chains alive."""
    drawn: dict[str, Any] = NATURAL | overrides
    return instances(P1, **drawn)


def with_plan(draws: SearchStrategy[Case] | None = None) -> SearchStrategy[Case]:
    """An instance and a plan inside its limits: shares of the band, the CPUs and the budgets."""
    share = st.integers(1, 9).map(lambda n: n / 10)
    names = ("beta", "omega", "user_cpu", "relay_cpu", "user_af", "relay_af", "user_df", "relay_df")
    shares = st.fixed_dictionaries(dict.fromkeys(names, share))
    return st.builds(
        lambda data, plan: {"data": data, "plan": plan}, draws if draws is not None else cases(), shares
    )


def plan_of(case: Case) -> Plan:
    """The plan of a case: DF powers are shares of what AF leaves."""
    s, v = case["data"], case["plan"]
    return Plan(
        beta=v["beta"],
        omega=v["omega"],
        user_frequency=v["user_cpu"] * s["max_user_frequency"],
        relay_frequency=v["relay_cpu"] * s["max_relay_frequency"],
        user_af_power=v["user_af"] * s["max_user_power"],
        user_df_power=v["user_df"] * (1 - v["user_af"]) * s["max_user_power"],
        relay_af_power=v["relay_af"] * s["max_relay_power"],
        relay_df_power=v["relay_df"] * (1 - v["relay_af"]) * s["max_relay_power"],
    )


class Bracket(NamedTuple):
    """An optimum lies in [lower, upper], proved in balls; the point that reaches `upper`."""

    lower: float
    upper: float
    x: dict[str, float]


def bracket(name: str, data: Case) -> Bracket | None:
    """The optimum of hr, af, df, fdhr or tdhr; None where it could not be proved to 1e-6."""
    return _bracket(name, json.dumps({k: v for k, v in data.items() if k != "problem"}, sort_keys=True))


MODES = {"hr": "hybrid", "fdhr": "half", "tdhr": "slots"}

SHARP = 3e-7
"""Gap at which a local search is taken at its word: the referee's cuts leave 2e-7 themselves."""


@lru_cache(maxsize=4096)
def _bracket(name: str, text: str) -> Bracket | None:
    problem = BY_NAME[name]
    s = problem.instance(json.loads(text))
    if name in MODES:
        found = _local(problem, s, MODES[name])
        if found is not None:
            return found
    r = problem.solve(s)
    if r.status not in ("optimal", "feasible"):
        return None
    return _enclosed(r.certificate, r.x, PROVED)


def _local(problem: Problem, s: Instance, mode: str) -> Bracket | None:
    """The optimum from one local search, where the referee proves that nothing is better.

    Who finds the point is all the same to a proof, and Algorithm G takes ten times as long.
    """
    plans = exact.single_plans(s, mode)
    if len(plans) < 2:
        return None
    d = links.data(s)
    af, df = (plan._asdict() for plan in plans)
    alone = {name: af[name] or df[name] for name in af}
    plans.append(nlp.refine(d, algorithms.blend(alone, 0.5), mode=mode))
    x = min(plans, key=lambda plan: links.cost(d, plan, mode)).outputs()
    x = {o.name: x[o.name] for o in problem.outputs}
    c = problem.certify(s, x, tol=TOL_SOLVER)
    return _enclosed(c, x, SHARP) if c.infeasibility <= FEASIBILITY else None


def _enclosed(c: Certificate, x: Mapping[str, Any], most: float) -> Bracket | None:
    if not c.rigorous or not c.gap <= most:
        return None
    return Bracket(float(c.bound), float(c.upper), {key: float(value) for key, value in x.items()})


def proved_value(problem: Problem, s: Instance, plan: Plan) -> Interval | None:
    """The cost of a feasible plan, enclosed; None if it is not feasible to rounding."""
    from mecopt.arithmetic import FLOAT, ball_arithmetic, lower, upper

    st_ = problem.statement
    names = {o.name for o in problem.outputs}
    x = {name: value for name, value in plan.outputs().items() if name in names}
    worst = max(float(v) for v in st_.violations(st_.lift(FLOAT, s), x).values())
    if not worst <= 1e-9:
        return None
    with ball_arithmetic() as ops:
        d = st_.lift(ops, s)
        ball: Any = np.asarray(st_.value(ops, d, st_.feasible_neighbour(ops, d, x)), dtype=object)[()]
        return Interval(lower(ball), upper(ball)) if ball.is_finite() else None


def smoothed_ball(s: Instance, plan: Plan, mu: float) -> Any:
    """F~ of a plan in balls."""
    from mecopt.arithmetic import ball_arithmetic

    with ball_arithmetic() as ops:
        d = branches.lift(ops, s)
        x = SimpleNamespace(**{k: ops.number(v) for k, v in plan.outputs().items()})
        a = branches.af_branch(ops, d, 1 - x.beta, 1 - x.omega, x)
        one = a.local_time + a.radio_time / d.af_prelog
        energy = a.local_energy + a.user_energy + a.relay_energy
        other = ops.number(0.0)
        if plan.beta > 0:
            b = branches.df_branch(ops, d, x.beta, x.omega, x)
            other = b.up_time + b.edge_time + b.down_time
            energy = energy + b.edge_energy + b.up_energy + b.down_energy
        m = ops.number(mu)
        ball: Any = d.weight * ((m * one).exp() + (m * other).exp()).log() / m + energy
        return ball[()] if hasattr(ball, "shape") else ball


def difference(a: Interval, b: Interval, scale: float) -> Interval:
    """(a - b)/scale, enclosed."""
    return Interval((a.lo - b.hi) / scale, (a.hi - b.lo) / scale)


def around(slack: float, error: float = 1e-12) -> Interval:
    """A slack of well-conditioned double arithmetic with its error."""
    return Interval(slack - error * (1 + abs(slack)), slack + error * (1 + abs(slack)))


def vanishes(expression: Any, what: str) -> None:
    """Raise `ProofError` unless SymPy reduces the expression to zero."""
    rest = sp.simplify(sp.expand(expression))
    if rest != 0:
        raise ProofError(f"{what}: SymPy is left with {rest}")


def holds(condition: Any, what: str) -> None:
    """Raise `ProofError` unless SymPy is certain of the condition."""
    if condition is not True and condition != sp.true:
        raise ProofError(f"{what}: SymPy says {condition}")
