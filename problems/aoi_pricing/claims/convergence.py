"""How fast the prices of Algorithm 1 converge."""

import math
from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Mutant, at_most, claim
from mecopt.claims.exact import in_balls, vanishes

from .common import (
    PAPER,
    Ball,
    Case,
    answer,
    data,
    dual,
    scale,
    term_cases,
    total,
)
from .minimisers import no_less_than_best
from .updates import PRICED, SIZE, TWO_POINTS, slopes

HALVES = st.sampled_from([[0.05, 0.0], [0.5, 0.0], [5.0, 0.0]])
RUNS = st.one_of(
    term_cases(
        users=(1, 1),
        servers=(1, 1),
        **{name: st.just(1.0) for name in ("A", "S")},
        **{name: st.just(0.0) for name in ("s", "E_loc", "E_tx", "alpha")},
        D=st.sampled_from([0.1, 1.0, 10.0]),
        **{name: st.just([0.0, 0.0]) for name in ("mu", "nu")},
        **dict.fromkeys(("mu2", "nu2"), HALVES),
        T=st.integers(0, 3),
    ),
    term_cases(users=(1, 2), servers=(1, 1), **TWO_POINTS, T=st.integers(0, 12)),
)
"""A start, a point to compare with, and the number of steps."""

Bound = Callable[[Ball, Ball, int], Ball]


def squared(balls: list[Ball]) -> Ball:
    return total(b * b for b in balls)


class Run:
    """T + 1 iterates with the step of (S28) from a start, against a point p' that stands for the best prices.

    δ₁ bounds the squared slopes of the run (that of the start, raised until it holds with the step that
    it makes),
    δ₂ the squared distances to p' in μ and in ν.
    """

    def __init__(self, case: Case) -> None:
        self.d, self.T, self.n = data(case), round(float(case["T"].mid())), 1
        self.start = case["mu"][:1], case["nu"][:1]
        self.target = case["mu2"][:1], case["nu2"][:1]
        self.delta2 = squared_distance(self.start[0], self.target[0]).max(
            squared_distance(self.start[1], self.target[1])
        )
        self.values: list[Ball] = []
        self.delta1 = arb(1)
        first = answer(self.d, *self.start)
        if first is None:
            return
        self.delta1 = max(
            (squared(s) for s in slopes(self.d, first, *self.start)), key=lambda b: float(b.mid())
        )
        for _ in range(200):
            largest = self._go()
            if largest is None or largest <= self.delta1 or largest.overlaps(self.delta1):
                break
            self.delta1 = arb((largest * 1.001).mid())

    def _go(self) -> Ball | None:
        eta = (self.delta2 / ((self.T + 1) * self.delta1)).sqrt()
        mu, nu = list(self.start[0]), list(self.start[1])
        self.values, largest = [], arb(0)
        for _ in range(self.T + 1):
            x = answer(self.d, mu, nu)
            if x is None:
                self.values = []
                return None
            self.values.append(dual(self.d, mu, nu))
            up = slopes(self.d, x, mu, nu)
            largest = largest.max(squared(up[0])).max(squared(up[1]))
            mu = [arb((p + eta * s).mid()) for p, s in zip(mu, up[0], strict=True)]
            nu = [arb((p + eta * s).mid()) for p, s in zip(nu, up[1], strict=True)]
        return largest

    def shortfall(self) -> Ball:
        """g(p') less the best value of the run."""
        best = self.values[0]
        for value in self.values:
            best = best.max(value)
        return dual(self.d, *self.target) - best


def squared_distance(one: list[Ball], other: list[Ball]) -> Ball:
    return squared([a - b for a, b in zip(one, other, strict=True)])


def printed_rate(delta1: Ball, delta2: Ball, T: int) -> Ball:
    return (delta1 * delta2 / (T + 1)).sqrt()


def converges(case: Case, bound: Bound) -> Any:
    run = Run(case)
    if not run.values or run.delta2.is_zero() or run.delta1.is_zero():
        return None
    limit = bound(run.delta1, run.delta2, run.T)
    return at_most(run.shortfall(), limit, scale=scale(limit, *run.values))


@claim(
    id="AOI-S28",
    source=f"{PAPER}, supplement (S28)",
    statement="With the squared slopes in μ and in ν at most δ₁ each, the squared distances at most δ₂ "
    "each and "
    "η = √(δ₂/((T + 1) δ₁)), g* − max g ≤ √(δ₁ δ₂/(T + 1)).",
    recorded="refuted",
    draws=RUNS,
    subject=printed_rate,
    mutants=[Mutant("twice that", lambda a, b, T: 2 * printed_rate(a, b, T))],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="Slopes and distances in μ and in ν add up: (2 δ₂ + 2 δ₁ η² (T + 1))/(2 η (T + 1)) is "
    "twice the "
    "printed bound. It fails where both prices rise with g nearly straight.",
    corrected_by="AOI-S28.corrected",
    max_samples=200,
)
@in_balls
def printed_convergence(case: Case, subject: Bound) -> Any:
    return converges(case, subject)


def convergence_proof() -> str:
    a, b, n = sp.symbols("delta1 delta2 n", positive=True)
    eta = sp.sqrt(b / (n * a))
    vanishes((2 * b + 2 * a * eta**2 * n) / (2 * eta * n) - 2 * sp.sqrt(a * b / n), "bound at the step")
    return "(R² + G² η² n)/(2 η n) with R² = 2δ₂, G² = 2δ₁, n = T + 1 is 2 √(δ₁δ₂/n)"


@claim(
    id="AOI-S28.corrected",
    source=f"correction of {PAPER}, supplement (S28)",
    statement="Then g(p) − max g ≤ 2 √(δ₁ δ₂/(T + 1)) for every price p at these distances, the best one "
    "included.",
    recorded="proved",
    draws=RUNS,
    subject=lambda a, b, T: 2 * printed_rate(a, b, T),
    mutants=[
        Mutant("half of it, as printed", printed_rate),
        Mutant("T + 1 for its root", lambda a, b, T: 2 * (a * b).sqrt() / (T + 1) / 2),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    proof=convergence_proof,
    max_samples=120,
)
@in_balls
def convergence(case: Case, subject: Bound) -> Any:
    return converges(case, subject)


PRECISIONS = term_cases(users=(1, 2), servers=(1, 1), **PRICED, epsilon=st.sampled_from([0.5, 0.3, 1.0, 0.1]))

Steps = Callable[[float, float], int]


def enough(ratio: float, _: float) -> int:
    """Steps for a precision ε = √(δ₁ δ₂) ratio by (S28), corrected: T + 1 ≥ 4/ratio²."""
    return math.ceil(4 / ratio**2)


@claim(
    id="AOI-P1",
    source=f"{PAPER}, Proposition 1",
    statement="For every ε > 0 there are constant steps and a T in O(1/ε²) with g* − max g ≤ ε: T + 1 = 4 "
    "δ₁ δ₂/ε² "
    "will do.",
    recorded="certified",
    draws=PRECISIONS,
    subject=enough,
    mutants=[
        Mutant("one step", lambda ratio, _: 1),
        Mutant("one step on the band's price only", lambda ratio, _: -1),
        Mutant("steps on the band's price only", lambda ratio, _: -enough(ratio, _)),
    ],
    tol=1e-12,
    tol_reason="relative to ε; ball arithmetic",
    max_samples=60,
)
@in_balls
def proposition_1(case: Case, subject: Steps) -> Any:
    """ε is given relative to √(δ₁ δ₂); g* is bounded from above by the relaxation of P5."""
    d = data(case)
    ratio = float(case["epsilon"].mid())
    count = subject(ratio, 0.0)
    reach = [2 * total(w[i, 0].sqrt() for i in range(d.users)) for w in (d.A, d.S)]
    start = [p.min(r) for p, r in zip((case["mu"][0], case["nu"][0]), reach, strict=True)]
    delta2 = (reach[0] ** 2).max(reach[1] ** 2)  # the best prices lie in [0, reach], as the start does
    delta1 = delta2 / 4  # |load − p/2| is at most reach/2
    eta = (delta2 / (abs(count) * delta1)).sqrt().min(arb(2))
    best, p = None, start
    for _ in range(abs(count)):
        x = answer(d, [p[0]], [p[1]])
        if x is None:
            return None
        value = dual(d, [p[0]], [p[1]])
        best = value if best is None else best.max(value)
        up = slopes(d, x, [p[0]], [p[1]])
        p = [arb((p[0] + eta * up[0][0]).mid()), arb((p[1] + (eta if count > 0 else 0) * up[1][0]).mid())]
    epsilon = ratio * (delta1 * delta2).sqrt()
    return at_most(no_less_than_best(d) - best, epsilon, scale=epsilon)
