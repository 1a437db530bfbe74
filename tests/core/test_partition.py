"""The cheapest partition, compiled and in NumPy, against trying every one."""

from collections.abc import Callable

import numpy as np
import pytest

from mecopt.instance import Array
from mecopt.loops import partition
from mecopt.loops.partition import best_partition

FACES = (partition._extend_compiled, partition._extend_numpy)


def enumerated(costs: Array) -> float:
    agents, items = len(costs), costs.shape[1].bit_length() - 1
    best = np.inf
    for owners in np.ndindex((agents,) * items):
        sets = [sum(1 << n for n in range(items) if owners[n] == k) for k in range(agents)]
        best = min(best, sum(float(own[part]) for own, part in zip(costs, sets, strict=True)))
    return best


def any_costs(agents: int, items: int, *, seed: int) -> Array:
    """Costs without structure, some sets forbidden."""
    rng = np.random.default_rng(seed)
    costs = rng.normal(size=(agents, 2**items)) * 10.0 ** rng.integers(-3, 4, (agents, 1))
    costs[rng.random(costs.shape) < 0.2] = np.inf
    return costs


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(("agents", "items"), [(1, 3), (2, 5), (3, 5), (4, 4), (5, 3), (6, 1)])
def test_no_partition_is_cheaper(
    agents: int, items: int, face: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition, "_extend_compiled", face)
    monkeypatch.setattr(partition, "AVAILABLE", True)
    for seed in range(5):
        costs = any_costs(agents, items, seed=seed)
        found = best_partition(costs)
        assert found.value == pytest.approx(enumerated(costs), rel=1e-14)
        if np.isfinite(found.value):
            assert np.bitwise_or.reduce(found.sets) == 2**items - 1
            assert np.sum(found.sets) == 2**items - 1  # no item twice
            assert sum(costs[k, part] for k, part in enumerate(found.sets)) == pytest.approx(found.value)


@pytest.mark.parametrize("items", [1, 7, 8, 9, 11])
def test_both_faces_give_the_same_numbers(items: int) -> None:
    before, own = any_costs(2, items, seed=items)
    assert np.array_equal(*(face(before, own) for face in FACES))


def test_items_that_are_worth_most_together() -> None:
    """Two agents, three items: only all three are of use, and to one agent only."""
    costs = np.full((2, 8), 10.0)
    costs[1, 7] = 1.0
    costs[:, 0] = 5.0
    found = best_partition(costs)
    assert (found.value, found.sets.tolist()) == (6.0, [0, 7])


def test_no_allowed_partition_costs_infinity() -> None:
    assert best_partition(np.full((3, 4), np.inf)).value == np.inf
