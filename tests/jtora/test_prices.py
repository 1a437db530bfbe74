"""Prices handed out against convex programs and plain search; shares where no work weighs anything; units."""

import itertools
from typing import Any

import cvxpy as cp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from mecopt.problems.jtora import closed_form
from mecopt.problems.jtora.terms import Decision, terms
from tests.jtora.cases import CRA, JTORA, TO, UPA, rough


def servers_of(seed: int) -> dict[str, Any]:
    """Some users without weight, a server with one user, one with none."""
    rng = np.random.default_rng(seed)
    return {
        "compute_weight": 1e9 * rng.uniform(0.3, 3, 9) * (rng.random(9) < 0.8),
        "offload_server": [0, 0, 1, 1, 1, 0, 2, -1, 1],
        "server_frequency": 1e10 * rng.uniform(0.5, 2, 4),
    }


def price_by_program(weight: np.ndarray, speed: float) -> float:
    """The multiplier of `sum f <= speed` where the cost is sum eta/f, in s^2/cycle^2, right to some 1e-4."""
    busy = weight[weight > 0] / 1e9
    if not busy.size:
        return 0.0
    f = cp.Variable(busy.size, pos=True)
    row = cp.sum(f) <= speed / 1e9
    cp.Problem(cp.Minimize(busy @ cp.inv_pos(f)), [row]).solve(solver="CLARABEL")
    return float(row.dual_value) / 1e9


@pytest.mark.parametrize("method", ["closed-form", "cvxpy:CLARABEL", "cvxpy:SCS"])
def test_server_price_is_what_a_cycle_per_second_saves(method: str) -> None:
    for seed in range(3):
        data = servers_of(seed)
        prices = CRA.solve(CRA.instance(data), method=method, tol=1e-6).multipliers["server_price"]
        for j, speed in enumerate(data["server_frequency"]):
            here = data["compute_weight"][np.array(data["offload_server"]) == j]
            assert prices[j] == pytest.approx(price_by_program(here, speed), rel=1e-3, abs=1e-30)


def test_server_price_is_the_slope_of_the_cost() -> None:
    s = CRA.sample(users=20, servers=3, seed=1)
    price, value = CRA.solve(s).multipliers["server_price"], CRA.solve(s).value
    for j in range(3):
        more = np.array(s.server_frequency)
        more[j] *= 1 + 1e-6
        saved = float(value - CRA.solve(s.replace(server_frequency=more)).value)
        assert price[j] == pytest.approx(saved / (1e-6 * s.server_frequency[j]), rel=1e-5)


@pytest.mark.parametrize("method", ["closed-form", "cvxpy:CLARABEL"])
def test_rate_price_is_the_least_cost_of_an_upload(method: str) -> None:
    rng = np.random.default_rng(0)
    data = {
        "time_weight": 10 ** rng.uniform(-3, 1, 12),
        "energy_weight": 10 ** rng.uniform(-2, 2, 12),
        "sinr_per_watt": 10 ** rng.uniform(0, 4, 12),
        "max_transmit_power": 10 ** rng.uniform(-1, 1, 12),
    }
    found = UPA.solve(UPA.instance(data), method=method, tol=1e-7)
    interior = 0
    for u, (phi, psi, theta, most) in enumerate(zip(*data.values(), strict=True)):

        def gamma(q: float, phi: float = phi, psi: float = psi, theta: float = theta) -> float:
            return (phi + psi * np.exp(q)) / np.log2(1 + theta * np.exp(q))

        least = minimize_scalar(gamma, bounds=(np.log(most) - 20, np.log(most)), method="bounded",
                                options={"xatol": 1e-9})  # fmt: skip
        wanted = min(float(least.fun), gamma(float(np.log(most))))
        assert found.multipliers["rate_price"][u] == pytest.approx(wanted, rel=1e-6)
        interior += least.x < np.log(most) - 1e-3
    assert 2 < interior < 10


# ------------------------------------------------------------------------------------ shares


def test_equal_shares_where_no_work_weighs_anything() -> None:
    data = servers_of(0) | {"compute_weight": [0.0, 0.0, 2e9, 0.0, 1e9, 0.0, 0.0, 1e9, 0.0]}
    share = CRA.solve(CRA.instance(data)).x["compute_allocation"]
    speed = data["server_frequency"]
    np.testing.assert_allclose(share[[0, 1, 5]], speed[0] / 3, rtol=1e-12)
    assert share[6] == pytest.approx(speed[2])
    root = 2.0**0.5
    np.testing.assert_allclose(
        share[[2, 3, 4, 8]], speed[1] * np.array([root, 0, 1, 0]) / (1 + root), rtol=1e-12
    )
    assert share[7] == 0.0


@pytest.mark.parametrize("problem", [JTORA, TO])
def test_users_without_weight_on_time_share_alike(problem: Any) -> None:
    """(27) is 0/0 for a server whose users do not care for time."""
    s = problem.instance(rough(3, users=5, servers=2, subbands=3, time=0.0))
    x = problem.solve(s, rigorous=False).x
    shared = 0
    for j in range(2):
        here = x["compute_allocation"][x["offload_server"] == j]
        np.testing.assert_allclose(here, s.server_frequency[j] / max(here.size, 1), rtol=1e-12)
        shared += here.size > 1
    assert shared


def test_some_users_without_weight_on_time() -> None:
    data = rough(3, users=5, servers=2, subbands=3)
    time = np.array([0.0, 0.5, 0.3, 0.0, 0.2])
    t = terms(TO.instance({**data, "time_preference": time, "energy_preference": 1 - time}))
    x = Decision(np.array([0, 0, 0, 1, -1]), np.array([0, 1, 2, 0, -1]))
    share = closed_form.allocate(t, x).share
    root = np.sqrt(t.compute_weight)
    assert share[0] == share[4] == 0.0
    np.testing.assert_allclose(
        share[1:3], t.server_frequency[0] * root[1:3] / (root[1] + root[2]), rtol=1e-12
    )
    assert share[3] == pytest.approx(t.server_frequency[1])


# ------------------------------------------------------------------------------------ units

UNITS = {
    "cycle": (
        {"workload": -1, "local_frequency": -1, "server_frequency": -1, "energy_coefficient": 3},
        2.0**32,
    ),
    "bit": ({"input_bits": -1, "bandwidth": -1}, 2.0**20),
    "watt": ({"noise_power": -1, "max_transmit_power": -1, "energy_coefficient": -1}, 2.0**10),
    "gain": ({"noise_power": -1, "channel_gain": -1}, 2.0**-30),
    "second": (
        {"bandwidth": 1, "local_frequency": 1, "server_frequency": 1, "energy_coefficient": -2,
         "noise_power": 1, "max_transmit_power": 1, },
        2.0**12,
    ),
}  # fmt: skip
"""Exponents of the unit in each field; powers of two, so that rounding is the same."""


@pytest.mark.parametrize("unit", UNITS)
def test_units_change_nothing(unit: str) -> None:
    """Numbers in the code that stand for an amount would show in other units."""
    exponents, size = UNITS[unit]
    for seed, problem in itertools.product((0, 4), (JTORA, TO)):
        data = rough(seed, users=5, servers=2, subbands=2, time=0.1)
        other = {name: np.asarray(a) * size ** exponents.get(name, 0) if name != "problem" else a
                 for name, a in data.items()}  # fmt: skip
        for method in problem.methods:
            if "SCIP" in method or method.startswith("relaxation"):
                continue
            mine, theirs = (problem.run(problem.instance(d), method=method) for d in (data, other))
            for name, exponent in (("offload_server", 0), ("offload_subband", 0),
                                   ("transmit_power", exponents.get("max_transmit_power", 0)),
                                   ("compute_allocation", exponents.get("server_frequency", 0))):  # fmt: skip
                np.testing.assert_allclose(
                    theirs.x[name], np.asarray(mine.x[name]) * size**exponent, rtol=1e-9, err_msg=method
                )
