"""Branch and bound on knapsacks and a function of one variable, against enumeration."""

import itertools
import math

import numpy as np
import pytest

from mecopt.loops import Branching, Found, Part, Trace, branch_and_bound

Taken = tuple[int, ...]


def knapsack(seed: int, items: int = 10) -> tuple[np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(seed)
    worth, weight = rng.integers(1, 30, items).astype(float), rng.integers(1, 20, items).astype(float)
    order = np.argsort(-worth / weight)
    return worth[order], weight[order], float(weight.sum() // 2)


def best_by_enumeration(worth: np.ndarray, weight: np.ndarray, room: float) -> float:
    choices = np.array(list(itertools.product((0, 1), repeat=len(worth))))
    return float(-np.max((choices @ worth)[choices @ weight <= room]))


def search(seed: int, **options: float) -> tuple[Found[Taken], Trace]:
    """Minimise minus the worth; items by worth per weight, the bound is the fractional knapsack's."""
    worth, weight, room = knapsack(seed)

    def bound(taken: Taken) -> float:
        left = room - float(np.dot(taken, weight[: len(taken)]))
        if left < 0:
            return math.inf
        total = float(np.dot(taken, worth[: len(taken)]))
        for w, v in zip(weight[len(taken) :], worth[len(taken) :], strict=True):
            share = min(1.0, left / w)
            total, left = total + share * v, left - share * w
        return -total

    def branch(part: Part[Taken], best: float) -> Branching[Taken, Taken]:
        taken = part.content
        filled = taken + (0,) * (len(worth) - len(taken))
        value = -float(np.dot(filled, worth))
        children = [(*taken, 1), (*taken, 0)] if len(taken) < len(worth) else []
        return Branching([Part(bound(child), child) for child in children], value, filled)

    return branch_and_bound(branch, Part(bound(()), ()), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(12))
def test_finds_the_minimum_and_proves_it(seed: int) -> None:
    worth, weight, room = knapsack(seed)
    found, trace = search(seed)
    assert found.value == found.bound == best_by_enumeration(worth, weight, room)
    assert found.solution is not None
    assert np.dot(found.solution, weight) <= room
    assert -np.dot(found.solution, worth) == found.value
    assert found.gap == 0.0
    assert trace.ended == "converged"


@pytest.mark.parametrize("parts", [0, 1, 5, 20])
def test_the_bound_holds_whenever_it_stops(parts: int) -> None:
    for seed in range(8):
        least = best_by_enumeration(*knapsack(seed))
        found, trace = search(seed, max_parts=parts)
        assert found.bound <= least <= found.value
        assert found.branched <= parts
        assert trace.ended == ("converged" if found.bound == found.value else "max_steps")


def test_bounds_rise_and_values_fall() -> None:
    rises = []
    for seed in range(12):
        _, trace = search(seed)
        bounds, values = trace.column("bound"), trace.column("value")
        assert bounds == sorted(bounds)
        assert values == sorted(values, reverse=True)
        rises.append(bounds[-1] - bounds[0])
    assert max(rises) > 0


def test_no_time_leaves_the_root() -> None:
    found, trace = search(0, seconds=0.0)
    assert (found.branched, found.left, trace.ended) == (0, 1, "time_limit")
    assert found.gap == math.inf


def test_a_gap_ends_it_early() -> None:
    loose, _ = search(5, gap=0.5)
    tight, _ = search(5)
    assert loose.branched < tight.branched
    assert loose.gap <= 0.5
    assert loose.bound <= tight.value


def test_a_known_point_is_kept_when_nothing_is_better() -> None:
    def branch(part: Part[None], best: float) -> Branching[None, str]:
        assert best == 2.0
        return Branching([], 3.0, "worse")

    found, _ = branch_and_bound(branch, Part(1.0, None), start=(2.0, "known"))
    assert (found.solution, found.value, found.bound) == ("known", 2.0, 2.0)


def test_without_any_point_the_set_is_empty() -> None:
    found, trace = branch_and_bound(lambda part, best: Branching(), Part(-math.inf, None))
    assert found == Found(None, math.inf, math.inf, 1, 0)
    assert trace.ended == "converged"


def test_a_bound_that_is_nan_proves_nothing() -> None:
    def branch(part: Part[int], best: float) -> Branching[int, str]:
        if part.content:
            return Branching([], 1.0, "inside")
        return Branching([Part(math.nan, 1)], 2.0, "first")

    found, _ = branch_and_bound(branch, Part(0.0, 0))
    assert found.solution == "inside"


def test_intervals_of_a_smooth_function() -> None:
    """min of sin(x) + sin(10 x/3) on [2.7, 7.5]: -1.899599349... (Lipschitz constant 13/3)."""

    def f(x: float) -> float:
        return math.sin(x) + math.sin(10 * x / 3)

    def interval(low: float, high: float) -> Part[tuple[float, float]]:
        return Part(f((low + high) / 2) - 13 / 3 * (high - low) / 2, (low, high))

    def branch(part: Part[tuple[float, float]], best: float) -> Branching[tuple[float, float], float]:
        low, high = part.content
        middle = (low + high) / 2
        return Branching([interval(low, middle), interval(middle, high)], f(middle), middle)

    found, _ = branch_and_bound(branch, interval(2.7, 7.5), gap=1e-6)
    assert found.value == pytest.approx(-1.899599349, abs=2e-6)
    assert found.bound <= -1.899599349
    assert found.gap <= 1e-6
