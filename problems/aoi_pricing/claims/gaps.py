"""What a recovered association is worth: gaps between costs and the dual value."""

from collections.abc import Callable
from typing import Any

import sympy as sp

from mecopt.claims import Mutant, agree, at_most, claim, smallest
from mecopt.claims.exact import in_balls, vanishes

from .common import (
    PAPER,
    Association,
    Ball,
    Case,
    Data,
    answer,
    charges,
    data,
    dual,
    linear,
    load,
    p5,
    scale,
    squares,
    term_cases,
)
from .minimisers import PRICED, SIZE, GapBound, gap_bound, optimum, within

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
        Mutant("the constant 1/2", lambda d, x, mu, nu: gap_bound(d, x, mu, nu) / 2),
        Mutant("Δ² only", lambda d, x, mu, nu: gap_bound(d, x, [2 * load(d, x, j, d.A) for j in
                                                                range(d.servers)], nu)),
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
