"""Bits on given sub-channels, against bisection in 50 digits and the conditions of Proposition 3."""

from itertools import product

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from mecopt.instance import Array, Instance
from mecopt.problems.tdma_ofdma.ofdma import water_filling
from tests.tdma_ofdma.ofdma.cases import DIGITS, P4, Exact, example, feasible, owned

INSTANCES = feasible(24)


def random_shares(s: Instance, rng: np.random.Generator, *, whole: bool) -> Array:
    shape = s.channel_gain.shape
    if whole:
        return owned(rng.integers(0, shape[0], shape[1]), shape[0])
    shares: Array = rng.dirichlet(np.ones(shape[0]), shape[1]).T * rng.choice([0.0, 1e-9, 1.0, 1.0], shape)
    return shares


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("i", range(len(INSTANCES)))
def test_best_bits_are_the_cheapest(i: int, whole: bool) -> None:
    s, rng = INSTANCES[i], np.random.default_rng(i)
    p, exact = water_filling.terms(s), Exact.of(s)
    for _ in range(3):
        shares = random_shares(s, rng, whole=whole)
        found = water_filling.fill(p, shares)
        for k, row in enumerate(shares):
            with mpmath.workdps(DIGITS):
                best = exact.user_cost(k, row)
            if not row.any() and p.required_bits[k] > 0:
                assert found.cost[k] == np.inf
                continue
            # one rounding of a bit is worth v, which may dwarf what the bits cost on air
            rounding = 1e-15 * float(p.bit_value[k] * p.input_bits[k])
            assert found.cost[k] == pytest.approx(float(best), rel=1e-12, abs=rounding)
            assert np.all(found.bits[k] >= 0)
            assert np.all(found.bits[k][row == 0] == 0)
            total = np.sum(found.bits[k])
            low, high = p.required_bits[k], p.input_bits[k]
            assert low * (1 - 1e-15) <= total <= high * (1 + 1e-15) or not row.any()


@pytest.mark.parametrize("i", range(0, len(INSTANCES), 2))
def test_given_totals_are_sent_at_least_cost(i: int) -> None:
    s, rng = INSTANCES[i], np.random.default_rng(i)
    p, exact = water_filling.terms(s), Exact.of(s)
    shares = random_shares(s, rng, whole=True)
    for share in (1e-9, 0.3, 1.0):
        total = share * p.input_bits
        found = water_filling.fill(p, shares, total)
        for k, row in enumerate(shares):
            if row.any():
                assert np.sum(found.bits[k]) == pytest.approx(total[k], rel=4e-16)
                with mpmath.workdps(DIGITS):
                    best = exact.user_cost(k, row, mpf(float(total[k])))
                rounding = 1e-15 * float(p.bit_value[k] * p.input_bits[k])
                assert found.cost[k] == pytest.approx(float(best), rel=1e-12, abs=rounding)
            else:
                assert not found.bits[k].any()


@pytest.mark.parametrize("s", INSTANCES)
def test_conditions_of_proposition_3(s: Instance) -> None:
    """Marginal costs equal the price of a bit where bits are sent, and are no less where none are."""
    p = water_filling.terms(s)
    shares = random_shares(s, np.random.default_rng(3), whole=True)
    found = water_filling.fill(p, shares)
    marginal = p.energy_scale / p.bits_per_nat[:, None] * np.exp(found.bits / p.bits_per_nat[:, None])
    price = found.bit_price[:, None]
    sends, silent = found.bits > 0, (found.bits == 0) & (shares > 0)
    assert np.allclose(marginal[sends], np.broadcast_to(price, marginal.shape)[sends], rtol=1e-12, atol=0)
    assert np.all((marginal >= price * (1 - 1e-12))[silent])
    held = shares.any(axis=-1)
    total, scale = np.sum(found.bits, axis=-1), 1e-9 * p.input_bits
    between = held & (total > p.required_bits + scale) & (total < p.input_bits - scale)
    assert np.allclose(found.bit_price[between], p.bit_value[between], rtol=1e-9, atol=0)
    assert np.all(np.isnan(found.bit_price[~held]))


def test_prices_turn_total_by_total_into_a_closed_form() -> None:
    """The printed formula at the returned price: l_n = [B T log2(theta B T g/(beta T N0 ln 2))]^+."""
    s = example()
    p = water_filling.terms(s)
    shares = owned([2, 1, 2, 1], 3)
    found = water_filling.fill(p, shares, np.array([0.0, 7e5, 4e5]))
    span = float(s.subchannel_bandwidth * s.slot_duration)
    scale = s.weight[:, None] * s.slot_duration * s.subchannel_noise_power / s.channel_gain
    printed = span * np.log2(found.bit_price[:, None] * span / (scale * np.log(2)))
    expected = np.where(shares > 0, np.maximum(printed, 0), 0)
    assert found.bits[1:] == pytest.approx(expected[1:], rel=1e-12)


def test_all_subsets_at_once() -> None:
    s = example()
    p = water_filling.terms(s)
    subsets = np.array(list(product([False, True], repeat=4)))
    costs = water_filling.cost(p, subsets[:, None, :])
    assert costs.shape == (16, 3)
    for i, held in enumerate(subsets):
        assert np.array_equal(costs[i], water_filling.cost(p, np.tile(held, (3, 1))))
    # more sub-channels never cost more
    for i, j in product(range(16), repeat=2):
        if np.all(subsets[i] <= subsets[j]):
            assert np.all(costs[j] <= costs[i] * (1 + 1e-14))
    assert costs[0, 0] == np.inf
    assert costs[0, 1:] == pytest.approx((p.input_bits * p.bit_value)[1:])


def test_batches() -> None:
    s = P4.sample(users=3, subchannels=6, batch=5, seed=1, scenario="ofdma_required")
    shares = np.random.default_rng(0).random(s.channel_gain.shape) * (s.channel_gain > 5e-4)
    together = water_filling.fill(water_filling.terms(s), shares)
    for i in range(5):
        alone = water_filling.fill(water_filling.terms(s[i]), shares[i])
        for one, other in zip(alone, together, strict=True):
            assert np.array_equal(one, other[i], equal_nan=True)


def test_no_digit_is_lost_at_equal_gains_and_low_rates() -> None:
    s = example(channel_gain=np.full((3, 4), 1e-3), input_bits=[1e-6, 2e-6, 4e-6], local_frequency=[1e12] * 3)
    found = water_filling.fill(water_filling.terms(s), np.full((3, 4), 0.25))
    assert found.bits == pytest.approx(np.array([[0.25e-6] * 4, [0.5e-6] * 4, [1e-6] * 4]), rel=1e-14)
