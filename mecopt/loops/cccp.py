r"""The convex-concave procedure: minimise a sequence of convex majorants.

    min f(x)      x_(k+1) in argmin F(x; x_k),    F(x_k; x_k) = f(x_k),   F(x; x_k) >= f(x)

so that f(x_(k+1)) <= F(x_(k+1); x_k) <= F(x_k; x_k) = f(x_k). The loop does not take this on trust: a step
that does not descend is undone and ends it.

Yuille and Rangarajan, "The Concave-Convex Procedure", Neural Computation 15(4), 2003.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mecopt.loops.iteration import Ended, Trace, iterate

Point = TypeVar("Point")


@dataclass(frozen=True)
class _State(Generic[Point]):
    point: Point
    value: float
    fall: float = math.inf
    stuck: bool = False


def cccp(
    majorant: Callable[[Point], Point | None],
    objective: Callable[[Point], float],
    start: Point,
    *,
    tol: float,
    max_steps: int,
    slack: float = 0.0,
) -> tuple[Point, Trace]:
    """Step to the minimiser of the majorant at the current point until the objective falls by `tol` of
    itself.

    `majorant` returns the minimiser, or None when it found none. The trace has the column objective. It ends
    `converged` when a step gains too little, `stationary` when the majorant gives nothing better: a rise of
    more than `slack` of the objective is undone.
    """

    def step(state: _State[Point]) -> _State[Point]:
        point = majorant(state.point)
        value = math.inf if point is None else objective(point)
        if point is None or not value <= state.value * (1 + slack):
            return _State(state.point, state.value, 0.0, stuck=True)
        return _State(point, value, state.value - value)

    def stop(state: _State[Point]) -> Ended | None:
        if state.stuck:
            return "stationary"
        return "converged" if state.fall <= tol * abs(state.value) else None

    last, trace = iterate(
        step,
        _State(start, objective(start)),
        stop=stop,
        record=lambda state: {"objective": state.value},
        max_steps=max_steps,
    )
    return last.point, trace
