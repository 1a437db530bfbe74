"""Models whose optimum is known by hand."""

from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np


@dataclass(frozen=True)
class Known:
    """A model, its optimal value, point and multipliers (by constraint number)."""

    name: str
    problem: Any
    value: float
    x: dict[str, Any]
    multipliers: dict[int, Any]

    def __str__(self) -> str:
        return self.name


def linear() -> Known:
    """min x0 + 2 x1, x >= 0, x0 + x1 >= 3: all on x0."""
    x = cp.Variable(2, name="x")
    problem = cp.Problem(cp.Minimize(x[0] + 2 * x[1]), [x >= 0, cp.sum(x) >= 3])
    return Known("linear", problem, 3.0, {"x": [3.0, 0.0]}, {0: [0.0, 1.0], 1: 1.0})


def water() -> Known:
    """max log(1 + x0) + log(2 + x1), x0 + x1 == 5, x >= 0: both logs of 4, price 1/4 (nu = 1/4)."""
    x = cp.Variable(2, name="x", nonneg=True)
    total = cp.sum(x) == 5
    problem = cp.Problem(cp.Maximize(cp.log(1 + x[0]) + cp.log(2 + x[1])), [total])
    return Known("water", problem, 2 * np.log(4.0), {"x": [3.0, 2.0]}, {0: 0.25})


def ball() -> Known:
    """min 3 x + 4 y in the unit ball: -5 at -(3, 4)/5; multiplier 5 of the norm."""
    x = cp.Variable(2, name="x")
    problem = cp.Problem(cp.Minimize(np.array([3.0, 4.0]) @ x), [cp.norm(x) <= 1])
    return Known("ball", problem, -5.0, {"x": [-0.6, -0.8]}, {0: 5.0})


def cone() -> Known:
    """The same with the cone written out; its multiplier is (5, 3, 4)."""
    x = cp.Variable(2, name="x")
    problem = cp.Problem(cp.Minimize(np.array([3.0, 4.0]) @ x), [cp.SOC(cp.Constant(1.0), x)])
    return Known("cone", problem, -5.0, {"x": [-0.6, -0.8]}, {0: [[5.0], [[3.0], [4.0]]]})


def exponential() -> Known:
    """min exp(x) + exp(-2 x) over |x| <= 4: x = ln(2)/3, value (3/2) 2^(1/3)."""
    x = cp.Variable(name="x", bounds=[-4, 4])
    problem = cp.Problem(cp.Minimize(cp.exp(x) + cp.exp(-2 * x)))
    return Known("exponential", problem, 1.5 * 2 ** (1 / 3), {"x": np.log(2) / 3}, {})


def exponential_cone() -> Known:
    """min z with (x, 1, z) in the exponential cone, x == 1: z = e, multiplier (-e, 0, 1) and nu = -e."""
    x, z = cp.Variable(name="x"), cp.Variable(name="z")
    rows = [cp.ExpCone(x, cp.Constant(1.0), z), x == 1]
    return Known(
        "exponential cone",
        cp.Problem(cp.Minimize(z), rows),
        float(np.e),
        {"x": 1.0, "z": float(np.e)},
        {0: [[-np.e], [0.0], [1.0]], 1: -float(np.e)},
    )


def quadratic() -> Known:
    """min sum of squares of a symmetric 2 x 2 matrix with corner entry 1: 2, nu = -4."""
    X = cp.Variable((2, 2), name="X", symmetric=True)
    problem = cp.Problem(cp.Minimize(cp.sum_squares(X)), [X[0, 1] == 1])
    return Known("symmetric", problem, 2.0, {"X": [[0.0, 1.0], [1.0, 0.0]]}, {0: -4.0})


KNOWN = [linear, water, ball, cone, exponential, exponential_cone, quadratic]
