"""Lemma 1 and the product rules of [24]."""

from collections.abc import Callable
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades

from . import proofs
from .common import EXACT, PAPER, Case
from .products import POSITIVE

Ball = Any

# ------------------------------------------------------------------------------- Lemma 1

FUNCTIONS = st.fixed_dictionaries(
    {
        "a": decades(1e-2, 1e2, special=[0.0]),
        "b": decades(1e-2, 1e2, special=[0.0]),
        "c": decades(1e-2, 1e2, special=[0.0]),
    }
)
LEMMA = st.fixed_dictionaries(
    {
        "f1": FUNCTIONS,
        "f2": FUNCTIONS,
        **dict.fromkeys(("x1", "x2", "y1", "y2", "z1", "z2"), decades(1e-2, 1e2, special=[0.0])),
    }
)


def f(q: Case, x: Ball) -> Ball:
    """a + b x + c x^2: convex and non-negative for x >= 0."""
    return arb(q["a"]) + arb(q["b"]) * x + arb(q["c"]) * x * x


def df(q: Case, x: Ball) -> Ball:
    return arb(q["b"]) + 2 * arb(q["c"]) * x


Pair = tuple[Ball, Ball]


def product_rule(q: Case, x: Pair, y: Pair) -> Ball:
    """(22), the product rule of [24]."""
    lines = [
        f(g, b) ** 2 / 2 + f(g, b) * df(g, b) * (a - b)
        for g, a, b in zip((q["f1"], q["f2"]), x, y, strict=True)
    ]
    return (f(q["f1"], x[0]) + f(q["f2"], x[1])) ** 2 / 2 - sum(lines, arb(0))


def product(q: Case, x: Pair) -> Ball:
    return f(q["f1"], x[0]) * f(q["f2"], x[1])


def _pairs(case: Case) -> tuple[Pair, Pair, Pair]:
    x, y, z = ((arb(case[f"{k}1"]), arb(case[f"{k}2"])) for k in "xyz")
    return x, y, z


def _scale(q: Case, *points: Pair) -> Ball:
    total = sum(((f(q["f1"], p[0]) + f(q["f2"], p[1])) ** 2 for p in points), arb(0))
    return total if total > 0 else arb(1)


@claim(
    id="RACO-L1",
    source=f"{PAPER}, Lemma 1, (22)",
    statement="For F = f₁(x₁) f₂(x₂), both convex and non-negative, the approximation (22) at y is "
    "convex, at least F, "
    "and has the value and the gradient of F at y (tested on quadratics with non-negative coefficients, "
    "x ≥ 0).",
    recorded="proved",
    draws=LEMMA,
    subject=product_rule,
    mutants=[
        Mutant(
            "a sign",
            lambda q, x, y: product_rule(q, x, y) + 2 * f(q["f1"], y[0]) * df(q["f1"], y[0]) * (x[0] - y[0]),
        ),
        Mutant("squares without halves", lambda q, x, y: product_rule(q, x, y) - f(q["f1"], y[0]) ** 2 / 2),
        Mutant("F itself", lambda q, x, y: product(q, x)),
    ],
    tol=EXACT,
    tol_reason="relative to the squares that cancel",
    proof=proofs.squares_majorise,
)
def lemma_1(case: Case, rule: Callable[..., Ball]) -> Interval:
    with ball_arithmetic():
        x, y, z = _pairs(case)
        scale = _scale(case, x, y, z)
        middle = ((x[0] + z[0]) / 2, (x[1] + z[1]) / 2)
        convex = (rule(case, x, y) + rule(case, z, y)) / 2 - rule(case, middle, y)
        upper = rule(case, x, y) - product(case, x)
        tight = -abs(rule(case, y, y) - product(case, y))
        return Interval.from_arb(min((convex, upper, tight), key=lambda b: float(b.mid())) / scale)


STRONG = st.fixed_dictionaries(
    {"modulus": decades(1e-6, 1e2), "x1": POSITIVE, "x2": POSITIVE, "step": POSITIVE}
)


def curvature_gap(case: Case, extra: Ball) -> Interval:
    """Mean - middle - m |x - z|^2/8 of (22) for f1 = x1, f2 = x2 plus extra |x|^2/2, along (1, -1)."""
    with ball_arithmetic():
        m, t = arb(case["modulus"]), arb(case["step"])

        def surrogate(a: Ball, b: Ball) -> Ball:
            return (a + b) ** 2 / 2 + extra * m * (a * a + b * b) / 2

        a, b = arb(case["x1"]), arb(case["x2"])
        mean = (surrogate(a + t, b) + surrogate(a, b + t)) / 2
        square = m * 2 * t * t / 8
        return Interval.from_arb((mean - surrogate(a + t / 2, b + t / 2) - square) / square)


@claim(
    id="RACO-L1b",
    source=f"{PAPER}, after Lemma 1",
    statement="The approximation (22) is strongly convex, as CCCP requires (tested with f₁ = x₁, f₂ = x₂ "
    "for a given modulus).",
    recorded="refuted",
    draws=STRONG,
    subject=0,
    mutants=[Mutant("a quadratic added", 1), Mutant("twice the quadratic", 2)],
    tol=EXACT,
    tol_reason="relative to the curvature asked for",
    explanation="For f₁ = x₁, f₂ = x₂ the approximation is (x₁ + x₂)²/2 and a line: flat along x₁ − x₂, "
    "so no modulus above 0 "
    "will do. CCCP does not need one.",
    corrected_by="RACO-L1b.corrected",
)
def strongly_convex(case: Case, extra: int) -> Interval:
    return curvature_gap(case, arb(extra))


@claim(
    id="RACO-L1b.corrected",
    source=f"correction of {PAPER}, after Lemma 1",
    statement="(22) plus (m/2)|x − y|² is strongly convex with modulus m and still an upper bound, tight "
    "with equal gradient: "
    "descent needs no more than the bound.",
    recorded="proved",
    draws=STRONG,
    subject=1,
    mutants=[Mutant("half the quadratic", arb(0.5)), Mutant("none", 0)],
    tol=EXACT,
    tol_reason="relative to the curvature asked for",
    proof=proofs.quadratic_bends,
)
def strongly_convex_with_a_quadratic(case: Case, extra: Any) -> Interval:
    return curvature_gap(case, arb(extra))


AFFINE = st.fixed_dictionaries(
    {
        **dict.fromkeys(("a1", "a2"), decades(1e-2, 1e2, special=[0.0])),
        **dict.fromkeys(("b1", "b2"), decades(1e-2, 1e2)),
        **dict.fromkeys(("x1", "x2", "y1", "y2"), decades(1e-2, 1e2, special=[0.0])),
        "times": decades(1, 100),
    }
)


def other_rule(case: Case, constant: int, steep: Ball) -> Interval:
    """f1(x1) f2(y2) + f1(y1) f2(x2) - constant f1(y1) f2(y2) + tau |x - y|^2/2 against f1 f2 for affine f."""
    with ball_arithmetic():
        v = {k: arb(x) for k, x in case.items()}

        def f1(t: Ball) -> Ball:
            return v["a1"] + v["b1"] * t

        def f2(t: Ball) -> Ball:
            return v["a2"] + v["b2"] * t

        tau = v["times"] * v["b1"] * v["b2"] * steep
        x, y = (v["x1"], v["x2"]), (v["y1"], v["y2"])

        def rule(p: Pair) -> Ball:
            far = (p[0] - y[0]) ** 2 + (p[1] - y[1]) ** 2
            return f1(p[0]) * f2(y[1]) + f1(y[0]) * f2(p[1]) - constant * f1(y[0]) * f2(y[1]) + tau * far / 2

        scale = (
            f1(x[0]) * f2(x[1]) + f1(y[0]) * f2(y[1]) + tau * ((x[0] - y[0]) ** 2 + (x[1] - y[1]) ** 2) / 2
        )
        if not scale > 0:
            return Interval(0.0, 0.0)  # nothing but zeros
        upper = rule(x) - f1(x[0]) * f2(x[1])
        tight = -abs(rule(y) - f1(y[0]) * f2(y[1]))
        return Interval.from_arb(min((upper, tight), key=lambda b: float(b.mid())) / scale)


@claim(
    id="RACO-L1c",
    source=f"{PAPER}, the other product rule of [24]",
    statement="f₁(x₁) f₂(y₂) + f₁(y₁) f₂(x₂) + (τ/2)|x − y|² is an upper bound of f₁ f₂, tight at y "
    "(tested on affine f ≥ 0 "
    "and τ at least the product of their slopes).",
    recorded="refuted",
    draws=AFFINE,
    subject=(0, 1),
    mutants=[Mutant("less f₁(y₁) f₂(y₂)", (1, 1)), Mutant("less f₁(y₁) f₂(y₂), larger τ", (1, 2))],
    tol=EXACT,
    tol_reason="relative to the products",
    explanation="At x = y the rule gives 2 f₁(y₁) f₂(y₂), twice the product: tight only where the "
    "product is zero.",
    corrected_by="RACO-L1c.corrected",
)
def other_product_rule(case: Case, subject: tuple[int, int]) -> Interval:
    return other_rule(case, subject[0], arb(subject[1]))


@claim(
    id="RACO-L1c.corrected",
    source=f"correction of {PAPER}, the other product rule",
    statement="f₁(x₁) f₂(y₂) + f₁(y₁) f₂(x₂) − f₁(y₁) f₂(y₂) + (τ/2)|x − y|² is tight at y, and an upper "
    "bound of f₁ f₂ once τ is at "
    "least the product of the Lipschitz constants.",
    recorded="proved",
    draws=AFFINE,
    subject=(1, 1.0),
    mutants=[
        Mutant("half the τ", (1, 0.5 / 100)),
        Mutant("without the constant", (0, 1.0)),
        Mutant("twice the constant", (2, 1.0)),
    ],
    tol=EXACT,
    tol_reason="relative to the products",
    proof=proofs.slopes_majorise,
)
def other_product_rule_made_tight(case: Case, subject: tuple[int, float]) -> Interval:
    return other_rule(case, subject[0], arb(subject[1]))
