"""The rate/energy perspective: value, marginals, inverse and cone."""

import subprocess
import sys

import cvxpy as cp
import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from mecopt.kernels.rate import (
    airtime_per_bit,
    bit_price,
    marginal_energy_per_bit,
    marginal_energy_per_second,
    radio_energy,
    rotated_exponential_cone,
)
from tests.kernels import exact

EPS = np.finfo(float).eps

USER = {"power_scale": 1e-6, "bandwidth": 1e6}

amounts = st.floats(1e-3, 1e9)
seconds = st.floats(1e-6, 1e3)
scales = st.floats(1e-12, 1e6)
bandwidths = st.floats(1e3, 1e9)


def nats(bits: float, time: float, bandwidth: float) -> arb:
    ctx.prec = 300
    return arb(2).log() * arb(bits) / (arb(bandwidth) * arb(time))


def cases(seed: int, count: int) -> tuple[np.ndarray, ...]:
    """Bits, airtimes, power scales and bandwidths with exponents from 1e-12 to 300 nats."""
    rng = np.random.default_rng(seed)
    time, scale, bandwidth = (10 ** rng.uniform(a, b, count) for a, b in ((-4, 1), (-9, 0), (4, 8)))
    return 10 ** rng.uniform(-12, 2.48, count) * bandwidth * time, time, scale, bandwidth


def test_energy_and_marginals_against_balls():
    for bits, time, A, B in zip(*cases(0, 2000), strict=True):
        at = {"power_scale": A, "bandwidth": B}
        y = nats(bits, time, B)
        # the exponent is wrong by 2 eps, which exp multiplies by the exponent
        bound = (6 + 4 * float(y)) * EPS
        assert exact.relative(radio_energy(bits, time, **at), arb(A) * arb(time) * y.expm1()) <= bound
        per_bit = arb(A) * arb(2).log() / arb(B) * y.exp()
        assert exact.relative(marginal_energy_per_bit(bits, time, **at), per_bit) <= bound
        per_second = -arb(A) * ((y - 1) * y.exp() + 1)
        assert exact.relative(marginal_energy_per_second(bits, time, **at), per_second) <= bound


def test_closure():
    bits = [0.0, 0.0, 1.0, 1e-300, 1.0, 0.0, 0.0]
    time = [0.0, 1.0, 0.0, 0.0, -1.0, -1.0, np.inf]
    energy = radio_energy(bits[:-1], time[:-1], **USER)
    np.testing.assert_array_equal(energy, [0.0, 0.0, np.inf, np.inf, np.inf, np.inf])
    assert radio_energy(1e9, 1e-3, **USER) == np.inf  # a million bit/s/Hz
    for unknown in ((np.nan, 1.0), (1.0, np.nan), (np.nan, 0.0)):
        assert np.isnan(radio_energy(*unknown, **USER))


def test_marginals_at_the_apex_and_on_the_edge():
    cheapest = USER["power_scale"] * np.log(2) / USER["bandwidth"]
    np.testing.assert_allclose(marginal_energy_per_bit([0, 0], [0, 1], **USER), cheapest, rtol=4 * EPS)
    np.testing.assert_array_equal(marginal_energy_per_second([0, 0], [0, 1], **USER), 0.0)
    assert marginal_energy_per_bit(1, 0, **USER) == np.inf
    assert marginal_energy_per_second(1, 0, **USER) == -np.inf


@given(amounts, seconds, scales, bandwidths)
def test_homogeneous_of_degree_one(bits, time, scale, bandwidth):
    """Euler: E = l dE/dl + t dE/dt, the two terms cancelling at most as 1/y."""
    at = {"power_scale": scale, "bandwidth": bandwidth}
    y = float(nats(bits, time, bandwidth))
    if not 1e-6 < y < 300:
        return  # below, the two terms cancel to nothing; above, the energy overflows
    energy = radio_energy(bits, time, **at)
    sum_ = bits * marginal_energy_per_bit(bits, time, **at) + time * marginal_energy_per_second(
        bits, time, **at
    )
    assert sum_ == pytest.approx(energy, rel=20 * EPS * (1 + y) ** 2)
    assert radio_energy(2 * bits, 2 * time, **at) == 2 * energy


@given(st.floats(1e-12, 1e12), scales, bandwidths)
def test_airtime_is_the_minimiser_and_the_price_its_value(price_ratio, scale, bandwidth):
    at = {"power_scale": scale, "bandwidth": bandwidth}
    price = price_ratio * scale
    bits = 1e4
    time = bits * airtime_per_bit(price, **at)

    def cost(t):
        return radio_energy(bits, t, **at) + price * t

    assert -marginal_energy_per_second(bits, time, **at) == pytest.approx(price, rel=1e-13)
    assert cost(time) == pytest.approx(bits * bit_price(price, **at), rel=1e-13)
    assert bit_price(price, **at) == pytest.approx(marginal_energy_per_bit(bits, time, **at), rel=1e-13)
    for other in (0.5, 0.99, 1.01, 2.0):
        assert cost(time) <= cost(other * time) * (1 + 1e-13)


def test_inverse_at_the_ends():
    assert airtime_per_bit(0.0, **USER) == np.inf
    assert airtime_per_bit(-0.0, **USER) == np.inf
    assert airtime_per_bit(np.inf, **USER) == 0.0
    assert bit_price(0.0, **USER) == USER["power_scale"] * np.log(2) / USER["bandwidth"]
    assert bit_price(np.inf, **USER) == np.inf
    assert np.isnan(airtime_per_bit(-1.0, **USER))
    assert np.isnan(bit_price(-1.0, **USER))


def test_broadcasting_and_scalars():
    price, gain = np.array([[1e-3], [1.0]]), np.array([1e-6, 1e-5, 1e-4])
    assert airtime_per_bit(price, power_scale=gain, bandwidth=1e6).shape == (2, 3)
    assert bit_price(price, power_scale=gain, bandwidth=1e6).shape == (2, 3)
    assert radio_energy(price, 1.0, power_scale=gain, bandwidth=[1e6] * 3).shape == (2, 3)
    for function in (radio_energy, marginal_energy_per_bit, marginal_energy_per_second):
        assert isinstance(function(1, 1, **USER), np.float64)
    for function in (airtime_per_bit, bit_price):
        assert isinstance(function(1, **USER), np.float64)


def test_quiet_even_where_numpy_is_told_to_raise():
    amounts = [0.0, 1e-300, 1e-3, 1.0, 1e5, 1e300]
    bits, time, price = np.meshgrid(amounts, amounts, amounts)
    with np.errstate(all="raise"):
        for function in (radio_energy, marginal_energy_per_bit, marginal_energy_per_second):
            function(bits, time, **USER)
        for function in (airtime_per_bit, bit_price):
            function(price, **USER)


def test_cone_states_the_energy_whatever_the_shift():
    """min A (z e^c - t) over the cone at given loads and airtimes: one compilation, three shifts."""
    load, time = np.array([3.0, 0.5]), np.array([0.4, 0.3])
    t, z = cp.Variable(2), cp.Variable(2)
    shift, weight = cp.Parameter(2), cp.Parameter(2, nonneg=True)
    cone = rotated_exponential_cone(load, t, z, shift=shift)
    problem = cp.Problem(cp.Minimize(weight @ z - cp.sum(t)), [cone, t == time])
    assert problem.is_dcp(dpp=True)
    energy = np.sum(radio_energy(load, time, power_scale=1.0, bandwidth=np.log(2)))
    for value in ([0.0, 0.0], [7.5, 1.7], [5.0, 3.0]):
        shift.value, weight.value = np.array(value), np.exp(value)
        problem.solve(solver=cp.CLARABEL)
        assert problem.value == pytest.approx(energy, rel=1e-6)


def test_cone_with_parameters_in_shift_and_perspective_is_not_dpp():
    t, z, shift, unit = cp.Variable(), cp.Variable(), cp.Parameter(), cp.Parameter(nonneg=True)
    assert rotated_exponential_cone(1.0, unit * t, z, shift=2.0).is_dcp(dpp=True)
    assert not rotated_exponential_cone(1.0, unit * t, z, shift=shift).is_dcp(dpp=True)


def test_cone_takes_a_number_as_shift():
    x, t, z = cp.Variable(), cp.Variable(), cp.Variable()
    problem = cp.Problem(cp.Minimize(z), [rotated_exponential_cone(x, t, z, shift=2.0), x >= 6, t == 2])
    problem.solve(solver=cp.CLARABEL)
    assert problem.value == pytest.approx(2 * np.exp(3 - 2), rel=1e-6)


def test_importing_the_kernels_is_light():
    code = "import sys, mecopt.kernels.rate; print(sorted({'cvxpy', 'scipy', 'flint'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
