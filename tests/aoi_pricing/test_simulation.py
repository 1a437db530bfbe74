"""The simulation: the same world for every policy, conservation of work, users' own policies, figures."""

import numpy as np
import pytest

from mecopt import figures
from mecopt.problems.aoi_pricing import figures as own
from mecopt.problems.aoi_pricing.policies import exact, named, pricing
from mecopt.problems.aoi_pricing.simulation import SLOT, View, simulate, world


def everybody(server: int):
    return lambda view: np.full(len(view.D), server)


def test_same_seed_same_run() -> None:
    w = world("authors", users=12, servers=4, seed=3)
    for policy in named().values():
        one, other = simulate(w, policy, slots=150), simulate(w, policy, slots=150)
        assert (one.latency, one.device_energy, one.finished) == (
            other.latency,
            other.device_energy,
            other.finished,
        )
    again = world("authors", users=12, servers=4, seed=3)
    assert np.array_equal(w.path, again.path)
    assert np.array_equal(w.kinds, again.kinds)


def test_a_lone_local_device_takes_what_the_formula_says() -> None:
    w = world("authors", users=1, servers=1, seed=0)
    found = simulate(w, everybody(-1), slots=3000)
    assert found.local == found.finished > 3
    tasks = w.kinds[0, : found.finished]
    slots = np.ceil(w.flop[tasks] / w.device_speed[0] / SLOT - 1e-9)
    assert found.latency == pytest.approx(float(np.sum(slots)) * SLOT)
    done = float(np.sum(w.flop[tasks])) * w.per_flop
    assert done <= found.device_energy <= done + w.per_flop * float(np.max(w.flop))
    assert found.server_energy == 0.0


def test_a_lone_offloading_device_has_the_server_to_itself() -> None:
    w = world("snapshot", users=1, servers=1, seed=1)
    found = simulate(w, everybody(0), slots=2000)
    assert found.local == 0
    rate = w.band * np.log2(1 + w.path[0, 0] / (3.981071705534985e-21 * w.band))
    tasks = w.kinds[0, : found.finished]
    upload = np.ceil(w.bits[tasks] / rate / SLOT - 1e-9)
    compute = np.ceil(w.flop[tasks] / w.server_speed[0] / SLOT - 1e-9)
    assert found.upload == pytest.approx(float(np.sum(upload)) * SLOT)
    assert found.compute == pytest.approx(float(np.sum(compute)) * SLOT)
    assert found.latency == pytest.approx(found.upload + found.compute)


def test_sharing_slows_everybody_down() -> None:
    alone = simulate(world("authors", users=1, servers=1, seed=2), everybody(0), slots=600)
    crowd = simulate(world("authors", users=20, servers=1, seed=2), everybody(0), slots=600)
    assert crowd.per_task(crowd.latency) > 2 * alone.per_task(alone.latency)


def test_prices_rise_with_demand_and_bring_devices_home() -> None:
    few = simulate(world("authors", users=10, servers=4, seed=0), pricing, slots=400)
    many = simulate(world("authors", users=80, servers=4, seed=0), pricing, slots=400)
    assert many.prices[-1][1] > few.prices[-1][1] > 0
    assert many.local / many.finished > few.local / few.finished


def test_exact_beats_the_baselines_where_servers_are_scarce() -> None:
    w = world("authors-communication", users=60, servers=4, seed=1)
    best = simulate(w, exact, slots=300)
    for scheme in ("random", "max-sinr", "max-compute", "combined"):
        other = simulate(w, named()[scheme], slots=300)
        assert best.per_task(best.latency) < other.per_task(other.latency)


def test_a_users_own_policy() -> None:
    seen = []

    def shortest_upload(view: View) -> np.ndarray:
        seen.append(view.A.shape)
        return np.argmin(view.A, axis=1)

    found = simulate(world("authors", users=5, servers=3, seed=0), shortest_upload, slots=300)
    assert found.finished > 0
    assert {shape[1] for shape in seen} == {3}


def test_empty_batteries_stop() -> None:
    w = world("authors", users=6, servers=2, seed=0)
    weak = w.__class__(**{**vars(w), "battery": np.full(6, 1e-3)})
    found = simulate(weak, everybody(-1), slots=300)
    assert found.dead == 6
    assert found.finished <= 6  # a light task may end in the slot in which the battery does


@pytest.mark.parametrize("key", ["4a", "8a", "table-5-communication-edge-as-coded"])
def test_figures(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "SLOTS", 60)
    own.run.cache_clear()
    figure = figures.find("aoi_pricing", key)[0]
    few = figure.__class__(**{**vars(figure), "points": (10, 20)})
    data = figures.reproduce(few, samples=2, seed=0)
    own.run.cache_clear()
    assert data["violations"] == []
    assert all(len(s["mean"]) == 2 for s in data["schemes"])
    assert "slots of 0.1 s" in data["caption"]


def test_snapshot_figure_orders_bound_and_schemes() -> None:
    figure = figures.find("aoi_pricing", "snapshot")[0]
    few = figure.__class__(**{**vars(figure), "points": (8,)})
    assert figures.reproduce(few, samples=1, seed=0)["violations"] == []


def test_every_figure_has_a_name_of_its_own() -> None:
    keys = [figure.key for figure in own.FIGURES]
    assert len(set(keys)) == len(keys)
    assert {"4a", "4b", "4c", "5a", "5b", "6a", "6b", "7a", "7b", "8a", "8b"} <= set(keys)
