"""The compiled kernels against ball arithmetic and their NumPy faces, with numba and without it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from flint import arb, ctx

from mecopt.kernels import compiled, lambert, priority
from tests.kernels import exact
from tests.kernels.test_lambert import BOUND, sweep

ROOT = Path(__file__).parents[2]
FACES = 2
"""ulp between the two faces of y: 1 is the largest seen in ten million comparisons."""


def scalar(function):
    """A scalar kernel over an array: by a compiled loop where there is numba."""
    from mecopt.compiled import jit

    @jit
    def each(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    def over(x):
        out = np.empty(len(x))
        each(np.asarray(x, dtype=float), out)
        return out

    return over


def test_exponent_against_arb_and_the_numpy_face():
    x = np.concatenate([sweep(seed=7, per_decade=20), np.arange(1, 40) * 5e-324])
    y = compiled.lambert_exponent(x)
    assert exact.ulps(y, exact.exponent, x) <= BOUND
    assert np.max(np.abs(y - lambert.lambert_exponent(x)) / np.spacing(y)) <= FACES


def test_ends_shapes_and_places():
    x = np.array([0.0, -0.0, np.inf, np.nan, -1e-320, -1.0, -np.inf, 1.0, np.finfo(float).max])
    y, expected = compiled.lambert_exponent(x), lambert.lambert_exponent(x)
    np.testing.assert_array_equal(y[:-1], expected[:-1])
    assert y[-1] == pytest.approx(expected[-1], rel=1e-15)
    assert not np.signbit(y[:2]).any()
    grid = 10 ** np.random.default_rng(0).uniform(-9, 9, (5, 4, 3))
    whole = compiled.lambert_exponent(grid)
    np.testing.assert_array_equal(compiled.lambert_exponent(grid.T), whole.T)
    np.testing.assert_array_equal([compiled.lambert_exponent(v) for v in grid.ravel()], whole.ravel())
    assert isinstance(compiled.lambert_exponent(2), np.float64)
    assert compiled.lambert_exponent(np.zeros((0, 3))).shape == (0, 3)


def logarithm(x):
    ctx.prec = 160
    return arb(x).log()


def exponential(x):
    ctx.prec = 160
    return arb(x).exp()


def test_logarithm_and_exponential():
    rng = np.random.default_rng(1)
    near_one = 1 + rng.normal(size=99) * 1e-9
    x = np.concatenate([10 ** rng.uniform(-300, 300, 3000), rng.uniform(0.5, 2, 3000), near_one])
    assert exact.ulps(scalar(compiled.log_of)(x), logarithm, x) <= 1
    x = np.concatenate([rng.uniform(-708, 708, 3000), rng.uniform(-1, 1, 3000), [0.0, 1e-300, -1e-17]])
    assert exact.ulps(scalar(compiled.exp_of)(x), exponential, x) <= 1.5


def test_psi_like_its_numpy_face():
    rng = np.random.default_rng(2)
    d = np.concatenate([10 ** rng.uniform(-20, 20, 4000), rng.uniform(0, 3, 4000)])
    found = scalar(compiled.psi_of)(d)
    assert exact.ulps(found, exact.psi_excess, d) <= 8
    np.testing.assert_allclose(found, priority.psi_excess(d), rtol=2e-15)
    assert scalar(compiled.psi_of)([-1.0, 0.0]).tolist() == [0.0, 0.0]


def test_shared_time_like_its_numpy_face():
    rng = np.random.default_rng(3)
    d, a = 10 ** rng.uniform(-12, 12, 2000), 10 ** rng.uniform(-12, 12, 2000)
    found = [compiled.shared_time_excess_of(*pair) for pair in zip(d, a, strict=True)]
    np.testing.assert_allclose(found, priority.shared_time_excess(d, a), rtol=4e-15)


def test_coefficients_are_those_of_the_fit():
    spec = importlib.util.spec_from_file_location("fit_lambert", ROOT / "tools" / "fit_lambert.py")
    fit_lambert = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fit_lambert)
    fitted = fit_lambert.fit()
    assert fitted["LOG_SERIES"] == compiled.LOG_SERIES
    assert fitted["ATANH_FIT"] == compiled.ATANH_FIT


WITHOUT = """
import sys
sys.modules["numba"] = None
import importlib.util as u
find = u.find_spec
u.find_spec = lambda name, *rest: None if name == "numba" else find(name, *rest)
import numpy as np
from mecopt import compiled
from mecopt.kernels.compiled import lambert_exponent
assert not compiled.AVAILABLE
print(lambert_exponent(10 ** np.random.default_rng(5).uniform(-300, 300, 300)).tobytes().hex())
"""


def test_without_numba_the_same_digits():
    """Nothing here calls a library's log or exp, so plain Python gives the same bits."""
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    found = np.frombuffer(bytes.fromhex(run.stdout.strip()))
    x = 10 ** np.random.default_rng(5).uniform(-300, 300, 300)
    np.testing.assert_array_equal(found, compiled.lambert_exponent(x))
