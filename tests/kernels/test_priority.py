"""Offloading priorities: psi to the last places, and the shared-time root of P3 in ball arithmetic."""

import mpmath as mp
import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from mecopt.kernels.priority import (
    computing_time_priority,
    offloading_priority,
    psi,
    psi_excess,
    psi_inverse,
    shared_time_excess,
    shared_time_ratio,
)
from mecopt.kernels.rate import bit_price
from tests.kernels import exact

EPS = np.finfo(float).eps

BOUND = 5.0
"""ulp for psi and its inverse; 3.9 is the largest seen, where the series meets the logarithm."""

ROOT_ERROR = 1e-15
"""Relative, in z - 1; 4.3e-16 is the largest seen."""

positive = st.floats(1e-300, 1e300)


def root_error(x: float, d: float, a: float) -> float:
    """Relative error of x as the root of x + psi(1 + x)/a = d: one Newton correction in balls."""
    ctx.prec = exact.digits_for(min(x, d))
    log = arb(x).log1p()
    gap = arb(x) + ((1 + arb(x)) * log - arb(x)) / arb(a) - arb(d)
    return float(abs(gap / (1 + log / arb(a)) / arb(x)))


def test_psi_against_balls():
    rng = np.random.default_rng(0)
    spans = ((-150, 300, 3000), (-4, 1, 9000), (-0.05, 0.05, 3000))
    d = np.concatenate([10 ** rng.uniform(*span) for span in spans])
    assert exact.ulps(psi_excess(d), exact.psi_excess, d) <= BOUND
    u = np.concatenate([1 + d[3000:], 1 + np.arange(1, 100) * EPS, 10 ** rng.uniform(0, 300, 500)])
    assert exact.ulps(psi(u), psi_ball, u) <= BOUND


def psi_ball(u: float) -> arb:
    ctx.prec = 400
    return arb(u) * arb(u).log() - arb(u) + 1


def test_psi_at_the_ends():
    np.testing.assert_array_equal(psi([1.0, 0.5, 0.0, -3.0, -np.inf]), 0.0)
    np.testing.assert_array_equal(psi([np.inf, 1.7e308, np.nan]), [np.inf, np.inf, np.nan])
    assert psi(np.e) == pytest.approx(1.0, rel=4 * EPS)


def test_psi_inverse():
    x = np.concatenate(
        [10 ** np.random.default_rng(1).uniform(-30, 300, 1500), np.geomspace(1e-3, 1e4, 1500)]
    )
    assert exact.ulps(psi_inverse(x), lambda v: exact.exponent(v).exp(), x) <= BOUND
    np.testing.assert_array_equal(psi_inverse([0.0, np.inf, -1.0, np.nan]), [1.0, np.inf, np.nan, np.nan])
    u = 1 + 10 ** np.random.default_rng(2).uniform(-3, 290, 500)
    np.testing.assert_allclose(psi_inverse(psi(u)), u, rtol=10 * EPS)


def test_root_over_all_magnitudes():
    rng = np.random.default_rng(3)
    d = np.concatenate([10 ** rng.uniform(a, b, 1500) for a, b in ((-15.6, 300), (-15, 6), (0, 300))])
    a = np.concatenate([10 ** rng.uniform(a, b, 1500) for a, b in ((-300, 300), (-8, 8), (-300, 2))])
    x = shared_time_excess(d, a)
    errors = [root_error(*case) for case in zip(x.tolist(), d.tolist(), a.tolist(), strict=True)]
    assert max(errors) <= ROOT_ERROR
    v = 1 + d
    z = shared_time_ratio(v, a)
    assert ((z >= 1) & (z <= v)).all()
    # z - 1 is right relative to z - 1 itself, so z is right to its own rounding and that of v
    np.testing.assert_array_equal(z, 1 + shared_time_excess(v - 1, a))


@given(st.floats(EPS, 1e300), positive)
def test_root_anywhere(d, a):
    x = float(shared_time_excess(d, a))
    assert 0 < x <= d
    assert root_error(x, d, a) <= ROOT_ERROR


def test_root_against_the_printed_lambert_form():
    """(b - 1)/W0((b - 1) e^(a - 1)), b = a v, at 50 digits; also its limit e^(1 - a) at b = 1."""
    rng = np.random.default_rng(4)
    a, v = 10 ** rng.uniform(-6, 4, 300), 1 + 10 ** rng.uniform(-6, 8, 300)
    with mp.workdps(50):
        for ai, vi, z in zip(a.tolist(), v.tolist(), shared_time_ratio(v, a).tolist(), strict=True):
            b = mp.mpf(ai) * mp.mpf(vi)
            printed = (b - 1) / mp.lambertw((b - 1) * mp.exp(mp.mpf(ai) - 1)).real
            assert abs(mp.mpf(z) / printed - 1) <= ROOT_ERROR
        for ai in (0.5, 0.25, 2.0**-10, 2.0**-40):  # a v = 1 exactly: 0/0 in print
            assert (
                abs(mp.mpf(float(shared_time_ratio(1 / ai, ai))) / mp.exp(1 - mp.mpf(ai)) - 1) <= ROOT_ERROR
            )


def test_root_at_the_ends():
    np.testing.assert_array_equal(shared_time_ratio([1.0, 0.3, -2.0, 0.0], 1.0), 1.0)
    np.testing.assert_array_equal(shared_time_ratio([0.5, 1.0, 7.25, 1e300], np.inf), [1.0, 1.0, 7.25, 1e300])
    assert shared_time_ratio(np.inf, 2.0) == np.inf
    assert np.isnan(shared_time_ratio(np.nan, 2.0))
    assert np.isnan(shared_time_ratio(2.0, np.nan))


@given(st.floats(1, 1e12), positive, st.floats(1.0, 1e3))
def test_root_moves_the_right_way(v, a, factor):
    slack = 1 + 4 * EPS
    z = shared_time_ratio(v, a)
    assert z <= shared_time_ratio(v * factor, a) * slack
    assert z <= shared_time_ratio(v, a * factor) * slack


EXAMPLE = {"bandwidth": 1e6, "power_scale": np.array([1, 1, 2]) * 1e-9 / np.array([1e-3, 4e-4, 2e-3])}
CYCLES = np.array([1000, 700, 1200])
BIT_VALUE = np.array([1, 1, 2]) * CYCLES * np.array([1e-10, 1.5e-10, 5e-11])


def test_worked_example():
    """Three users, values stated to eight digits."""
    plain = offloading_priority(BIT_VALUE, **EXAMPLE)
    np.testing.assert_allclose(plain, [1.5695722, 1.5166407, 1.9150505], rtol=5e-8)
    shared = computing_time_priority(BIT_VALUE, **EXAMPLE, cloud_time=CYCLES / 2e10)
    np.testing.assert_allclose(shared, [0.85363169, 0.98056222, 0.94840902], rtol=1e-8)


def test_a_free_cloud_gives_the_plain_priority():
    plain = offloading_priority(BIT_VALUE, **EXAMPLE)
    np.testing.assert_array_equal(computing_time_priority(BIT_VALUE, **EXAMPLE, cloud_time=0.0), plain)
    slow = computing_time_priority(BIT_VALUE, **EXAMPLE, cloud_time=np.array([0.0, 1e-9, 1e-3]))
    assert slow[0] == plain[0]
    assert (slow[1:] < plain[1:]).all()


def test_worthless_bits_have_no_priority():
    for value in (-1.0, 0.0, 1e-30):
        assert offloading_priority(value, power_scale=1e-6, bandwidth=1e6) == 0
        assert computing_time_priority(value, power_scale=1e-6, bandwidth=1e6, cloud_time=1e-9) == 0
        assert computing_time_priority(value, power_scale=1e-6, bandwidth=1e6, cloud_time=0.0) == 0


@given(st.floats(1.001, 1e8), st.floats(1e-9, 1e3), st.floats(1e3, 1e9), st.floats(1e-15, 1e-3))
def test_priority_is_the_price_of_indifference(ratio, scale, bandwidth, cloud_time):
    """At its priority a bit costs as much to offload as to compute: (3), Lemmas 2 and 6."""
    at = {"power_scale": scale, "bandwidth": bandwidth}
    value = ratio * scale * np.log(2) / bandwidth
    assert bit_price(offloading_priority(value, **at), **at) == pytest.approx(value, rel=1e-13)
    price = computing_time_priority(value, **at, cloud_time=cloud_time)
    assert bit_price(price, **at) + price * cloud_time == pytest.approx(value, rel=1e-13)


@given(st.floats(1.001, 1e8), st.floats(1e-9, 1e3), st.floats(1e3, 1e9), st.floats(1e-15, 1e-3))
def test_units_do_not_matter(ratio, scale, bandwidth, cloud_time):
    """Energy, bits and seconds in units that are powers of two: the same digits."""
    value = ratio * scale * np.log(2) / bandwidth

    def priority(energy=1.0, bit=1.0, second=1.0):
        watt, unit = (
            energy / second,
            {"bandwidth": bandwidth * bit / second, "cloud_time": cloud_time * second / bit},
        )
        return computing_time_priority(value * energy / bit, power_scale=scale * watt, **unit) / watt

    reference = priority()
    assert priority(energy=2.0**20) == reference
    assert priority(bit=2.0**-13) == reference
    assert priority(second=2.0**10) == reference


def test_shapes_and_scalars():
    assert shared_time_ratio(np.ones((4, 1)) * 3, np.ones(5)).shape == (4, 5)
    at = {"power_scale": np.ones((2, 3)), "bandwidth": np.ones((2, 1))}
    assert offloading_priority(np.ones(3), **at).shape == (2, 3)
    assert computing_time_priority(np.ones(3), **at, cloud_time=np.ones((7, 1, 1))).shape == (7, 2, 3)
    one = {"power_scale": 1, "bandwidth": 1}
    for value in (
        psi(3),
        psi_excess(3),
        psi_inverse(3),
        shared_time_ratio(3, 1),
        shared_time_excess(3, 1),
        offloading_priority(3, **one),
        computing_time_priority(3, **one, cloud_time=1),
    ):
        assert isinstance(value, np.float64)


def test_quiet_even_where_numpy_is_told_to_raise():
    v, a = np.meshgrid([-1.0, 0.0, 1.0, 1 + EPS, 1.5, 1e150, 1e300], [1e-300, 1e-9, 1.0, 1e9, 1e300, np.inf])
    with np.errstate(all="raise"):
        assert np.isfinite(shared_time_ratio(v, a)).all()
        psi(v), psi_inverse(np.maximum(v, 0.0))
        offloading_priority(v, power_scale=1e-5, bandwidth=1e7)
        computing_time_priority(v, power_scale=1e-5, bandwidth=1e7, cloud_time=1 / a)
