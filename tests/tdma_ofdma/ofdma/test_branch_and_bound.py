"""Branch and bound and local search on P4 against the dynamic programme, and their bounds against points."""

from typing import Any

import numpy as np
import pytest

import mecopt
from mecopt.instance import Instance
from mecopt.problems.tdma_ofdma.ofdma import branch_and_bound, local_search, node_bound, water_filling
from mecopt.problems.tdma_ofdma.ofdma.node_bound import Node
from tests.tdma_ofdma.ofdma.cases import P4, P4R, example, feasible, owned

SMALL = feasible(16, users=4, subchannels=6, seed=31)
METHOD = "branch-and-bound"


def optimum(s: Instance) -> float:
    return float(P4.solve(s, method="exact", rigorous=False).value)


def test_worked_example() -> None:
    r = P4.solve(example(), method=METHOD, tol=1e-9)
    assert (r.status, r.message) == ("optimal", "")
    assert float(r.value) == pytest.approx(1.4890687e-05, rel=4.1e-8)


@pytest.mark.parametrize("i", range(len(SMALL)))
def test_small_instances(i: int) -> None:
    s = SMALL[i]
    point = P4.run(s, method=METHOD, options={"max_parts": 150})
    last, best = point.trace.records[-1], optimum(s)  # type: ignore[union-attr]
    assert last["bound"] <= best * (1 + 1e-12)
    assert last["value"] >= best * (1 - 1e-12)
    if point.message == "":
        assert last["value"] <= best * (1 + 1e-6)


@pytest.mark.parametrize("scenario", P4.scenarios)
def test_as_good_as_the_dynamic_programme(scenario: str) -> None:
    s = P4.sample(users=6, subchannels=12, seed=1, scenario=scenario)
    point = P4.run(s, method=METHOD)
    assert point.message == ""
    assert point.trace is not None
    assert point.trace.ended == "converged"
    assert float(P4.certify(s, point.x, rigorous=False).value) == pytest.approx(optimum(s), rel=1e-6)


@pytest.mark.slow
def test_a_proved_gap_on_64_subchannels() -> None:
    s = P4.sample(users=8, subchannels=64, seed=1)
    r = P4.solve(s, method=METHOD, options={"seconds": 60})
    assert r.seconds < 70
    assert r.trace is not None
    last = r.trace.records[-1]
    assert r.certificate.rigorous
    assert r.certificate.gap <= 1e-6
    assert r.status == "optimal"
    assert last["bound"] >= r.certificate.bound * (1 - 1e-12)


def test_limits_end_the_search_with_what_was_proved() -> None:
    s = P4.sample(users=8, subchannels=16, seed=0)
    best = optimum(s)
    for options in ({"max_parts": 2}, {"seconds": 0.2}):
        point = P4.run(s, method=METHOD, options=options)
        assert point.message.startswith("stopped after ")
        assert "its own gap is 0." in point.message
        last = point.trace.records[-1]  # type: ignore[union-attr]
        assert last["bound"] <= best <= last["value"] * (1 + 1e-12)


def test_wrong_options_are_refused() -> None:
    with pytest.raises(mecopt.UnknownName, match=r"secs.*P4 branch-and-bound.*seconds, max_parts"):
        P4.solve(example(), method=METHOD, options={"secs": 1})
    with pytest.raises(mecopt.UnknownName, match=r"seconds.*phases.*none"):
        P4.run(example(), method="phases", options={"seconds": 1})
    for wrong in (0, -1.0, float("nan"), float("inf"), "1", True):
        with pytest.raises(mecopt.DataError, match="give a number above 0"):
            P4.solve(example(), method=METHOD, options={"seconds": wrong})  # type: ignore[dict-item]


def test_the_bound_of_a_node_holds_at_any_prices() -> None:
    """Against every assignment within the node, at random prices and nodes."""
    rng = np.random.default_rng(0)
    tried = 0
    for s in feasible(6, users=3, subchannels=4, seed=32):
        users, channels = s.channel_gain.shape
        p = water_filling.terms(s)
        costs = {
            o: float(np.sum(water_filling.cost(p, owned(o, users)))) for o in np.ndindex((users,) * channels)
        }
        for _ in range(40):
            least = rng.integers(0, 2, users).astype(float)
            node = Node(rng.random((users, channels)) < 0.8, least, least + rng.integers(0, 3, users))
            inside = [cost for o, cost in costs.items() if within(o, node)]
            if not inside or not node.allowed.any(axis=0).all():
                continue
            price = 10.0 ** rng.uniform(-3, 3, users) * np.maximum(p.bit_value, 1e-12)
            held = rng.normal(size=users) * min(inside) if np.isfinite(min(inside)) else np.zeros(users)
            assert node_bound.sharp(p, node, price, held) <= min(inside) * (1 + 1e-9)
            tried += 1
    assert tried > 100


def within(owners: Any, node: Node) -> bool:
    count = np.bincount(owners, minlength=len(node.least))
    fits = all(node.allowed[k, n] for n, k in enumerate(owners))
    return bool(fits and np.all(count >= node.least) and np.all(count <= node.most))


@pytest.mark.parametrize("scenario", P4.scenarios)
def test_the_root_is_the_relaxation(scenario: str) -> None:
    s = P4.sample(users=4, subchannels=12, seed=5, scenario=scenario)
    relaxed = float(P4R.solve(P4R.instance(s.data), method="relaxation").certificate.bound)
    root = branch_and_bound._Search(water_filling.terms(s)).root().bound
    assert relaxed * (1 - 1e-5) <= root <= relaxed * (1 + 1e-7)


def test_slopes_of_the_smooth_bound() -> None:
    """Against differences, slope and curvature in relative changes of theta and in mu/tau."""
    s = P4.sample(users=3, subchannels=5, seed=0)
    p = water_filling.terms(s)
    node = Node(np.ones((3, 5), bool), np.array([0.0, 1.0, 0.0]), np.array([2.0, 2.0, 5.0]))
    theta, mu, tau = p.bit_value * [0.02, 0.5, 0.1], np.array([1e-5, -2e-5, 0.0]), 2e-5

    def at(z: Any) -> node_bound.Smooth:
        return node_bound._smooth(p, node, theta * (1 + z[:3]), mu + tau * z[3:], tau)

    here = at(np.zeros(6))
    for i in range(5):  # the third user may hold any number: its mu is not searched
        h = 1e-5 * np.eye(6)[i]
        assert (at(h).value - at(-h).value) / 2e-5 == pytest.approx(here.slope[i], rel=1e-5, abs=1e-9)
        if i >= 3:
            bend = -(at(h).slope - at(-h).slope)[:5] / 2e-5
            assert bend[3:] == pytest.approx(here.curvature[i, 3:5], rel=1e-4, abs=1e-9)
    assert here.slope[5] == 0


def test_a_bound_without_numbers_held_is_too_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: without the prices of sub-channels the search does not get anywhere near."""
    s = P4.sample(users=8, subchannels=16, seed=0)
    right = node_bound.best_bound

    def blind(p: Any, node: Node, bit_price: Any, price: Any) -> Any:
        free = node._replace(least=np.zeros(8), most=np.full(8, 16.0))
        return right(p, free, bit_price, np.zeros(8))

    last = P4.run(s, method=METHOD, options={"max_parts": 40}).trace.records[-1]
    monkeypatch.setattr(node_bound, "best_bound", blind)
    worse = P4.run(s, method=METHOD, options={"max_parts": 40}).trace.records[-1]
    assert last["bound"] > 0.99 * last["value"]
    assert worse["bound"] < 0.7 * worse["value"]


# ------------------------------------------------------------------------------------- local search


@pytest.mark.parametrize("i", range(0, len(SMALL), 2))
def test_local_search_ends_where_no_change_saves(i: int) -> None:
    s = SMALL[i]
    r = P4.solve(s, method="local-search", rigorous=False)
    p, owners = water_filling.terms(s), np.argmax(r.x["subchannel_assignment"], axis=0)
    value = local_search.energy(p, owners)
    assert value >= optimum(s) * (1 - 1e-12)
    for other in ("phases-reoptimised", "baseline:relaxation-rounding"):
        assert not P4.solve(s, method=other, rigorous=False).value < value * (1 - 1e-12)
    users, channels = s.channel_gain.shape
    for n in range(channels):
        for k in range(users):
            gift = np.where(np.arange(channels) == n, k, owners)
            assert local_search.energy(p, gift) >= value * (1 - 1e-9)
        for m in range(n):
            exchanged = owners.copy()
            exchanged[[m, n]] = owners[[n, m]]
            assert local_search.energy(p, exchanged) >= value * (1 - 1e-9)


def test_savings_are_differences_of_energies() -> None:
    s = P4.sample(users=3, subchannels=6, seed=3)
    p, owners = water_filling.terms(s), np.array([0, 1, 2, 0, 1, 2])
    gift, exchange = local_search._savings(p, owners)
    here = local_search.energy(p, owners)
    for n in range(6):
        for k in range(3):
            tried = np.where(np.arange(6) == n, k, owners)
            assert gift[n, k] == pytest.approx(
                here - local_search.energy(p, tried), rel=1e-9, abs=1e-12 * here
            )
        for m in range(6):
            tried = owners.copy()
            tried[[m, n]] = owners[[n, m]]
            saved = here - local_search.energy(p, tried)
            assert exchange[n, m] == pytest.approx(saved, rel=1e-9, abs=1e-12 * here)
