"""The worked values, certificates over many decades, and methods that share no code against each other."""

from typing import Any

import mpmath
import numpy as np
import pytest

from mecopt import conic
from mecopt.problem import FEASIBILITY
from mecopt.problems.shared_data import algorithms, prices, shortest, window
from mecopt.solvers import installed
from tests.shared_data.cases import P1, agrees, exact_energy, example, natural

SOLVERS = [f"cvxpy:{row.name}" for row in installed(P1.cones)]


def test_worked_example() -> None:
    r = P1.solve(example())
    assert r.status == "optimal"
    assert r.certificate.rigorous
    assert r.certificate.gap <= 1e-14
    assert agrees(r.value, "0.00278383585")
    assert r.x["uploaded_shared_bits"].tolist() == [15000.0, 0.0, 0.0]
    for found, printed in zip(r.x["local_bits"], ("5964.41", "6013.62", "7174.93"), strict=True):
        assert agrees(found, printed)
    for found, printed in zip(r.x["download_time"], ("0.000670", "0.001389", "0.001297"), strict=True):
        assert agrees(found, printed)
    assert agrees(r.x["download_window"], "0.001389114")
    assert agrees(r.multipliers["energy_price"], "0.494677")
    assert agrees(r.multipliers["shared_price"] * 1e10, "2.137772")


def test_worked_baselines() -> None:
    s = example()
    values = {name: P1.solve(s, method=f"baseline:{name}") for name in ("full-offloading", "equal-time")}
    assert agrees(values["full-offloading"].value, "0.0032034046")
    assert agrees(values["equal-time"].value, "0.0030601")
    assert agrees(P1.solve(algorithms.without_sharing(s)).value, "0.0038209457")
    _, reason = algorithms.local_energy(s)
    assert "too slow" in str(reason)


def test_value_against_50_digits() -> None:
    s = example()
    for method in ("closed-form", "baseline:full-offloading"):
        r = P1.solve(s, method=method)
        assert r.value == pytest.approx(exact_energy(s, dict(r.x)), rel=1e-13)


def test_scenario_is_certified() -> None:
    s = P1.sample(users=5, batch=60, seed=7, scenario="dropped")
    r = P1.solve(s)
    known = r.status != "infeasible"
    assert known.sum() > 30
    assert set(r.status[known]) == {"optimal"}
    assert np.max(r.certificate.gap[known]) <= 1e-10
    assert r.certificate.rigorous[known].all()


@pytest.mark.parametrize("users", [1, 3])
def test_natural_data_are_certified(users: int) -> None:
    r = P1.solve(natural(batch=80, users=users, seed=users), tol=1e-8)
    known = r.status != "infeasible"
    assert known.sum() > 40
    gaps = r.certificate.gap[known]
    # without any energy to send results there is no multiplier, only a supremum
    assert np.mean(gaps <= 1e-8) > 0.97
    assert np.max(r.certificate.infeasibility[known]) <= FEASIBILITY


@pytest.mark.parametrize("method", SOLVERS)
def test_solvers_agree(method: str) -> None:
    s = P1.sample(users=3, batch=6, seed=11, scenario="dropped")
    best = P1.solve(s, rigorous=False)
    r = P1.solve(s, method=method, tol=1e-7, rigorous=False)
    assert set(r.status) == {"optimal"}
    assert np.asarray(r.value) == pytest.approx(best.value, rel=1e-5)
    assert np.all(np.asarray(r.value) >= np.asarray(best.value) * (1 - 1e-9))


def test_budget_dual_agrees() -> None:
    s = P1.sample(users=3, batch=6, seed=12, scenario="dropped")
    best, dual = P1.solve(s), P1.solve(s, method="budget-dual")
    assert set(dual.status) == {"optimal"}
    assert np.asarray(dual.value) == pytest.approx(best.value, rel=1e-10)


def test_nested_searches_agree_with_newton(monkeypatch: pytest.MonkeyPatch) -> None:
    s = P1.sample(users=4, batch=20, seed=13, scenario="dropped")
    fast = P1.solve(s, rigorous=False)

    def nowhere(p: prices.Terms, start: prices.State, on: Any, shortest: Any) -> Any:
        return np.full(p.window.shape, -2.0), prices.State(*(a.copy() for a in start)), np.zeros_like(on)

    monkeypatch.setattr(window, "ARRAYS", window.ARRAYS._replace(newton=nowhere))
    slow = P1.solve(s, rigorous=False)
    assert set(slow.status) == set(fast.status) == {"optimal"}
    assert np.asarray(slow.value) == pytest.approx(fast.value, rel=1e-10)


def test_the_shortest_window_spends_the_budget() -> None:
    s = natural(batch=100, users=3, seed=5)
    s = s[(P1.infeasible(s) == "") & (s.max_bs_energy > 0)]
    with np.errstate(all="ignore"):
        found = shortest.shortest_window(prices.terms(s))[:, 0]
    forced = 0
    for i in range(len(s)):
        one = s[i]
        most = one.max_latency * one.local_frequency / one.cycles_per_bit
        bits = one.output_ratio * np.maximum(one.input_bits - one.shared_bits - most, 0.0)
        if not bits.any():
            assert found[i] == 0
            continue
        band = mpmath.mpf(float(one.downlink_bandwidth)) / 3

        def energy(time: Any, bits: Any = bits, band: Any = band, one: Any = one) -> Any:
            each = zip(bits, one.downlink_gain, strict=True)
            rates = [(mpmath.mpf(float(b)) / (time * band), mpmath.mpf(float(g))) for b, g in each]
            return sum(float(one.noise_psd) * band * time / g * (2**r - 1) for r, g in rates)

        with mpmath.workdps(40):
            budget, at = mpmath.mpf(float(one.max_bs_energy)), mpmath.mpf(float(found[i]))
            assert energy(at * (1 + mpmath.mpf("1e-12"))) < budget < energy(at * (1 - mpmath.mpf("1e-12")))
        forced += 1
    assert forced > 20


def test_windows_as_short_as_can_be_are_optimal() -> None:
    """One user without a CPU: all bits must go, and often the window is the shortest."""
    s = P1.sample(users=1, batch=60, seed=3, scenario="dropped")
    s = s.replace(local_frequency=np.zeros_like(s.local_frequency))
    s = s[P1.infeasible(s) == ""]
    r = P1.solve(s)
    least = shortest.shortest_window(prices.terms(s))[:, 0]
    assert np.sum(np.isclose(r.x["download_window"], least, rtol=1e-9)) > 5
    assert set(r.status) == {"optimal"}
    assert np.max(r.certificate.gap) <= 1e-10


def test_a_solver_without_multipliers_is_judged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """SCIP and whoever stops early give none: the referee then searches its own prices."""
    monkeypatch.setattr(conic, "multiplier", lambda row: np.full(row.shape, np.nan))
    r = P1.solve(example(), method="cvxpy:CLARABEL", tol=1e-6)
    assert r.status == "optimal"
    assert np.isnan(P1.run(example(), method="cvxpy:CLARABEL").multipliers["energy_price"])


def test_ellipsoid() -> None:
    s = example(input_bits=[40000.0], uplink_gain=[6e-11], downlink_gain=[6e-11], local_frequency=[1e9])
    r = P1.solve(s, method="ellipsoid")
    assert r.status == "optimal"
    assert r.trace is not None
    assert r.trace.ended == "converged"
    printed = P1.solve(s, method="ellipsoid-printed", rigorous=False)
    assert printed.status == "failed"
    assert printed.certificate.infeasibility > 0.005


@pytest.mark.parametrize("users", [1, 2, 3])
def test_ellipsoid_on_the_scenario(users: int) -> None:
    """The first multipliers within 1e-6 of the dual's optimum give points up to 0.9 % from it."""
    r = P1.solve(P1.sample(users=users), method="ellipsoid")
    assert r.status == "optimal"
    assert r.certificate.gap <= 1e-6


EDGES: dict[str, dict[str, Any]] = {
    "no shared data": {"shared_bits": 0.0},
    "one user": {
        k: [v]
        for k, v in (
            ("input_bits", 4e4),
            ("uplink_gain", 6e-11),
            ("downlink_gain", 6e-11),
            ("local_frequency", 1e9),
        )
    },
    "shared data only": {"input_bits": [15000.0] * 3},
    "no results": {"output_ratio": 0.0},
    "free reception": {"reception_power": 0.0},
    "equal gains": {"uplink_gain": [6e-11] * 3, "downlink_gain": [6e-11] * 3},
    "nothing to do": {"input_bits": [0.0] * 3, "shared_bits": 0.0},
    "a huge budget": {"max_bs_energy": 1e6},
    "fast CPUs": {"local_frequency": [1e12] * 3},
    "no CPUs": {"local_frequency": [0.0] * 3},
}


@pytest.mark.parametrize("edge", EDGES)
def test_edges(edge: str) -> None:
    r = P1.solve(example(**EDGES[edge]), tol=1e-9)
    assert r.status == "optimal"
    if edge == "equal gains":
        assert r.x["uploaded_shared_bits"].max() > 0


def test_no_budget_means_no_private_offloading() -> None:
    s = example(max_bs_energy=0.0, local_frequency=[1e10] * 3)
    r = P1.solve(s)
    assert r.status == "optimal"
    assert r.x["local_bits"] == pytest.approx(s.input_bits - s.shared_bits)
    assert P1.solve(example(max_bs_energy=0.0)).status == "infeasible"


def test_equal_users_share() -> None:
    ones = {"input_bits": [1, 1], "uplink_gain": [1, 1], "downlink_gain": [1, 1], "local_frequency": [1, 1]}
    data = dict.fromkeys(
        (
            "shared_bits",
            "cycles_per_bit",
            "energy_coefficient",
            "max_latency",
            "downlink_bandwidth",
            "noise_psd",
        ),
        1,
    )
    data |= {
        "uplink_bandwidth": 2,
        "max_bs_power": 1,
        "max_bs_energy": 1,
        "output_ratio": 0,
        "reception_power": 1,
    }
    s = P1.instance(data | ones)
    r = P1.solve(s)
    assert r.x["uploaded_shared_bits"] == pytest.approx([0.5, 0.5])
    assert r.value == pytest.approx(2 * (2**0.5 - 1), rel=1e-14)
    assert P1.solve(s, method="baseline:single-transmitter", rigorous=False).value == pytest.approx(
        1.0, rel=1e-12
    )


def test_the_window_that_multipliers_point_at() -> None:
    """Download times of those who wait, by what waiting costs them; the longest where nobody does."""
    s = example()
    x = {"download_time": np.array([0.001, 0.002, 0.004])}
    for price, expected in (([1.0, 3.0, 0.0], 0.00175), ([0.0, 0.0, 0.0], 0.004), ([0.0, 0.0, 2.0], 0.004)):
        found = algorithms.recovered_window(s, x, {"download_price": np.array(price)})
        assert found == pytest.approx(expected, rel=1e-12)
    # more than there is: cut off just before the end
    late = algorithms.recovered_window(s, {"download_time": np.full(3, 0.1)}, {"download_price": np.ones(3)})
    multicast = 15000 / (1e7 * np.log2(1 + 1e-11 / (1.2589254e-20 * 1e7)))
    assert late < 0.02 - multicast
    assert late == pytest.approx(0.02 - multicast, rel=1e-8)
