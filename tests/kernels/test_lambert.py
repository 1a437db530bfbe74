"""y(x) = 1 + W0((x - 1)/e): to the last places, everywhere, whatever stands next to it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from mecopt.kernels import lambert
from mecopt.kernels.lambert import lambert_argument, lambert_exponent, lambert_slope
from tests.kernels import exact

ROOT = Path(__file__).parents[2]

BOUND = 3.0
"""ulp on the fixed sweeps; 2.8 is the largest seen in two million comparisons."""

PROMISE = 4.0
"""ulp for whatever Hypothesis thinks of: the stated accuracy."""


def neighbourhood(x: float, count: int = 150) -> np.ndarray:
    """The doubles around x."""
    return x + np.arange(-count, count + 1) * np.spacing(x)


def sweep(seed: int, per_decade: int) -> np.ndarray:
    """Log-uniform over 600 decades, more in the twelve where the formulas change, and their seams."""
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [
            10 ** rng.uniform(-300, 300, 600 * per_decade),
            10 ** rng.uniform(-8, 4, 200 * per_decade),
            rng.uniform(0.5, 2.0, 200 * per_decade),
            neighbourhood(1.0),
            neighbourhood(lambert.SPLIT),
        ]
    )


def test_against_arb():
    x = sweep(seed=0, per_decade=30)
    assert exact.ulps(lambert_exponent(x), exact.exponent, x) <= BOUND


def test_defining_equation_changes_sign_within_the_bound():
    """(y - 1) e^y + 1 - x is increasing in y: its signs at the neighbours enclose y without any Lambert W."""
    x = sweep(seed=1, per_decade=30)
    y = lambert_exponent(x)
    low, high = y - BOUND * np.spacing(y), y + BOUND * np.spacing(y)
    for xi, lo, hi in zip(x.tolist(), low.tolist(), high.tolist(), strict=True):
        assert exact.argument(lo) < arb(xi) < exact.argument(hi), xi


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_any_positive_double(x):
    assert exact.ulps([lambert_exponent(x)], exact.exponent, [x]) <= PROMISE


def test_subnormals():
    x = np.concatenate([np.arange(1, 40) * 5e-324, 10 ** np.linspace(-323, -300, 100)])
    assert exact.ulps(lambert_exponent(x), exact.exponent, x) <= BOUND


@given(st.floats(0, 1e308), st.floats(0, 1e308))
def test_order_is_kept(a, b):
    low, high = lambert_exponent(min(a, b)), lambert_exponent(max(a, b))
    assert low <= high + 2 * PROMISE * np.spacing(high)


def test_ends_and_outside():
    x = np.array([0.0, -0.0, np.inf, np.nan, -1e-320, -1.0, -np.inf])
    y = lambert_exponent(x)
    np.testing.assert_array_equal(y, [0.0, 0.0, np.inf, *[np.nan] * 4])
    assert not np.signbit(y[:2]).any(), "a zero price must give a positive infinite airtime"
    assert lambert_exponent(1.0) == 1.0
    largest = np.finfo(float).max
    assert exact.ulps([lambert_exponent(largest)], exact.exponent, [largest]) <= BOUND


def test_quiet_even_where_numpy_is_told_to_raise():
    ends = [0.0, 5e-324, 1e-310, np.finfo(float).max, np.inf, np.nan, -1.0]
    x = np.concatenate([sweep(seed=2, per_decade=1), ends])
    with np.errstate(all="raise"):
        y = lambert_exponent(x)
        lambert_slope(y)
        lambert_argument(np.concatenate([y, [0.0, 1e3, 1e308]]))


@pytest.mark.parametrize("size", [*range(1, 20), 64, 65, 1000, lambert.BLOCK + 7])
def test_place_in_the_array_does_not_matter(size):
    rng = np.random.default_rng(size)
    x = 10 ** rng.uniform(-3, 3, size)
    y = lambert_exponent(x)
    order = rng.permutation(size)
    np.testing.assert_array_equal(lambert_exponent(x[order]), y[order])
    np.testing.assert_array_equal(lambert_exponent(x[::2]), y[::2])
    np.testing.assert_array_equal(lambert_exponent(x[::-3]), y[::-3])
    np.testing.assert_array_equal(lambert_exponent(x[1:]), y[1:])
    few = rng.integers(size, size=30)
    np.testing.assert_array_equal([lambert_exponent(v) for v in x[few]], y[few])


def test_shapes_and_types():
    x = 10 ** np.random.default_rng(0).uniform(-9, 9, (5, 4, 3))
    y = lambert_exponent(x)
    assert y.shape == x.shape
    np.testing.assert_array_equal(lambert_exponent(x.T), y.T)
    np.testing.assert_array_equal(lambert_exponent(np.asfortranarray(x)), y)
    assert lambert_exponent(np.zeros((0, 3))).shape == (0, 3)
    for scalar in (2, 2.0, np.float64(2), np.array(2.0)):
        assert isinstance(lambert_exponent(scalar), np.float64)
        assert isinstance(lambert_slope(scalar), np.float64)
        assert isinstance(lambert_argument(scalar), np.float64)
    before = x.copy()
    lambert_exponent(x)
    np.testing.assert_array_equal(x, before)


def test_slope():
    rng = np.random.default_rng(3)
    y = np.concatenate([np.exp(rng.uniform(-350, 6.5, 1000)), rng.uniform(0, 10, 500)])
    assert exact.ulps(lambert_slope(y), exact.slope, y) <= 2
    np.testing.assert_array_equal(lambert_slope([0.0, np.inf]), [np.inf, 0.0])


def test_slope_is_the_derivative():
    x = 10 ** np.random.default_rng(4).uniform(-20, 20, 200)
    h = 1e-4
    difference = (lambert_exponent(x * (1 + h)) - lambert_exponent(x * (1 - h))) / (2 * h * x)
    # central differences: h^2 of truncation and 1e-16/h of rounding
    np.testing.assert_allclose(lambert_slope(lambert_exponent(x)), difference, rtol=1e-7)


def test_argument():
    rng = np.random.default_rng(5)
    y = np.concatenate([np.exp(rng.uniform(-300, 6.55, 2000)), rng.uniform(0, 3, 2000), neighbourhood(1.0)])
    assert exact.ulps(lambert_argument(y), exact.argument, y) <= BOUND
    ends = lambert_argument([0.0, 1.0, 1e3, np.inf, np.nan])
    np.testing.assert_array_equal(ends, [0.0, 1.0, np.inf, np.inf, np.nan])


def test_coefficients_are_those_of_the_fit():
    spec = importlib.util.spec_from_file_location("fit_lambert", ROOT / "tools" / "fit_lambert.py")
    fit_lambert = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fit_lambert)
    assert fit_lambert.SPLIT == lambert.SPLIT
    fitted = fit_lambert.fit()
    for name in ("NEAR_TOP", "NEAR_BOTTOM", "FAR_TOP", "FAR_BOTTOM"):
        coefficients = fitted[name]
        assert getattr(lambert, name) == coefficients, name
        assert min(coefficients) > 0, "all terms of one sign: Horner loses nothing"
