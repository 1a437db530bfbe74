"""Algorithm 1: descent, limit points."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim

from .. import P1, algorithms, links, nlp
from ..links import Plan
from ..model import surrogate
from . import programme, proofs
from .common import (
    PAPER,
    Case,
    difference,
    plan_of,
    proved_value,
    with_plan,
)
from .products import gap_is_a_square

Alter = Callable[[dict[str, Any]], dict[str, Any]]

SEEDED = st.fixed_dictionaries({"seed": st.integers(0, 99), "weight": st.sampled_from([1.0, 0.1, 10.0])})


def realisation(case: Case) -> Any:
    return P1.sample(seed=case["seed"]).replace(weight=case["weight"])


# ------------------------------------------------------------------------------- descent

SEEDED_PLAN = st.builds(lambda case, plan: case | {"plan": plan["plan"]}, SEEDED, with_plan(st.just({})))


def generous(values: dict[str, Any]) -> dict[str, Any]:
    """Slopes of (27) doubled: the constraints let too much in."""
    products = ("af.", "up.", "down.", "local.", "edge.")
    return values | {k: 2 * v for k, v in values.items() if k.startswith(products) and ".slope" in k}


def roomy(values: dict[str, Any]) -> dict[str, Any]:
    """Constants of (27) halved."""
    levels = {f"{key}.level" for key in programme.BELOW}
    return values | {k: v / 2 for k, v in values.items() if k in levels}


def dropped(values: dict[str, Any]) -> dict[str, Any]:
    """The concave part of the AF rate left out."""
    return values | {k: 0 * v for k, v in values.items() if k.startswith("tangent")}


def cheap(values: dict[str, Any]) -> dict[str, Any]:
    """Slopes of the objective's majorants doubled."""
    return values | {k: 2 * v for k, v in values.items() if k.startswith("e_") and ".slope" in k}


def between(x: Plan, y: Plan, share: float) -> Plan:
    return Plan(*(a + share * (b - a) for a, b in zip(x, y, strict=True)))


SHARES = [1.0, 1 - 1e-6, 1 - 1e-4, 0.99, 0.9, *(0.5**k for k in range(1, 11))]
"""Where a branch does not decide the delay the minimiser is at the rim of (27), and a residual beyond it."""

TWO_PLANS = st.builds(lambda one, other: {**one, "other": other["plan"]}, with_plan(), with_plan(st.just({})))


@claim(
    id="RACO-A1a",
    source=f"{PAPER}, Algorithm 1",
    statement="Algorithm 1 produces a non-increasing objective: (28) at a plan touches the objective there "
    "and lies above it at every other plan, so that its minimiser, and whatever else lowers it, lowers the "
    "objective (three steps from any plan with both branches in use).",
    recorded="proved",
    draws=TWO_PLANS,
    subject=lambda values: values,
    mutants=[
        Mutant("(27) too generous", generous),
        Mutant("constants of (27) halved", roomy),
        Mutant("concave part of the rate dropped", dropped),
        Mutant("slopes doubled", cheap),
    ],
    tol=1e-12,
    tol_reason="relative to the objective; exact up to ball arithmetic",
    max_samples=100,
    proof=lambda: proofs.descent(gap_is_a_square()),
)
def cccp_descends(case: Case, alter: Alter) -> Interval:
    """G(x; x) = F(x), F(y) ≤ G(y; x) at the solver's y and at another plan, and F falls where G does.

    The solver's point is the minimiser of (28) but for its residual. The step goes to it or, where (28) is
    not lower there, to the first point on the way where it is.
    """
    s = P1.instance(case["data"])
    x, other = plan_of(case), plan_of({**case, "plan": case["other"]})
    slacks = []
    for _ in range(3):
        y = surrogate.minimise(links.data(s), x, alter=alter)
        with ball_arithmetic():
            found, x = step(s, x, [between(x, y, share) for share in SHARES] if y else [], other, alter)
        slacks += found
    return Interval(min(f.lo for f in slacks), min(f.hi for f in slacks))


def step(s: Any, x: Plan, way: list[Plan], other: Plan, alter: Alter) -> tuple[list[Interval], Plan]:
    """What one step shows, and where it ends."""
    d = programme.numbers(s)
    p = alter(programme.coefficients(d, programme.place(d, x)))
    here, top = true_cost(s, x), programme.majorised(d, p, x)
    if top is None:
        return [Interval(-math.inf, -math.inf)], x
    slacks = [Interval.from_arb(-abs(top - here) / here)]
    for z in [other, *way]:
        above, cost = programme.majorised(d, p, z), true_cost(s, z)
        if above is None or not cost.is_finite():
            continue
        slacks.append(Interval.from_arb((above - cost) / (above + cost)))
        if z is not other and above <= top:
            slacks.append(Interval.from_arb((here - cost) / here))
            return slacks, z
    return slacks, x


def true_cost(s: Any, x: Plan) -> Any:
    """The objective as the referee reads it."""
    with ball_arithmetic() as ops:
        statement = P1.statement
        return np.asarray(statement.value(ops, statement.lift(ops, s), x.outputs()), dtype=object)[()]


# ------------------------------------------------------------------------------- limit points


def beside_af(s: Any, share: float, x: Plan) -> Plan:
    """A plan next to AF alone: this share of everything to DF."""
    d = links.data(s)
    return Plan(
        beta=share,
        omega=share,
        user_frequency=x.user_frequency,
        relay_frequency=d.relay_frequency,
        user_af_power=x.user_af_power * (1 - share),
        user_df_power=share * d.user_power / 2,
        relay_af_power=x.relay_af_power * (1 - share),
        relay_df_power=share * d.relay_power / 2,
    )


def edge_descent(case: Case) -> Interval | None:
    """From AF alone: whether a nearby plan is better although Algorithm 1 stays, enclosed."""
    s = realisation(case)
    x = algorithms.af_only(s)[0]
    d = links.data(s)
    m, _ = surrogate.build(noise_grows=bool(d.nu))
    at = surrogate.parameters(m, d, x)
    if any(at[f"{key}.{name}"] != 0 for key in ("up", "down") for name in ("slope_v", "level")):
        return None  # (27) would let the DF branch start
    here = proved_value(P1, s, x)
    found = []
    for share in (0.3, 0.1, 0.01, 0.001):
        there = proved_value(P1, s, beside_af(s, share, x))
        if here is not None and there is not None:
            found.append(difference(there, here, here.hi))
    return min(found, key=lambda i: i.hi, default=None)


def interior_descent(case: Case, start: str, steps: int) -> float | None:
    """What SLSQP gains from the end of Algorithm 1, where both branches are in use there."""
    s = realisation(case)
    d = links.data(s)
    x, _ = algorithms.algorithm_1(s, algorithms.start(s, start), max_steps=steps)
    if not 1e-2 < x.beta < 1 - 1e-2:
        return None
    value = links.objective(d, x)
    return (links.objective(d, nlp.refine(d, x)) - value) / value


STAYS = (
    "At β = ω = 0 (AF alone) both factors of t₂ r₂ and t₃ r₃ are zero, and so is the right side of (27): "
    "every later β is 0, too. Where a "
    "small share of bits, band and power for DF would shorten the delay, the point Algorithm 1 stays at "
    "is no {}."
)


def _edge(id_: str, words: str, what: str) -> Any:
    @claim(
        id=id_,
        source=f"{PAPER}, Algorithm 1",
        statement=words,
        recorded="refuted",
        draws=SEEDED,
        subject="edge",
        mutants=[Mutant("from plans with both branches in use", "blend-0.5")],
        tol=1e-3,
        tol_reason="relative to the objective",
        explanation=STAYS.format(what),
        corrected_by=f"{id_}.corrected",
        max_samples=8,
    )
    def check(case: Case, start: str) -> Any:
        return edge_descent(case) if start == "edge" else interior_descent(case, start, 100)

    return check


a1b = _edge(
    "RACO-A1b", "Limit points of Algorithm 1 are stationary points of the problem.", "stationary point"
)
a1c = _edge(
    "RACO-A1c", "Algorithm 1 is guaranteed to converge to a local optimal solution of P1.", "local optimum"
)


def _interior(id_: str, words: str, start: str) -> Any:
    @claim(
        id=id_,
        source=f"correction of {PAPER}, Algorithm 1",
        statement=words,
        recorded="supported",
        draws=SEEDED,
        subject=100,
        mutants=[Mutant("after one step", 1), Mutant("after two steps", 2)],
        tol=1e-3,
        tol_reason="relative to the objective; what a local solver still gains",
        max_samples=8,
    )
    def check(case: Case, steps: int) -> float | None:
        return interior_descent(case, start, steps)

    return check


a1b_corrected = _interior(
    "RACO-A1b.corrected",
    "Where Algorithm 1 converges to a plan with both branches in use, that plan is stationary: a local "
    "solver started there gains nothing.",
    "blend-0.5",
)
a1c_corrected = _interior(
    "RACO-A1c.corrected",
    "From a start with both branches in use, a limit with both in use is a local optimum to 1e-3; "
    "nothing is said of the global one.",
    "naive",
)
