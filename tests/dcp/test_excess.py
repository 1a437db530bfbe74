"""Proved intervals: of the optimum, and of a point's distance from it."""

from collections.abc import Callable

import cvxpy as cp
import numpy as np
import pytest

from mecopt.claims import Interval
from mecopt.dcp import excess, optimality, optimum
from tests.dcp.models import KNOWN, Known, ball, linear, water


@pytest.mark.parametrize("make", KNOWN, ids=lambda make: make.__name__)
def test_the_optimum_is_enclosed(make: Callable[[], Known]) -> None:
    known = make()
    low, high = optimum(known.problem)
    rounding = 4e-16 * abs(known.value)  # of the value known by hand
    assert low - rounding <= known.value <= high + rounding
    assert high - low <= 1e-7 * abs(known.value)
    low, high = excess(known.problem, known.x)
    assert 0 <= low <= high <= 1e-7


@pytest.mark.parametrize(
    ("make", "x", "expected"),
    [
        (linear, [3.0, 0.5], 1.0 / 4.0),
        (ball, [-0.5, -0.5], 1.5 / 3.5),
        (water, [2.0, 3.0], np.log(16 / 15) / np.log(15)),
    ],
)
def test_the_excess_of_worse_points(make: Callable[[], Known], x: list[float], expected: float) -> None:
    low, high = excess(make().problem, {"x": x})
    assert low <= expected <= high
    assert high - low <= 1e-6
    slack = optimality(make().problem, {"x": x})
    assert isinstance(slack, Interval)
    assert slack == Interval(-high, -low)


def test_a_missed_constraint_is_no_proof() -> None:
    slack = optimality(linear().problem, {"x": [1.5, 0.0]})
    assert slack == pytest.approx(-0.5)
    assert not isinstance(slack, Interval)


def test_nothing_known_is_nan() -> None:
    x = cp.Variable(name="x")
    assert np.isnan(optimality(cp.Problem(cp.Minimize(x), [x <= 1]), {"x": 0.0}))
