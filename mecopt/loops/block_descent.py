r"""Inexact block coordinate descent: improve one block of variables after the other, the others fixed.

    for every block b in turn:   x_b <- step_b(x),   f not larger

A block's step need not minimise; whatever it does, a step that raises the objective is undone, so that the
trace descends. Tseng, "Convergence of a Block Coordinate Descent Method", JOTA 109(3), 2001.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mecopt.loops.iteration import Ended, Trace, iterate

Point = TypeVar("Point")


@dataclass(frozen=True)
class _State(Generic[Point]):
    point: Point
    value: float
    fall: float = math.inf


def block_descent(
    blocks: Sequence[Callable[[Point], Point]],
    objective: Callable[[Point], float],
    start: Point,
    *,
    tol: float,
    max_sweeps: int,
    record: Callable[[Point], Mapping[str, float]] = lambda point: {},
) -> tuple[Point, Trace]:
    """Sweep over the blocks until a sweep gains at most `tol` of the objective.

    The trace has the column objective and those of `record`, once per sweep. It ends `converged`, or
    `stationary` when a whole sweep changed nothing.
    """

    def sweep(state: _State[Point]) -> _State[Point]:
        point, value = state.point, state.value
        for block in blocks:
            tried = block(point)
            reached = objective(tried)
            if reached <= value:
                point, value = tried, reached
        return _State(point, value, state.value - value)

    def stop(state: _State[Point]) -> Ended | None:
        if state.fall == 0:
            return "stationary"
        return "converged" if state.fall <= tol * abs(state.value) else None

    last, trace = iterate(
        sweep,
        _State(start, objective(start)),
        stop=stop,
        record=lambda state: {"objective": state.value, **record(state.point)},
        max_steps=max_sweeps,
    )
    return last.point, trace
