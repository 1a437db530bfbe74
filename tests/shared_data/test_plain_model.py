"""Optimum, baselines and prices against P1' written down once more (`plain`), on instances it solves well."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from mecopt.arithmetic import FLOAT
from mecopt.instance import Instance
from mecopt.problems.shared_data import algorithms, closed_form
from tests.shared_data.cases import P1
from tests.shared_data.plain import Model, tame

VALUE = 1e-8
"""CLARABEL at 1e-10 is right to 1e-9 of these optima, or twice that."""

PRICE = 5e-4
"""Its multipliers, relative to the largest of a kind, are right to 1e-4: values lose the square."""

LITTLE = 0.01
"""Offloaded bits of a few: fewer tell a solver little of the price of their results."""

USERS = [1, 2, 4]

pytestmark = pytest.mark.filterwarnings("ignore:Solution may be inaccurate")


def drawn(users: int) -> Instance:
    s = tame(batch=6, users=users, seed=users)
    return s[np.flatnonzero(P1.infeasible(s) == "")]


@cache
def models(users: int) -> list[Model]:
    s = drawn(users)
    return [Model(s[i]) for i in range(len(s.max_latency))]


def agree(found: dict[str, Any], m: Model) -> None:
    """Prices of one instance; those of the download only where there is one worth a solver's tolerance."""
    prices = m.prices()
    for name in prices if m.offloaded > LITTLE else ("time_price", "shared_price"):
        scale = np.max(np.abs(prices[name]))
        assert found[name] == pytest.approx(prices[name], abs=PRICE * scale), name


def test_the_draws_have_what_they_are_for() -> None:
    everyone = [m for users in USERS for m in models(users)]
    assert len(everyone) > 12
    assert sum(m.offloaded > LITTLE for m in everyone) > 10
    assert sum(np.sum(m.shared > 1e-4) > 1 for m in everyone) >= 2
    assert sum(int(np.argmax(m.shared)) > 0 for m in everyone) >= 5


@pytest.mark.parametrize("method", ["closed-form", "budget-dual"])
@pytest.mark.parametrize("users", USERS)
def test_optimum_and_prices(method: str, users: int) -> None:
    s = drawn(users)
    point = P1.run(s, method=method)
    values = P1.certify(s, point.x, rigorous=False).value
    for i, m in enumerate(models(users)):
        assert values[i] == pytest.approx(m.value, rel=VALUE)
        agree({name: a[i] for name, a in point.multipliers.items()}, m)


@pytest.mark.parametrize("method", ["closed-form", "budget-dual"])
def test_long_downloads(method: str) -> None:
    """A slow downlink and a frugal base station: results take most of the time there is."""
    s = tame(batch=4, users=2, seed=20)
    s = s.replace(
        uplink_bandwidth=10 * s.uplink_bandwidth,
        downlink_bandwidth=s.downlink_bandwidth / 3,
        output_ratio=np.ones(4),
        energy_coefficient=100 * s.energy_coefficient,
        shared_bits=0.1 * s.shared_bits,
    )
    s = s[np.flatnonzero(P1.infeasible(s) == "")]
    x = P1.run(s, method=method).x
    found = P1.certify(s, x, rigorous=False, tol=1e9)
    assert np.max(x["download_window"] / s.max_latency) > 0.7
    for i in range(len(s.max_latency)):
        assert found.value[i] == pytest.approx(Model(s[i]).value, rel=VALUE)


@pytest.mark.parametrize("users", USERS)
def test_prices_of_the_conic_model(users: int) -> None:
    s = drawn(users)
    for i, m in enumerate(models(users)):
        agree(dict(P1.run(s[i], method="cvxpy:CLARABEL", tol=1e-9).multipliers), m)


@pytest.mark.parametrize("users", USERS)
def test_the_referees_own_prices(users: int) -> None:
    s = drawn(users)
    found = P1.statement.best_prices(P1.statement.lift(FLOAT, s))
    for i, m in enumerate(models(users)):
        agree({name: a[i] for name, a in found.items()}, m)


@pytest.mark.parametrize("users", [1, 2, 5])
def test_the_referees_own_prices_where_the_window_is_the_shortest(users: int) -> None:
    """Bits that must be sent take the whole budget: its price follows from that of time alone."""
    s = tame(batch=100, users=users, seed=users)
    s = s.replace(local_frequency=np.zeros_like(s.local_frequency), reception_power=0.0 * s.max_latency)
    s = s[np.flatnonzero(P1.infeasible(s) == "")]
    x = P1.run(s).x
    assert len(s.max_latency) > 30
    assert np.max(P1.certify(s, x, rigorous=False).gap) <= 1e-10


def test_multipliers_of_algorithm_1() -> None:
    s, m = drawn(2)[2], models(2)[2]
    agree(algorithms.algorithm_1(s, 1e-9).multipliers, m)
    assert m.offloaded > 0.1


def judged(s: Instance, method: str) -> Any:
    return P1.certify(s, P1.run(s, method=method).x, rigorous=False)


@pytest.mark.parametrize("users", [2, 4])
def test_single_transmitter(users: int) -> None:
    s = drawn(users)
    found = judged(s, "baseline:single-transmitter")
    assert np.max(found.infeasibility) <= 1e-9
    for i in range(len(s.max_latency)):
        alone = [Model(s[i], senders=[k]).value for k in range(users)]
        assert found.value[i] == pytest.approx(min(alone), rel=VALUE)
        for k, value in enumerate(alone):
            x = closed_form.solve(s[i], may_send=np.arange(users) == k).x
            assert float(P1.certify(s[i], x, rigorous=False).value) == pytest.approx(value, rel=VALUE)


@pytest.mark.parametrize("users", [2, 4])
def test_full_offloading_and_equal_time(users: int) -> None:
    s = drawn(users)
    full, equal = judged(s, "baseline:full-offloading"), judged(s, "baseline:equal-time")
    x = P1.run(s, method="baseline:equal-time").x
    assert np.nanmax(full.infeasibility) <= 1e-9
    assert np.max(equal.infeasibility) <= 1e-9
    for name in ("shared_upload_time", "private_upload_time", "download_time"):
        assert x[name] == pytest.approx(np.broadcast_to(x[name][:, :1], x[name].shape), rel=1e-9)
    for i in range(len(s.max_latency)):
        model = Model(s[i], local="forbidden")
        assert full.value[i] == pytest.approx(model.value, rel=VALUE, nan_ok=True)
        assert equal.value[i] == pytest.approx(Model(s[i], times="equal").value, rel=1e-6)


@pytest.mark.parametrize("changes", [{"max_bs_energy": 0.0}, {"energy_coefficient": 1e-6}], ids=str)
def test_several_share_where_nobody_offloads(changes: dict[str, float]) -> None:
    """No energy for results, or none worth it: all private bits stay, the shared ones go up in parts."""
    s = tame(batch=30, users=3, seed=30)
    s = s.replace(
        local_frequency=np.full((30, 3), 100.0),
        uplink_gain=s.uplink_gain**0.2,
        **{name: np.full(30, value) for name, value in changes.items()},
    )
    x = P1.run(s).x
    assert np.sum(np.sum(x["uploaded_shared_bits"] > 0.01, axis=-1) > 1) > 10
    found = P1.solve(s, rigorous=False)
    assert np.max(found.certificate.gap) <= 1e-10
    for i in range(2):
        # the same without results is a problem of shared bits alone
        alone = s[i].replace(input_bits=np.full(3, float(s.shared_bits[i])), max_bs_energy=1.0)
        private = s.input_bits[i] - s.shared_bits[i]
        cube = s.energy_coefficient[i] * s.cycles_per_bit[i] ** 3 / s.max_latency[i] ** 2
        assert found.value[i] == pytest.approx(Model(alone).value + np.sum(cube * private**3), rel=VALUE)
