"""Algorithm 3, the baselines and the printed procedures, against their pseudo-code in plain Python."""

from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.optimize
import scipy.special

from mecopt.instance import Instance
from mecopt.problems.tdma_ofdma import algorithms
from tests.tdma_ofdma.cases import EXAMPLE, P1, P2, P3, PROBLEMS, adversarial, agrees, example

# ------------------------------------------------------------------------------------- Algorithm 3


def airtimes(s: Instance, bits: list[float]) -> list[float]:
    """Cheapest airtimes for given bits: one price for all, by a root search in 30 digits."""
    with mpmath.workdps(30):
        A = [mpmath.mpf(float(w * s.noise_power / g)) for w, g in zip(s.weight, s.channel_gain, strict=True)]
        nats = [mpmath.mpf(float(b)) * mpmath.log(2) / mpmath.mpf(float(s.bandwidth)) for b in bits]

        def times(log_price: mpmath.mpf) -> list[mpmath.mpf]:
            price = mpmath.exp(log_price)
            return [
                n / (1 + mpmath.lambertw((price / a - 1) / mpmath.e).real) if n > 0 else mpmath.mpf(0)
                for n, a in zip(nats, A, strict=True)
            ]

        if not any(n > 0 for n in nats):
            return [0.0] * len(bits)
        low, high = mpmath.mpf(-200), mpmath.mpf(200)
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if sum(times(middle)) > float(s.slot_duration) else (low, middle)
        return [float(t) for t in times(high)]


def algorithm_3_in_plain_python(s: Instance, *, reserve: bool) -> tuple[list[float], list[float]]:
    """The pseudo-code, user by user."""
    free = P2.run(P2.instance({k: v for k, v in s.data.items() if k != "cloud_capacity"}))
    if np.sum(s.cycles_per_bit * free.x["offloaded_bits"]) <= s.cloud_capacity:
        return list(free.x["offloaded_bits"]), list(free.x["offloading_time"])
    users = range(s.sizes["users"])
    phi = []
    for k in users:
        A = s.weight[k] * s.noise_power / s.channel_gain[k]
        u = s.weight[k] * s.cycles_per_bit[k] * s.energy_per_cycle[k] * s.bandwidth / (A * np.log(2))
        phi.append(A * (u * np.log(u) - u + 1) if u > 1 else 0.0)
    bits = [0.0] * len(phi)
    if reserve:
        bits = [
            max(float(s.input_bits[k] - s.local_frequency[k] * s.slot_duration / s.cycles_per_bit[k]), 0.0)
            for k in users
        ]
    left = float(s.cloud_capacity) - sum(float(s.cycles_per_bit[k]) * bits[k] for k in users)
    for k in sorted(users, key=lambda k: -phi[k]):
        if left > 0 and phi[k] > 0:
            add = min(float(s.input_bits[k]) - bits[k], left / float(s.cycles_per_bit[k]))
            bits[k] += add
            left -= add * float(s.cycles_per_bit[k])
    return bits, airtimes(s, bits)


def loaded(seed: int) -> Instance:
    """Four users of the scenario and a cloud for about half of them."""
    s = P1.sample(users=4, seed=seed)
    return s.replace(cloud_capacity=0.45 * float(np.sum(s.cycles_per_bit * s.input_bits)), slot_duration=0.02)


@pytest.mark.parametrize("reserve", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_algorithm_3(seed: int, reserve: bool) -> None:
    s = loaded(seed)
    if P1.infeasible(s):
        s = s.replace(local_frequency=1e12 * np.ones(4))
    bits, time = algorithm_3_in_plain_python(s, reserve=reserve)
    found = algorithms.algorithm_3(s, reserve_required=reserve)
    assert found.x["offloaded_bits"] == pytest.approx(bits, rel=1e-12)
    assert found.x["offloading_time"] == pytest.approx(time, rel=1e-9)


def test_algorithm_3_on_the_example() -> None:
    s = example("P1")
    r = P1.solve(s, method="algorithm-3")
    assert r.status == "feasible"
    assert agrees(r.value, "0.11602864")
    optimum = P1.solve(s).value
    assert r.certificate.gap == pytest.approx(1 - optimum / r.value, rel=1e-12)


def test_algorithm_3_as_printed_can_leave_required_bits() -> None:
    r = P1.solve(example("P1"), method="algorithm-3-printed")
    assert r.status == "failed"
    assert "misses a constraint by 0.44 of its bound" in r.message  # 1.8e5 of the 4e5 bits, of R = 5e5
    assert r.certificate.infeasibility == pytest.approx(0.44)


def test_algorithm_3_keeps_the_unlimited_solution_where_it_fits() -> None:
    s = example("P1", cloud_capacity=1.7e9)
    r = P1.solve(s, method="algorithm-3")
    assert r.status == "optimal"
    assert r.value == P2.solve(example("P2")).value


def test_algorithm_3_over_the_scenario() -> None:
    s = P1.sample(users=30, batch=40, seed=1)
    best, found = P1.solve(s), P1.solve(s, method="algorithm-3")
    assert set(found.status) <= {"optimal", "feasible"}
    ratio = found.value / best.value
    assert np.all(ratio >= 1 - 1e-12)
    assert np.any(ratio > 1.001)  # the comparison means something
    assert np.all(found.certificate.infeasibility <= 1e-12)


# ------------------------------------------------------------------------------------- baselines


def equal_in_plain_python(s: Instance) -> tuple[np.ndarray, np.ndarray]:
    """Equal airtime; bits by one price of cycles, found by a root search."""
    A = s.weight * s.noise_power / s.channel_gain
    v = s.weight * s.cycles_per_bit * s.energy_per_cycle
    need = np.maximum(s.input_bits - s.local_frequency * s.slot_duration / s.cycles_per_bit, 0)
    member = (v * s.bandwidth / (A * np.log(2)) > 1) | (need > 0)
    time = np.where(member, s.slot_duration / max(member.sum(), 1), 0.0)

    def bits(mu: float) -> np.ndarray:
        u = s.bandwidth * (v - mu * s.cycles_per_bit) / (A * np.log(2))
        wanted = np.where(u > 0, time * s.bandwidth * np.log2(np.maximum(u, 1e-300)), -np.inf)
        return np.where(member, np.minimum(np.maximum(wanted, need), s.input_bits), 0.0)

    def over(mu: float) -> float:
        return float(np.sum(s.cycles_per_bit * bits(mu)) - s.cloud_capacity)

    if "cloud_capacity" in s.data and over(0.0) > 0:
        mu = scipy.optimize.brentq(
            over, 0.0, float(np.max(s.weight * s.energy_per_cycle)), xtol=1e-30, rtol=1e-15
        )
        return bits(mu), time
    return bits(0.0), time


@pytest.mark.parametrize("name", ["P1", "P2"])
@pytest.mark.parametrize("seed", range(4))
def test_equal_allocation(name: str, seed: int) -> None:
    s = PROBLEMS[name].sample(users=12, seed=seed)
    if name == "P1":
        s = s.replace(cloud_capacity=2.5e9)
    if PROBLEMS[name].infeasible(s):
        pytest.fail("choose feasible data")
    bits, time = equal_in_plain_python(s)
    found = algorithms.equal_allocation(s)
    assert found.x["offloaded_bits"] == pytest.approx(bits, rel=1e-9)
    assert found.x["offloading_time"] == pytest.approx(np.where(bits > 0, time, 0), rel=1e-12)


def test_equal_allocation_on_the_example() -> None:
    r = P1.solve(example("P1"), method="baseline:equal")
    assert r.status == "feasible"
    assert agrees(r.value, "0.10113457")
    assert np.sum(r.x["offloaded_bits"] * example("P1").cycles_per_bit) <= 9e8 * (1 + 1e-12)


def test_all_local() -> None:
    s = example("P2", local_frequency=[1e12] * 3)
    r = P2.solve(s, method="baseline:all-local")
    local = sum(
        b * c * p * x
        for b, c, p, x in zip(
            [1, 1, 2],
            EXAMPLE["cycles_per_bit"],
            EXAMPLE["energy_per_cycle"],
            EXAMPLE["input_bits"],
            strict=True,
        )
    )
    assert r.value == pytest.approx(local, rel=1e-15)
    assert r.status == "feasible"
    assert P2.solve(example("P2"), method="baseline:all-local").status == "failed"  # user 1 must offload


@pytest.mark.parametrize("method", ["algorithm-3", "baseline:equal", "baseline:all-local"])
def test_no_heuristic_beats_the_optimum(method: str) -> None:
    for family in ("decades", "ties", "same priority"):
        s = adversarial("P1", family, batch=30, users=4, seed=8)
        best, found = P1.solve(s), P1.solve(s, method=method)
        usable = np.isin(found.status, ["feasible", "optimal"])
        assert usable.any()
        assert np.all(found.value[usable] >= best.certificate.bound[usable] * (1 - 1e-9))


@pytest.mark.parametrize(("pays", "sends"), [(1.1, True), (0.9, False)])
def test_equal_airtime_for_those_whom_a_first_bit_pays(pays: float, sends: bool) -> None:
    """A first bit costs N0 ln 2/(B g) J at no rate; computing it costs C P."""
    s = example("P2", local_frequency=[1e12] * 3)
    first = s.noise_power * np.log(2) / (s.bandwidth * s.channel_gain)
    s = s.replace(energy_per_cycle=first * np.array([pays, 5.0, 5.0]) / s.cycles_per_bit)
    time = P2.run(s, method="baseline:equal").x["offloading_time"]
    count = 3 if sends else 2
    assert time == pytest.approx(s.slot_duration / count * np.array([sends, True, True]), rel=1e-12)


# ------------------------------------------------------------------------------------- as printed


def test_printed_algorithm_1_finds_a_price_inside_its_bracket() -> None:
    """Everybody complete: the price is below every priority, and T_m = T is met."""
    s = example("P2", slot_duration=0.125, local_frequency=[1e12] * 3)
    r = P2.solve(s, method="algorithm-1-printed", tol=1e-6)
    assert r.message == ""
    assert r.trace.ended == "converged"
    assert r.status == "optimal"
    assert r.trace.column("price")[-1] == pytest.approx(float(P2.run(s).multipliers["time_price"]), rel=1e-6)
    assert r.trace.column("reached")[-1] == pytest.approx(0.125, rel=1e-9)


@pytest.mark.parametrize("sending", [1, 2, 3])
def test_printed_algorithm_1_where_some_users_stay_local(sending: int) -> None:
    """A slot that the users of the highest priorities just fill at a price between two priorities."""
    s = example("P2", local_frequency=[1e12] * 3)
    A = s.weight * s.noise_power / s.channel_gain
    ratio = s.bandwidth * s.cycles_per_bit * s.energy_per_cycle * s.channel_gain / (s.noise_power * np.log(2))
    priority = A * (ratio * np.log(ratio) - ratio + 1)
    order = np.argsort(-priority)
    below = priority[order[sending]] if sending < 3 else priority[order[-1]] / 4
    price = np.sqrt(priority[order[sending - 1]] * below)
    exponent = 1 + scipy.special.lambertw((price / A - 1) / np.e).real
    on = np.isin(np.arange(3), order[:sending])
    time = np.where(on, s.input_bits * np.log(2) / (s.bandwidth * exponent), 0.0)
    slot = s.replace(slot_duration=np.array(np.sum(time)))
    r = P2.solve(slot, method="algorithm-1-printed", tol=1e-6)
    assert (r.status, r.trace.ended) == ("optimal", "converged")
    assert np.array_equal(r.x["offloaded_bits"], np.where(on, s.input_bits, 0.0))
    np.testing.assert_allclose(r.x["offloading_time"], time, rtol=1e-7)
    assert float(r.multipliers["time_price"]) == pytest.approx(price, rel=1e-6)


def test_printed_algorithm_1_ends_beside_a_partial_user() -> None:
    """With a partial user no price meets T_m = T: the example itself."""
    r = P2.solve(example("P2"), method="algorithm-1-printed")
    assert r.trace.ended == "stationary"
    assert r.trace.steps < 70  # halvings of a double
    assert f"ended after {r.trace.steps} steps off its target" in r.message
    assert r.status == "failed"


def test_printed_algorithm_2_reads_bits_or_cycles() -> None:
    s = example("P1")
    bits = algorithms.algorithm_2_printed(s, load_test="bits")
    assert bits.multipliers["cloud_price"] == 0  # 1.9e6 bits are fewer than 9e8 cycles
    assert np.sum(s.cycles_per_bit * bits.x["offloaded_bits"]) > 9e8
    cycles = algorithms.algorithm_2_printed(s, load_test="cycles")
    assert cycles.multipliers["cloud_price"] > 0
    r = P1.solve(s, method="algorithm-2-printed")
    assert r.status == "failed"
    assert r.certificate.infeasibility == pytest.approx((500e6 + 560e6 + 720e6 - 9e8) / 9e8)


def test_printed_algorithm_2_can_be_right() -> None:
    """Where nothing is partial in P2 and the cloud has room, Step 1 already has the optimum."""
    s = P1.instance(EXAMPLE | {"slot_duration": 0.125, "local_frequency": [1e12] * 3, "cloud_capacity": 2e9})
    r = P1.solve(s, method="algorithm-2-printed", tol=1e-6)
    assert r.status == "optimal"


def test_printed_bisection() -> None:
    found, trace = algorithms.printed_bisection(lambda x: 8 - x**3, target=7.0, high=2.0)
    assert found == pytest.approx(1.0, rel=1e-8)
    assert trace.ended == "converged"
    jump, trace = algorithms.printed_bisection(lambda x: 2.0 if x < 0.3 else 0.5, target=1.0, high=1.0)
    assert jump == pytest.approx(0.3, rel=1e-15)
    assert trace.ended == "stationary"
    never, trace = algorithms.printed_bisection(lambda x: 0.0, target=1.0, high=1.0)
    assert never == 0.5**algorithms.PRINTED_STEPS
    assert (trace.ended, trace.steps) == ("max_steps", algorithms.PRINTED_STEPS)
    nothing, trace = algorithms.printed_bisection(lambda x: 0.0, target=1.0, high=0.0)
    assert (nothing, trace.ended, trace.steps) == (0.0, "stationary", 0)


def test_methods_of_each_problem() -> None:
    own = {p.key[-2:]: [m.name for m in p.own_methods] for p in (P1, P2, P3)}
    assert {"closed-form", "baseline:all-local"} <= set(own["P1"]) & set(own["P2"]) & set(own["P3"])
    assert {"algorithm-3", "algorithm-3-printed", "algorithm-2-printed", "baseline:equal"} <= set(own["P1"])
    assert {"algorithm-1-printed", "baseline:equal"} <= set(own["P2"])
    aims: dict[str, Any] = {m.name: m.aim for m in P1.own_methods}
    assert aims.pop("closed-form") == "optimum"
    assert set(aims.values()) == {"heuristic"}
