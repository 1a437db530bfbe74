r"""Minimise over a set that can be cut into parts: best-first branch and bound.

    min f(x),   x in X = union of parts,   f >= bound(part) on each part

The part with the least bound is always branched next. Whenever the search stops, the least bound among the
parts left and the best value is a lower bound on the minimum: an answer with a proved gap at any time.
Negate to maximise.

A. H. Land, A. G. Doig, "An Automatic Method of Solving Discrete Programming Problems", Econometrica 28(3),
1960.
"""

import heapq
import itertools
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from mecopt.loops.iteration import Ended, Trace

Content = TypeVar("Content")
Solution = TypeVar("Solution")


class Part(NamedTuple, Generic[Content]):
    """A part of the set: a lower bound on the objective over it, and what `branch` needs to know of it."""

    bound: float
    content: Content


class Branching(NamedTuple, Generic[Content, Solution]):
    """What branching a part gives: smaller parts, and a feasible point where one was found.

    The parts cover the branched one but for points that are no better than `value` or the best value so far.
    """

    parts: Iterable[Part[Content]] = ()
    value: float = math.inf
    solution: Solution | None = None


@dataclass(frozen=True)
class Found(Generic[Solution]):
    """The best point, its value (inf without one), the bound that was proved, parts branched and left."""

    solution: Solution | None
    value: float
    bound: float
    branched: int
    left: int

    @property
    def gap(self) -> float:
        """value - bound relative to the value; inf without a point or a bound."""
        if self.value == self.bound:
            return 0.0
        if not (math.isfinite(self.value) and math.isfinite(self.bound) and self.value):
            return math.inf
        return (self.value - self.bound) / abs(self.value)


Branch = Callable[[Part[Content], float], Branching[Content, Solution]]
"""From a part and the best value so far to smaller parts."""


def branch_and_bound(
    branch: Branch[Content, Solution],
    root: Part[Content],
    *,
    start: tuple[float, Solution] | None = None,
    gap: float = 0.0,
    max_parts: int = 1_000_000,
    seconds: float = math.inf,
) -> tuple[Found[Solution], Trace]:
    """Branch until value - bound <= gap |value|, or `max_parts` were branched, or `seconds` have passed.

    `start` is a known feasible point with its value. A part's bound counts as at least that of the part it
    came from; one of nan proves nothing. The trace has columns branched, value and bound, one record for each
    better point and whenever the number of branched parts has grown by a twentieth. It ends `converged` when
    the gap is closed, else `max_steps` or `time_limit`.
    """
    search = _Search(branch, root, start)
    deadline = time.monotonic() + seconds
    records = [search.record()]
    ended: Ended | None = None
    due = 1.0
    while ended is None:
        if search.closed(gap):
            ended = "converged"
        elif search.branched >= max_parts:
            ended = "max_steps"
        elif time.monotonic() >= deadline:
            ended = "time_limit"
        else:
            better = search.step()
            if better or search.branched >= due:
                records.append(search.record())
                due = search.branched * 1.05
    records.append(search.record())
    found = Found(search.solution, search.value, search.bound(), search.branched, len(search.parts))
    return found, Trace(tuple(records), ended)


class _Search:
    """The parts left, in a heap by bound, and the best point."""

    def __init__(self, branch: Branch[Any, Any], root: Part[Any], start: tuple[float, Any] | None) -> None:
        self.branch = branch
        self.count = itertools.count()  # among equal bounds the latest first: towards a point, not around
        self.parts: list[tuple[float, int, Part[Any]]] = [(root.bound, -next(self.count), root)]
        self.value: float = math.inf
        self.solution: Any = None
        if start is not None:
            self.value, self.solution = start
        self.branched = 0

    def bound(self) -> float:
        return min(self.parts[0][0], self.value) if self.parts else self.value

    def closed(self, gap: float) -> bool:
        return not self.parts or self.bound() >= self.value - (gap * abs(self.value) if gap else 0.0)

    def record(self) -> dict[str, float]:
        return {"branched": self.branched, "value": self.value, "bound": self.bound()}

    def step(self) -> bool:
        """Branch the part with the least bound; whether it gave a better point."""
        bound, _, part = heapq.heappop(self.parts)
        self.branched += 1
        branching = self.branch(part._replace(bound=bound), self.value)
        better = branching.value < self.value
        if better:
            self.value, self.solution = branching.value, branching.solution
        for child in branching.parts:
            least = max(bound, child.bound)  # the first where the second is nan
            if least < self.value:
                heapq.heappush(self.parts, (least, -next(self.count), child))
        return better
