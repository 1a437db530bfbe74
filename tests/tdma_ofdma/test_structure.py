"""The structure of the closed forms' answers, and their edges."""

import mpmath
import numpy as np
import pytest
import scipy.optimize
from mpmath import mpf

from mecopt.instance import Instance
from mecopt.problems.tdma_ofdma import closed_form
from mecopt.problems.tdma_ofdma.closed_form import fill_in_order, priorities, terms
from tests.tdma_ofdma.cases import DIGITS, EXAMPLE, P1, P2, P3, PROBLEMS, Exact, adversarial, example

NAMES = list(PROBLEMS)

# ------------------------------------------------------------------------------------- structure


@pytest.mark.parametrize("family", ["decades", "forced"])
@pytest.mark.parametrize("name", ["P2", "P3"])
def test_threshold_structure(name: str, family: str) -> None:
    """Complete above the price, minimum below, the slot used up: by priorities found by bisection."""
    s = adversarial(name, family, batch=8, users=4, seed=3)
    point = PROBLEMS[name].run(s)
    seen = set()
    with mpmath.workdps(DIGITS):
        for i in range(8):
            exact = Exact.of(s[i])
            bits, time = point.x["offloaded_bits"][i], point.x["offloading_time"][i]
            lam = mpf(float(point.multipliers["time_price"][i]))
            for k in range(4):
                if exact.R[k] == exact.m[k]:
                    continue
                distance = exact.priority(k) / lam - 1 if lam > 0 else mpf(-1)
                if distance > 1e-12:
                    assert bits[k] == float(exact.R[k])
                    seen.add("complete")
                elif distance < -1e-12:
                    assert bits[k] == pytest.approx(float(exact.m[k]), rel=1e-12)
                    seen.add("minimum")
                else:
                    assert float(exact.m[k]) <= bits[k] <= float(exact.R[k])
                    seen.add("partial")
            if np.any(bits > 0):
                used = float(
                    np.sum(time) + sum(float(x) * float(c) for x, c in zip(bits, exact.s, strict=True))
                )
                assert used == pytest.approx(float(exact.T), rel=1e-14)
            else:
                assert lam == 0
                assert np.all(time == 0)
    assert {"complete", "minimum"} <= seen


def two_partial_users(*, twin: bool = False) -> tuple[Instance, float, float, np.ndarray]:
    """P1 built from its prices: users 1 and 2 indifferent, 3 keen, 4 and 5 not; `twin` doubles user 2."""
    lam, mu = 0.5, 2e-11
    exponent = (
        1 + scipy.special.lambertw((lam / (1e-9 / np.array([1e-3, 2e-4, 1e-3, 1e-3, 1e-5])) - 1) / np.e).real
    )
    g = np.array([1e-3, 2e-4, 1e-3, 1e-3, 1e-5])
    C = np.array([1000.0, 700.0, 1200.0, 900.0, 800.0])
    R = np.array([4e5, 5e5, 3e5, 2e5, 1e5])
    B = 2e6
    kappa = 1e-9 / g * np.log(2) / B * np.exp(exponent)
    v = (kappa + mu * C) * np.array([1.0, 1.0, 1.5, 0.5, 0.0])
    share = np.array([0.3, 0.6, 1.0, 0.0, 0.0])
    local = np.array([1e12, 1e12, 1e12, 1e12, 8e8])
    if twin:
        g, C, R, v, exponent, share, local = (
            np.append(a, a[1]) for a in (g, C, R, v, exponent, share, local)
        )
    T = 0.1
    need = np.maximum(R - local * T / C, 0)
    bits = need + share * (R - need)
    # the times at the price set the scale of the data: then the slot is used exactly
    scale = T / np.sum(bits * np.log(2) / (B * exponent))
    s = P1.instance(
        {
            "input_bits": R * scale,
            "cycles_per_bit": C,
            "energy_per_cycle": v / C,
            "local_frequency": local * scale,
            "channel_gain": g,
            "bandwidth": B,
            "noise_power": 1e-9,
            "slot_duration": T,
            "cloud_capacity": float(np.sum(C * bits) * scale),
        }
    )
    return s, lam, mu, bits * scale


def test_two_partial_users() -> None:
    s, lam, mu, bits = two_partial_users()
    r = P1.solve(s)
    assert r.status == "optimal"
    assert r.certificate.gap <= 1e-13
    assert r.multipliers["time_price"] == pytest.approx(lam, rel=1e-9)
    assert r.multipliers["cloud_price"] == pytest.approx(mu, rel=1e-9)
    found = r.x["offloaded_bits"]
    assert found == pytest.approx(bits, rel=1e-8)
    least = np.maximum(s.input_bits - s.local_frequency * s.slot_duration / s.cycles_per_bit, 0)
    partial = (found > least + 1e-3 * s.input_bits) & (found < s.input_bits * (1 - 1e-3))
    assert partial.tolist() == [True, True, False, False, False]
    assert found[2] == s.input_bits[2]
    assert found[3] == 0.0
    assert found[4] == pytest.approx(least[4], rel=1e-12)
    assert np.sum(s.cycles_per_bit * found) == pytest.approx(float(s.cloud_capacity), rel=1e-14)
    # neither price alone explains it: the mix is needed
    assert P2.solve(P2.instance({k: v for k, v in s.data.items() if k != "cloud_capacity"})).value < r.value


def test_partial_users_with_a_twin() -> None:
    s, _, mu, bits = two_partial_users(twin=True)
    r = P1.solve(s)
    assert r.certificate.gap <= 1e-13
    assert r.multipliers["cloud_price"] == pytest.approx(mu, rel=1e-9)
    # twins may share as they like; what they offload together is determined
    assert r.x["offloaded_bits"][[1, 5]].sum() == pytest.approx(bits[[1, 5]].sum(), rel=1e-8)


def test_ties_share_the_rest_of_the_slot() -> None:
    same = {key: [value[0]] * 4 for key, value in EXAMPLE.items() if isinstance(value, list)}
    s = P2.instance(EXAMPLE | same | {"local_frequency": [1e12] * 4})
    r = P2.solve(s)
    bits = r.x["offloaded_bits"]
    assert r.status == "optimal"
    assert np.all((bits > 0.1 * 5e5) & (bits < 0.9 * 5e5))
    assert bits == pytest.approx([bits[0]] * 4, rel=1e-14)
    assert r.multipliers["time_price"] == pytest.approx(float(priorities(terms(s))[0]), rel=1e-15)


# ------------------------------------------------------------------------------------- edges


def test_nothing_worth_offloading() -> None:
    s = example("P2", energy_per_cycle=[1e-18] * 3, local_frequency=[1e12] * 3)
    r = P2.solve(s)
    assert r.status == "optimal"
    assert np.all(r.x["offloaded_bits"] == 0)
    assert np.all(r.x["offloading_time"] == 0)
    assert r.multipliers["time_price"] == 0
    local = sum(
        b * c * 1e-18 * x for b, c, x in zip([1, 1, 2], [1000, 700, 1200], [5e5, 8e5, 6e5], strict=True)
    )
    assert r.value == pytest.approx(local, rel=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_has_data_or_energy(name: str) -> None:
    for changes in (
        {"input_bits": [0, 0, 0]},
        {"energy_per_cycle": [0, 0, 0], "local_frequency": [1e12] * 3},
    ):
        r = PROBLEMS[name].solve(example(name, **changes))
        assert (r.status, r.value, r.certificate.gap) == ("optimal", 0.0, 0.0)


def test_one_user_by_hand() -> None:
    """No local CPU, one user: all bits in the whole slot, A T (2^(R/(B T)) - 1)."""
    s = P2.instance(
        {
            "input_bits": [3e5],
            "cycles_per_bit": [1000],
            "energy_per_cycle": [1e-10],
            "local_frequency": [0],
            "channel_gain": [0.25],
            "bandwidth": 1e6,
            "noise_power": 0.5,
            "slot_duration": 0.125,
        }
    )
    r = P2.solve(s)
    with mpmath.workdps(DIGITS):
        optimum = 2 * mpf(0.125) * (mpf(2) ** (mpf(3e5) / mpf(1e6) / mpf(0.125)) - 1)
        assert mpf(float(r.certificate.bound)) <= optimum <= mpf(float(r.certificate.upper))
    assert r.certificate.gap <= 1e-15
    assert r.x["offloading_time"][0] == 0.125


def test_capacity_that_just_covers_what_must_be_offloaded() -> None:
    s = example("P1", cloud_capacity=4e8)
    r = P1.solve(s)
    assert r.status == "optimal"
    assert r.x["offloaded_bits"] == pytest.approx([4e5, 0, 0], rel=1e-12)
    assert r.x["offloading_time"] == pytest.approx([0.1, 0, 0], rel=1e-12)
    assert P1.solve(example("P1", cloud_capacity=4e8 * (1 - 1e-9))).status == "infeasible"


def test_capacity_zero() -> None:
    free = {"local_frequency": [1e12] * 3}
    r = P1.solve(example("P1", cloud_capacity=0, **free))
    assert r.status == "optimal"
    assert np.all(r.x["offloaded_bits"] == 0)
    assert r.value == pytest.approx(0.05 + 0.084 + 0.072, rel=1e-15)
    assert P1.solve(example("P1", cloud_capacity=0)).status == "infeasible"


@pytest.mark.parametrize("capacity", [1.66e9, 1e12, 1e300])
def test_capacity_to_spare_gives_p2(capacity: float) -> None:
    r, free = P1.solve(example("P1", cloud_capacity=capacity)), P2.solve(example("P2"))
    assert r.multipliers["cloud_price"] == 0
    assert r.value == free.value
    assert np.array_equal(r.x["offloaded_bits"], free.x["offloaded_bits"])


def test_a_cloud_as_fast_as_can_be_gives_p2() -> None:
    assert P3.solve(example("P3", cloud_frequency=1e300)).value == P2.solve(example("P2")).value
    # 4e8 required cycles in 0.1 s: 4e9 cycles/s leave nothing for the radio
    assert P3.solve(example("P3", cloud_frequency=4e9)).status == "infeasible"


@pytest.mark.parametrize("margin", [1.0, 1e-2, 1e-4, 1e-6])
def test_p3_close_to_infeasible(margin: float) -> None:
    """The required cycles leave `margin` of the slot; enough bandwidth to use it."""
    s = example("P3", cloud_frequency=4e9 * (1 + margin), bandwidth=1e6 / margin)
    r = P3.solve(s)
    # the airtime left is a difference of times, its relative rounding grows as 1/margin
    assert r.certificate.gap <= 1e-14 / margin
    assert r.certificate.rigorous
    assert r.status == "optimal"
    assert r.certificate.infeasibility <= 1e-15


def test_a_user_that_computes_nothing_locally() -> None:
    r = P2.solve(example("P2", local_frequency=[0, 0, 0]))
    assert r.status == "optimal"
    assert np.array_equal(r.x["offloaded_bits"], EXAMPLE["input_bits"])


def test_absurd_rates_fail_openly() -> None:
    """A load of 1e6 bit/s/Hz: 2^(10^6) J is no double."""
    r = P2.solve(example("P2", local_frequency=[0, 0, 0], bandwidth=1.0))
    assert r.status == "failed"
    assert "not a finite number" in r.message


def test_filling_in_order() -> None:
    rank = np.array([[1.0, 3.0, 3.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
    wanted = np.array([[5.0, 1.0, 2.0, 4.0], [1.0, 0.0, 2.0, 3.0]])
    granted = fill_in_order(rank, wanted, np.array([[5.0], [2.5]]))
    assert granted.tolist() == [[0.0, 1.0, 2.0, 2.0], [1.0, 0.0, 1.5, 0.0]]
    assert fill_in_order(rank, wanted, np.array([[100.0], [0.0]])).tolist() == [wanted[0].tolist(), [0.0] * 4]


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_taken_in_parts_has_the_same_digits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = PROBLEMS[name]
    s = problem.sample(users=4, batch=11, seed=2)
    whole = problem.run(s)
    monkeypatch.setattr(closed_form, "PART", 12)
    parts = problem.run(s)
    for group in ("x", "multipliers"):
        for key, array in getattr(whole, group).items():
            np.testing.assert_array_equal(array, getattr(parts, group)[key])
