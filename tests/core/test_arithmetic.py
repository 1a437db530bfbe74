"""One text, two arithmetics: balls enclose, ends are rounded outwards, precision is restored."""

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from mecopt.arithmetic import FLOAT, PRECISION, ball_arithmetic, lower, upper

quick = settings(max_examples=200, deadline=None, derandomize=True, database=None)
doubles = st.floats(allow_nan=False, allow_infinity=False)
moderate = st.floats(-300, 300)


def exact(x: float) -> Fraction:
    return Fraction(x)


@quick
@given(doubles, st.integers(1, 10**6), st.integers(1, 10**6))
def test_ends_are_outside_and_tight(x: float, p: int, q: int) -> None:
    with ctx.workprec(PRECISION):
        value = arb(fmpq(*Fraction(x).as_integer_ratio())) * p / q
    low, high = lower(value), upper(value)
    true = Fraction(x) * p / q
    assert low == -math.inf or exact(low) <= true
    assert high == math.inf or true <= exact(high)
    if abs(true) < Fraction(1.7e308):
        # one rounding each way; the ball itself is far thinner than a double
        assert high <= np.nextafter(np.nextafter(low, np.inf), np.inf)


@quick
@given(doubles)
def test_a_double_is_its_own_end(x: float) -> None:
    assert lower(arb(x)) == x == upper(arb(x))


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "0 +/- inf"])
def test_what_is_not_finite_bounds_nothing(text: str) -> None:
    assert lower(arb(text)) == -np.inf
    assert upper(arb(text)) == np.inf


def test_beyond_the_range_of_doubles() -> None:
    huge, tiny = arb(10) ** 400, arb(10) ** -400
    assert (lower(huge), upper(huge)) == (np.finfo(float).max, np.inf)
    assert (lower(-huge), upper(-huge)) == (-np.inf, -np.finfo(float).max)
    assert (lower(tiny), upper(tiny)) == (0.0, 5e-324)
    assert (lower(-tiny), upper(-tiny)) == (-5e-324, 0.0)


def test_precision_is_restored() -> None:
    before = ctx.prec
    with ball_arithmetic():
        assert ctx.prec == PRECISION
    assert ctx.prec == before
    with pytest.raises(RuntimeError, match="inside"), ball_arithmetic():
        raise RuntimeError("inside")
    assert ctx.prec == before


def encloses(ball: Any, true: mpmath.mpf) -> bool:
    """Whether the ball holds a number known to 100 digits."""
    low, high = (mpmath.mpf(end.str(120, radius=False)) for end in (ball.lower(), ball.upper()))
    slack = abs(true) * mpmath.mpf(10) ** -90 + mpmath.mpf(10) ** -400
    return bool(low - slack <= true <= high + slack)


@quick
@given(moderate, moderate)
def test_balls_enclose_what_mpmath_finds(x: float, y: float) -> None:
    with mpmath.workdps(100), ball_arithmetic() as ops:
        a, b = ops.number(np.array([x])), ops.number(np.array([y]))
        X, Y = mpmath.mpf(x), mpmath.mpf(y)
        found = [  # ball, truth, size of what was added up to reach it
            (ops.exp(a)[0], mpmath.exp(X), mpmath.exp(X)),
            (ops.expm1(a)[0], mpmath.expm1(X), abs(mpmath.expm1(X))),
            (ops.log(abs(a) + 1)[0], mpmath.log(abs(X) + 1), 1 + abs(X)),
            (ops.maximum(a, b)[0], max(X, Y), abs(X) + abs(Y)),
            (ops.minimum(a, b)[0], min(X, Y), abs(X) + abs(Y)),
            (ops.sum(a * b - b), X * Y - Y, abs(X * Y) + abs(Y)),
            (ops.ln2, mpmath.log(2), 1),
        ]
        for ball, true, scale in found:
            assert encloses(ball, true)
            assert float(ball.rad()) <= 1e-44 * scale  # 160 bits, a dozen of them for rounding


def test_the_enclosure_check_can_fail() -> None:
    with mpmath.workdps(100), ball_arithmetic() as ops:
        assert not encloses(ops.exp(ops.number(np.array([1.0])))[0], mpmath.e * (1 + mpmath.mpf(10) ** -45))


def test_both_arithmetics_agree_on_arrays() -> None:
    a = np.array([[0.0, 0.5, 3.0], [1e-9, 2.0, -1.0]])
    b = np.array([[0.25], [2.0]])
    mask = a > 0.4

    def formula(ops: Any) -> Any:
        x, y = ops.number(a), ops.number(b)
        z = ops.where(mask, ops.expm1(ops.maximum(x, y)), ops.exp(ops.minimum(x, y)) * ops.ln2)
        return ops.sum(z + ops.log(y)) - ops.largest(z)

    with ball_arithmetic() as ops:
        balls = formula(ops)
    floats = formula(FLOAT)
    assert floats.shape == (2,) == balls.shape
    assert [float(ball) for ball in balls] == pytest.approx(floats, rel=1e-14)  # a few roundings


def test_zero_is_certain_and_centres_are_exact() -> None:
    with ball_arithmetic() as ops:
        x = np.array([arb(0), arb(0, 1e-30), arb(1e-300), -arb(0)], dtype=object)
        assert ops.is_zero(x).tolist() == [True, False, False, True]
        middle = ops.centre(np.array([arb(2, 0.5)], dtype=object))[0]
        assert middle.is_exact()
        assert middle == 2
    assert FLOAT.is_zero(np.array([0.0, -0.0, 5e-324])).tolist() == [True, True, False]


def test_empty_and_single_sums() -> None:
    with ball_arithmetic() as ops:
        assert ops.sum(ops.number(np.zeros((2, 0)))).tolist() == [0, 0]
        assert ops.sum(ops.number(np.array([1.5]))) == 1.5
    assert FLOAT.sum(np.zeros((2, 0))).tolist() == [0.0, 0.0]
