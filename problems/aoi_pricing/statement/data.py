"""The data as the referee reads them; the formulas are in the package's docstring."""

from types import SimpleNamespace

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers
from mecopt.instance import Array, Instance

ROUNDING = 1e-12
"""A server's memory is full within this much of its size: sums of doubles agree to that."""

Data = SimpleNamespace


def lift(ops: Arithmetic, s: Instance) -> Data:
    """A, S and their roots, e, links `(*batch, users, servers)`; K, m `(*batch, users)`; C `(*batch,
    servers)`."""
    n = {name: ops.number(array) for name, array in s.data.items()}
    band = column(n["bandwidth"]) / s.sizes["servers"]
    snr = rows(n["transmit_power"] / (column(n["noise_psd"]) * band)) * n["channel_gain"]
    nats = ops.log1p(snr)
    capacity = n["memory_capacity"] * (1 + ROUNDING)
    room = np.asarray(rows(n["memory_demand"]) <= across(capacity), dtype=bool)
    linked = room & (s.channel_gain > 0)
    if ops is FLOAT:
        linked &= nats * band[..., None] > 0
    rate = rows(band) * ops.where(linked, nats, 1.0) / ops.ln2
    comm = ops.where(linked, rows(n["input_bits"]) / rate, 0.0)
    rho, flop = n["parallel_fraction"], n["workload"]
    alone, speed = flop * (1 - rho), n["server_core_speed"]
    per_joule = ops.where(np.isinf(s.battery_energy), 0.0, column(n["energy_weight"]) / n["battery_energy"])
    chain = per_joule * n["transmit_energy_factor"] * n["transmit_power"]
    own = n["local_core_speed"]
    parallel = rows(flop * rho) / across(speed * n["server_cores"])
    return Data(
        comm_delay=comm,
        parallel_delay=parallel,
        root_comm=ops.sqrt(comm),
        root_comp=ops.sqrt(parallel),
        edge_cost=rows(alone) / across(speed) + rows(chain) * comm,
        local_cost=alone / own
        + flop * rho / (own * n["local_cores"])
        + per_joule * n["energy_per_flop"] * flop,
        linked=linked,
        memory=n["memory_demand"],
        capacity=capacity,
        limited=np.isfinite(s.memory_capacity),
        association=s.data.get("association"),
    )


def over(used: Array, limit: Array) -> Array:
    """Excess relative to the limit; any excess over no room at all is infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(used > limit, np.where(np.isinf(limit), 0.0, used / limit - 1.0), 0.0)


def column(a: Numbers) -> Numbers:
    """`(*batch,)` next to users."""
    return np.expand_dims(np.asarray(a), -1)


def rows(a: Numbers) -> Numbers:
    """`(*batch, users)` next to servers."""
    return np.expand_dims(np.asarray(a), -1)


def across(a: Numbers) -> Numbers:
    """`(*batch, servers)` next to users."""
    return np.expand_dims(np.asarray(a), -2)
