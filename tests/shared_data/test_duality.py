"""Where errors of Algorithm I come from: its tolerance, the floor of its multipliers, rounding at the cap."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from mecopt.problems.shared_data import algorithms
from mecopt.problems.shared_data.lagrangian import minimise
from tests.shared_data.cases import P1

NARROW: dict[str, Any] = {
    "input_bits": [0.554],
    "shared_bits": 0.4986,
    "cycles_per_bit": 8.0,
    "energy_coefficient": 1000.0,
    "max_latency": 2.57,
    "uplink_bandwidth": 0.3,
    "downlink_bandwidth": 0.4,
    "multicast_bandwidth": 0.1,
    "noise_psd": 0.01,
    "uplink_gain": [0.3372901952356866],
    "downlink_gain": [0.754],
    "local_frequency": [0.5],
    "max_bs_power": 100.0,
    "max_bs_energy": 237.2449543174556,
    "output_ratio": 1.0,
    "reception_power": 1.0,
}
"""One user; computing everything locally takes 40 000 times the optimum."""


def error(tol: float) -> float:
    """Relative error of the dual optimum that Algorithm I finds."""
    s = P1.instance(NARROW)
    optimum = P1.solve(s)
    assert optimum.certificate.gap < 1e-12
    dual = algorithms.algorithm_1(s, tol)
    assert dual.trace.ended == "converged"
    return abs(float(dual.last.value / optimum.value) - 1)


@pytest.mark.parametrize("tol", [1e-5, 1e-7, 1e-9])
def test_the_error_follows_the_tolerance(tol: float) -> None:
    assert 1e-3 * tol < error(tol) <= tol


def test_the_floor_of_the_multipliers_shows_where_it_is_higher(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = []
    for least in (1e-4, 1e-6, 1e-8):
        monkeypatch.setattr(algorithms, "LEAST", least)
        errors.append(error(1e-11))
    assert errors[0] > 1e-5
    assert [a / b for a, b in pairwise(errors)] == pytest.approx([100, 100], rel=0.1)


def test_the_unit_is_the_energy_of_a_feasible_point() -> None:
    """Computing all data locally would take 0.14 J but the CPU cannot; the optimum takes 4.15 J.

    In units of 0.14 J the first ball does not hold the optimal price of the base station's energy, 7.15.
    """
    data = dict.fromkeys(("cycles_per_bit", "uplink_bandwidth", "downlink_bandwidth", "noise_psd"), 1.0)
    data |= dict.fromkeys(("multicast_bandwidth", "max_bs_power", "max_bs_energy", "output_ratio"), 1.0)
    data |= {"reception_power": 1.0, "energy_coefficient": 0.01, "max_latency": 6.07, "shared_bits": 0.8}
    users = {"input_bits": [8.0], "local_frequency": [1.0], "uplink_gain": [1.0], "downlink_gain": [1.0]}
    s = P1.instance({**data, **users})
    dual = algorithms.algorithm_1(s, 1e-7)
    assert dual.trace.ended == "converged"
    assert float(dual.last.value) == pytest.approx(float(P1.solve(s).value), rel=2e-7)


def test_local_bits_at_their_cap_survive_rounding() -> None:
    """omega is 10^57 here, and c + a0 d - omega its last digit: (23a) in doubles says anything."""
    s = P1.instance(
        {
            "input_bits": [10, 1],
            "shared_bits": 1,
            "cycles_per_bit": 0.1,
            "energy_coefficient": 1,
            "max_latency": 1.2,
            "uplink_bandwidth": 0.1,
            "downlink_bandwidth": 1,
            "noise_psd": 0.01,
            "uplink_gain": [1, 1],
            "downlink_gain": [1, 1],
            "local_frequency": [0.5, 1],
            "max_bs_power": 1,
            "max_bs_energy": 1,
            "output_ratio": 1,
            "reception_power": 1,
        }
    )
    r = P1.solve(s)
    assert r.status == "optimal"
    omega = np.array([1e57, 0.0])
    known = minimise(s, r.multipliers, omega, at_cap=omega > 0)
    window = algorithms.recovered_window(s, known.x, dict(r.multipliers))
    assert window == pytest.approx(float(r.x["download_window"]), rel=1e-9)
    lost = minimise(s, r.multipliers, omega)
    wrong = algorithms.recovered_window(s, lost.x, dict(r.multipliers))
    assert wrong != pytest.approx(float(r.x["download_window"]), rel=0.1)
