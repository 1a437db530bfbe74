"""The ellipsoid method on functions whose maximum is known, smooth and not."""

import numpy as np
import pytest

from mecopt.instance import Array
from mecopt.loops import ellipsoid_method


def quadratic(dimension: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((dimension, dimension)))[0]
    curvature = basis @ np.diag(10.0 ** rng.uniform(-2, 2, dimension)) @ basis.T
    return curvature, rng.uniform(-1, 1, dimension)


@pytest.mark.parametrize("dimension", [1, 2, 3, 8])
@pytest.mark.parametrize("seed", range(3))
def test_quadratics(dimension: int, seed: int) -> None:
    curvature, top = quadratic(dimension, seed)

    def oracle(x: Array) -> tuple[float, Array]:
        pull = curvature @ (x - top)
        return 5.0 - float((x - top) @ pull) / 2, -pull

    last, trace = ellipsoid_method(
        oracle,
        np.zeros(dimension),
        radii=np.full(dimension, 2.0 * np.sqrt(dimension)),
        precision=1e-10,
        max_steps=20_000,
    )
    assert trace.ended == "converged"
    assert last.best_value == pytest.approx(5.0, rel=1e-10)
    assert last.best_value <= 5.0 <= last.bound
    assert last.bound - last.best_value <= 5e-10


@pytest.mark.parametrize("dimension", [1, 2, 5, 20])
def test_kinks(dimension: int) -> None:
    """3 - max_i c_i |x_i - a_i|: no derivative where it matters, one active piece at a time."""
    rng = np.random.default_rng(dimension)
    top, slope = rng.uniform(-1, 1, dimension), 10.0 ** rng.uniform(-1, 1, dimension)

    def oracle(x: Array) -> tuple[float, Array]:
        distance = slope * np.abs(x - top)
        worst = int(np.argmax(distance))
        gradient = np.zeros(dimension)
        gradient[worst] = -slope[worst] * np.sign(x - top)[worst]
        return 3.0 - float(distance[worst]), gradient

    last, trace = ellipsoid_method(
        oracle,
        np.zeros(dimension),
        radii=np.full(dimension, np.sqrt(dimension)),
        precision=1e-9,
        max_steps=50_000,
    )
    assert trace.ended in ("converged", "stationary")
    assert last.best_value == pytest.approx(3.0, rel=1e-9)
    assert last.best == pytest.approx(top, abs=1e-7)
    assert last.bound >= 3.0 * (1 - 1e-15)
    best, bound = np.array(trace.column("best")), np.array(trace.column("bound"))
    assert np.all(np.diff(best) >= 0)
    assert np.all(np.diff(bound) <= 0)
    assert np.all(best <= 3.0)
    assert np.all(bound >= 3.0 * (1 - 1e-15))


def test_a_maximiser_at_the_edge_of_the_ellipsoid() -> None:
    def oracle(x: Array) -> tuple[float, Array]:
        return 1.0 + float(x[0]), np.array([1.0, 0.0])  # linear: largest at the edge

    last, trace = ellipsoid_method(oracle, np.zeros(2), radii=np.ones(2), precision=1e-9, max_steps=2_000)
    assert trace.ended == "converged"
    assert last.best_value == pytest.approx(2.0, rel=1e-8)


def test_a_flat_top_ends_the_loop() -> None:
    last, trace = ellipsoid_method(
        lambda x: (1.0, np.zeros(2)), np.ones(2), radii=np.ones(2), precision=1e-9, max_steps=100
    )
    assert trace.steps == 0
    assert last.best_value == 1.0


def test_no_number_ends_the_loop() -> None:
    _, trace = ellipsoid_method(
        lambda x: (np.nan, np.ones(2)), np.ones(2), radii=np.ones(2), precision=1e-9, max_steps=100
    )
    assert (trace.ended, trace.steps) == ("stationary", 0)


def test_steps_run_out() -> None:
    _, trace = ellipsoid_method(
        lambda x: (1 - float(x @ x), -2 * x), np.ones(3), radii=np.full(3, 2.0), precision=1e-12, max_steps=5
    )
    assert trace.ended == "max_steps"
    assert trace.steps == 5


@pytest.mark.parametrize("dimension", [1, 2, 4])
@pytest.mark.parametrize("seed", range(3))
def test_lower_bounds(dimension: int, seed: int) -> None:
    """A separable quadratic above lower bounds, some of them active: the maximiser is max{top, least}."""
    rng = np.random.default_rng(seed)
    curvature, top = 10.0 ** rng.uniform(-1, 1, dimension), rng.uniform(-1, 1, dimension)
    least = top + np.where(np.arange(dimension) % 2 == 0, 0.3, -0.3)
    seen: list[Array] = []

    def oracle(x: Array) -> tuple[float, Array]:
        seen.append(x)
        return 5.0 - float(curvature @ (x - top) ** 2) / 2, -curvature * (x - top)

    best = np.maximum(top, least)
    expected = 5.0 - float(curvature @ (best - top) ** 2) / 2
    last, trace = ellipsoid_method(
        oracle,
        np.full(dimension, -2.0),  # outside: the first cuts are those of the bounds
        radii=np.full(dimension, 4.0 * np.sqrt(dimension)),
        precision=1e-9,
        max_steps=20_000,
        least=least,
    )
    assert trace.ended == "converged"
    assert all(np.all(x >= least) for x in seen)
    assert np.all(last.best >= least)
    assert last.best_value == pytest.approx(expected, rel=1e-8)
    assert last.bound >= expected * (1 - 1e-12)
    assert last.best[0] == pytest.approx(least[0], abs=1e-3)


@pytest.mark.parametrize("target", [(5.0, 0.3), (3.0, 3.0), (2.0, -0.1)])
def test_a_maximiser_outside_the_first_ellipsoid_is_not_convergence(target: tuple[float, float]) -> None:
    def oracle(x: Array) -> tuple[float, Array]:
        away = x - np.array(target)
        return -float(away @ away), -2 * away

    state, trace = ellipsoid_method(oracle, np.zeros(2), radii=np.ones(2), precision=1e-9, max_steps=500)
    assert trace.ended == "outside"
    assert state.best_value < -0.9  # nowhere near the maximum, 0
