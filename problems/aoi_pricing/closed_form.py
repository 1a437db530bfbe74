r"""The closed forms: shares for a given association, the cost of an association, answers to prices, dual
value.

    F(x) = sum_{i local} K_i + sum_j (sum_i sqrt(A_ij) x_ij)^2 + (sum_i sqrt(S_ij) x_ij)^2 + sum_ij e_ij x_ij
    q_ij = mu_j sqrt(A_ij) + nu_j sqrt(S_ij) + e_ij + pi_j m_i
    g    = sum_i min(K_i, min_j q_ij) - sum_j (mu_j^2 + nu_j^2)/4 + pi_j C_j  <=  F(x)

A delay alone on the band, S on the cores; e, K fixed costs of offloading and of local work (all s). Equations
(22), (24), (29), (30) of the paper with the signs and terms of its model; `claims` says what is printed.
Single instances here: `(users,)`, `(users, servers)`; an association is an integer array, -1 for local.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mecopt.instance import Array, Instance, Mask
from mecopt.kernels.sharing import sharing_shares

Association = NDArray[np.intp]

ROUNDING = 1e-12
"""A server's memory is full within this much of its size: sums of doubles agree to that."""


class Terms(NamedTuple):
    """What an instance comes to: A and S as roots, e (inf where there is no link), its serial part s, K,
    m, C."""

    root_comm: Array
    root_comp: Array
    edge_cost: Array
    local_cost: Array
    serial: Array
    memory: Array
    capacity: Array

    @property
    def servers(self) -> int:
        return int(self.root_comm.shape[-1])


def terms(s: Instance) -> Terms:
    """The terms of a single instance; links without gain, or to servers with too little memory, cost inf."""
    bits, flop, rho = s.input_bits, s.workload, s.parallel_fraction
    band = s.bandwidth / s.sizes["servers"]
    snr = s.channel_gain * (s.transmit_power / (s.noise_psd * band))[:, None]
    with np.errstate(divide="ignore", over="ignore"):
        comm_delay = bits[:, None] / (band * np.log1p(snr) / np.log(2))
    per_joule = s.energy_weight / s.battery_energy  # 0 on mains
    capacity = s.memory_capacity * (1 + ROUNDING)
    linked = np.isfinite(comm_delay) & (s.memory_demand[:, None] <= capacity)
    comm_delay[~linked] = 0.0
    edge_cost = (per_joule * s.transmit_energy_factor * s.transmit_power)[:, None] * comm_delay
    serial = (flop * (1 - rho))[:, None] / s.server_core_speed
    edge_cost += serial
    edge_cost[~linked] = np.inf
    local_delay = flop * (1 - rho) / s.local_core_speed + flop * rho / (s.local_core_speed * s.local_cores)
    whole_speed = s.server_core_speed * s.server_cores
    return Terms(
        root_comm=np.sqrt(comm_delay, out=comm_delay),
        root_comp=np.sqrt(flop * rho)[:, None] / np.sqrt(whole_speed),
        edge_cost=edge_cost,
        local_cost=local_delay + per_joule * s.energy_per_flop * flop,
        serial=serial,
        memory=s.memory_demand,
        capacity=capacity,
    )


def held(x: Association, servers: int) -> Mask:
    """The association as a mask `(users, servers)`."""
    return np.asarray(x[..., None] == np.arange(servers))


def shares(t: Terms, x: Association) -> tuple[Array, Array]:
    """(22) and (24): each device's share of its server's band and cores, 0 where it computes locally."""
    on = held(x, t.servers)
    band, cores = (
        np.sum(sharing_shares(root.T**2, where=on.T), axis=0) for root in (t.root_comm, t.root_comp)
    )
    return band, cores


class Loads(NamedTuple):
    """Of each server: sum sqrt(A), sum sqrt(S), memory in use."""

    comm: Array
    comp: Array
    memory: Array


def loads(t: Terms, x: Association) -> Loads:
    """What an association puts on the servers."""
    away = np.flatnonzero(x >= 0)
    at, n = x[away], t.servers
    weights = t.root_comm[away, at], t.root_comp[away, at], t.memory[away]
    return Loads(*(np.bincount(at, weight, n).astype(np.float64) for weight in weights))


def fits(t: Terms, x: Association) -> bool:
    """Whether no link is missing and no memory overfull."""
    away = np.flatnonzero(x >= 0)
    linked = np.isfinite(t.edge_cost[away, x[away]]).all()
    return bool(linked and np.all(loads(t, x).memory <= t.capacity))


def total_cost(t: Terms, x: Association) -> float:
    """F(x) in s under the best shares: squares, not a difference of large sums."""
    away = x >= 0
    on = loads(t, x)
    fixed = np.sum(np.where(away, 0.0, t.local_cost)) + np.sum(t.edge_cost[away, x[away]])
    return float(np.sum(on.comm**2) + np.sum(on.comp**2) + fixed)


class Prices(NamedTuple):
    """mu, nu (s^(1/2)) and pi (s/byte) of each server."""

    band: Array
    cores: Array
    memory: Array


def asking(t: Terms, p: Prices) -> Array:
    """q_ij - K_i: what offloading costs at these prices beyond local work, inf without a link."""
    q = t.root_comm * p.band
    q += t.root_comp * p.cores
    q += t.edge_cost
    q -= t.local_cost[:, None]
    if p.memory.any():
        q += t.memory[:, None] * p.memory
    return q


def respond(t: Terms, p: Prices) -> tuple[Association, Array]:
    """(29): the cheapest server of each device, -1 where none is cheaper than local; and what it saves."""
    q = asking(t, p)
    best = np.argmin(q, axis=-1)
    saved = -np.take_along_axis(q, best[:, None], axis=-1)[:, 0]
    return np.where(saved > 0, best, -1), np.maximum(saved, 0.0)


def dual_value(t: Terms, p: Prices, saved: Array) -> float:
    """g in s, from what the devices save at the prices."""
    sold = np.sum(p.memory * np.where(p.memory > 0, t.capacity, 0.0))
    return float(np.sum(t.local_cost - saved) - np.sum(p.band**2) / 4 - np.sum(p.cores**2) / 4 - sold)
