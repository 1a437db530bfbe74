r"""The optimal decision as a mixed-integer program, exact: which pattern of users each sub-band carries.

    max  sum_c V_c y_c - sum_s (sum_c a_cs y_c)^2
    s.t. a sub-band carries at most one pattern, a user is in at most one,   y boolean

A column c is a pattern on a sub-band, V_c the gains less the costs of its uploads, a_cs the root
sqrt(eta_u/f_s) of its user at server s: interference never crosses sub-bands. Tran and Pompili 2019, (30).
"""

from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from mecopt import conic
from mecopt.instance import Array, Indices, Instance
from mecopt.solvers import Solver

CONES = frozenset({"SOC"})

SECONDS = 60.0


class Columns(NamedTuple):
    """`user[c, s]` is at server s or -1, `subband[c]`, `worth[c]` and `root[c, s]`."""

    user: Indices
    subband: Indices
    worth: Array
    root: Array


def jtora_of_instance(s: Instance) -> Any:
    """The mixed-integer CVXPY problem of JTORA for a small network."""
    return _of_instance(s, exact=True)


def to_of_instance(s: Instance) -> Any:
    """The mixed-integer CVXPY problem of TO for a small network."""
    return _of_instance(s, exact=False)


def _of_instance(s: Instance, *, exact: bool) -> Any:
    from ..algorithms.columns import of_instance  # which prices patterns in compiled loops

    return of_instance(s, exact=exact)


def available() -> bool:
    """Whether pyscipopt is installed."""
    return find_spec("pyscipopt") is not None


def program(c: Columns, *, whole: bool) -> Any:
    """The program of these columns, at least one; with `whole=False` they may be taken in parts."""
    import cvxpy as cp

    count = len(c.worth)
    y = cp.Variable(count, boolean=True, name="y") if whole else cp.Variable(count, nonneg=True, name="y")
    inside = (c.user[:, :, None] == np.arange(np.max(c.user) + 1)).any(axis=1)
    bands = c.subband[:, None] == np.arange(np.max(c.subband) + 1)
    cost = cp.Variable(c.root.shape[1], name="server_cost")
    rows: list[Any] = [inside.T.astype(float) @ y <= 1, bands.T.astype(float) @ y <= 1]
    rows += [cp.square(root @ y) <= cost[s] for s, root in enumerate(c.root.T)]
    return cp.Problem(cp.Maximize(c.worth @ y - cp.sum(cost)), rows)


def solve(c: Columns, *, whole: bool = True) -> tuple[Indices, float, str]:
    """Rows of the columns taken, the value, and what SCIP said where it gave none.

    With `whole=False` the columns may be taken in parts: no rows, and a value that is an upper bound.
    """
    if not len(c.worth):
        return np.empty(0, dtype=np.intp), 0.0, ""
    problem = program(c, whole=whole)
    y = problem.var_dict["y"]
    settings = {"limits/gap": 0.0, "numerics/feastol": 1e-9, "limits/time": SECONDS}
    said = conic.run(problem, Solver("SCIP", "pyscipopt", CONES, limits={"scip_params": settings}), tol=1e-9)
    if said or y.value is None:
        return np.empty(0, dtype=np.intp), np.nan, said or "SCIP gave no decision"
    taken = np.flatnonzero(y.value > 0.5) if whole else np.empty(0, dtype=np.intp)
    return taken, float(problem.value), ""
