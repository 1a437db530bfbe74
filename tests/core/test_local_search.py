"""Local search: what is taken, what is counted, and that a local optimum is one."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from mecopt.loops import local_search
from mecopt.loops.local_search import Neighbour, Rule

Order = tuple[int, ...]


def tour_length(order: Order, distance: np.ndarray) -> float:
    return float(sum(distance[a, b] for a, b in itertools.pairwise((*order, order[0]))))


def reversals(distance: np.ndarray) -> Callable[[Order], Iterator[Neighbour[Order]]]:
    def neighbours(order: Order) -> Iterator[Neighbour[Order]]:
        for i, j in itertools.combinations(range(len(order) + 1), 2):
            turned = order[:i] + order[i:j][::-1] + order[j:]
            yield tour_length(turned, distance), lambda turned=turned: turned

    return neighbours


@pytest.mark.parametrize("rule", ["first", "best"])
def test_shortest_tours(rule: Rule) -> None:
    places = np.random.default_rng(0).normal(size=(7, 2))
    distance = np.linalg.norm(places[:, None] - places, axis=-1)
    start: Order = tuple(range(7))
    found, trace = local_search(
        start,
        value=tour_length(start, distance),
        neighbours=reversals(distance),
        sense="min",
        improves=lambda new, old: new < old - 1e-12,
        rule=rule,
    )
    assert found.local
    assert trace.ended == "stationary"
    assert found.value == pytest.approx(tour_length(found.state, distance))
    assert all(value >= found.value - 1e-12 for value, _ in reversals(distance)(found.state))
    shortest = min(tour_length((0, *rest), distance) for rest in itertools.permutations(range(1, 7)))
    assert found.value == pytest.approx(shortest)
    assert trace.column("value") == sorted(trace.column("value"), reverse=True)
    assert trace.steps == found.moves + 1  # the last step finds nothing
    if rule == "best":
        assert found.queries == 28 * (found.moves + 1)


def steps(values: list[float]) -> Callable[[int], Iterator[Neighbour[int]]]:
    """Two to the right in turn, on a list of values."""

    def neighbours(at: int) -> Iterator[Neighbour[int]]:
        for to in range(at + 1, min(at + 3, len(values))):
            yield values[to], lambda to=to: to

    return neighbours


VALUES = [1.0, 1.5, 3.0, 3.0, 3.1, 2.0, 9.0]


def test_first_takes_the_first() -> None:
    found, trace = local_search(0, value=1.0, neighbours=steps(VALUES), sense="max")
    assert (found.state, found.moves, found.queries) == (6, 4, 6)  # 1, 2, then 4 (3 is no better), then 6
    assert trace.column("queries") == [0, 1, 2, 4, 6, 6]


def test_best_takes_the_first_among_the_best() -> None:
    found, _ = local_search(0, value=1.0, neighbours=steps([1.0, 2.0, 2.0]), sense="max", rule="best")
    assert (found.state, found.moves, found.queries) == (1, 1, 3)


def test_a_threshold_stops_it_earlier() -> None:
    found, _ = local_search(
        0, value=1.0, neighbours=steps(VALUES), sense="max", improves=lambda new, old: new > 1.2 * old
    )
    assert found.state == 2


def test_out_of_moves() -> None:
    found, trace = local_search(0, value=1.0, neighbours=steps(VALUES), sense="max", max_moves=2)
    assert (found.state, found.moves, found.local, trace.ended) == (2, 2, False, "max_steps")


def test_what_is_not_taken_is_not_made() -> None:
    made: list[int] = []

    def neighbours(at: int) -> Iterator[Neighbour[int]]:
        for to in range(3):
            yield float(to), lambda to=to: made.append(to) or to

    found, _ = local_search(0, value=0.0, neighbours=neighbours, sense="max", rule="best")
    assert (found.state, made) == (2, [2])
