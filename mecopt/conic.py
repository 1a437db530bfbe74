"""Run one CVXPY problem with one solver, and say plainly what came of it."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike

from mecopt.instance import Array
from mecopt.solvers import Solver
from mecopt.watch import noted

if TYPE_CHECKING:
    import cvxpy as cp

USABLE = ("optimal", "optimal_inaccurate", "user_limit")
"""Statuses that come with a point. Whether the point is any good is for the referee to say."""


MOST_PARAMETERS = 2000
"""With more numbers than this in its parameters a problem is compiled anew for each solve, numbers included.

The time to map parameters to a cone program grows with the square of their number: 0.05 s at 2000 and 1 s at
8000, where compiling with numbers takes some milliseconds more than the solver, every time.
"""

LIGHT = frozenset({"nonneg"})
"""Attributes of parameters that `assign` checks itself."""


def assign(problem: "cp.Problem", values: Mapping[str, ArrayLike]) -> None:
    """Give every parameter of the problem the value under its name.

    As `parameter.value = value`, but where a plain look shows that shape and sign are right without the
    hundreds of microseconds that CVXPY's own checks take. Raises KeyError for a name that is missing and
    CVXPY's ValueError for a value that does not fit.
    """
    for parameter, name, asked, single in _known(problem).rows:
        value = np.array(values[name], dtype=np.float64)
        fits = not value.shape if single else value.shape == parameter.shape
        if fits and asked <= LIGHT and (not asked or (value >= 0 if single else (value >= 0).all())):
            parameter.save_value(value)
        else:
            parameter.value = value


class _Known(NamedTuple):
    """Parameters with names, attributes and whether each is one number; how many numbers they are in all."""

    rows: tuple[tuple[Any, str, frozenset[str], bool], ...]
    size: int


_KNOWN: "WeakKeyDictionary[cp.Problem, _Known]" = WeakKeyDictionary()
"""What never changes; CVXPY walks through the whole problem to tell."""


def _known(problem: "cp.Problem") -> _Known:
    found = _KNOWN.get(problem)
    if found is None:
        own = problem.parameters()
        rows = tuple((p, p.name(), _attributes(p), p.shape == ()) for p in own)
        found = _KNOWN[problem] = _Known(rows, sum(p.size for p in own))
    return found


def _attributes(parameter: "cp.Parameter") -> frozenset[str]:
    return frozenset(name for name, on in parameter.attributes.items() if on)


def solve(problem: "cp.Problem", name: str, options: Mapping[str, Any], *, valued: bool = True) -> None:
    """As `problem.solve(solver=name, warm_start=False, **options)`, with less around the solver's own work.

    A warm start would make the answer depend on what was solved before. Without `valued` the objective may be
    left out, `problem.value` None: CVXPY takes as long to evaluate it as a solver takes for a small program.
    """
    from mecopt.cone_program import compiled  # needs scipy.sparse

    if _known(problem).size > MOST_PARAMETERS:
        problem.solve(solver=name, warm_start=False, ignore_dpp=True, **options)
        return
    program = compiled(problem, name, options)
    if program is None:
        problem.solve(solver=name, warm_start=False, **options)
    else:
        program.solve(problem, name, options, valued=valued)


def run(problem: "cp.Problem", row: Solver, *, tol: float, valued: bool = True) -> str:
    """Solve in place; returns "" when there is a point to judge, else what the solver said. See `solve`."""
    for constraint in problem.constraints:  # a solver without multipliers must not leave those of another
        for dual in constraint.dual_variables:
            dual.save_value(None)
    with warnings.catch_warnings(), noted(problem, row.name):
        # "solution may be inaccurate": the referee decides that
        warnings.simplefilter("ignore")
        try:
            solve(problem, row.name, row.options(tol), valued=valued)
        except Exception as error:  # whatever a solver's interface raises, it is an answer
            return f"{row.name} failed: {(str(error) or type(error).__name__).splitlines()[0]}"
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # how solvers written in Rust crash
                raise
            return f"{row.name} crashed: {(str(error) or 'no reason given').splitlines()[0]}"
    if problem.status not in USABLE or any(variable.value is None for variable in problem.variables()):
        return f"{row.name} said {problem.status!r} of an instance that is feasible"
    return ""


def multiplier(constraint: Any) -> Array:
    """The constraint's multiplier in its shape: CVXPY's `dual_value`, nan where the solver gave none.

    SCIP gives a point without multipliers, and so may any solver after `user_limit`.
    """
    value = constraint.dual_value
    if value is None:
        return np.full(constraint.shape, np.nan)
    return np.asarray(value, dtype=np.float64)
