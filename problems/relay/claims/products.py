"""Section III: products in place of quotients, and their convex majorants."""

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades

from .common import EXACT, EXACT_REASON, PAPER, Case, vanishes

Ball = Any
POSITIVE = decades(1e-3, 1e3)
POINTS = st.fixed_dictionaries(
    {"u": POSITIVE, "v": POSITIVE, "u0": POSITIVE, "v0": POSITIVE, "balance": decades(0.01, 100)}
)


def square_sum(u: Ball, v: Ball, c2: Ball) -> Ball:
    """(c u + v/c)^2, from c^2."""
    return c2 * u * u + 2 * u * v + v * v / c2


def above(u: Ball, v: Ball, u0: Ball, v0: Ball, c2: Ball) -> Ball:
    """Majorant of u v."""
    return square_sum(u, v, c2) / 2 + c2 * u0 * u0 / 2 + v0 * v0 / c2 / 2 - c2 * u0 * u - v0 * v / c2


def below(u: Ball, v: Ball, u0: Ball, v0: Ball, c2: Ball) -> Ball:
    """Minorant of u v: the first square linearised."""
    first = c2 * u0 * u + u0 * v + v0 * u + v0 * v / c2  # (c u0 + v0/c)(c u + v/c)
    return first - square_sum(u0, v0, c2) / 2 - c2 * u * u / 2 - v * v / c2 / 2


def _read(case: Case) -> tuple[Ball, ...]:
    u, v, u0, v0 = (arb(case[k]) for k in ("u", "v", "u0", "v0"))
    return u, v, u0, v0, arb(case["balance"]) * v0 / u0


def _gradient(f: Callable[..., Ball], u0: Ball, v0: Ball, c2: Ball) -> tuple[Ball, Ball]:
    """Slopes at (u0, v0) of a quadratic: central differences are exact."""
    return (
        (f(2 * u0, v0, u0, v0, c2) - f(0 * u0, v0, u0, v0, c2)) / (2 * u0),
        (f(u0, 2 * v0, u0, v0, c2) - f(u0, 0 * v0, u0, v0, c2)) / (2 * v0),
    )


def majorant(case: Case, f: Callable[..., Ball], sign: int) -> Interval:
    """Slack of 'f is tight at the point with equal gradient, and on the right side elsewhere'."""
    with ball_arithmetic():
        u, v, u0, v0, c2 = _read(case)
        scale = square_sum(u, v, c2) + square_sum(u0, v0, c2)
        side = sign * (f(u, v, u0, v0, c2) - u * v) / scale
        tight = -abs(f(u0, v0, u0, v0, c2) - u0 * v0) / (u0 * v0)
        gu, gv = _gradient(f, u0, v0, c2)
        slopes = -abs(gu - v0) / v0, -abs(gv - u0) / u0
        return Interval.from_arb(min((side, tight, *slopes), key=lambda b: float(b.mid())))


def gap_is_a_square() -> str:
    """above - u v and u v - below are half of squares."""
    u, v, u0, v0, k = sp.symbols("u v u0 v0 k", positive=True)
    vanishes(above(u, v, u0, v0, k) - u * v - (k * (u - u0) ** 2 + (v - v0) ** 2 / k) / 2, "majorant")
    c = sp.symbols("c", positive=True)
    vanishes(u * v - below(u, v, u0, v0, c**2) - (c * (u - u0) + (v - v0) / c) ** 2 / 2, "minorant")
    return (
        "majorant - u v = (c^2 (u - u0)^2 + (v - v0)^2/c^2)/2 and u v - minorant = "
        "(c (u - u0) + (v - v0)/c)^2/2"
    )


@claim(
    id="RACO-E23",
    source=f"{PAPER}, (23)",
    statement="(23), products in the objective replaced by (c u + v/c)²/2 less linearised squares, is an "
    "upper bound "
    "of the objective of P2 with the same value and gradient at the current point.",
    recorded="proved",
    draws=POINTS,
    subject=above,
    mutants=[
        Mutant("a sign", lambda u, v, u0, v0, k: above(u, v, u0, v0, k) + 2 * v0 * v / k),
        Mutant("no half of the constant", lambda u, v, u0, v0, k: above(u, v, u0, v0, k) + k * u0 * u0 / 2),
        Mutant("squares not subtracted", lambda u, v, u0, v0, k: square_sum(u, v, k) / 2),
    ],
    tol=EXACT,
    tol_reason="relative to the squares that cancel",
    proof=gap_is_a_square,
)
def objective_is_majorised(case: Case, f: Callable[..., Ball]) -> Interval:
    return majorant(case, f, 1)


@claim(
    id="RACO-E26",
    source=f"{PAPER}, (26)",
    statement="A product constraint x ≤ u v equals its difference-of-convex form, u v = ((c u + v/c)² − "
    "c² u² − v²/c²)/2.",
    recorded="proved",
    draws=POINTS,
    subject=lambda u, v, k: (square_sum(u, v, k) - k * u * u - v * v / k) / 2,
    mutants=[
        Mutant("without the half", lambda u, v, k: square_sum(u, v, k) - k * u * u - v * v / k),
        Mutant("c in place of c²", lambda u, v, k: (square_sum(u, v, k) - k * k * u * u - v * v / k) / 2),
    ],
    tol=EXACT,
    tol_reason=EXACT_REASON,
    proof=gap_is_a_square,
)
def product_is_a_difference(case: Case, f: Callable[..., Ball]) -> Interval:
    with ball_arithmetic():
        u, v, _, _, k = _read(case)
        return Interval.from_arb(-abs(f(u, v, k) - u * v) / square_sum(u, v, k))


@claim(
    id="RACO-E27",
    source=f"{PAPER}, (27)",
    statement="The linearised constraint x ≤ (27) is convex, its feasible set lies in the original one "
    "and contains "
    "the current point.",
    recorded="proved",
    draws=POINTS,
    subject=below,
    mutants=[
        Mutant(
            "a whole square subtracted",
            lambda u, v, u0, v0, k: below(u, v, u0, v0, k) - square_sum(u0, v0, k) / 2,
        ),
        Mutant("the second squares linearised too", lambda u, v, u0, v0, k: u0 * v + v0 * u - u0 * v0),
        Mutant("nothing linearised", lambda u, v, u0, v0, k: u * v),
    ],
    tol=EXACT,
    tol_reason="relative to the squares that cancel",
    proof=gap_is_a_square,
)
def product_is_minorised(case: Case, f: Callable[..., Ball]) -> Interval:
    """Inner, tight, and concave: its middle value is at least the mean of two."""
    with ball_arithmetic():
        u, v, u0, v0, k = _read(case)
        # along u - v the product itself is convex: a bound that is concave in every direction must bend there
        a, b = (u + 1 / k, arb(0)), (arb(0), k * v + 1)
        mean = (f(*a, u0, v0, k) + f(*b, u0, v0, k)) / 2
        middle = f((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, u0, v0, k)
        scale = square_sum(*a, k) + square_sum(*b, k) + square_sum(u0, v0, k)
        same = ((a[0] + u0, a[1]), (u0, a[1]))  # and along u alone
        mean_u = (f(*same[0], u0, v0, k) + f(*same[1], u0, v0, k)) / 2
        strict = f(u0 + a[0] / 2, a[1], u0, v0, k) - mean_u - k * a[0] ** 2 / 16
        concave = min(((middle - mean) / scale, strict / scale), key=lambda x: float(x.mid()))
    inner = majorant(case, f, -1)
    at = Interval.from_arb(concave)
    return inner if inner.lo < at.lo else at
