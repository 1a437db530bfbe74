"""Algorithm 1: descent, limit points, values."""

import math
from typing import Any

from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim, decades

from .. import P1, algorithms, links, nlp, scenario
from ..links import Plan
from ..model import surrogate
from .common import (
    PAPER,
    Case,
    cases,
    difference,
    plan_of,
    proved_value,
    with_plan,
)

SOLVER = 1e-6
SOLVER_REASON = "relative to the objective; CLARABEL is asked for 1e-9"

SEEDED = st.fixed_dictionaries({"seed": st.integers(0, 99), "weight": st.sampled_from([1.0, 0.1, 10.0])})


def realisation(case: Case) -> Any:
    return P1.sample(seed=case["seed"]).replace(weight=case["weight"])


# ------------------------------------------------------------------------------- Algorithm 1

SEEDED_PLAN = st.builds(lambda case, plan: case | {"plan": plan["plan"]}, SEEDED, with_plan(st.just({})))

AUDIBLE = with_plan(
    cases(
        bandwidth=decades(0.1, 1),
        noise_psd=decades(1e-2, 1e-1),
        **dict.fromkeys(scenario.GAINS, decades(0.1, 1e2)),
    )
)
"""Every SNR at full power in the full band is at least 0.1; all other data as scattered as elsewhere."""


def generous(values: dict[str, float]) -> dict[str, float]:
    """Slopes of (27) doubled: the constraints let too much in."""
    products = ("af.", "up.", "down.", "local.", "edge.")
    return values | {k: 2 * v for k, v in values.items() if k.startswith(products) and ".slope" in k}


def cheap(values: dict[str, float]) -> dict[str, float]:
    """Slopes of the objective's majorants doubled."""
    return values | {k: 2 * v for k, v in values.items() if k.startswith("e_") and ".slope" in k}


@claim(
    id="RACO-A1a",
    source=f"{PAPER}, Algorithm 1",
    statement="Algorithm 1 produces a non-increasing objective (three steps from any plan with both "
    "branches in use, every SNR at full power at least 0.1: the majorants are proved everywhere (27), but "
    "at SNRs of 1e-3 the rate of AF, of the order of their product, is less than what a solver leaves of "
    "its constraints, and its point no minimiser of (28)).",
    recorded="supported",
    draws=AUDIBLE,
    subject=lambda values: values,
    mutants=[Mutant("(27) too generous", generous), Mutant("slopes doubled", cheap)],
    tol=SOLVER,
    tol_reason=SOLVER_REASON,
    max_samples=40,
)
def cccp_descends(case: Case, alter: Any) -> float | None:
    d, x = links.data(P1.instance(case["data"])), plan_of(case)
    worst, value = math.inf, links.objective(d, x)
    for _ in range(3):
        y = surrogate.minimise(d, x, alter=alter)
        if y is None:
            return None if worst == math.inf else worst
        reached = links.objective(d, y)
        worst = min(worst, (value - reached) / value)
        x, value = y, reached
    return worst


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
