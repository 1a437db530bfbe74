"""The closed forms: printed values, 60-digit certificates, a general solver, structure, edges."""

from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.optimize
from mpmath import mpf

from mecopt.instance import Instance
from mecopt.problems.tdma_ofdma import closed_form
from mecopt.problems.tdma_ofdma.closed_form import fill_in_order, priorities, terms
from tests.tdma_ofdma.cases import (
    DIGITS,
    EXAMPLE,
    FAMILIES,
    P1,
    P2,
    P3,
    PROBLEMS,
    Exact,
    adversarial,
    agrees,
    example,
    proved_gap,
)

NAMES = list(PROBLEMS)

# ------------------------------------------------------------------------------------- worked example

PRINTED: dict[str, dict[str, Any]] = {
    "P2": {
        "value": "0.038934138",
        "time_price": "1.5166407",
        "bits": ["500000", "566311.187", "600000"],
        "time": [".02925159", ".03564650", ".03510191"],
    },
    "P1": {
        "value": "0.091415964",
        "time_price": "0.027898455",
        "cloud_price": "1.4572076e-10",
        "bits": ["400000", "714285.714", "0"],
        "time": [".03358821", ".06641179", "0"],
    },
    "P3": {
        "value": "0.11357286",
        "time_price": "0.98056222",
        "bits": ["400000", "556215.555", "0"],
        "time": [".02421614", ".03631631", "0"],
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_worked_example(name: str) -> None:
    printed = PRINTED[name]
    r = PROBLEMS[name].solve(example(name))
    assert r.status == "optimal"
    assert r.certificate.rigorous
    assert r.certificate.gap <= 1e-14
    assert agrees(r.value, printed["value"])
    assert agrees(r.multipliers["time_price"], printed["time_price"])
    if "cloud_price" in printed:
        assert agrees(r.multipliers["cloud_price"], printed["cloud_price"])
    for found, text in zip(r.x["offloaded_bits"], printed["bits"], strict=True):
        assert agrees(found, text)
    for found, text in zip(r.x["offloading_time"], printed["time"], strict=True):
        assert agrees(found, text)


def test_priorities_of_the_example() -> None:
    s = example("P2")
    ratio = s.bandwidth * s.cycles_per_bit * s.energy_per_cycle * s.channel_gain / (s.noise_power * np.log(2))
    # where the printed priorities start from; the weight cancels
    for found, text in zip(ratio, ["144269.504", "60593.1917", "173123.405"], strict=True):
        assert agrees(found, text)
    for name, texts in (
        ("P2", ["1.5695722", "1.5166407", "1.9150505"]),
        ("P3", ["0.85363169", "0.98056222", "0.94840902"]),
    ):
        for found, text in zip(priorities(terms(example(name))), texts, strict=True):
            assert agrees(found, text)


def test_agreement_can_fail() -> None:
    assert agrees(0.0389341384, "0.038934138")
    assert not agrees(0.0389341386, "0.038934138")


# ------------------------------------------------------------------------------------- certified gaps


@pytest.mark.parametrize("name", NAMES)
def test_thirty_users_of_the_scenario(name: str) -> None:
    r = PROBLEMS[name].solve(PROBLEMS[name].sample(users=30, batch=20, seed=7))
    assert list(r.status) == ["optimal"] * 20
    assert np.all(r.certificate.rigorous)
    assert np.max(r.certificate.gap) <= 1e-12
    assert np.max(r.certificate.infeasibility) <= 1e-15  # a few roundings of sums of 30


def rounding_of_the_load(s: Instance, value: np.ndarray) -> Any:
    """Relative worth of the last digits of the cloud load, which is decided in doubles only.

    Where F just cuts complete offloading, the last of its cycles may go to a user whose cycles are worth
    far more than the average one, and the optimum may be a millionth of what local computing costs.
    """
    if "cloud_capacity" not in s.data:
        return np.zeros(value.shape)
    load = np.minimum(s.cloud_capacity, np.sum(s.cycles_per_bit * s.input_bits, axis=-1))
    worth = np.max(s.weight * s.energy_per_cycle, axis=-1)
    return 4e-16 * s.sizes["users"] * worth * load / np.where(value > 0, value, np.inf)


@pytest.mark.parametrize("users", [1, 2, 5, 30])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", NAMES)
def test_adversarial_sweep(name: str, family: str, users: int, sweep: int) -> None:
    batch = sweep if users < 30 else sweep // 4
    s = adversarial(name, family, batch=batch, users=users, seed=users)
    r = PROBLEMS[name].solve(s)
    assert np.all(r.certificate.rigorous)
    assert np.max(r.certificate.infeasibility) <= 1e-15
    # 140 nats amplify the rounding of a time by 140: 1e-13; P3 with 1 % of airtime left by another 100
    allowed = 1e-11 + rounding_of_the_load(s, r.value)
    assert np.all(r.certificate.gap <= allowed)
    assert np.all((r.status == "optimal") | (allowed > 1e-10))
    assert np.mean(r.status == "optimal") >= 0.9


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", NAMES)
def test_sixty_digits_agree(name: str, family: str) -> None:
    """Feasible point and dual bound by other formulas than the package's: Lambert's W in 60 digits."""
    s = adversarial(name, family, batch=6, users=3, seed=11)
    point = PROBLEMS[name].run(s)
    for i in range(6):
        x = {key: array[i] for key, array in point.x.items()}
        multipliers = {key: array[i] for key, array in point.multipliers.items()}
        assert -1e-50 <= proved_gap(s[i], x, multipliers) <= 1e-11


def test_sixty_digits_can_disagree() -> None:
    s = example("P2")
    point = P2.run(s)
    worse = {**point.x, "offloading_time": point.x["offloading_time"][[1, 0, 2]]}
    assert proved_gap(s, worse, point.multipliers) > 0.1
    assert proved_gap(s, point.x, {"time_price": 1.5}) > 1e-6


# ------------------------------------------------------------------------------------- a general solver


def by_general_solver(s: Instance, start: np.ndarray) -> float:
    """The optimum by SLSQP in shares of bits and slot, from the problem statement alone."""
    R, C, B, T = s.input_bits, s.cycles_per_bit, float(s.bandwidth), float(s.slot_duration)
    local = s.weight * C * s.energy_per_cycle * R
    scale = s.weight * s.noise_power / s.channel_gain
    least = np.maximum(R - s.local_frequency * T / C, 0) / R
    unit = float(np.sum(local))
    n = len(R)

    def energy(z: np.ndarray) -> float:
        share, time = z[:n], np.maximum(z[n:], 1e-9) * T
        radio = scale * time * np.expm1(np.minimum(share * R * np.log(2) / (B * time), 500))
        return float(np.sum(radio + (1 - share) * local)) / unit

    def slot(z: np.ndarray) -> float:
        cloud = np.sum(C * R * z[:n]) / (float(s.cloud_frequency) * T) if "cloud_frequency" in s.data else 0.0
        return float(1 - np.sum(z[n:]) - cloud)

    constraints = [{"type": "ineq", "fun": slot}]
    if "cloud_capacity" in s.data:
        constraints.append(
            {"type": "ineq", "fun": lambda z: float(1 - np.sum(C * R * z[:n]) / float(s.cloud_capacity))}
        )
    bounds = [(low, 1.0) for low in least] + [(1e-6, 1.0)] * n
    found = scipy.optimize.minimize(
        energy,
        start,
        method="SLSQP",
        bounds=bounds,
        constraints=constraints,
        options={"ftol": 1e-14, "maxiter": 500},
    )
    z = found.x
    feasible = all(c["fun"](z) >= -1e-9 for c in constraints) and np.all(z[:n] >= least - 1e-9)
    return float(found.fun) * unit if feasible else np.inf


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_a_general_solver_finds_nothing_better(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    users = 2 + seed % 2
    data: dict[str, Any] = {
        "input_bits": rng.uniform(1e5, 5e5, users),
        "cycles_per_bit": rng.uniform(500, 1500, users),
        "energy_per_cycle": rng.uniform(5e-11, 2e-10, users),
        "local_frequency": rng.choice([1e9, 2e9, 1e10], users),
        "channel_gain": 10 ** rng.uniform(-5, -3, users),
        "weight": rng.choice([1.0, 2.0], users),
        # low rates: energies of radio and CPU of the same size, where a local search can find its way
        "bandwidth": rng.uniform(2e6, 6e6),
        "noise_power": 1e-8,
        "slot_duration": 0.1,
    }
    load = data["cycles_per_bit"] * data["input_bits"]
    need = load - np.minimum(load, data["local_frequency"] * 0.1)
    if name == "P1":
        data["cloud_capacity"] = float(np.sum(need) + 0.4 * np.sum(load - need))
    if name == "P3":
        data["cloud_frequency"] = float(np.sum(load)) / 0.05
    s = PROBLEMS[name].instance(data)
    r = PROBLEMS[name].solve(s)
    assert r.status == "optimal"
    least = np.maximum(s.input_bits - s.local_frequency * 0.1 / s.cycles_per_bit, 0) / s.input_bits
    starts = [np.r_[least + w * (1 - least), np.full(users, 0.5 / users)] for w in (0.02, 0.3, 0.6, 0.98)]
    found = min(by_general_solver(s, start) for start in starts)
    assert found >= r.value * (1 - 1e-7)  # SLSQP may miss constraints by 1e-9
    assert found <= r.value * (1 + 1e-5)  # and it does find the optimum: the comparison means something


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
