"""Accuracies, and what a solve is called: what was claimed against the certified optimum.

optimal     value and constraints are right to the accuracy asked for
inaccurate  not that, but to `ROUGH`
wrong       not even that, and nobody would know: the solver claimed `optimal`, or that the instance, which
            has a feasible point, is infeasible or unbounded
failed      no usable point, and the solver said so
timeout     killed at the time limit             crashed     the process died
infeasible  the data are infeasible, nothing ran unknown     the optimum is not known to this accuracy
"""

import math
from dataclasses import dataclass

from mecopt.errors import DataError, UnknownName

ROUGH = 1e-2
"""The largest error that is still an answer of sorts: one percent."""

TENTH = 0.1
"""Solvers are asked for a tenth of the error allowed: they stop on residuals, not on errors."""

STATUSES = ("optimal", "inaccurate", "wrong", "failed", "timeout", "crashed", "infeasible", "unknown")

NOT_RUN = frozenset({"infeasible", "unknown"})

DENIALS = frozenset({"infeasible", "unbounded"})


@dataclass(frozen=True)
class Accuracy:
    """`error`: what counts as solved, relative to the optimum and to each constraint's bound.

    `tolerance` goes to the conic solvers' own keywords; None leaves it to mecopt's table.
    """

    name: str
    error: float
    tolerance: float | None


ACCURACIES = {
    name: Accuracy(name, error, TENTH * error)
    for name, error in (("low", 1e-3), ("medium", 1e-6), ("high", 1e-9))
}


def accuracy(name: str) -> Accuracy:
    """The accuracy of that name, or that of a sweep, named by its number. Raises `UnknownName`."""
    if name in ACCURACIES:
        return ACCURACIES[name]
    try:
        error = float(name)
    except ValueError:
        raise UnknownName("accuracy", name, ACCURACIES) from None
    if not 0 < error < math.inf:
        raise DataError("accuracy", f"got {name}", "give a relative error above 0, such as 1e-8")
    return Accuracy(name, error, None)


def relative_error(value: float, low: float, high: float) -> float:
    """The farthest that `value` can be from an optimum in [low, high], relative to it; nan if unknown."""
    distance = max(abs(value - low), abs(value - high))
    if math.isnan(value) or math.isnan(low) or math.isnan(high):
        return math.nan
    scale = max(abs(low), abs(high))
    return 0.0 if distance == 0 else distance / scale if scale > 0 else math.inf


def true_status(claimed: str, error: float, infeasibility: float, allowed: float) -> str:
    """The status of a solve that ended; `error` and `infeasibility` are nan where there is no point."""
    worst = max(error, infeasibility) if error == error and infeasibility == infeasibility else math.inf
    if worst <= allowed:
        return "optimal"
    if worst <= ROUGH:
        return "inaccurate"
    return "wrong" if claimed == "optimal" or claimed in DENIALS else "failed"
