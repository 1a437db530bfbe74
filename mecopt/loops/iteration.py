"""Apply a step again and again, record every state, say how it ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

State = TypeVar("State")

Ended = Literal["converged", "stationary", "max_steps", "time_limit", "outside"]


@dataclass(frozen=True)
class Trace:
    """What a loop did: a record of named numbers at the start and after each step, and how it ended."""

    records: tuple[Mapping[str, float], ...]
    ended: Ended

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.records) - 1

    def column(self, name: str) -> list[float]:
        """One recorded quantity over the steps, ready to plot."""
        return [record[name] for record in self.records]


def iterate(
    step: Callable[[State], State],
    state: State,
    *,
    stop: Callable[[State], Ended | None],
    record: Callable[[State], Mapping[str, float]],
    max_steps: int,
) -> tuple[State, Trace]:
    """Apply `step` until `stop` names an ending or `max_steps` have been taken."""
    records = [record(state)]
    ended = stop(state)
    while ended is None and len(records) <= max_steps:
        state = step(state)
        records.append(record(state))
        ended = stop(state)
    return state, Trace(tuple(records), ended or "max_steps")
