"""Move to a better neighbour until there is none: first or best improvement, counted.

A neighbour costs one *query*, the evaluation of its value; an accepted one is a *move*. `improves` may ask
for more than being better, such as the factor 1 + eps/n^2 that bounds the number of moves (Lee, Mirrokni,
Nagarajan, Sviridenko, "Maximizing Nonmonotone Submodular Functions under Matroid or Knapsack Constraints",
SIAM J. Discrete Math. 23(4), 2010). A state no neighbour improves is a local optimum for that test, no more.
"""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from mecopt.loops.iteration import Ended, Trace, iterate

State = TypeVar("State")

Neighbour = tuple[float, Callable[[], State]]
"""Its value, and how to make it: a state that is not moved to is never made."""

Rule = Literal["first", "best"]


@dataclass(frozen=True)
class Search(Generic[State]):
    """A state, its value, and what it took: accepted moves and queries so far. `local`: nothing improves."""

    state: State
    value: float
    moves: int = 0
    queries: int = 0
    local: bool = False


def local_search(
    state: State,
    *,
    value: float,
    neighbours: Callable[[State], Iterable[Neighbour[State]]],
    sense: Literal["min", "max"],
    improves: Callable[[float, float], bool] | None = None,
    rule: Rule = "first",
    max_moves: int = 1_000_000,
) -> tuple[Search[State], Trace]:
    """Search from a state with this value.

    `neighbours` yields them in the order to be tried, each being evaluated when it is reached: with the rule
    `first` the first that `improves(its value, the state's)` is taken and the rest is never evaluated, with
    `best` the best of those that improve, the first among equals. By default better is enough. The trace has
    columns value, moves and queries; it ends `stationary` at a local optimum.
    """
    better = operator.gt if sense == "max" else operator.lt
    accepts = better if improves is None else improves

    def step(search: Search[State]) -> Search[State]:
        chosen: Neighbour[State] | None = None
        queries = search.queries
        for neighbour in neighbours(search.state):
            queries += 1
            found = neighbour[0]
            if accepts(found, search.value) and (chosen is None or better(found, chosen[0])):
                chosen = neighbour
                if rule == "first":
                    break
        if chosen is None:
            return Search(search.state, search.value, search.moves, queries, local=True)
        return Search(chosen[1](), chosen[0], search.moves + 1, queries)

    def stop(search: Search[State]) -> Ended | None:
        if search.local:
            return "stationary"
        return "max_steps" if search.moves >= max_moves else None

    return iterate(
        step,
        Search(state, value),
        stop=stop,
        record=lambda s: {"value": s.value, "moves": s.moves, "queries": s.queries},
        max_steps=max_moves + 1,
    )
