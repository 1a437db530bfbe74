"""Square-root sharing: against balls, a general minimiser, a conic solver, and its own faces."""

import cvxpy as cp
import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from mecopt.kernels.sharing import (
    scaled_sharing,
    share_demand,
    share_price,
    sharing_cost,
    sharing_marginal,
    sharing_shares,
)

EPS = np.finfo(float).eps

weights = arrays(np.float64, st.integers(1, 6), elements=st.floats(1e-12, 1e12))


def test_by_hand():
    np.testing.assert_allclose(sharing_shares([1.0, 4.0, 9.0]), [1 / 6, 1 / 3, 1 / 2], rtol=4 * EPS)
    assert sharing_cost([1.0, 4.0, 9.0]) == 36.0
    np.testing.assert_allclose(sharing_marginal([1.0, 4.0, 9.0]), [6, 3, 2], rtol=4 * EPS)


def test_shares_and_cost_against_balls():
    ctx.prec = 200
    rng = np.random.default_rng(0)
    for _ in range(300):
        w = 10 ** rng.uniform(-150, 150, rng.integers(1, 9))
        total = sum((arb(float(x)).sqrt() for x in w), arb(0))
        for share, x in zip(sharing_shares(w), w, strict=True):
            assert abs(arb(float(share)) * total / arb(float(x)).sqrt() - 1) < 16 * EPS
        assert abs(arb(float(sharing_cost(w))) / total**2 - 1) < 32 * EPS


@given(weights, st.integers(0, 99))
def test_nobody_shares_better(w: np.ndarray, seed: int):
    value = sharing_cost(w)
    y = sharing_shares(w)
    assert np.sum(y) == pytest.approx(1.0, rel=1e-14)
    assert np.sum(w / y) == pytest.approx(value, rel=1e-12)
    for other in np.random.default_rng(seed).dirichlet(np.ones(len(w)), 20):
        with np.errstate(divide="ignore"):
            assert np.sum(w / other) >= value * (1 - 1e-12)


def test_a_general_minimiser_agrees():
    w = np.array([1.0, 3.0, 0.2, 7.0])
    found = minimize(
        lambda y: np.sum(w / y),
        np.full(4, 0.25),
        bounds=[(1e-6, 1)] * 4,
        constraints={"type": "ineq", "fun": lambda y: 1 - np.sum(y)},
        tol=1e-12,
    )
    assert found.fun == pytest.approx(sharing_cost(w), rel=1e-7)
    np.testing.assert_allclose(found.x, sharing_shares(w), atol=1e-4)


@pytest.mark.parametrize("solver", sorted({"CLARABEL", "ECOS"} & set(cp.installed_solvers())))
@pytest.mark.parametrize("spread", [1.0, 1e5, 1e10])
def test_cvxpy_face(solver: str, spread: float):
    w = np.array([1.0, spread, spread**0.5])
    unit = cp.Parameter(3, nonneg=True)
    scaled = cp.Variable(3, nonneg=True)
    cost, used = scaled_sharing(unit, scaled)
    problem = cp.Problem(cp.Minimize(cost), [used <= 1])
    assert problem.is_dcp(dpp=True)
    unit.value = np.sqrt(w) / np.sum(np.sqrt(w))
    problem.solve(solver=solver)
    assert problem.value == pytest.approx(1.0, rel=1e-7)  # in units of V
    np.testing.assert_allclose(scaled.value, 1.0, rtol=1e-2)  # flat there


def test_marginal_is_the_slope():
    rng = np.random.default_rng(1)
    for w in 10 ** rng.uniform(-3, 3, (50, 4)):
        for i in range(4):
            step = np.zeros(4)
            step[i] = 1e-5 * w[i]
            slope = (sharing_cost(w + step) - sharing_cost(w - step)) / (2 * step[i])
            assert sharing_marginal(w)[i] == pytest.approx(slope, rel=1e-5)


def test_demand_at_the_price_fills_the_resource():
    w = np.array([1.0, 4.0, 0.0, 2.5])
    demand = share_demand(sharing_cost(w), weight=w)
    np.testing.assert_allclose(demand, sharing_shares(w), rtol=1e-14)
    np.testing.assert_allclose(share_price(demand, weight=w)[w > 0], sharing_cost(w), rtol=1e-14)


@given(st.floats(1e-100, 1e100), st.floats(1e-100, 1e100))
def test_price_inverts_demand(price: float, weight: float):
    assert share_price(share_demand(price, weight=weight), weight=weight) == pytest.approx(price, rel=1e-14)


def test_edges():
    np.testing.assert_array_equal(sharing_shares([0.0, 0.0]), [0, 0])
    np.testing.assert_array_equal(sharing_shares([0.0, 2.0]), [0, 1])
    np.testing.assert_array_equal(sharing_marginal([0.0, 2.0]), [np.inf, 1])
    assert sharing_cost([0.0, 0.0]) == 0
    assert np.isnan(sharing_shares([np.nan, 1.0])).all()
    assert np.isnan(sharing_cost([-1.0, 1.0]))
    assert share_demand(0.0, weight=1.0) == np.inf
    assert share_demand(0.0, weight=0.0) == 0
    assert share_price(0.0, weight=1.0) == np.inf
    assert sharing_cost([1e-300, 1e-300]) == pytest.approx(4e-300, rel=1e-14, abs=0)


def test_masks_leave_jobs_out():
    w = np.array([[1.0, 9.0, 4.0], [1.0, 4.0, 16.0]])
    there = np.array([[True, False, True], [False, False, False]])
    np.testing.assert_allclose(sharing_shares(w, where=there), [[1 / 3, 0, 2 / 3], [0, 0, 0]])
    np.testing.assert_array_equal(sharing_cost(w, where=there), [9, 0])
    np.testing.assert_allclose(sharing_marginal(w, where=there), [[3, 2, 1.5], [1, 1, 1]])


def test_no_result_depends_on_its_batch():
    rng = np.random.default_rng(2)
    w, there = 10 ** rng.uniform(-6, 6, (40, 3, 17)), rng.random((40, 3, 17)) < 0.7
    for face in (sharing_shares, sharing_cost, sharing_marginal):
        every = face(w, where=there)
        for cell in np.ndindex(40, 3):
            np.testing.assert_array_equal(every[cell], face(w[cell], where=there[cell]))
