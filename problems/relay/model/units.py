r"""DF only in plain SI units, to see what units do to solvers.

    min  w (c/f + t_1 + t_2) + kappa c f^2 + q_1 + q_2
    s.t. t_i ln(1 + theta_i q_i/t_i) >= L_i,   q_i <= P_i t_i,   f <= F

c cycles, L nats over the bandwidth, theta the signal-to-noise ratio per watt. Chen et al. 2020, (41).
"""

import numpy as np

from mecopt import conic
from mecopt.instance import Instance
from mecopt.problem import Units
from mecopt.result import Point
from mecopt.solvers import solver

from .. import links
from .single import CONES, DF_NAMES


def df(s: Instance, name: str, tol: float) -> Point:
    """DF by the solver of that name; nan and what it said where it gave no point."""
    import cvxpy as cp

    d = links.data(s)
    budgets, nats = np.array([d.user_power, d.relay_power]), np.array([d.up_nats, d.down_nats])
    time, energy = cp.Variable(2, name="time"), cp.Variable(2, name="energy", nonneg=True)
    speed = cp.Variable(name="speed", pos=True)
    delay = d.cycles * cp.inv_pos(speed) + cp.sum(time)
    cost = d.weight * delay + d.kappa_relay * d.cycles * cp.square(speed) + cp.sum(energy)
    heard = time + cp.multiply(np.array(d.snr[2:]) / budgets, energy)
    rows = [cp.rel_entr(time, heard) <= -nats, energy <= cp.multiply(budgets, time)]
    program = cp.Problem(cp.Minimize(cost), [*rows, speed <= d.relay_frequency])
    said = conic.run(program, solver(name, CONES), tol=tol)
    if said:
        return Point(dict.fromkeys(DF_NAMES, np.asarray(np.nan)), message=said)
    with np.errstate(all="ignore"):
        power = np.clip(energy.value / time.value, 0.0, budgets)
    found = [np.clip(float(speed.value), 0.0, d.relay_frequency), *power]
    return Point({name: np.asarray(value) for name, value in zip(DF_NAMES, found, strict=True)})


DF = (Units("si", "bit, s, J, Hz", df),)
