"""P5 is P2: t_k = n_k T seconds of airtime on sub-channels of average gain, `num_subchannels` T in all.

The required bits still know the slot T only. Source: You et al. 2017, Problem P5, solved by Theorem 1.
"""

from types import MappingProxyType
from typing import Any

import numpy as np

from mecopt.errors import DataError
from mecopt.instance import Instance
from mecopt.result import Point

from .. import closed_form, model

CONES = model.CONES


def in_airtime(s: Instance) -> Instance:
    """The data of P5 under the names of P2, with the airtime of all sub-channels as `airtime_budget`."""
    data = {
        **s.data,
        "channel_gain": s.average_channel_gain,
        "bandwidth": s.subchannel_bandwidth,
        "noise_power": s.subchannel_noise_power,
        "airtime_budget": s.num_subchannels * s.slot_duration,
    }
    return Instance(s.problem, MappingProxyType(data), s.batch_shape, s.sizes)


def solve(s: Instance, tol: float) -> Point:
    """Theorem 1 on the averaged gains, exact; `(*batch, users)`."""
    return _in_shares(s, closed_form.solve_p2(in_airtime(s), tol))


def solve_conic(s: Instance, solver: str, tol: float) -> Point:
    """The TDMA model on the averaged gains, one instance."""
    if s.num_subchannels == 0:  # nothing to share out, nothing to solve
        users = np.zeros_like(s.input_bits)
        return Point({"offloaded_bits": users, "subchannel_share": users}, {"time_price": np.array(0.0)})
    return _in_shares(s, model.solve(in_airtime(s), solver, tol))


def of_instance(s: Instance) -> Any:
    """The TDMA model on the averaged gains, as CVXPY has it."""
    if s.num_subchannels == 0:
        raise DataError("num_subchannels", "is 0", "give at least one: there is nothing to share out")
    return model.of_instance(in_airtime(s))


def _in_shares(s: Instance, point: Point) -> Point:
    x = {
        "offloaded_bits": point.x["offloaded_bits"],
        "subchannel_share": point.x["offloading_time"] / s.slot_duration[..., None],
    }
    return Point(x, point.multipliers, point.message, point.trace)
