"""Run one CVXPY problem with one solver, and say plainly what came of it."""

import warnings
from typing import TYPE_CHECKING

from mecopt.solvers import Solver
from mecopt.watch import noted

if TYPE_CHECKING:
    import cvxpy as cp

USABLE = ("optimal", "optimal_inaccurate", "user_limit")
"""Statuses that come with a point. Whether the point is any good is for the referee to say."""


def run(problem: "cp.Problem", row: Solver, *, tol: float) -> str:
    """Solve in place; returns "" when there is a point to judge, else what the solver said."""
    with warnings.catch_warnings(), noted(problem, row.name):
        # "solution may be inaccurate": the referee decides that
        warnings.simplefilter("ignore")
        try:
            # a warm start would make the answer depend on what was solved before
            problem.solve(solver=row.name, warm_start=False, **row.options(tol))
        except Exception as error:  # whatever a solver's interface raises, it is an answer
            return f"{row.name} failed: {(str(error) or type(error).__name__).splitlines()[0]}"
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # how solvers written in Rust crash
                raise
            return f"{row.name} crashed: {(str(error) or 'no reason given').splitlines()[0]}"
    if problem.status not in USABLE or any(variable.value is None for variable in problem.variables()):
        return f"{row.name} said {problem.status!r} of an instance that is feasible"
    return ""
