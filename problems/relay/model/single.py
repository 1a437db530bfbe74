r"""The special cases as disciplined convex programs.

    DF only   min w (t_edge + t_up + t_down) + E: a CPU, two energy-delay ratios in time and energy (45), (48)
    AF only   `given_loads` with everything on AF

Times in units of those at full speed and power, energies likewise.
"""

import numpy as np

from mecopt import conic
from mecopt.instance import Instance
from mecopt.kernels.ratio import time_energy_constraints
from mecopt.result import Point
from mecopt.solvers import EXPONENTIAL, solver

from .. import links
from . import given_loads

CONES = EXPONENTIAL
AF_NAMES = ("user_frequency", "user_af_power", "relay_af_power")
DF_NAMES = ("relay_frequency", "user_df_power", "relay_df_power")


def _nothing(names: tuple[str, ...], said: str) -> Point:
    return Point(dict.fromkeys(names, np.asarray(np.nan)), message=said)


def solve_df(s: Instance, solver_name: str, tol: float) -> Point:
    """DF only with the named solver."""
    import cvxpy as cp

    d = links.data(s)
    snr = np.array(d.snr[2:])
    budgets = np.array([d.user_power, d.relay_power])
    airtimes = np.array([d.up_nats, d.down_nats]) / np.log1p(snr)  # seconds at full power
    slow, hot = d.weight * d.cycles / d.relay_frequency, d.kappa_relay * d.cycles * d.relay_frequency**2
    unit = slow + hot + float(np.sum((d.weight + budgets) * airtimes))
    time, energy, frequency = cp.Variable(2), cp.Variable(2, nonneg=True), cp.Variable()
    cost = slow / unit * cp.inv_pos(frequency) + hot / unit * cp.square(frequency)
    cost += (d.weight * airtimes / unit) @ time + (budgets * airtimes / unit) @ energy
    rows = [*time_energy_constraints(time, energy, full_power_snr=snr), frequency <= 1]
    problem = cp.Problem(cp.Minimize(cost), rows)
    said = conic.run(problem, solver(solver_name, CONES), tol=tol)
    if said:
        return _nothing(DF_NAMES, said)
    share = np.clip(energy.value / time.value, 0.0, 1.0)
    found = [min(float(frequency.value), 1.0) * d.relay_frequency, *(share * budgets)]
    return Point({name: np.asarray(value) for name, value in zip(DF_NAMES, found, strict=True)})


def solve_af(s: Instance, solver_name: str, tol: float) -> Point:
    """AF only with the named solver."""
    found = given_loads.solve(links.data(s), "af", 0.0, solver_name=solver_name, tol=tol)
    if isinstance(found, str):
        return _nothing(AF_NAMES, found)
    return Point({name: np.asarray(getattr(found.plan, name)) for name in AF_NAMES})
