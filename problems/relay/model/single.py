r"""The special cases as disciplined convex programs.

    DF only   min w (t_edge + t_up + t_down) + E: a CPU, two energy-delay ratios in time and energy (45), (48)
    AF only   `given_loads` with everything on AF

Times in units of those at full speed and power, energies likewise. AF only is handed out with the cost
itself, where the method minimises its logarithm.
"""

from functools import cache
from typing import Any

import numpy as np

from mecopt import conic
from mecopt.handout import in_units
from mecopt.instance import Array, Instance
from mecopt.kernels.ratio import full_power_rows, time_energy_constraints
from mecopt.result import Point
from mecopt.solvers import EXPONENTIAL, solver

from .. import links
from ..links import Data
from . import given_loads

CONES = EXPONENTIAL
AF_NAMES = ("user_frequency", "user_af_power", "relay_af_power")
DF_NAMES = ("relay_frequency", "user_df_power", "relay_df_power")


def _nothing(names: tuple[str, ...], said: str) -> Point:
    return Point(dict.fromkeys(names, np.asarray(np.nan)), message=said)


def df_of_instance(s: Instance) -> Any:
    """The CVXPY problem of DF only for one instance, in scaled units."""
    d = links.data(s)
    problem = _df_program()
    _assign_df(problem, d)
    return in_units(problem, _df_unit(d))


def af_of_instance(s: Instance) -> Any:
    """The CVXPY problem of AF only for one instance, convex in logarithms."""
    return given_loads.handed_out(links.data(s), "af", 0.0)


def _df_unit(d: Data) -> float:
    """The cost of everything at full speed and power."""
    slow, hot, air = _df_costs(d)
    return slow + hot + float(np.sum((d.weight + _budgets(d)) * air))


def _budgets(d: Data) -> Array:
    return np.array([d.user_power, d.relay_power])


def _df_costs(d: Data) -> tuple[float, float, Array]:
    """Delay and energy of the CPU at full speed, joule; seconds on the air at full power."""
    air = np.array([d.up_nats, d.down_nats]) / np.log1p(np.array(d.snr[2:]))
    return (
        d.weight * d.cycles / d.relay_frequency,
        d.kappa_relay * d.cycles * d.relay_frequency**2,
        air,
    )


def _df_program() -> Any:
    """The DPP model of DF only, its cost in units of that at full speed and power."""
    import cvxpy as cp

    rows = {name: cp.Parameter(2, name=name, nonneg=True) for name in full_power_rows(1.0)}
    slow, hot = (cp.Parameter(nonneg=True, name=name) for name in ("slow", "hot"))
    delay, joule = (cp.Parameter(2, nonneg=True, name=name) for name in ("delay", "joule"))
    time, energy = cp.Variable(2, name="time"), cp.Variable(2, name="energy", nonneg=True)
    frequency = cp.Variable(name="frequency")
    cost = slow * cp.inv_pos(frequency) + hot * cp.square(frequency) + delay @ time + joule @ energy
    return cp.Problem(cp.Minimize(cost), [*time_energy_constraints(time, energy, rows), frequency <= 1])


_compiled_df = cache(_df_program)


def _assign_df(problem: Any, d: Data) -> None:
    """Hand the instance's numbers to the model."""
    (slow, hot, air), unit = _df_costs(d), _df_unit(d)
    values = {"slow": slow, "hot": hot, "delay": d.weight * air, "joule": _budgets(d) * air}
    scaled = {name: np.asarray(value) / unit for name, value in values.items()}
    conic.assign(problem, scaled | full_power_rows(d.snr[2:]))


def solve_df(s: Instance, solver_name: str, tol: float) -> Point:
    """DF only with the named solver."""
    d = links.data(s)
    problem = _compiled_df()
    _assign_df(problem, d)
    said = conic.run(problem, solver(solver_name, CONES), tol=tol)
    if said:
        return _nothing(DF_NAMES, said)
    time, energy, frequency = (
        np.asarray(problem.var_dict[name].value) for name in ("time", "energy", "frequency")
    )
    share = np.clip(energy / time, 0.0, 1.0)
    found = [min(float(frequency), 1.0) * d.relay_frequency, *(share * _budgets(d))]
    return Point({name: np.asarray(value) for name, value in zip(DF_NAMES, found, strict=True)})


def solve_af(s: Instance, solver_name: str, tol: float) -> Point:
    """AF only with the named solver."""
    found = given_loads.solve(links.data(s), "af", 0.0, solver_name=solver_name, tol=tol)
    if isinstance(found, str):
        return _nothing(AF_NAMES, found)
    return Point({name: np.asarray(getattr(found.plan, name)) for name in AF_NAMES})
