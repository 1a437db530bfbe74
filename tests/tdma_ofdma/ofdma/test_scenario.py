"""The OFDMA scenario: printed ranges, and which users must offload."""

import numpy as np
import pytest

from mecopt.problems.tdma_ofdma.ofdma import water_filling
from tests.tdma_ofdma.ofdma.cases import P4, P4R, P5


@pytest.mark.parametrize(
    ("scenario", "kilobyte", "frequency"),
    [("ofdma_scaled", 8e3, None), ("ofdma_required", 1e3, 1e9), ("stated", 8e3, 1e8)],
)
def test_printed_parameters(scenario: str, kilobyte: float, frequency: float | None) -> None:
    s = P4.sample(users=20, subchannels=16, batch=200, seed=0, scenario=scenario)
    assert np.all(s.weight == 1)
    for field, value in (
        ("subchannel_bandwidth", 1e6),
        ("subchannel_noise_power", 1e-9),
        ("slot_duration", 0.1),
    ):
        assert np.all(s.data[field] == value)
    for field, low, high in (
        ("input_bits", 100 * kilobyte, 500 * kilobyte),
        ("cycles_per_bit", 500, 1500),
        ("energy_per_cycle", 0, 20e-11),
    ):
        x, width = s.data[field], high - low
        assert low <= x.min()
        assert x.max() <= high
        # uniform: mean and variance of 4000 draws, five standard errors
        assert np.mean(x) == pytest.approx((low + high) / 2, abs=5 * width / np.sqrt(12 * 4000))
        assert np.var(x) == pytest.approx(width**2 / 12, rel=0.08)
    if frequency is None:
        assert np.all(s.local_frequency == 1e15)
    else:
        assert set(np.unique(s.local_frequency / frequency)) == set(range(1, 11))
    gain = s.channel_gain
    assert np.mean(gain) == pytest.approx(1e-3, rel=5 / np.sqrt(gain.size))
    assert np.mean(gain > 1e-3) == pytest.approx(np.exp(-1), abs=5 * np.sqrt(0.24 / gain.size))
    assert abs(np.corrcoef(gain[:, 0, 0], gain[:, 0, 1])[0, 1]) < 0.3
    assert abs(np.corrcoef(gain[:, 0, 0], gain[:, 1, 0])[0, 1]) < 0.3


def test_who_must_offload() -> None:
    def required(scenario: str) -> np.ndarray:
        s = P4.sample(users=8, subchannels=8, batch=100, seed=1, scenario=scenario)
        return np.asarray(water_filling.terms(s).required_bits > 0)

    assert not required("ofdma_scaled").any()
    assert 0.05 < np.mean(required("ofdma_required")) < 0.6
    assert required("stated").all()


def test_scenarios_are_feasible() -> None:
    for scenario in P4.scenarios:
        s = P4.sample(users=8, subchannels=8, batch=50, seed=1, scenario=scenario)
        assert set(P4.infeasible(s)) == {""}
    crowded = P4.sample(users=8, subchannels=7, batch=5, seed=1, scenario="stated")
    assert "8 users must offload and there are only 7 subchannels" in set(P4.infeasible(crowded))


def test_the_same_seed_draws_the_same_users_for_every_problem() -> None:
    four, relaxed, five = (p.sample(users=3, subchannels=5, seed=3) for p in (P4, P4R, P5))
    assert np.array_equal(four.channel_gain, relaxed.channel_gain)
    assert np.array_equal(four.input_bits, five.input_bits)
    assert np.array_equal(np.mean(four.channel_gain, axis=-1), five.average_channel_gain)
