"""Square-root sharing as convex programs: one resource solved, or all resources handed out as one program.

min  sum_i w_i/y_i   s.t.  sum_i y_i <= 1          in the scaled shares of `kernels.sharing.scaled_sharing`
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mecopt import conic
from mecopt.handout import in_units
from mecopt.instance import Array
from mecopt.kernels.sharing import scaled_sharing, sharing_cost, sharing_shares
from mecopt.solvers import Solver

if TYPE_CHECKING:
    import cvxpy as cp


class Shared(NamedTuple):
    """Shares `(jobs,)` of one resource, its price (s), and what the solver said if it gave none."""

    share: Array
    price: float
    said: str = ""


@cache
def _program(jobs: int) -> "cp.Problem":
    import cvxpy as cp

    unit = cp.Parameter(jobs, name="unit", nonneg=True)
    scaled = cp.Variable(jobs, name="scaled", nonneg=True)
    cost, used = scaled_sharing(unit, scaled)
    return cp.Problem(cp.Minimize(cost), [used <= 1])


def share(weight: Array, row: Solver, tol: float) -> Shared:
    """One resource among jobs of weight w >= 0 (s); those without weight get nothing."""
    found, busy = np.zeros(len(weight)), weight > 0
    if not busy.any():
        return Shared(found, 0.0)
    if np.sum(busy) == 1:  # nobody to share with, and no need of a solver
        return Shared(busy.astype(float), float(weight[busy][0]))
    problem = _program(int(np.sum(busy)))
    unit, value = sharing_shares(weight[busy]), float(sharing_cost(weight[busy]))
    conic.assign(problem, {"unit": unit})
    said = conic.run(problem, row, tol=tol)
    if said:
        return Shared(np.full(len(weight), np.nan), np.nan, said)
    part = unit * np.maximum(problem.variables()[0].value, 0.0)
    found[busy] = part / max(float(np.sum(part)), 1.0)
    return Shared(found, value * float(conic.multiplier(problem.constraints[0])))


def handed_out(weights: Mapping[str, Array], *, offset: float = 0.0) -> "cp.Problem | None":
    """All resources in one problem, in units of the least total time; None where no job has a weight.

    `weights` maps a resource's name to its jobs' weights (s): the problem has a variable `scaled_<name>`.
    """
    import cvxpy as cp

    busy = {name: weight[weight > 0] for name, weight in weights.items() if np.any(weight > 0)}
    if not busy:
        return None
    best = {name: float(sharing_cost(weight)) for name, weight in busy.items()}
    unit, total, rows = sum(best.values()), cp.Constant(0), []
    for name, weight in busy.items():
        scaled = cp.Variable(weight.size, name=f"scaled_{name}", nonneg=True)
        cost, used = scaled_sharing(sharing_shares(weight), scaled)
        total += best[name] / unit * cost
        rows.append(used <= 1)
    return in_units(cp.Problem(cp.Minimize(total), rows), unit, offset=offset)
