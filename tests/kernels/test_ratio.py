"""The energy-delay ratio: against balls, its certificate, its convex form, and a search over powers."""

import cvxpy as cp
import numpy as np
import pytest
from flint import arb, ctx
from scipy.optimize import minimize_scalar

from mecopt.kernels.priority import psi_excess_inverse
from mecopt.kernels.ratio import (
    full_power_rows,
    least_ratio,
    ratio,
    ratio_slope,
    time_energy_constraints,
)
from tests.kernels import exact

EPS = np.finfo(float).eps

BOUND = 8.0 * EPS
"""Relative error of values and powers; 4.5 eps is the largest seen."""


def draw(size: int, seed: int, span: float = 8.0) -> np.ndarray:
    """phi, psi, theta, P over decades; a tenth of the rows lie within 1e-9 of the change of case."""
    rng = np.random.default_rng(seed)
    data = 10 ** rng.uniform(-span, span, (4, size))
    near = slice(0, size // 10)
    psi, theta, P = data[1:, near]
    y = theta * P
    data[0, near] = psi / theta * ((1 + y) * np.log1p(y) - y) * (1 + rng.uniform(-1e-9, 1e-9, y.size))
    return data


def optimum(phi: float, psi: float, theta: float, P: float) -> tuple[arb, arb]:
    """Value and power in balls."""
    k = theta * phi / psi
    ctx.prec = exact.digits_for(min(k, 1.0)) + exact.digits_for(min(theta * P, 1.0))
    f, s, t, most = arb(phi), arb(psi), arb(theta), arb(P)
    u = (1 + ((t * f / s - 1) / arb(1).exp()).lambertw()).exp()
    if (u - 1) / t < most:
        return s * u / t, (u - 1) / t
    return (f + s * most) / (t * most).log1p(), most


def test_value_and_power_against_balls():
    data = draw(4000, 0)
    found = least_ratio(*data)
    for i, row in enumerate(data.T.tolist()):
        value, power = optimum(*row)
        assert exact.relative(found.value[i], value) <= BOUND, row
        assert exact.relative(found.power[i], power) <= BOUND, row
    inside = np.mean(found.power < data[3])
    assert 0.2 < inside < 0.8


def test_inverse_near_zero_and_far_out():
    x = 10 ** np.random.default_rng(1).uniform(-30, 290, 2000)
    found = psi_excess_inverse(x)
    worst = max(
        abs(float((exact.psi_excess(d) - arb(v)) / arb(v) / arb(min(2.0, 1 + 1 / np.log1p(d)))))
        for d, v in zip(found.tolist(), x.tolist(), strict=True)
    )
    assert worst <= 8 * EPS
    np.testing.assert_array_equal(psi_excess_inverse([0.0, np.inf, -1.0]), [0.0, np.inf, np.nan])


def test_prices_prove_the_value():
    """phi - xi P >= (psi + xi)/theta K(nu theta/(psi + xi) - 1) at nu = value (1 - 1e-12)."""
    data = draw(1000, 2, span=4.0)
    found = least_ratio(*data)
    assert 0.1 < np.mean(found.power_price > 0) < 0.9
    ctx.prec = 300
    for i, (phi, psi, theta, P) in enumerate(data.T.tolist()):
        xi = arb(float(found.power_price[i]))
        nu = arb(float(found.value[i]))
        for factor, proves in ((1 - arb("1e-9"), True), (1 + arb("1e-5"), False)):
            u = (nu * factor * theta / (psi + xi)).max(arb(1))
            left = arb(phi) - xi * P
            right = (psi + xi) / theta * (u * u.log() - u + 1)
            assert bool(left >= right) is proves, (phi, psi, theta, P)


def test_no_power_is_better():
    data = draw(300, 3, span=3.0)
    found = least_ratio(*data)
    for i, (phi, psi, theta, P) in enumerate(data.T):
        tried = P * np.geomspace(1e-6, 1, 2000)
        assert np.min((phi + psi * tried) / np.log1p(theta * tried)) >= found.value[i] * (1 - 1e-12)
        reached = ratio(found.power[i], phi=phi, psi=psi, theta=theta)
        assert reached == pytest.approx(found.value[i], rel=1e-12)


def test_slope_changes_sign_at_the_minimiser():
    phi, psi, theta, P = draw(300, 4, span=3.0)
    power = least_ratio(phi, psi, theta, P).power
    inside = power < P
    words = {"phi": phi, "psi": psi, "theta": theta}
    assert (ratio_slope(power * (1 - 1e-6), **words) < 0).all()
    assert (ratio_slope(power * (1 + 1e-6), **words)[inside] > 0).all()
    p, h = 0.7, 1e-6
    numeric = (ratio(p + h, phi=2, psi=3, theta=5) - ratio(p - h, phi=2, psi=3, theta=5)) / (2 * h)
    assert ratio_slope(p, phi=2, psi=3, theta=5) == pytest.approx(numeric, rel=1e-8)


def test_edges():
    nothing_for_energy = least_ratio(2.0, 0.0, 3.0, 4.0)
    assert (nothing_for_energy.power, nothing_for_energy.attained) == (4.0, True)
    assert nothing_for_energy.value == pytest.approx(2 / np.log(13), rel=4 * EPS)
    infimum = least_ratio(0.0, 6.0, 3.0, 4.0)
    assert (infimum.value, infimum.power, infimum.attained) == (2.0, 0.0, False)
    assert ratio(0.0, phi=0.0, psi=6.0, theta=3.0) == 2.0
    deaf = least_ratio(1.0, 1.0, 0.0, 4.0)
    assert (deaf.value, deaf.attained) == (np.inf, False)
    assert ratio([0.0, 1.0], phi=1.0, psi=1.0, theta=0.0).tolist() == [np.inf, np.inf]
    free = least_ratio(0.0, 0.0, 1.0, 1.0)
    assert (free.value, free.attained) == (0.0, True)
    for bad in ((-1, 1, 1, 1), (1, -1, 1, 1), (1, 1, -1, 1), (1, 1, 1, 0), (np.nan, 1, 1, 1)):
        assert np.isnan(least_ratio(*bad)[:2]).all()


def test_place_in_an_array_does_not_matter():
    data = draw(50, 5)
    whole = least_ratio(*data)
    for i in range(50):
        one = least_ratio(*data[:, i])
        assert all(a == b[i] for a, b in zip(one, whole, strict=True))


@pytest.mark.parametrize("solver", ["CLARABEL", "SCS"])
def test_convex_form(solver: str):
    rng = np.random.default_rng(6)
    theta, P = 10 ** rng.uniform(-1, 7, 6), 10 ** rng.uniform(-1, 1, 6)
    psi = 10 ** rng.uniform(-2, 2, 6)
    phi = psi * P * 10 ** rng.uniform(-1, 3, 6)
    time, energy = cp.Variable(6), cp.Variable(6)
    share = phi / (phi + psi * P)
    objective = cp.sum(cp.multiply(share, time) + cp.multiply(1 - share, energy))
    rows = time_energy_constraints(time, energy, full_power_rows(theta * P))
    options = {"eps": 1e-9} if solver == "SCS" else {}
    cp.Problem(cp.Minimize(objective), rows).solve(solver=solver, **options)
    scaled = share * time.value + (1 - share) * energy.value
    value = scaled * (phi + psi * P) / np.log1p(theta * P)
    np.testing.assert_allclose(value, least_ratio(phi, psi, theta, P).value, rtol=2e-6)


def test_bounded_search_agrees():
    for phi, psi, theta, P in draw(100, 7, span=2.0).T:
        found = minimize_scalar(
            lambda v, a=(phi, psi, theta): (a[0] + a[1] * np.exp(v)) / np.log1p(a[2] * np.exp(v)),
            bounds=(np.log(P) - 25, np.log(P)),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert least_ratio(phi, psi, theta, P).value == pytest.approx(
            found.fun, rel=1e-6
        )  # it never tries the end
