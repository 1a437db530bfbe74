r"""The Lagrangian of P6, its minimisers, the dual value, and what a recovered association is worth."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import FLOAT
from mecopt.claims import Interval, Mutant, agree, at_least, at_most, claim, smallest
from mecopt.claims.exact import in_balls, vanishes

from .. import P5, P5R, model
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
    root,
    scale,
    squares,
    term_cases,
    total,
)

SIZE = "relative to the largest of the values compared; ball arithmetic"

PRICED = {"mu": price_lists(), "nu": price_lists()}


def optimum(d: Data) -> Ball:
    """The least of P5 over all associations."""
    return least(p5(d, x) for x in associations(d))


# ------------------------------------------------------------------------------------ best prices, and
# what they do


def best_prices(d: Data) -> tuple[list[Ball], list[Ball], Any]:
    """Prices near the best, as exact numbers, and q there; from the referee's own search."""
    fields = {
        "comm_delay": d.A, "parallel_delay": d.S, "root_comm": root(d.A), "root_comp": root(d.S),
        "edge_cost": d.e, "local_cost": d.K,
    }  # fmt: skip
    numbers = {name: np.vectorize(lambda b: float(b.mid()), otypes=[float])(v) for name, v in fields.items()}
    n = d.servers
    lifted = type("Data", (), {})()
    lifted.__dict__.update(
        numbers,
        linked=np.ones((d.users, n), dtype=bool),
        memory=np.zeros(d.users),
        capacity=np.full(n, np.inf),
        limited=np.zeros(n, dtype=bool),
    )
    found = P5.statement.best_prices(lifted)
    mu, nu = ([arb(float(p)) for p in found[k]] for k in ("bandwidth_price", "compute_price"))
    return mu, nu, asked(d, mu, nu)


NEAR = 1e-5
"""Options whose q are this close, relative to the largest |c|, may all minimise the Lagrangian at the
best prices."""


def minimisers(d: Data) -> list[Association]:
    """All associations that may minimise the Lagrangian at the best prices."""
    _, _, q = best_prices(d)
    size = NEAR * max(abs(float(c.mid())) for c in d.c.ravel())
    allowed = []
    for row in q:
        options = [0.0, *(float(x.mid()) for x in row)]
        allowed.append({k - 1 for k, v in enumerate(options) if v <= min(options) + size})
    return [x for x in associations(d) if all(j in a for j, a in zip(x, allowed, strict=True))]


Choice = Callable[[Data], list[Association]]

ROUND = st.sampled_from([1.0, 4.0, 9.0, 2.0, 0.1, 0.01])
KNAPSACKS = term_cases(
    users=(3, 4),
    servers=(1, 1),
    A=ROUND,
    S=ROUND,
    D=st.sampled_from([1.0, 2.0, 5.0, 8.0, 12.0, 15.0, 20.0]),
    **{name: st.just(0.0) for name in ("s", "E_loc", "E_tx", "alpha")},
    B=st.just(1.0),
)
"""One server, delays only, round numbers: which devices it takes is a small knapsack."""


@claim(
    id="AOI-O43",
    source=f"{PAPER}, Section 4.3",
    statement="Minimising the Lagrangian of P6 (at the best prices) finds the optimal association: some "
    "minimiser is "
    "optimal.",
    recorded="refuted",
    draws=KNAPSACKS,
    subject=minimisers,
    mutants=[Mutant("any association", lambda d: list(associations(d)))],
    tol=1e-6,
    tol_reason="relative to the optimum; minimisers within 1e-5 of a tie count as tied",
    explanation="P6 has whole tasks and its dual has none: at the best prices devices that are not "
    "indifferent may "
    "do what no optimal association does. Prices give a bound and a good association, not the optimum.",
    corrected_by="AOI-O43.corrected",
    max_samples=150,
)
@in_balls
def minimisers_are_optimal(case: Case, subject: Choice) -> Any:
    d = data(case)
    best, found = optimum(d), least(p5(d, x) for x in subject(d))
    if float(best.mid()) == 0:
        return None
    return Interval.from_arb((best - found) / scale(best))


def gap_bound(d: Data, x: Association, mu: list[Ball], nu: list[Ball]) -> Ball:
    """Σ (Δ¹)² + (Δ²)², Δ = price/2 − load."""
    return total(
        (p[j] / 2 - load(d, x, j, w)) ** 2 for w, p in ((d.A, mu), (d.S, nu)) for j in range(d.servers)
    )


GapBound = Callable[[Data, Association, Any, Any], Ball]


@claim(
    id="AOI-O43.corrected",
    source=f"correction of {PAPER}, Section 4.3",
    statement="An association that minimises the Lagrangian at any prices μ, ν ≥ 0 costs at most Σ (μ/2 − "
    "Σ √A x)² + "
    "(ν/2 − Σ √S x)² more than the optimum.",
    recorded="certified",
    draws=term_cases(**PRICED),
    subject=gap_bound,
    mutants=[
        Mutant("half of it", lambda d, x, mu, nu: gap_bound(d, x, mu, nu) / 2),
        Mutant("prices for half prices, halved", lambda d, x, mu, nu: gap_bound(d, x, [p * 2 for p in mu],
        nu) / 9),
        Mutant("band only", lambda d, x, mu, nu: gap_bound(d, x, mu, [load(d, x, j, d.S) * 2 for j in
                                                                         range(d.servers)])),
        Mutant("nothing", lambda d, x, mu, nu: arb(0)),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    max_samples=150,
)  # fmt: skip
@in_balls
def certificate_of_answers(case: Case, subject: GapBound) -> Any:
    return within(case, subject)


def within(case: Case, bound: GapBound) -> Any:
    """Slack of 'the devices' answers cost no more beyond the optimum'."""
    d, mu, nu = data(case), case["mu"], case["nu"]
    x = answer(d, mu, nu)
    if x is None:
        return None
    return at_most(p5(d, x) - optimum(d), bound(d, x, mu, nu), scale=scale(p5(d, x), optimum(d)))


LOADS = {
    "unit": st.sampled_from([1.0, 0.1, 10.0]),
    "price": st.sampled_from([-1.0, 1.0, -0.1, 2.0, 0.0, 10.0]),
}


def printed_minimiser(mu: Ball) -> tuple[Ball, Ball]:
    """(27): where a − μ √a is least, and its value."""
    return mu * mu / 4, -mu * mu / 4


@claim(
    id="AOI-SC",
    source=f"{PAPER}, (25) to (28)",
    statement="The Lagrangian is strongly convex in a, b, with minimisers a = μ²/4, b = ν²/4 for all μ, ν.",
    recorded="refuted",
    draws=st.fixed_dictionaries(LOADS),
    subject=printed_minimiser,
    mutants=[Mutant("0 for μ < 0", lambda mu: printed_minimiser(mu.max(arb(0))))],
    tol=1e-12,
    tol_reason="relative to 1; ball arithmetic",
    explanation="a − μ √a is convex for μ ≥ 0 only, and never strongly: its curvature μ/(4 a^(3/2)) "
    "vanishes as a "
    "grows, and the Lagrangian is linear in x. For μ < 0 the least is 0 at a = 0, not at μ²/4.",
    corrected_by="AOI-SC.corrected",
)
@in_balls
def printed_minimisers(case: Case, subject: Callable[[Ball], tuple[Ball, Ball]]) -> Any:
    return least_of_slack(case, subject)


def least_of_slack(case: Case, subject: Callable[[Ball], tuple[Ball, Ball]]) -> Any:
    """Slack of 'the value is reached there, and nowhere less': also on a grid of a."""
    mu = case["price"]
    place, value = subject(mu)

    def lagrangian(a: Ball) -> Ball:
        return a - mu * a.sqrt()

    grid = [arb(0), place, *(case["unit"] * arb(k) / 4 for k in range(1, 9))]
    return smallest(
        agree(lagrangian(place), value, scale=1), *(at_most(value, lagrangian(a), scale=1) for a in grid)
    )


@claim(
    id="AOI-SC.corrected",
    source=f"correction of {PAPER}, (27), (28)",
    statement="The least of a − μ √a over a ≥ 0 is −μ²/4 at a = μ²/4 for μ ≥ 0, and 0 at a = 0 for μ < 0.",
    recorded="certified",
    draws=st.fixed_dictionaries(LOADS),
    subject=lambda mu: printed_minimiser(mu.max(arb(0))),
    mutants=[
        Mutant("for all μ, as printed", printed_minimiser),
        Mutant("μ/2 for μ²/4", lambda mu: (mu.max(arb(0)) / 2, -(mu.max(arb(0)) ** 2) / 4)),
        Mutant("−μ²/2", lambda mu: (mu.max(arb(0)) ** 2 / 4, -(mu.max(arb(0)) ** 2) / 2)),
    ],
    tol=1e-12,
    tol_reason="relative to 1; ball arithmetic",
)
@in_balls
def minimisers_of_slack(case: Case, subject: Callable[[Ball], tuple[Ball, Ball]]) -> Any:
    return least_of_slack(case, subject)


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
    d = data(case)
    best, g = optimum(d), value(d, case["mu"], case["nu"])
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


# ------------------------------------------------------------------------------------ gaps

Order = Callable[[Data, Association, Any, Any], tuple[Ball, Ball, Ball]]


def weak_duality(d: Data, x: Association, mu: Any, nu: Any) -> tuple[Ball, Ball, Ball]:
    return dual(d, mu, nu), optimum(d), p5(d, x)


@claim(
    id="AOI-S18",
    source=f"{PAPER}, supplement (S18)",
    statement="d ≤ f* ≤ f̂: the dual value, the optimum of P5, and the recovered association.",
    recorded="certified",
    draws=term_cases(**PRICED),
    subject=weak_duality,
    mutants=[
        Mutant("d without its squares", lambda d, x, mu, nu: (
            dual(d, mu, nu) + charges(d, mu, nu), optimum(d), p5(d, x))),
        Mutant("f̂ without its squares", lambda d, x, mu, nu: (
            dual(d, mu, nu), optimum(d), linear(d, x, d.c))),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    max_samples=120,
)  # fmt: skip
@in_balls
def order_of_values(case: Case, subject: Order) -> Any:
    d, mu, nu = data(case), case["mu"], case["nu"]
    x = answer(d, mu, nu)
    if x is None:
        return None
    low, best, high = subject(d, x, mu, nu)
    size = scale(low, best, high)
    return smallest(at_most(low, best, scale=size), at_most(best, high, scale=size))


def printed_gap(d: Data, x: Association, mu: Any, nu: Any) -> Ball:
    """Σ (√a − Δ¹)² + (√b − Δ²)² − Σ a − Σ b with √a = μ/2."""
    return squares(d, x, d.A, d.S) - charges(d, mu, nu)


def gap_slack(case: Case, subject: GapBound) -> Any:
    """Slack of 'f̂ − d is that'."""
    d, mu, nu = data(case), case["mu"], case["nu"]
    x = answer(d, mu, nu)
    if x is None:
        return None
    gap = p5(d, x) - dual(d, mu, nu)
    return agree(gap, subject(d, x, mu, nu), scale=scale(p5(d, x), dual(d, mu, nu), charges(d, mu, nu)))


@claim(
    id="AOI-S23",
    source=f"{PAPER}, supplement (S23)",
    statement="f̂ − d = Σ_j (√a − Δ¹)² + (√b − Δ²)² − Σ a − Σ b, Δ¹ = √a − Σ √A x, √a = μ/2.",
    recorded="refuted",
    draws=term_cases(**PRICED),
    subject=printed_gap,
    mutants=[Mutant("Σ (Δ¹)² + (Δ²)²", gap_bound)],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="The Lagrangian's own −2 √a (√a − Δ) is missing: what remains after it is Σ Δ², without the "
    "− 2 √a Δ that the printed line has beyond it. As printed the gap can be negative.",
    corrected_by="AOI-S23.corrected",
)
@in_balls
def printed_gap_identity(case: Case, subject: GapBound) -> Any:
    return gap_slack(case, subject)


def gap_proof() -> str:
    load_, mu, c = sp.symbols("L mu c", real=True)
    value, bound = load_**2 + c, -(mu**2) / 4 + mu * load_ + c
    vanishes(value - bound - (mu / 2 - load_) ** 2, "gap of one server and resource")
    return "L² + c − (−μ²/4 + μL + c) = (μ/2 − L)², L = Σ √A x, summed over servers and resources"


@claim(
    id="AOI-S23.corrected",
    source=f"correction of {PAPER}, supplement (S23)",
    statement="f̂ − d = Σ_j (Δ¹)² + (Δ²)² for the devices' answers at any prices μ, ν ≥ 0.",
    recorded="proved",
    draws=term_cases(**PRICED),
    subject=gap_bound,
    mutants=[
        Mutant("as printed", printed_gap),
        Mutant("half of it", lambda d, x, mu, nu: gap_bound(d, x, mu, nu) / 2),
        Mutant("μ for μ/2", lambda d, x, mu, nu: gap_bound(d, x, [2 * m for m in mu], nu)),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    proof=gap_proof,
    max_samples=120,
)
@in_balls
def gap_identity(case: Case, subject: GapBound) -> Any:
    return gap_slack(case, subject)


@claim(
    id="AOI-T1",
    source=f"{PAPER}, Theorem 1",
    statement="The recovered association costs O(Σ (Δ¹)² + (Δ²)²) more than the optimum: at most that, the "
    "constant "
    "being 1 for all instances.",
    recorded="certified",
    draws=term_cases(**PRICED),
    subject=gap_bound,
    mutants=[
        Mutant("the constant 1/10", lambda d, x, mu, nu: gap_bound(d, x, mu, nu) / 10),
        Mutant("Δ¹ only", lambda d, x, mu, nu: gap_bound(d, x, mu, [2 * load(d, x, j, d.S) for j in
                                                                      range(d.servers)])),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    max_samples=150,
)  # fmt: skip
@in_balls
def theorem_1(case: Case, subject: GapBound) -> Any:
    return within(case, subject)
