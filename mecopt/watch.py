"""Look over the shoulder of the conic solver calls in a block: what each claimed, and what it took.

    with watching(tolerance=1e-7) as calls:
        problem.run(instance, method="cvxpy:CLARABEL")
    calls[-1].status, calls[-1].solver_seconds

Nothing is changed but, if asked for, the tolerance: `tolerance` goes to the solver's own keywords as it is
(see `mecopt.solvers`), in place of the one that mecopt derives from the wanted gap.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import cvxpy as cp


@dataclass(frozen=True)
class Call:
    """One call: the status claimed, wall seconds in all, and what the solver itself says it took.

    `used` says whether its answer is part of the point; see `discard`.
    """

    solver: str
    status: str
    seconds: float
    solver_seconds: float
    iterations: float
    used: bool = True


@dataclass
class Watch:
    """What is watched for."""

    tolerance: float | None
    look: Callable[["cp.Problem"], None] | None = None
    calls: list[Call] = field(default_factory=list)


_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(
    *, tolerance: float | None = None, look: Callable[["cp.Problem"], None] | None = None
) -> Iterator[list[Call]]:
    """Collect the conic solver calls of this block, made at the given tolerance.

    `look` is shown every program before it is solved.
    """
    token = _WATCH.set(watch := Watch(tolerance, look))
    try:
        yield watch.calls
    finally:
        _WATCH.reset(token)


def tolerance() -> float | None:
    """The tolerance that solvers are to be asked for, if somebody has set one."""
    watch = _WATCH.get()
    return None if watch is None else watch.tolerance


def discard(back: int = 1) -> None:
    """Note that the answer of the last call (the last but `back` - 1) is not used: another one is."""
    watch = _WATCH.get()
    if watch is not None:
        watch.calls[-back] = replace(watch.calls[-back], used=False)


@contextmanager
def noted(problem: "cp.Problem", solver: str) -> Iterator[None]:
    """Note a call, if somebody is watching."""
    watch = _WATCH.get()
    if watch is not None and watch.look is not None:
        watch.look(problem)
    before = problem.solver_stats
    start = time.perf_counter()
    try:
        yield
    finally:
        if watch is not None:
            seconds = time.perf_counter() - start
            stats = problem.solver_stats
            # where a solver gives nothing at all, what is left in the problem is that of the last time
            status = str(None if stats is before else problem.status)
            spent = _number(getattr(stats, "setup_time", None), 0.0) + _number(
                getattr(stats, "solve_time", None)
            )
            iterations = _number(getattr(stats, "num_iters", None))
            watch.calls.append(Call(solver, status, seconds, spent, iterations))


def _number(value: Any, unknown: float = float("nan")) -> float:
    return float(value) if isinstance(value, int | float) else unknown
