"""The one outer loop: how it ends, what it records, and that it claims nothing."""

from typing import get_args

import pytest

from mecopt.loops import Ended, Trace, iterate


def halve(*, until: float, max_steps: int, start: float = 1.0) -> tuple[float, Trace]:
    def stop(x: float) -> Ended | None:
        return "converged" if x <= until else None

    return iterate(lambda x: x / 2, start, stop=stop, record=lambda x: {"x": x}, max_steps=max_steps)


def test_converges() -> None:
    state, trace = halve(until=0.2, max_steps=100)
    assert state == 0.125
    assert trace.ended == "converged"
    assert trace.steps == 3
    assert trace.column("x") == [1.0, 0.5, 0.25, 0.125]


def test_runs_out_of_steps() -> None:
    state, trace = halve(until=0.0, max_steps=4)
    assert (state, trace.ended, trace.steps) == (1 / 16, "max_steps", 4)


def test_the_last_allowed_step_may_converge() -> None:
    assert halve(until=1 / 16, max_steps=4)[1].ended == "converged"


def test_stops_before_the_first_step() -> None:
    state, trace = halve(until=1.0, max_steps=10)
    assert (state, trace.ended, trace.steps) == (1.0, "converged", 0)
    assert halve(until=0.0, max_steps=0)[1].ended == "max_steps"


def test_stationary_is_passed_on() -> None:
    _, trace = iterate(lambda x: x, 1, stop=lambda x: "stationary", record=lambda x: {"x": x}, max_steps=3)
    assert trace.ended == "stationary"


def test_no_loop_can_say_optimal() -> None:
    ends = {"converged", "stationary", "max_steps", "time_limit", "outside"}
    assert set(get_args(Ended)) == ends


def test_unknown_column() -> None:
    with pytest.raises(KeyError):
        halve(until=0.5, max_steps=1)[1].column("y")
