"""The simulation scenario: printed ranges, and what the stated point is worth."""

import numpy as np
import pytest

from tests.tdma_ofdma.cases import P1, P2, P3, PROBLEMS, required


@pytest.mark.parametrize(
    ("scenario", "kilobyte", "frequency", "slot", "capacity"),
    [("tdma_scaled", 1e3, 1e9, 0.06, 9e9), ("stated", 8e3, 1e8, 0.1, 6e9)],
)
def test_printed_parameters(
    scenario: str, kilobyte: float, frequency: float, slot: float, capacity: float
) -> None:
    s = P1.sample(batch=300, seed=0, scenario=scenario)
    assert s.sizes["users"] == 30
    assert np.all(s.weight == 1)
    for field, value in (
        ("bandwidth", 1e7),
        ("noise_power", 1e-9),
        ("slot_duration", slot),
        ("cloud_capacity", capacity),
    ):
        assert np.all(s.data[field] == value)
    for field, low, high in (
        ("input_bits", 100 * kilobyte, 500 * kilobyte),
        ("cycles_per_bit", 500, 1500),
        ("energy_per_cycle", 0, 20e-11),
    ):
        x = s.data[field]
        assert low <= x.min()
        assert x.max() <= high
        width = high - low
        # uniform: mean and variance of 9000 draws, five standard errors
        assert np.mean(x) == pytest.approx((low + high) / 2, abs=5 * width / np.sqrt(12 * 9000))
        assert np.var(x) == pytest.approx(width**2 / 12, rel=0.05)
    assert set(np.unique(s.local_frequency / frequency)) == set(range(1, 11))
    gain = s.channel_gain
    assert np.mean(gain) == pytest.approx(1e-3, rel=5 / np.sqrt(9000))
    assert np.mean(gain > 1e-3) == pytest.approx(np.exp(-1), abs=5 * np.sqrt(0.24 / 9000))
    # all draws independent: across users and across realisations
    for field in ("input_bits", "cycles_per_bit", "energy_per_cycle", "local_frequency", "channel_gain"):
        x = s.data[field]
        assert abs(np.corrcoef(x[:, 0], x[:, 1])[0, 1]) < 0.25
        assert abs(np.corrcoef(x[0], x[1])[0, 1]) < 0.7


def test_the_cloud_speed_works_through_f_cycles_in_a_slot() -> None:
    for scenario, capacity, slot in (("tdma_scaled", 9e9, 0.06), ("stated", 6e9, 0.1)):
        assert P3.sample(users=2, scenario=scenario).cloud_frequency == pytest.approx(capacity / slot)


def test_the_same_seed_draws_the_same_users_for_every_problem() -> None:
    one, two, three = (PROBLEMS[name].sample(users=5, seed=3) for name in ("P1", "P2", "P3"))
    assert np.array_equal(one.channel_gain, two.channel_gain)
    assert np.array_equal(three.input_bits, two.input_bits)


def test_the_stated_point_is_infeasible() -> None:
    """With 1 KB = 8000 bit the 30 users must offload about 7e10 cycles; the cloud takes 6e9."""
    s = P1.sample(batch=200, seed=0, scenario="stated")
    load = np.sum(s.cycles_per_bit * required(dict(s.data)), axis=-1)
    assert np.mean(load) == pytest.approx(7e10, rel=0.05)
    assert np.min(load) > 5 * 6e9
    r = P1.solve(s)
    assert set(r.status) == {"infeasible"}
    assert all("required cycles exceed cloud_capacity = 6e+09" in text for text in r.message)
    assert set(P3.solve(P3.sample(batch=50, seed=0, scenario="stated")).status) == {"infeasible"}
    # without the cloud's bound there is an optimum, at absurd rates
    assert set(P2.solve(P2.sample(batch=50, seed=0, scenario="stated")).status) == {"optimal"}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_scaled_point_is_feasible(name: str) -> None:
    s = PROBLEMS[name].sample(batch=200, seed=0)
    assert set(PROBLEMS[name].infeasible(s)) == {""}
    r = PROBLEMS[name].solve(s, rigorous=False)
    assert set(r.status) == {"optimal"}


def test_the_cloud_bound_matters_in_the_scaled_point() -> None:
    r = P1.solve(P1.sample(batch=50, seed=0), rigorous=False)
    bounded = r.multipliers["cloud_price"] > 0
    assert 0.1 <= np.mean(bounded) <= 1.0
