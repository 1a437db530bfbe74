"""Figures show the quantity, the setting and the unit that they name."""

import math

import numpy as np
import pytest

from mecopt import figures
from mecopt.problems.aoi_pricing import figures as own
from mecopt.problems.aoi_pricing.simulation import Measures, simulate, world
from tests.aoi_pricing import plain
from tests.aoi_pricing.cases import P1, cost


def test_units_of_the_figures() -> None:
    m = Measures(
        finished=4, latency=20.0, upload=8.0, compute=12.0, device_energy=36.0, server_energy=7200.0,
        battery_energy=18.0, battery_slots=50, running_energy=72000.0, served_slots=10,
    )  # fmt: skip
    assert own.latency(m) == 5.0
    assert (own.upload(m), own.compute(m)) == (2.0, 3.0)
    assert own.device_energy(m) == pytest.approx(2.5)  # 9 J, a mWh is 3.6 J
    assert own.server_energy(m) == pytest.approx(0.5)  # 1800 J, a Wh is 3600 J
    assert own.device_energy_as_coded(m) == pytest.approx(0.1)
    assert own.server_energy_as_coded(m) == pytest.approx(2.0)
    nothing = Measures()
    for what in (own.latency, own.device_energy_as_coded, own.server_energy_as_coded):
        assert math.isnan(what(nothing))


SETTINGS = {
    "4a": ("authors", 20, 4, "latency"), "4b": ("authors-communication", 20, 4, "latency"),
    "4c": ("authors-computation", 20, 4, "latency"), "5a": ("authors-communication", 20, 4, "upload"),
    "5b": ("authors-communication", 20, 8, "upload"), "6a": ("authors-computation", 20, 4, "compute"),
    "6b": ("authors-computation", 20, 8, "compute"),
}  # fmt: skip


@pytest.mark.parametrize("key", SETTINGS)
def test_a_figure_shows_the_quantity_it_names(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "SLOTS", 150)
    own.run.cache_clear()
    name, users, servers, what = SETTINGS[key]
    shown = figures.find("aoi_pricing", key)[0].measure(5, users)
    w = world(name, users=users, servers=servers, seed=5)
    found = simulate(w, own.policies.named()["max-sinr"], slots=150)
    own.run.cache_clear()
    assert shown["max-sinr"].value == pytest.approx(getattr(found, what) / found.finished, rel=1e-9)


def test_alpha_and_local_probability_reach_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "SLOTS", 150)
    own.run.cache_clear()
    by_alpha = figures.find("aoi_pricing", "8b")[0].measure(2, 20)
    w = world("authors", users=20, servers=4, seed=2)
    for name, alpha in (("0", 0.0), ("100", 100.0)):
        found = simulate(w, own.policies.pricing, slots=150, alpha=alpha)
        assert by_alpha[name].value == pytest.approx(found.device_energy / found.finished / 3.6, rel=1e-9)
    by_epsilon = figures.find("aoi_pricing", "7a")[0].measure(2, 0.6)
    w = world("authors-communication", users=80, servers=8, seed=2)
    found = simulate(w, own.policies.named(0.6)["random"], slots=150)
    assert by_epsilon["random"].value == pytest.approx(found.latency / found.finished, rel=1e-9)
    own.run.cache_clear()


def test_steps_of_algorithm_1_in_a_figure() -> None:
    drawn = own.draw_small(2, 0)
    figure = figures.find("aoi_pricing", "prices")[0]
    t = plain.links(drawn[1])
    shown = figure.measure(drawn[1], 30)
    scale = plain.largest_saving(t)
    for name, size in (("constant", lambda step: 0.02), ("diminishing", lambda step: 4 / (step + 2))):
        expected = plain.algorithm_1(t, size, 30, memory_scale=scale)
        assert shown[f"{name}-bound"].value == pytest.approx(expected.bound, rel=1e-9)
        assert shown[f"{name}-best"].value == pytest.approx(expected.cost, rel=1e-9)
        assert shown[f"{name}-last"].value == pytest.approx(plain.total(t, expected.last), rel=1e-9)


def test_snapshot_figure_is_per_device() -> None:
    drawn = own.draw_snapshots(1, 0)[0]
    shown = own.by_snapshot(drawn, 8)
    few = P1.instance({k: a[:8] if np.shape(a)[:1] == (160,) else a for k, a in drawn.data.items()})
    x = P1.run(few, method="baseline:combined").x["association"].astype(int)
    assert shown["baseline:combined"].value == pytest.approx(cost(few, x) / 8, rel=1e-9)
    optimum = P1.solve(few, rigorous=False)
    assert shown["bound"].value * 8 <= optimum.value <= shown["local-search"].value * 8 * (1 + 1e-12)
