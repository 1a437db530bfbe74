"""The compiled simulation against the one in NumPy, slot by slot, and its margin."""

from dataclasses import replace

import numpy as np
import pytest

from mecopt.compiled import AVAILABLE
from mecopt.problems.aoi_pricing import policies
from mecopt.problems.aoi_pricing.policies import named
from mecopt.problems.aoi_pricing.simulation import RELIABLE, Measures, World, simulate, world

COUNTS = ("finished", "local", "dead", "served_slots", "battery_slots")
SUMS = ("latency", "upload", "compute", "device_energy", "server_energy", "battery_energy", "running_energy")

compiled = pytest.mark.skipif(not AVAILABLE, reason="needs numba")


def same(one: Measures, other: Measures) -> None:
    assert [getattr(one, name) for name in COUNTS] == [getattr(other, name) for name in COUNTS]
    for name in SUMS:
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-11), name
    # slot by slot: prices follow every decision
    assert np.allclose(one.prices, other.prices, rtol=1e-12, atol=1e-12)
    assert one.margin == pytest.approx(other.margin, rel=1e-3)


WORLDS = [
    pytest.param(lambda: world("authors", users=30, servers=4, seed=0), id="balanced"),
    pytest.param(lambda: world("authors-communication", users=50, servers=8, seed=1), id="communication"),
    pytest.param(lambda: world("snapshot-computation", users=20, servers=3, seed=2), id="no fading"),
]


@compiled
@pytest.mark.parametrize("make", WORLDS)
@pytest.mark.parametrize("name", [name for name in named() if name != "exact"])
def test_same_numbers_slot_by_slot(make, name: str) -> None:
    w: World = make()
    slow = simulate(w, named(0.3)[name], slots=250, alpha=2.0)
    assert slow.finished > 0
    same(policies.run(name, w, slots=250, local=0.3, alpha=2.0), slow)


@compiled
def test_same_numbers_when_batteries_end() -> None:
    w = world("authors-communication", users=20, servers=2, seed=4)
    weak = replace(w, battery=w.battery / 1e5)
    slow = simulate(weak, named()["random"], slots=300)
    assert slow.dead > 3
    same(policies.run("random", weak, slots=300), slow)


def test_margin_tells_how_close_a_decision_was() -> None:
    """One device, one server, prices 0: the sign of s − D − α (E_loc − E_tx)/B decides; α makes it 0."""
    w = world("authors", users=1, servers=1, seed=0)
    kind = 2  # a light task that takes more energy to send than to compute
    first, kinds = np.zeros(1, dtype=np.intp), np.full((1, 4096), kind)
    w = replace(w, first=first, kinds=kinds, battery=np.array([1e4]), fades=False)
    rate = w.band * np.log2(1 + w.path[0, 0] / (10**-20.4 * w.band))
    delay = w.flop[kind] * (0.01 / w.server_core[0] - 1 / w.device_speed[0])
    saved = (w.per_flop * w.flop[kind] - w.bits[kind] / rate) / 1e4
    tie = delay / saved
    for off, certain in ((1e-15, False), (1e-3, True)):
        found = policies.run("pricing", w, slots=1, alpha=tie * (1 + off))
        assert (found.margin > RELIABLE) is certain


def test_energy_as_the_code_averages_it() -> None:
    w = world("authors", users=12, servers=2, seed=5)
    found = policies.run("random", w, slots=200)
    assert found.battery_slots == 200 * int(np.sum(np.isfinite(w.battery)))
    assert 0 < found.battery_energy <= found.device_energy
    assert 0 < found.running_energy / found.served_slots < found.server_energy
