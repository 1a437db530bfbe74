"""The simulation against its rules written out once more, device by device, and the worlds it draws."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mecopt.instance import Array
from mecopt.problems.aoi_pricing import scenario
from mecopt.problems.aoi_pricing.simulation import Measures, View, World, _Run, channels, simulate, world
from tests.aoi_pricing import plain
from tests.aoi_pricing.cases import P1, cost

NOISE = 3.9810717055349695e-21


def place(i: int, task: int, servers: int) -> int:
    """Where the n-th task of a device goes: nothing that depends on the state."""
    return (3 * i + 2 * task) % (servers + 1) - 1


class Device:
    """A device, its battery and its task."""

    def __init__(self, w: World, i: int) -> None:
        self.i, self.phase, self.at, self.tasks = i, "idle", -1, 0
        self.due, self.battery, self.alive = int(w.first[i]), float(w.battery[i]), True
        self.left = self.bits = self.flop = 0.0
        self.started = self.arrived = 0
        self.weight = (0.0, 0.0)


def by_hand(
    w: World, slots: int
) -> tuple[Measures, list[tuple[int, int, tuple[float, ...], tuple[float, ...]]]]:
    """Measures, and at each decision (slot, device) the loads of band and cores; channels do not move."""
    devices, n = [Device(w, i) for i in range(w.users)], range(w.servers)
    rate = [[w.band * math.log2(1 + float(g) / (NOISE * w.band)) for g in row] for row in w.path]
    mu, nu, served = [0.0 for _ in n], [0.0 for _ in n], [0.0 for _ in n]
    m, seen = Measures(), []
    for t in range(slots):
        asking = [d for d in devices if d.alive and d.phase == "idle" and d.due <= t]
        busy = [d for d in devices if d.phase in ("uploads", "computes")]
        band = [
            sum(math.sqrt(d.bits / rate[d.i][j]) for d in busy if d.at == j and d.phase == "uploads")
            for j in n
        ]
        cores = [sum(math.sqrt(d.flop / w.server_speed[j]) for d in busy if d.at == j) for j in n]
        for d in asking:
            seen.append((t, d.i, tuple(band), tuple(cores)))
            kind = w.kinds[d.i, d.tasks]
            d.bits, d.flop, d.at = float(w.bits[kind]), float(w.flop[kind]), place(d.i, d.tasks, w.servers)
            d.tasks, d.started, d.phase = d.tasks + 1, t, "local" if d.at < 0 else "uploads"
            d.left = d.flop if d.at < 0 else d.bits
            if d.at >= 0:
                parallel = float(d.flop * w.rho[d.i] / w.server_speed[d.at])
                d.weight = math.sqrt(d.bits / rate[d.i][d.at]), math.sqrt(parallel)
        shares = {d.i: share(w, rate, devices, d) for d in devices if d.phase in ("uploads", "computes")}
        spent = dict.fromkeys(range(w.users), 0.0)
        running = []
        for d in devices:
            if d.phase == "idle":
                continue
            pace = float(w.device_speed[d.i])
            if d.phase != "local":
                pace = shares[d.i] * (
                    rate[d.i][d.at] if d.phase == "uploads" else float(w.server_speed[d.at])
                )
            done = min(d.left, 0.1 * pace)
            d.left -= done
            if d.phase == "uploads":
                spent[d.i] = w.factor * 1.0 * shares[d.i] * done / pace
            elif d.phase == "local":
                spent[d.i] = done * w.per_flop
            else:
                served[d.at] += done * w.per_flop
                m.server_energy += done * w.per_flop
                running.append(d.at)
            if d.left <= 1e-9 * max(d.bits, d.flop):
                ends(m, d, t + 1)
        m.running_energy += sum(served[j] for j in running)
        m.served_slots += len(running)
        for d in devices:
            m.device_energy += spent[d.i]
            m.battery_energy += spent[d.i] if math.isfinite(w.battery[d.i]) else 0.0
            d.battery -= spent[d.i]
            if d.alive and d.battery <= 0:
                d.alive, d.phase, d.at, m.dead = False, "idle", -1, m.dead + 1
                d.weight = (0.0, 0.0)
        for j in n:
            here = [d for d in devices if decided(d) == j]
            eta = 1 / (1 + 1e-4 * t)
            mu[j] = max(0.0, mu[j] + 0.01 * eta * (sum(d.weight[0] for d in here) - mu[j] / 2))
            nu[j] = max(0.0, nu[j] + 2.0 * eta * (sum(d.weight[1] for d in here) - nu[j] / 2))
        m.prices.append((sum(mu) / len(mu), sum(nu) / len(nu)))
    m.battery_slots = slots * sum(math.isfinite(b) for b in w.battery)
    return m, seen


def decided(d: Device) -> int:
    """The last decision of a device that is alive counts, also after its task has ended."""
    return d.at if d.alive else -1


def share(w: World, rate: list[list[float]], devices: list[Device], d: Device) -> float:
    """Of the band in proportion to sqrt(d/R), of the speed to sqrt(f/F), among those in the same phase."""
    j = d.at
    rivals = [e for e in devices if e.phase == d.phase and e.at == j]
    if d.phase == "uploads":
        return math.sqrt(d.bits / rate[d.i][j]) / sum(math.sqrt(e.bits / rate[e.i][j]) for e in rivals)
    return math.sqrt(d.flop) / sum(math.sqrt(e.flop) for e in rivals)


def ends(m: Measures, d: Device, now: int) -> None:
    """An upload has arrived, or a task is done."""
    if d.phase == "uploads":
        d.phase, d.left, d.arrived = "computes", d.flop, now
        return
    m.finished, m.latency = m.finished + 1, m.latency + 0.1 * (now - d.started)
    if d.phase == "local":
        m.local, m.compute = m.local + 1, m.compute + 0.1 * (now - d.started)
    else:
        m.upload, m.compute = m.upload + 0.1 * (d.arrived - d.started), m.compute + 0.1 * (now - d.arrived)
    d.phase, d.due = "idle", now


COUNTS = ("finished", "local", "dead", "served_slots", "battery_slots")
SUMS = ("latency", "upload", "compute", "device_energy", "server_energy", "battery_energy", "running_energy")


@pytest.mark.parametrize("weak", [1.0, 2e-4])
@pytest.mark.parametrize("name", ["snapshot", "authors-communication"])
def test_slot_by_slot(name: str, weak: float) -> None:
    w = world(name, users=15, servers=3, seed=3)
    w = replace(w, fades=False, battery=w.battery * weak, factor=2.6)
    counts, seen = [0] * w.users, []

    def policy(v: View) -> np.ndarray:
        who = [i for i in range(w.users) if run.alive[i] and run.phase[i] == 0 and run.next[i] <= t]
        seen.extend((t, i, tuple(v.loads[0]), tuple(v.loads[1])) for i in who)
        x = [place(i, counts[i], w.servers) for i in who]
        for i in who:
            counts[i] += 1
        assert len(x) == len(v.D)
        return np.array(x)

    run = _Run(w, policy, 1.0)
    run.found.battery_slots = 250 * int(np.sum(np.isfinite(w.battery)))
    for t in range(250):
        run.step(t)
    expected, views = by_hand(w, 250)
    found = run.found
    assert [getattr(found, name) for name in COUNTS] == [getattr(expected, name) for name in COUNTS]
    for field in SUMS:
        assert getattr(found, field) == pytest.approx(getattr(expected, field), rel=1e-9), field
    np.testing.assert_allclose(found.prices, expected.prices, rtol=1e-9, atol=1e-12)
    assert (found.dead > 3) is (weak < 1)
    assert [row[:2] for row in seen] == [row[:2] for row in views]
    for mine, theirs in zip(seen, views, strict=True):
        np.testing.assert_allclose(mine[2:], theirs[2:], rtol=1e-9, atol=1e-12)


def test_what_a_policy_sees_is_a_snapshot() -> None:
    """The first slot of a network with nothing under way, against the terms of the static problem."""
    w = replace(world("snapshot", users=9, servers=3, seed=1), first=np.zeros(9, dtype=np.intp))
    seen: list[View] = []

    def watching(v: View) -> np.ndarray:
        seen.append(v)
        return np.full(len(v.D), -1)

    simulate(w, watching, slots=1, alpha=7.0)
    v, drawn = seen[0], P1.sample(users=9, servers=3, seed=1, scenario="snapshot")
    kinds = w.kinds[:, 0]
    cores = w.device_speed / w.device_core
    s = drawn.replace(
        channel_gain=w.path, bandwidth=w.band * 3, input_bits=w.bits[kinds], workload=w.flop[kinds],
        parallel_fraction=w.rho, local_core_speed=w.device_core, local_cores=cores,
        server_core_speed=w.server_core, server_cores=w.server_speed / w.server_core,
        battery_energy=w.battery, energy_weight=7.0, energy_per_flop=w.per_flop,
        transmit_energy_factor=w.factor,
    )  # fmt: skip
    t = plain.links(s)
    np.testing.assert_allclose(v.A, t.A, rtol=1e-12)
    np.testing.assert_allclose(v.S, t.S, rtol=1e-12)
    np.testing.assert_allclose(v.s, t.serial, rtol=1e-12)
    np.testing.assert_allclose(v.cost, np.array(t.e) - np.array(t.K)[:, None], rtol=1e-9)
    assert float(np.sum(v.D + 7.0 * v.E_loc / v.B)) == pytest.approx(cost(s, [-1] * 9), rel=1e-12)
    np.testing.assert_allclose(v.D_parallel, w.flop[kinds] * w.rho / w.device_speed, rtol=1e-12)
    np.testing.assert_allclose(v.rate, s.input_bits[:, None] / np.array(t.A), rtol=1e-12)
    np.testing.assert_allclose(v.snr, 2 ** (v.rate / w.band) - 1, rtol=1e-6)
    assert not v.backlog.any()


def test_shadowing_is_five_decibel_and_moves_as_stated() -> None:
    w = world("authors", users=40, servers=4, seed=0)
    assert w.band == 10e6
    snr, rate = channels(w, w.shadow)
    decibel = 10 * np.log10(w.path) - 5 * w.shadow - 10 * math.log10(NOISE * 10e6)
    np.testing.assert_allclose(10 * np.log10(snr), decibel, rtol=1e-10)
    np.testing.assert_allclose(rate, 10e6 * np.log2(1 + snr), rtol=1e-12)
    run = _Run(w, lambda v: np.full(len(v.D), -1), 1.0)
    before, moved, rest = run.shadow.copy(), 0, []
    for t in range(100):
        run.step(t)
        moves = run.shadow != before
        moved += int(np.sum(moves))
        rest.extend((run.shadow - 0.9 * before)[moves])
        before = run.shadow.copy()
    assert moved / (100 * before.size) == pytest.approx(0.1, abs=0.01)
    assert np.var(rest) == pytest.approx(1 - 0.81, rel=0.1)


@pytest.mark.parametrize("mix", ["", "-communication", "-computation"])
def test_tasks_are_mixed_as_stated(mix: str) -> None:
    w = world(f"authors{mix}", users=30, servers=4, seed=0)
    drawn = np.bincount(w.kinds.ravel(), minlength=7) / w.kinds.size
    stated = {"": (0.2, 0.1, 0.1, 0.1, 0.2, 0.2, 0.1), "-communication": (0.1, 0.1, 0.7, *[0.025] * 4),
              "-computation": (0.1, 0.1, 0.025, 0.7, *[0.025] * 3)}[mix]  # fmt: skip
    np.testing.assert_allclose(drawn, stated, atol=0.01)
    assert np.all((w.first >= 0) & (w.first < 100))
    assert w.bits.tolist() == [6e6, 6e6, 3.2e7, 4.1e3, 9.6e7, 3.2e7, 3.2e7]
    assert w.flop.tolist() == [4.2e9, 1.8e9, 3.0e8, 5.0e13, 7.23e13, 5.2e13, 8.0e12]
    assert set(w.device_speed) <= {3.681e12, 2.0e12, 2.06e12, 2.6e12}
    assert w.server_speed.tolist() == [11.2e12, 35.6e12, 38.7e12, 38.7e12]
    charge = w.battery[np.isfinite(w.battery)] / 3600
    assert np.all((charge >= 0.6 * 12.7) & (charge <= 18.4))
    assert np.all(w.rho == 0.99)


@pytest.mark.parametrize(("servers", "rack"), [(4, [1, 1, 2]), (8, [2, 3, 3]), (12, [4, 4, 4])])
def test_racks(servers: int, rack: list[int]) -> None:
    assert np.bincount(scenario.authors_rack(servers)).tolist() == rack


def test_gain_by_distance() -> None:
    """41 + 28 log10(d) dB: 97 dB at 100 m, 41 dB at 1 m."""
    found = 10 * np.log10(scenario.path_gain(np.array([1.0, 100.0])))
    np.testing.assert_allclose(found, [-41, -97], rtol=1e-12)


@pytest.mark.parametrize("draw", [scenario.snapshot_gains, scenario.authors_path])
def test_devices_and_servers_lie_in_the_area(draw: Callable[..., Array]) -> None:
    gain = draw((400,), 30, 4, np.random.default_rng(0))
    wall = 10.0 if draw is scenario.authors_path else 0.0
    distance = 10 ** ((-10 * np.log10(gain) - wall - 41) / 28)
    side, height = (400.0, 10.0) if wall else (200.0, 0.0)
    assert np.min(distance) >= max(height, 1.0) * (1 - 1e-12)
    assert np.max(distance) < 1.8 * side
    # uniform in a square of that side: the mean distance of two points is 0.521 of it
    assert np.mean(distance[:, 20:]) == pytest.approx(0.521 * side, rel=0.03)
    # two thirds in two clusters of 20 m around a common centre: distances to a server hardly differ
    for cluster in (slice(0, 10), slice(10, 20)):
        assert np.mean(np.std(distance[:, cluster], axis=1)) < 25
    assert np.mean(np.std(distance[:, 20:], axis=1)) > 0.2 * side
    # each cluster has a centre of its own
    apart = np.abs(np.mean(distance[:, :10], axis=1) - np.mean(distance[:, 10:20], axis=1))
    assert np.mean(apart) > 0.1 * side
