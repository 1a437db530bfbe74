"""Baselines, moves and policies of a slot, each against its definition written out device by device."""

import itertools
import math

import numpy as np
import pytest

from mecopt.problems.aoi_pricing import baselines, closed_form, improvement, large, methods, policies
from mecopt.problems.aoi_pricing.simulation import View, simulate, world
from tests.aoi_pricing import plain
from tests.aoi_pricing.cases import P1, P5R, small
from tests.aoi_pricing.test_prices import drawn_prices, tight

CROWDED = [*small(8, users=7, servers=3, seed=1), *tight(12, users=7, servers=3, seed=1)]
USUAL = [P1.sample(users=20, servers=4, seed=k, scenario="snapshot-memory") for k in range(6)]
"""Here uploads and computing take times of the same size."""


@pytest.mark.parametrize("scheme", ["max-sinr", "max-compute", "combined"])
def test_schemes_go_where_they_say(scheme: baselines.Scheme) -> None:
    for s in [*CROWDED, *USUAL]:
        t, plainly = closed_form.terms(s), plain.links(s)
        everybody = baselines.associate(t, scheme, local_probability=0.0)
        assert everybody.tolist() == plain.placed(plainly, scheme, set())
        drawn = baselines.associate(t, scheme, local_probability=0.5, seed=3)
        # who stays by chance is the same for all schemes; without links or memory nobody shows it
        chance = np.random.default_rng(3).random(len(drawn)) < 0.5
        assert drawn.tolist() == plain.placed(plainly, scheme, set(np.flatnonzero(chance)))


def test_schemes_differ() -> None:
    t = closed_form.terms(P1.sample(users=30, servers=4, seed=0))
    found = [tuple(baselines.associate(t, name, seed=1)) for name in policies.SCHEMES]
    assert len(set(found)) == 4


def test_random_goes_anywhere_alike_and_a_fifth_stays() -> None:
    t = closed_form.terms(P1.sample(users=4000, servers=4, seed=0))
    counts = np.bincount(baselines.associate(t, "random") + 1, minlength=5)
    assert counts == pytest.approx([800, 800, 800, 800, 800], abs=120)  # five standard deviations
    assert baselines.associate(t, "random").tolist() == baselines.associate(t, "random").tolist()


def test_random_fills_servers_to_the_last_byte_and_no_further() -> None:
    for s in tight(12, users=7, servers=3, seed=1):
        t, plainly = closed_form.terms(s), plain.links(s)
        for seed in range(5):
            x = baselines.associate(t, "random", local_probability=0.0, seed=seed).tolist()
            assert plain.fits(plainly, x)
            for i in range(len(x)):
                if x[i] < 0:  # nobody later leaves, so there was no room when it asked
                    assert not any(
                        plain.fits(plainly, [j if k == i else x[k] if k < i else -1 for k in range(len(x))])
                        for j in range(t.servers)
                    )


def test_a_device_alone_fills_a_server_exactly() -> None:
    s = small(1, users=4, servers=1, seed=5)[0]
    m = [0.1, 0.2, 0.3, 0.4][: s.sizes["users"]]
    t = closed_form.terms(s.replace(memory_demand=m, memory_capacity=[sum(m)]))
    linked = np.isfinite(t.edge_cost[:, 0])
    assert (
        baselines.associate(t, "max-sinr", local_probability=0.0).tolist() == np.where(linked, 0, -1).tolist()
    )


@pytest.mark.parametrize("method", ["exact", "local-search", "pricing-many", "relaxation", "baseline:random"])
def test_tasks_without_memory_go_to_servers_without_memory(method: str) -> None:
    for s in small(4, users=5, servers=2, seed=3):
        free = P1.instance({k: a for k, a in s.data.items() if not k.startswith("memory")})
        empty = free.replace(
            memory_demand=np.zeros(s.sizes["users"]), memory_capacity=np.zeros(s.sizes["servers"])
        )
        wanted = P1.run(free, method=method).x["association"]
        assert P1.run(empty, method=method).x["association"].tolist() == wanted.tolist()


def test_exchanges_cost_what_they_say() -> None:
    rng = np.random.default_rng(0)
    looked_at = 0
    for s in CROWDED:
        t, plainly = closed_form.terms(s), plain.links(s)
        x = baselines.associate(t, "random", seed=int(rng.integers(100)), local_probability=0.3)
        with np.errstate(invalid="ignore"):
            gains = improvement.exchange_gains(t, x)
        for i, k in itertools.combinations(range(len(x)), 2):
            if x[i] == x[k]:
                assert not gains[i, k] < -1e-9 * sum(plainly.K)  # nothing changes, and it is never chosen
                continue
            swapped = x.tolist()
            swapped[i], swapped[k] = swapped[k], swapped[i]
            if not plain.fits(plainly, swapped):
                assert not np.isfinite(gains[i, k])
                continue
            change = plain.total(plainly, swapped) - plain.total(plainly, x.tolist())
            assert gains[i, k] == pytest.approx(change, rel=1e-7, abs=1e-10 * sum(plainly.K))
            looked_at += 1
    assert looked_at > 50


def test_nothing_is_left_to_improve() -> None:
    for s in [*CROWDED, USUAL[0]]:
        t, plainly = closed_form.terms(s), plain.links(s)
        x = improvement.improve(t, baselines.associate(t, "random", seed=0)).tolist()
        least = plain.total(plainly, x) * (1 - 1e-9)
        near = [
            [j if k == i else x[k] for k in range(len(x))]
            for i in range(len(x))
            for j in range(-1, t.servers)
        ]
        for i, k in itertools.combinations(range(len(x)), 2):
            near.append([x[k] if m == i else x[i] if m == k else x[m] for m in range(len(x))])
        assert all(plain.total(plainly, other) >= least for other in near if plain.fits(plainly, other))


def test_contested_devices_settle_where_they_cost_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the devices, three at least, the most contested first; once, so that the order tells."""
    monkeypatch.setattr(large, "ROUNDS", 1)
    monkeypatch.setattr(large, "CONTESTED", (3, 2))
    rng = np.random.default_rng(0)
    for s in [*CROWDED, *USUAL, *USUAL]:
        t, plainly = closed_form.terms(s), plain.links(s)
        p = drawn_prices(s, rng)
        start = baselines.associate(t, "random", seed=1)
        x = start.tolist()
        for i in np.argsort(margins(plainly, p), kind="stable")[: max(3, len(x) // 2)]:
            options = [[j if k == i else x[k] for k in range(len(x))] for j in range(-1, t.servers)]
            x = min((o for o in options if plain.fits(plainly, o)), key=lambda o: plain.total(plainly, o))
        assert large.settled(t, start, p).tolist() == x


def margins(t: plain.Links, p: closed_form.Prices) -> list[float]:
    """How far the second cheapest option of each device is from the cheapest, local included."""
    found = []
    for i in range(len(t.K)):
        asks = [0.0]
        for j in range(len(t.C)):
            if math.isfinite(t.A[i][j]):
                paid = (
                    p.band[j] * math.sqrt(t.A[i][j])
                    + p.cores[j] * math.sqrt(t.S[i][j])
                    + p.memory[j] * t.m[i]
                )
                asks.append(paid + t.e[i][j] - t.K[i])
        first, second = sorted([*asks, math.inf, math.inf])[:2]
        found.append(second - first)
    return found


def test_the_rounded_relaxation_has_tasks_where_most_of_them_is() -> None:
    for s in small(8, users=5, servers=3, seed=2):
        part = P5R.run(P5R.instance(s.data), method="cvxpy:CLARABEL").x["association_share"]
        x = P1.run(s, method="relaxation").x["association"].astype(int)
        plainly = plain.links(s)
        for i, row in enumerate(part):
            kept = [1 - sum(row), *row]
            most = max(kept)
            if sorted(kept)[-2] < most - 1e-5:  # else two are as large
                assert x[i] in (kept.index(most) - 1, -1)
                if plain.fits(plainly, [kept.index(most) - 1 if k == i else x[k] for k in range(len(x))]):
                    assert x[i] == kept.index(most) - 1


def test_a_method_says_when_it_stopped_short(monkeypatch: pytest.MonkeyPatch) -> None:
    s = P1.sample(users=30, servers=4, seed=1, scenario="authors-computation")
    monkeypatch.setattr(methods.exact, "MOST_PARTS", 1)
    assert "stopped with a gap" in str(P1.run(s, method="exact").message)


# ------------------------------------------------------------------------------------ in a slot


def views(name: str, **size: int) -> list[View]:
    """What policies see where tasks go anywhere, so that loads are of all sizes."""
    seen: list[View] = []
    rng = np.random.default_rng(0)

    def watching(view: View) -> np.ndarray:
        seen.append(view)
        return rng.integers(-1, view.A.shape[1], len(view.D))

    simulate(world(name, seed=1, **size), watching, slots=150)
    return [view for view in seen if len(view.D) <= 4]


def added(v: View, x: tuple[int, ...] | list[int]) -> float:
    """What this slot's tasks add to the cost."""
    total = 0.0
    for j in range(v.A.shape[1]):
        here = [i for i in range(len(x)) if x[i] == j]
        for delay, load in zip((v.A, v.S), v.loads, strict=True):
            total += (load[j] + sum(math.sqrt(delay[i, j]) for i in here)) ** 2 - load[j] ** 2
        for i in here:
            saved = (v.E_loc[i] - v.E_tx[i, j]) / v.B[i]
            total += v.s[i, j] - v.D[i] - v.alpha * saved
    return total


def test_exact_in_each_slot_is_the_best_of_all_choices() -> None:
    for v in views("authors", users=60, servers=3)[:60]:
        choices = itertools.product(range(-1, v.A.shape[1]), repeat=len(v.D))
        least = min(added(v, x) for x in choices)
        assert added(v, policies.exact(v).tolist()) == pytest.approx(least, rel=1e-9, abs=1e-9)


def test_many_tasks_of_a_slot_are_placed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [v for v in views("authors", users=60, servers=3) if len(v.D) > 1]
    assert len(seen) > 10
    monkeypatch.setattr(policies, "MOST_CHOICES", 3)
    for v in seen:
        x = [-1] * len(v.D)
        for i in range(len(x)):
            x = min(([*x[:i], j, *x[i + 1 :]] for j in range(-1, v.A.shape[1])), key=lambda y: added(v, y))
        assert policies.exact(v).tolist() == x


def test_exact_and_one_by_one_agree_for_a_single_task(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [v for v in views("authors", users=30, servers=3) if len(v.D) == 1]
    wanted = [policies.exact(v).tolist() for v in seen]
    monkeypatch.setattr(policies, "MOST_CHOICES", 3)
    assert [policies.exact(v).tolist() for v in seen] == wanted
    assert len({tuple(x) for x in wanted}) > 2
