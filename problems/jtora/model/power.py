r"""UPA as time and energy per nat, jointly convex; all users in one program, each scaled to its full power.

    min  sum_u w_u (a_u t_u + q_u)/(a_u + 1)
    s.t. t_u ln((1 + S_u q_u/t_u)/(1 + S_u)) >= L_u (1 - t_u),   q_u <= t_u

a = phi/(psi P), S = theta P, L = ln(1 + S): t and q are the time and the energy relative to those at full
power, and w_u the share of user u in the cost at full power. p = P q/t. Tran and Pompili 2019, (23), by its
perspective.
"""

import numpy as np

from mecopt import conic
from mecopt.instance import Instance
from mecopt.kernels.ratio import time_energy_constraints
from mecopt.result import Point
from mecopt.solvers import solver

CONES = frozenset({"ExpCone"})


def solve(s: Instance, name: str, tol: float) -> Point:
    """One instance by the solver of that name; nan and what it said where it gave no point."""
    import cvxpy as cp

    most = s.max_transmit_power
    full_snr = s.sinr_per_watt * most
    delay, energy = s.time_weight, s.energy_weight * most
    full = (delay + energy) / np.log1p(full_snr)
    total = np.sum(full)
    if not total > 0:  # neither time nor energy counts: everything is the best
        return Point({"transmit_power": most}, {"rate_price": np.zeros(most.shape)})
    time, spent = cp.Variable(most.size), cp.Variable(most.size, nonneg=True)
    weight = full / total / (delay + energy + (full == 0))
    objective = cp.sum(cp.multiply(weight * delay, time) + cp.multiply(weight * energy, spent))
    rows = time_energy_constraints(time, spent, full_power_snr=full_snr)
    said = conic.run(cp.Problem(cp.Minimize(objective), rows), solver(name, CONES), tol=tol)
    if said:
        unknown = np.full(most.shape, np.nan)
        return Point({"transmit_power": unknown}, {"rate_price": unknown}, said)
    share = np.clip(spent.value / np.maximum(time.value, np.finfo(float).tiny), 0.0, 1.0)
    # a user without weight on time has no least power, and a solver's is as good as any small one
    price = np.log(2.0) * (delay * time.value + energy * spent.value) / np.log1p(full_snr)
    return Point({"transmit_power": most * share}, {"rate_price": np.maximum(price, 0.0)})
