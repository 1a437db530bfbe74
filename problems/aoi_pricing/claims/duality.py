"""The dual value, the bounds it gives, and the relaxation it equals."""

from collections.abc import Callable
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import FLOAT
from mecopt.claims import Interval, Mutant, at_least, at_most, claim, smallest
from mecopt.claims.exact import in_balls

from .. import P5R, model
from .common import (
    PAPER,
    Association,
    Ball,
    Case,
    Data,
    answer,
    asked,
    associations,
    charges,
    data,
    dual,
    least,
    linear,
    load,
    p5,
    price_lists,
    scale,
    term_cases,
    total,
)
from .minimisers import PRICED, SIZE, optimum

# ------------------------------------------------------------------------------------ (29), (30)

Answer = Callable[[Data, Any, Any], Association]


def by_cost(q: Any) -> Association:
    return tuple(
        min(range(len(row)), key=lambda j: float(row[j].mid())) if any(x < 0 for x in row) else -1
        for row in q
    )


def swapped(d: Data) -> Data:
    return Data(d.S, d.A, d.s, d.D, d.E_loc, d.E_tx, d.B, d.alpha)


@claim(
    id="AOI-E29",
    source=f"{PAPER}, (29)",
    statement="At prices μ, ν the Lagrangian is least where each device goes to the server of least "
    "μ √A + ν √S + c, or nowhere if that is above 0.",
    recorded="certified",
    draws=term_cases(**PRICED),
    subject=lambda d, mu, nu: by_cost(asked(d, mu, nu)),
    mutants=[
        Mutant(
            "always somewhere, as the formula alone says", lambda d, mu, nu: by_cost(asked(d, mu, nu) - 10**6)
        ),
        Mutant("A and S exchanged", lambda d, mu, nu: by_cost(asked(swapped(d), mu, nu))),
        Mutant("the dearest server", lambda d, mu, nu: by_cost(-asked(d, mu, nu))),
        Mutant("without ν", lambda d, mu, nu: by_cost(asked(d, mu, [0, 0]))),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    max_samples=120,
)
@in_balls
def answers_minimise(case: Case, subject: Answer) -> Any:
    d, mu, nu = data(case), case["mu"], case["nu"]
    q = asked(d, mu, nu)

    def priced(x: Association) -> Ball:
        return linear(d, x, q)

    found = priced(subject(d, mu, nu))
    lowest = least(priced(x) for x in associations(d))
    return at_most(found, lowest, scale=scale(*q.ravel()))


DualValue = Callable[[Data, Any, Any], Ball]


def printed_dual(d: Data, mu: Any, nu: Any) -> Ball:
    return total(least(row) for row in asked(d, mu, nu)) - charges(d, mu, nu)


def is_a_bound(case: Case, value: DualValue) -> Any:
    """At the case's prices, and at those of the best association's loads, where g comes closest."""
    d = data(case)
    best = min(associations(d), key=lambda x: float(p5(d, x).mid()))
    close = [[2 * load(d, best, j, weight) for j in range(d.servers)] for weight in (d.A, d.S)]
    return smallest(*(_below(d, value, mu, nu) for mu, nu in ((case["mu"], case["nu"]), close)))


def _below(d: Data, value: DualValue, mu: Any, nu: Any) -> Any:
    best, g = optimum(d), value(d, mu, nu)
    return at_most(g, best, scale=scale(best, g, *d.c.ravel()))


@claim(
    id="AOI-E30",
    source=f"{PAPER}, (30)",
    statement="g = −Σ (μ²/4 + ν²/4) + Σ_i min_j (μ_j √A_ij + ν_j √S_ij + c_ij) is the dual function: never "
    "above the "
    "optimum of P5.",
    recorded="refuted",
    draws=term_cases(**PRICED),
    subject=printed_dual,
    mutants=[Mutant("min(0, ·)", dual)],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="A device that no price makes offload stays local and adds 0, not the positive least of q: "
    "the "
    "minimum over j leaves out the choice to stay, which (29) has in words only.",
    corrected_by="AOI-E30.corrected",
)
@in_balls
def printed_dual_bounds(case: Case, subject: DualValue) -> Any:
    return is_a_bound(case, subject)


@claim(
    id="AOI-E30.corrected",
    source=f"correction of {PAPER}, (30)",
    statement="g = −Σ (μ²/4 + ν²/4) + Σ_i min(0, min_j (μ_j √A_ij + ν_j √S_ij + c_ij)) is never above the "
    "optimum of "
    "P5.",
    recorded="certified",
    draws=term_cases(**PRICED),
    subject=dual,
    mutants=[
        Mutant("without min(0, ·), as printed", printed_dual),
        Mutant("/8 for /4", lambda d, mu, nu: dual(d, mu, nu) + charges(d, mu, nu) / 2),
        Mutant("without ν²", lambda d, mu, nu: dual(d, mu, nu) + charges(d, [0, 0], nu)),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    max_samples=150,
)
@in_balls
def dual_bounds(case: Case, subject: DualValue) -> Any:
    return is_a_bound(case, subject)


TWO_POINTS = PRICED | {"mu2": price_lists(), "nu2": price_lists()}


def middle(one: list[Ball], other: list[Ball]) -> list[Ball]:
    return [(a + b) / 2 for a, b in zip(one, other, strict=True)]


def sag(case: Case, value: DualValue) -> tuple[Ball, Ball]:
    """g at the middle less the mean of the ends, and the size of the values."""
    d = data(case)
    ends = value(d, case["mu"], case["nu"]), value(d, case["mu2"], case["nu2"])
    inner = value(d, middle(case["mu"], case["mu2"]), middle(case["nu"], case["nu2"]))
    return inner - (ends[0] + ends[1]) / 2, scale(*ends, inner)


@claim(
    id="AOI-CV",
    source=f"{PAPER}, Section 4.3",
    statement="g is a minimum of affine functions of the prices (so concave, and subdifferentiable): along "
    "a line on "
    "which no device changes its answer it is straight.",
    recorded="refuted",
    draws=term_cases(users=(1, 2), **TWO_POINTS),
    subject=dual,
    mutants=[Mutant("without −(μ² + ν²)/4", lambda d, mu, nu: dual(d, mu, nu) + charges(d, mu, nu))],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="−μ²/4 − ν²/4 is no minimum over the associations: g is such a minimum plus a concave "
    "quadratic. It "
    "is concave all the same, and even strongly so.",
    corrected_by="AOI-CV.corrected",
)
@in_balls
def minimum_of_affine(case: Case, subject: DualValue) -> Any:
    d = data(case)
    ends = answer(d, case["mu"], case["nu"]), answer(d, case["mu2"], case["nu2"])
    if None in ends or ends[0] != ends[1]:
        return None
    excess, size = sag(case, subject)
    return Interval.from_arb(-abs(excess) / size)


@claim(
    id="AOI-CV.corrected",
    source=f"correction of {PAPER}, Section 4.3",
    statement="g is concave with modulus 1/2: at the middle of two prices it is above the mean by a "
    "sixteenth of "
    "their squared distance at least.",
    recorded="certified",
    draws=term_cases(users=(1, 2), **TWO_POINTS),
    subject=dual,
    mutants=[
        Mutant("max(0, ·) for min(0, ·)", lambda d, mu, nu: -charges(d, mu, nu) + total(
            -least([arb(0), *(-x for x in row)]) for row in asked(d, mu, nu))),
        Mutant("/8 for /4", lambda d, mu, nu: dual(d, mu, nu) + charges(d, mu, nu) / 2),
        Mutant("without −(μ² + ν²)/4", lambda d, mu, nu: dual(d, mu, nu) + charges(d, mu, nu)),
    ],
    tol=1e-12,
    tol_reason=SIZE,
)  # fmt: skip
@in_balls
def strongly_concave(case: Case, subject: DualValue) -> Any:
    n = len(case["A"][0])
    apart = [
        a - b
        for one, other in (("mu", "mu2"), ("nu", "nu2"))
        for a, b in zip(case[one][:n], case[other][:n], strict=True)
    ]
    excess, size = sag(case, subject)
    return at_least(excess, total(a * a for a in apart) / 16, scale=size)


# ------------------------------------------------------------------------------------ dual = relaxation

NETWORKS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 999),
        "users": st.integers(1, 12),
        "servers": st.integers(1, 4),
        "scenario": st.sampled_from(P5R.scenarios),
    }
)


def referees_bound(case: Case) -> tuple[Any, float]:
    s = P5R.sample(users=case["users"], servers=case["servers"], seed=case["seed"], scenario=case["scenario"])
    d = P5R.statement.lift(FLOAT, s)
    return s, float(P5R.statement.bound(FLOAT, d, P5R.statement.best_prices(d)))


Relaxed = Callable[[Any], float]


def by_quadratic_program(s: Any) -> float:
    point = model.solve_relaxation(s, "CLARABEL", 1e-8)
    d = P5R.statement.lift(FLOAT, s)
    return float(P5R.statement.value(FLOAT, d, point.x))


@claim(
    id="AOI-DQ",
    source=f"{PAPER}, P5 and P7 (implied)",
    statement="The best dual value is the optimum of the continuous relaxation of P5: a search over prices "
    "and a "
    "quadratic program, which share no code, agree.",
    recorded="supported",
    draws=NETWORKS,
    subject=by_quadratic_program,
    mutants=[
        Mutant("half of it", lambda s: by_quadratic_program(s) / 2),
        Mutant("one part in 10⁵ more", lambda s: by_quadratic_program(s) * (1 + 1e-5)),
    ],
    tol=1e-6,
    tol_reason="relative to the optimum; the conic solver is asked for 1e-8",
    max_samples=40,
)
def dual_is_relaxation(case: Case, subject: Relaxed) -> Any:
    s, g = referees_bound(case)
    value = subject(s)
    return 0.0 if g == value == 0 else -abs(value - g) / max(abs(g), abs(value))
