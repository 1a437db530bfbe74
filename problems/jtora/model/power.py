r"""UPA as time and energy per nat, jointly convex; all users in one program, each scaled to its full power.

    min  sum_u w_u (a_u t_u + q_u)/(a_u + 1)
    s.t. t_u ln((1 + S_u q_u/t_u)/(1 + S_u)) >= L_u (1 - t_u),   q_u <= t_u

a = phi/(psi P), S = theta P, L = ln(1 + S): t and q are the time and the energy relative to those at full
power, and w_u the share of user u in the cost at full power. p = P q/t. Tran and Pompili 2019, (23), by its
perspective.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from mecopt import conic
from mecopt.errors import DataError
from mecopt.handout import in_units
from mecopt.instance import Array, Instance
from mecopt.kernels.ratio import full_power_rows, time_energy_constraints
from mecopt.result import Point
from mecopt.solvers import solver

CONES = frozenset({"ExpCone"})


class Scaling(NamedTuple):
    """phi, psi P, ln(1 + S) and cost at full power per ln 2 of each user, and the sum of the last."""

    delay: Array
    energy: Array
    log: Array
    full: Array
    total: float


def of_instance(s: Instance) -> Any:
    """The CVXPY problem of one instance, in scaled units."""
    u = _scaling(s)
    if not u.total > 0:
        raise DataError("time_weight", "and energy_weight are all 0", "give a user one: nothing has a cost")
    model = build(s.max_transmit_power.size)
    _assign(model, s, u)
    return in_units(model, float(np.log(2.0)) * u.total)


def _scaling(s: Instance) -> Scaling:
    most = s.max_transmit_power
    log = np.log1p(s.sinr_per_watt * most)
    delay, energy = s.time_weight, s.energy_weight * most
    full = (delay + energy) / log
    return Scaling(delay, energy, log, full, float(np.sum(full)))


def build(users: int) -> Any:
    """The DPP model for this many users, its cost in units of that at full power."""
    import cvxpy as cp

    rows = {name: cp.Parameter(users, name=name, nonneg=True) for name in full_power_rows(1.0)}
    delay, energy = (cp.Parameter(users, name=f"{name}_weight", nonneg=True) for name in ("time", "energy"))
    time, spent = cp.Variable(users, name="time"), cp.Variable(users, name="energy", nonneg=True)
    objective = delay @ time + energy @ spent
    return cp.Problem(cp.Minimize(objective), time_energy_constraints(time, spent, rows))


_compiled = cache(build)


def _assign(model: Any, s: Instance, u: Scaling) -> None:
    """Hand the instance's numbers to the model."""
    weight = u.full / u.total / (u.delay + u.energy + (u.full == 0))
    values = {"time_weight": weight * u.delay, "energy_weight": weight * u.energy}
    conic.assign(model, values | full_power_rows(s.sinr_per_watt * s.max_transmit_power))


def solve(s: Instance, name: str, tol: float) -> Point:
    """One instance by the solver of that name; nan and what it said where it gave no point."""
    most, u = s.max_transmit_power, _scaling(s)
    if not u.total > 0:  # neither time nor energy counts: everything is the best
        return Point({"transmit_power": most}, {"rate_price": np.zeros(most.shape)})
    model = _compiled(most.size)
    _assign(model, s, u)
    said = conic.run(model, solver(name, CONES), tol=tol)
    if said:
        unknown = np.full(most.shape, np.nan)
        return Point({"transmit_power": unknown}, {"rate_price": unknown}, said)
    time, spent = (np.asarray(model.var_dict[name].value) for name in ("time", "energy"))
    share = np.clip(spent / np.maximum(time, np.finfo(float).tiny), 0.0, 1.0)
    # a user without weight on time has no least power, and a solver's is as good as any small one
    price = np.log(2.0) * (u.delay * time + u.energy * spent) / u.log
    return Point({"transmit_power": most * share}, {"rate_price": np.maximum(price, 0.0)})
