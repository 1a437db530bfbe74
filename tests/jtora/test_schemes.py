"""Baselines and Algorithm 2 written out once more, the scenario's geometry, and what the figures show."""

import itertools
import math
from collections.abc import Callable
from importlib import import_module

import numpy as np
import pytest

from mecopt import figures
from mecopt.instance import Instance
from mecopt.problems.jtora import figures as own
from mecopt.problems.jtora import scenario, simulation
from mecopt.problems.jtora.algorithms import baselines, coupled, incremental
from mecopt.problems.jtora.terms import Decision, Terms, terms
from tests.jtora.cases import TO, UPA, rough
from tests.jtora.test_optimum import plain_value
from tests.jtora.test_realisations import outcome

Make = Callable[[], Instance]

NETWORKS = [
    pytest.param(lambda: TO.instance(rough(0, users=9, servers=3, subbands=2)), id="rough"),
    pytest.param(lambda: TO.instance(rough(5, users=6, servers=4, subbands=2)), id="dead channels"),
    pytest.param(lambda: TO.sample(users=14, servers=4, subbands=3, seed=2), id="paper"),
]

Choice = dict[int, tuple[int, int]]


def value(t: Terms, x: Choice) -> float:
    """J* of a decision: each power is the best against interferers at full power, by search."""
    power, made = np.zeros(t.shape[0]), Decision.none(t.shape[0])
    for u, (s, j) in x.items():
        made.server[u], made.subband[u] = s, j
    for u, (s, j) in x.items():
        noise = t.noise + sum(t.most[k] * t.gain[k, s, j] for k, (r, i) in x.items() if i == j and r != s)
        power[u] = t.most[u] * least_share(t, u, t.gain[u, s, j] * t.most[u] / noise)
    return plain_value(t, made, power, exact_model=False)


def least_share(t: Terms, u: int, snr: float) -> float:
    """The part of the budget that costs least, by golden section on its logarithm."""

    def cost(q: float) -> float:
        return (t.time_weight[u] + t.energy_weight[u] * t.most[u] * math.exp(q)) / math.log1p(
            snr * math.exp(q)
        )

    low, high, part = -40.0, 0.0, (math.sqrt(5) - 1) / 2
    for _ in range(80):
        a, b = high - part * (high - low), low + part * (high - low)
        low, high = (low, b) if cost(a) <= cost(b) else (a, high)
    return 1.0 if cost(0.0) <= cost(high) else math.exp(high)


def algorithm_2(t: Terms, elements: list[tuple[int, int, int]], size: int) -> Choice:
    """As printed, from the best single element, first improvement."""
    singles = {e: value(t, {e[0]: e[1:]}) for e in elements}
    if not singles:
        return {}
    rho = 1 + 1 / size**2
    u, *slot = max(elements, key=singles.__getitem__)
    x: Choice = {u: (slot[0], slot[1])}
    while True:
        now = value(t, x)
        for then in neighbours(x, elements):
            if value(t, then) > rho * now:
                x = then
                break
        else:
            return x


def neighbours(x: Choice, elements: list[tuple[int, int, int]]) -> list[Choice]:
    """Routine 1: removals by user, then exchanges in order."""
    found = [{k: slot for k, slot in x.items() if k != u} for u in sorted(x)]
    for u, s, j in elements:
        if x.get(u) != (s, j):
            rest = {k: slot for k, slot in x.items() if k != u and slot != (s, j)}
            found.append({**rest, u: (s, j)})
    return found


def home(t: Terms, u: int) -> int:
    """The server with the largest mean gain."""
    means = [sum(row) / len(row) for row in t.gain[u].tolist()]
    return means.index(max(means))


def chosen(x: Decision) -> Choice:
    return {int(u): (int(x.server[u]), int(x.subband[u])) for u in x.offloading}


@pytest.mark.parametrize("make", NETWORKS)
def test_greedy_takes_the_largest_gains_of_each_cell(make: Make) -> None:
    t = terms(make())
    users, servers, subbands = t.shape
    x: Choice = {}
    for s in range(servers):
        at_home = [u for u in range(users) if home(t, u) == s]
        pairs = sorted(itertools.product(at_home, range(subbands)), key=lambda p: -t.gain[p[0], s, p[1]])
        for u, j in pairs:
            if u not in x and (s, j) not in x.values() and t.gain[u, s, j] > 0:
                x[u] = (s, j)
    assert chosen(baselines.greedy(t)) == x


@pytest.mark.parametrize("make", NETWORKS)
def test_distributed_is_algorithm_2_in_each_cell(make: Make) -> None:
    t = terms(make())
    users, servers, subbands = t.shape
    x: Choice = {}
    for s in range(servers):
        at_home = [u for u in range(users) if home(t, u) == s]
        elements = [(u, s, j) for u in at_home for j in range(subbands) if t.gain[u, s, j] > 0]
        x |= algorithm_2(t, elements, len(at_home) * subbands)
    assert chosen(baselines.distributed(t)) == x


@pytest.mark.parametrize("make", NETWORKS[:2])
def test_algorithm_2_as_printed(make: Make) -> None:
    t = terms(make())
    elements = [(int(u), int(s), int(j)) for u, s, j in np.argwhere(t.gain > 0)]
    x = algorithm_2(t, elements, t.gain.size)
    found = incremental.search(t)
    assert chosen(found.decision) == x
    assert found.value == pytest.approx(value(t, x), rel=1e-9)


@pytest.mark.parametrize("make", NETWORKS)
def test_independent_users_offload_if_that_alone_pays(make: Make) -> None:
    t = terms(make())
    users, servers, subbands = t.shape
    seen: dict[int, set[int]] = {}
    for seed in range(60):
        x = chosen(baselines.independent(t, np.random.default_rng(seed)))
        assert len(set(x.values())) == len(x)
        for u, (s, j) in x.items():
            assert s == home(t, u)
            seen.setdefault(u, set()).add(j)
        for s in range(servers):
            at_home = [u for u in range(users) if home(t, u) == s]
            pays = [all(alone(t, u, s, j) > 0 for j in range(subbands)) for u in at_home]
            if all(pays):  # then as many go as there are users or sub-bands
                assert sum(slot[0] == s for slot in x.values()) == min(len(at_home), subbands)
    for u in range(users):
        worth = {j for j in range(subbands) if alone(t, u, home(t, u), j) > 0}
        assert seen.get(u, set()) == worth  # every sub-band at times, and none that does not pay


def alone(t: Terms, u: int, s: int, j: int) -> float:
    return value(t, {u: (s, j)}) if t.gain[u, s, j] > 0 else -math.inf


# ------------------------------------------------------------------------------------ scenario


def test_cells_are_hexagons_a_kilometre_apart() -> None:
    stations = scenario.base_stations(19)
    apart = np.abs(stations[:, None] - stations)
    np.fill_diagonal(apart, np.inf)
    assert np.min(apart) == pytest.approx(1.0)
    np.testing.assert_allclose(np.abs(stations[1:7]), 1.0)
    assert np.sum(np.isclose(apart[0], 1.0)) == 6
    assert sorted(np.abs(stations[7:]).round(6).tolist()) == [round(3**0.5, 6)] * 6 + [2.0] * 6


def test_users_are_uniform_over_their_cells() -> None:
    distance = scenario.drop((20000,), 7, np.random.default_rng(0))
    near = np.min(distance, axis=1)
    assert np.max(near) <= 1 / math.sqrt(3) + 1e-12
    # in a hexagon of inner radius 1/2: area sqrt(3)/2, a disc of radius r < 1/2 holds pi r^2 of it
    for r in (0.1, 0.2, 0.3, 0.4, 0.5):
        assert np.mean(near < r) == pytest.approx(math.pi * r**2 / (math.sqrt(3) / 2), abs=0.012)
    np.testing.assert_allclose(np.bincount(np.argmin(distance, axis=1)) / 20000, 1 / 7, atol=0.01)


def test_path_loss_and_shadowing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    decibel = -10 * np.log10(scenario.channel_gain(np.full(20000, 0.5), rng))
    assert np.mean(decibel) == pytest.approx(140.7 + 36.7 * math.log10(0.5), abs=0.2)
    assert np.std(decibel) == pytest.approx(8.0, rel=0.03)
    monkeypatch.setattr(scenario, "SHADOWING_DB", 0.0)
    near = scenario.channel_gain(np.array([0.001, 0.01, 1.0]), rng)
    np.testing.assert_allclose(-10 * np.log10(near), [67.3, 67.3, 140.7], rtol=1e-12)


def test_a_draw_knows_the_nearest_station(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario, "SHADOWING_DB", 0.0)
    for draw in (simulation.draw_small(3, 0)[2], simulation.draw_cells(8, 1, 0)[0]):
        strongest = np.argmax(draw.gain, axis=1)
        np.testing.assert_array_equal(draw.cell, strongest)
        assert len(set(strongest.tolist())) > 2


def test_samples_are_the_assumed_numbers() -> None:
    s = TO.sample(seed=0)
    assert (s.bandwidth, s.noise_power, s.input_bits[0]) == (2e7, 1e-13, 3440640)
    assert (s.time_preference[0], s.energy_preference[0]) == (0.2, 0.8)
    assert (s.local_frequency[0], s.server_frequency[0], s.workload[0]) == (1e9, 2e10, 1e9)
    assert (s.max_transmit_power[0], s.energy_coefficient[0]) == (0.1, 5e-27)


def test_sampled_uploads_are_those_of_the_worked_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of the specification; to the best of seven stations, the nearest without shadowing."""
    drop, asked = scenario.drop, []
    monkeypatch.setattr(scenario, "drop", lambda shape, n, rng: asked.append(n) or drop(shape, n, rng))
    monkeypatch.setattr(scenario, "SHADOWING_DB", 0.0)
    s = UPA.sample(users=300, seed=0)
    assert asked == [7]
    assert s.max_transmit_power[0] == 0.1
    assert s.time_weight[0] == pytest.approx(0.0688128, rel=1e-12)
    assert s.energy_weight[0] == pytest.approx(0.05505024, rel=1e-12)
    distance = 10 ** ((-10 * np.log10(s.sinr_per_watt * 1e-13) - 140.7) / 36.7)
    assert np.max(distance) <= 1 / math.sqrt(3) + 1e-9


# ------------------------------------------------------------------------------------ figures


@pytest.mark.parametrize("time_preference", [0.05, 0.5])
def test_mean_time_and_energy(time_preference: float) -> None:
    for draw in simulation.draw_cells(2, 2, 7):
        s = simulation.instance(draw, subbands=2, time_preference=time_preference)
        t = terms(s)
        plainly = outcome(s, simulation.decide("hjtora", t, 0), full_power=True).mean(axis=0)
        assert simulation.time_and_energy(t, 0) == pytest.approx(tuple(plainly[:2]), rel=1e-10)


def test_utility_as_sent() -> None:
    for draw in simulation.draw_cells(2, 2, 3):
        s = simulation.instance(draw, subbands=2, max_transmit_power=6.3)
        t = terms(s)
        x = simulation.decide("hjtora", t, 0)
        found = simulation.interference_models(t, 0)
        for name, full_power in (("bound", True), ("exact", False)):
            plainly = outcome(s, x, full_power=full_power)[:, 2].sum()
            assert found[name].value == pytest.approx(plainly, rel=1e-10)
        coupled_value = plain_value(t, x, coupled.powers(t, x), exact_model=True)
        assert found["coupled"].value == pytest.approx(coupled_value, rel=1e-10)
        assert found["exact"].value > found["bound"].value * (1 + 1e-6)  # some send below full power


SHOWN = {
    "2b": (2000.0, {"workload": 2e9}, simulation.draw_small(1, 4)[0], 6, 2),
    "4a": (1500.0, {"workload": 1.5e9}, simulation.draw_cells(3, 1, 4)[0], 21, 3),
    "4b": (250.0, {"input_bits": 250 * 8192.0}, simulation.draw_cells(3, 1, 4)[0], 21, 3),
    "3a": (2, {}, simulation.draw_cells(10, 1, 4)[0], 14, 2),
    "6": (26.0, {"max_transmit_power": 10**2.6 / 1000}, simulation.draw_cells(3, 1, 4)[0], 21, 3),
}


@pytest.mark.parametrize("key", SHOWN)
def test_a_figure_shows_the_setting_on_its_axis(key: str) -> None:
    point, changes, draw, users, subbands = SHOWN[key]
    s = simulation.instance(draw, users=users, subbands=subbands, **changes)
    assert s.sizes["users"] == users
    shown = figures.find("jtora", key)[0].measure(draw, point)
    plainly = outcome(s, simulation.decide("hjtora", terms(s), draw.seed), full_power=True)
    name = "bound" if key == "6" else "hjtora"
    assert shown[name].value == pytest.approx(plainly[:, 2].sum(), rel=1e-9)


def test_figure_3b_has_more_work_in_three_cells() -> None:
    draw = simulation.draw_cells(10, 1, 4)[0]
    load = np.array([2e9 if cell in (1, 3, 5) else 1e9 for cell in draw.cell[:14]])
    s = simulation.instance(draw, users=14, subbands=2, workload=load)
    shown = figures.find("jtora", "3b")[0].measure(draw, 2)
    plainly = outcome(s, simulation.decide("gojra", terms(s), draw.seed), full_power=True)
    assert shown["gojra"].value == pytest.approx(plainly[:, 2].sum(), rel=1e-9)
    assert len(set(load)) == 2


@pytest.mark.parametrize("paper", ["jtora", "aoi_pricing"])
def test_figures_compare_two_schemes_that_they_have(paper: str) -> None:
    compared = 0
    for figure in import_module(f"mecopt.problems.{paper}.figures").FIGURES:
        names = {scheme.key for scheme in figure.schemes}
        for one, other in (*figure.orders, *figure.ratios):
            assert one != other, figure.key
            assert {one, other} <= names, figure.key
            compared += 1
    assert compared > 10


@pytest.mark.parametrize("key", ["2a", "table-1", "6"])
def test_nothing_beats_the_best_of_a_figure(key: str) -> None:
    figure = figures.find("jtora", key)[0]
    for draw in figure.draw(3, 5):
        shown = figure.measure(draw, figure.points[-1])
        most = max(outcome.value for outcome in shown.values())
        assert shown["coupled" if key == "6" else "exhaustive"].value == pytest.approx(most, rel=1e-12)
        assert [scheme.key for scheme in figure.schemes] == list(shown)


@pytest.mark.parametrize(("key", "column"), [("5a", 0), ("5b", 1)])
def test_figure_5_shows_time_and_energy(key: str, column: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "PER_CELL", (2,))
    draw = simulation.draw_cells(8, 1, 4)[0]
    s = simulation.instance(draw, users=14, subbands=2, time_preference=0.65)
    plainly = outcome(s, simulation.decide("hjtora", terms(s), 0), full_power=True)
    shown = figures.find("jtora", key)[0].measure(draw, 0.65)
    assert shown["users-14"].value == pytest.approx(plainly[:, column].mean(), rel=1e-9)
