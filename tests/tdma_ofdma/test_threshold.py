"""The price search of the claims against the specification's example, the closed form, and ties."""

from dataclasses import replace

import numpy as np
import pytest

import mecopt
from mecopt.problems.tdma_ofdma.claims import threshold

EXAMPLE = {
    "input_bits": [5e5, 8e5, 6e5],
    "cycles_per_bit": [1000, 700, 1200],
    "energy_per_cycle": [1e-10, 1.5e-10, 5e-11],
    "local_frequency": [1e9, 6e9, 8e9],
    "channel_gain": [1e-3, 4e-4, 2e-3],
    "weight": [1, 1, 2],
    "bandwidth": 1e6,
    "noise_power": 1e-9,
    "slot_duration": 0.1,
}


@threshold.finely
def decision(s, policy=threshold.THEOREM_1):
    """λ* and the point, as doubles."""
    found = threshold.decide(threshold.mobiles(s), policy)
    return float(found.price.mid()), *found.point


def test_example():
    price, bits, time = decision(mecopt.load("tdma_ofdma.P2").instance(EXAMPLE))
    assert price == pytest.approx(1.5166407, rel=1e-7)
    np.testing.assert_allclose(bits, [500000, 566311.187, 600000], rtol=1e-8)
    np.testing.assert_allclose(time, [0.02925159, 0.03564650, 0.03510191], rtol=1e-6)


@pytest.mark.parametrize("scenario", ["tdma_scaled", "stated"])
def test_agrees_with_the_closed_form(scenario):
    p = mecopt.load("tdma_ofdma.P2")
    batch = p.sample(users=12, batch=5, seed=3, scenario=scenario)
    for s in batch:
        price, bits, time = decision(s)
        r = p.solve(s, rigorous=False)
        assert price == pytest.approx(float(r.multipliers["time_price"]), rel=1e-9)
        np.testing.assert_allclose(bits, r.x["offloaded_bits"], rtol=1e-7)
        np.testing.assert_allclose(time, r.x["offloading_time"], rtol=1e-7)


def test_mobiles_at_the_threshold_fill_the_slot_one_by_one():
    alike = {name: [value[1]] * 3 if isinstance(value, list) else value for name, value in EXAMPLE.items()}
    _, bits, time = decision(mecopt.load("tdma_ofdma.P2").instance(alike))
    assert bits[0] == 8e5
    assert 0 < bits[1] < 8e5
    assert bits[2] == 0
    assert time.sum() == pytest.approx(0.1, rel=1e-14)


def test_no_price_fills_the_slot_of_mobiles_that_want_nothing():
    idle = mecopt.load("tdma_ofdma.P2").instance(
        EXAMPLE | {"energy_per_cycle": [0, 0, 0], "local_frequency": [1e10] * 3}
    )
    with pytest.raises(ValueError, match="no price of airtime"):
        decision(idle)


def test_a_misprint_with_the_wrong_branch_finds_no_price():
    wrong = replace(threshold.THEOREM_1, airtime=lambda u, x: threshold.airtime(u, x, branch=-1))
    with pytest.raises(ValueError, match="no price of airtime"):
        decision(mecopt.load("tdma_ofdma.P2").instance(EXAMPLE), wrong)
