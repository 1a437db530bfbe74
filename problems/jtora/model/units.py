r"""UPA and CRA in plain SI units, to see what units do to solvers.

    UPA  min  sum_u phi_u t_u + psi_u q_u  s.t.  t_u ln(1 + theta_u q_u/t_u) >= 1,  q_u <= P_u t_u,    p = q/t
    CRA  min  sum_u eta_u/f_u              s.t.  sum_{u at s} f_u <= f_s

t and q are the time and the energy of a nat at 1 nat/s: the programs of `power` and `computing` with watts,
joule and cycles per second for numbers. Tran and Pompili 2019, (23), (25).
"""

from typing import Any

import numpy as np

from mecopt import conic
from mecopt.instance import Instance
from mecopt.problem import Units
from mecopt.result import Point
from mecopt.solvers import EXPONENTIAL, solver


def uploads(s: Instance, name: str, tol: float) -> Point:
    """UPA by the solver of that name; nan and what it said where it gave no point."""
    import cvxpy as cp

    users, most = s.max_transmit_power.size, s.max_transmit_power
    time, energy = cp.Variable(users, name="time"), cp.Variable(users, name="energy", nonneg=True)
    heard = time + cp.multiply(s.sinr_per_watt, energy)
    rows: list[Any] = [cp.rel_entr(time, heard) <= -1, energy <= cp.multiply(most, time)]
    program = cp.Problem(cp.Minimize(s.time_weight @ time + s.energy_weight @ energy), rows)
    said = conic.run(program, solver(name, EXPONENTIAL), tol=tol)
    if said:
        return Point({"transmit_power": np.full(users, np.nan)}, message=said)
    with np.errstate(all="ignore"):
        power = np.clip(energy.value / time.value, 0.0, most)
    return Point({"transmit_power": power})


def computing(s: Instance, name: str, tol: float) -> Point:
    """CRA by the solver of that name, all servers at once; nan and what it said where it gave no point."""
    import cvxpy as cp

    share = np.zeros(s.sizes["users"])
    busy = np.flatnonzero((s.offload_server >= 0) & (s.compute_weight > 0))
    if not busy.size:
        return Point({"compute_allocation": share})
    speed = cp.Variable(busy.size, name="speed", pos=True)
    here = (s.offload_server[busy] == np.arange(s.sizes["servers"])[:, None]).astype(np.float64)
    cost = s.compute_weight[busy] @ cp.inv_pos(speed)
    program = cp.Problem(cp.Minimize(cost), [here @ speed <= s.server_frequency])
    said = conic.run(program, solver(name, frozenset({"SOC"})), tol=tol)
    if said:
        return Point({"compute_allocation": np.full(share.shape, np.nan)}, message=said)
    share[busy] = np.maximum(speed.value, 0.0)
    excess = np.maximum(here @ share[busy] / s.server_frequency, 1.0)
    share[busy] /= here.T @ excess
    return Point({"compute_allocation": share})


UPLOADS = (Units("si", "W, J, nat at 1 nat/s", uploads),)
COMPUTING = (Units("si", "cycle/s", computing),)
