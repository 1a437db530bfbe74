r"""What P1, P5, its relaxation and RA ask for, as the referee reads them.

    P1  min  sum_i local K_i + sum_i at j (A_ij/y_i + S_ij/z_i + e_ij)
        s.t. each device local or at one server with a link; at each server sum y <= 1, sum z <= 1, y, z >= 0,
             sum m <= C
    RA  the same for a given association
    P5  min  sum_j (sum_i sqrt(A_ij) x_ij)^2 + (sum_i sqrt(S_ij) x_ij)^2 + sum_ij (e_ij - K_i) x_ij
        s.t. x in {0, 1}, sum_j x_ij <= 1, sum_i m_i x_ij <= C_j;   P5R  the same with 0 <= x

    A = d/R,  R = (W/N) log2(1 + g P N/(N0 W)),  S = f rho/(F Z),  e = f (1 - rho)/F + alpha delta_cm P A/B,
    K = f (1 - rho)/F' + f rho/(F' Z') + alpha delta_cp f/B      (all in s; N servers; primes: the device)

A/0 counts as inf, 0/0 as 0; a link without gain, or to a server with less than m of memory, is none. Kim et al.
2024, P1 and P5 with signs and terms as their model has them. How the bounds come about is in `bounds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers
from mecopt.instance import Array, Instance, Mask
from mecopt.result import Names

from . import bounds, dual_search, tree

ROUNDING = 1e-12
"""A server's memory is full within this much of its size: sums of doubles agree to that."""

Data = SimpleNamespace
Variables = Mapping[str, Any]


def lift(ops: Arithmetic, s: Instance) -> Data:
    """A, S and their roots, e, links `(*batch, users, servers)`; K, m `(*batch, users)`; C `(*batch, servers)`."""
    n = {name: ops.number(array) for name, array in s.data.items()}
    band = _column(n["bandwidth"]) / s.sizes["servers"]
    snr = _rows(n["transmit_power"] / (_column(n["noise_psd"]) * band)) * n["channel_gain"]
    nats = np.log1p(snr) if ops is FLOAT else ops.log(1 + snr)
    capacity = n["memory_capacity"] * (1 + ROUNDING)
    room = np.asarray(_rows(n["memory_demand"]) <= _across(capacity), dtype=bool)
    linked = room & (s.channel_gain > 0)
    if ops is FLOAT:
        linked &= nats * band[..., None] > 0
    rate = _rows(band) * ops.where(linked, nats, 1.0) / ops.ln2
    comm = ops.where(linked, _rows(n["input_bits"]) / rate, 0.0)
    rho, flop = n["parallel_fraction"], n["workload"]
    alone, speed = flop * (1 - rho), n["server_core_speed"]
    per_joule = ops.where(np.isinf(s.battery_energy), 0.0, _column(n["energy_weight"]) / n["battery_energy"])
    chain = per_joule * n["transmit_energy_factor"] * n["transmit_power"]
    own = n["local_core_speed"]
    parallel = _rows(flop * rho) / _across(speed * n["server_cores"])
    return Data(
        comm_delay=comm,
        parallel_delay=parallel,
        root_comm=ops.sqrt(comm),
        root_comp=ops.sqrt(parallel),
        edge_cost=_rows(alone) / _across(speed) + _rows(chain) * comm,
        local_cost=alone / own + flop * rho / (own * n["local_cores"]) + per_joule * n["energy_per_flop"] * flop,
        linked=linked,
        memory=n["memory_demand"],
        capacity=capacity,
        limited=np.isfinite(s.memory_capacity),
        association=s.data.get("association"),
    )


@dataclass(frozen=True)
class AssociationStatement:
    """P1 (`shares="free"`: they are variables) or P5 (`shares="best"`: the squares have them at their best)."""

    shares: Literal["free", "best"]

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """See `lift`."""
        return lift(ops, s)

    def infeasible(self, s: Instance) -> Names:
        """Nothing: everybody may compute locally."""
        return np.full(s.batch_shape, "", dtype=object)

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective in s, `(*batch,)`; inf where a link is missing or something is done with no share."""
        on, known = _held(d, x["association"])
        cost = _shared_cost(ops, d, on, x) if self.shares == "free" else _squared_cost(ops, d, on)
        return ops.where(known & ~_unlinked(d, on), cost, np.where(known, np.inf, np.nan))

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """How far each constraint is missed, relative to its bound, `(*batch,)`."""
        on, known = _held(d, x["association"])
        used = np.sum(np.where(on, d.memory[..., None], 0.0), axis=-2)
        missing = np.where(known, np.where(_unlinked(d, on), np.inf, 0.0), np.nan)
        found = {
            "a server or -1": missing,
            "memory": np.max(_over(used, d.capacity), axis=-1, initial=0.0),
        }
        return found | (_share_violations(on, x) if self.shares == "free" else {})

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """Shares scaled to fit; an association has no neighbour, and counts only if it fits exactly."""
        on, _ = _held(d, x["association"])
        return {**x, **(_within(ops, on, x) if self.shares == "free" else {}), **_exact_memory(ops, d, on)}

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """The dual value, `(*batch,)`."""
        p = [ops.number(prices[name]) for name in ("bandwidth_price", "compute_price", "memory_price")]
        return bounds.by_prices(ops, d, *p, beyond_local=self.shares == "best")

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Prices that maximise the float dual value; see `dual_search`."""
        return dual_search.best_prices(d)

    def search(self, d: Data, value: float, prices: Variables, tol: float) -> Any | None:
        """Parts of all associations with prices that bound each of them near `value`; None to leave it."""
        offset = 0.0 if self.shares == "best" else float(np.sum(d.local_cost))
        return tree.search(d, value - offset, prices, slack=tol * abs(value))

    def searched_bound(self, ops: Arithmetic, d: Data, found: Any) -> Numbers:
        """The least of the bounds on the parts that `search` found."""
        return bounds.by_parts(ops, d, found, beyond_local=self.shares == "best")


def _exact_memory(ops: Arithmetic, d: Data, on: Mask) -> dict[str, Any]:
    """An association of nan (no point) where memory is overfull in exact numbers."""
    used = ops.sum(np.swapaxes(ops.where(on, d.memory[..., None], 0.0), -1, -2))
    fits = np.all(np.asarray(used <= d.capacity, dtype=bool) | ~d.limited, axis=-1)
    place = np.argmax(on, axis=-1) - np.where(on.any(axis=-1), 0, 1)
    return {"association": np.where(fits[..., None], place, np.nan)}


def _held(d: Data, association: Any) -> tuple[Mask, Mask]:
    """Who is at which server `(*batch, users, servers)`, and whether the association says so `(*batch,)`."""
    a = np.asarray(association, dtype=np.float64)
    servers = d.linked.shape[-1]
    known = np.all((a == np.floor(a)) & (a >= -1) & (a < servers), axis=-1)
    return np.asarray(a[..., None] == np.arange(servers)), np.asarray(known)


def _unlinked(d: Data, on: Mask) -> Mask:
    return np.asarray(np.any(on & ~d.linked, axis=(-2, -1)))


def _picked(ops: Arithmetic, on: Mask, a: Numbers) -> Numbers:
    """The entry of each device at its server, 0 for local ones."""
    return ops.sum(ops.where(on, a, 0.0))


def _shared_cost(ops: Arithmetic, d: Data, on: Mask, x: Variables) -> Numbers:
    spent = _picked(ops, on, d.edge_cost)
    for work, share in ((d.comm_delay, x["bandwidth_share"]), (d.parallel_delay, x["compute_share"])):
        delay, y = _picked(ops, on, work), ops.number(share)
        idle = np.asarray(y <= 0, dtype=bool)
        slowed = delay / ops.where(idle, 1.0, y)
        spent = spent + ops.where(ops.is_zero(delay), 0.0, ops.where(idle, np.inf, slowed))
    return ops.sum(ops.where(on.any(axis=-1), spent, d.local_cost))


def _squared_cost(ops: Arithmetic, d: Data, on: Mask) -> Numbers:
    loads = [ops.sum(np.swapaxes(ops.where(on, root, 0.0), -1, -2)) for root in (d.root_comm, d.root_comp)]
    beyond = ops.where(on.any(axis=-1), _picked(ops, on, d.edge_cost) - d.local_cost, 0.0)
    return ops.sum(loads[0] ** 2) + ops.sum(loads[1] ** 2) + ops.sum(beyond)


def _share_violations(on: Mask, x: Variables) -> dict[str, Array]:
    found = {}
    for what, name in (("band", "bandwidth_share"), ("cores", "compute_share")):
        share = np.asarray(x[name], dtype=np.float64)
        used = np.sum(np.where(on, share[..., None], 0.0), axis=-2)
        found[f"{what} of a server given away once"] = np.max(used - 1.0, axis=-1)
        found[f"{what} not negative"] = np.max(-share, axis=-1)
    return found


def _within(ops: Arithmetic, on: Mask, x: Variables) -> dict[str, Any]:
    """Shares that are not negative and sum to 1 at most at each server, in exact numbers."""
    near = {}
    for name in ("bandwidth_share", "compute_share"):
        share = ops.number(x[name])
        share = ops.maximum(share, ops.number(np.zeros(share.shape)))
        used = ops.sum(np.swapaxes(ops.where(on, share[..., None], 0.0), -1, -2))
        fits = np.asarray(used <= 1, dtype=bool)
        scale = _picked(ops, on, np.expand_dims(ops.where(fits, 1.0, used), -2))
        near[name] = share / ops.where(on.any(axis=-1), scale, 1.0)
    return near


@dataclass(frozen=True)
class RelaxedStatement:
    """P5R: parts of tasks may go to several servers."""

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """See `lift`."""
        return lift(ops, s)

    def infeasible(self, s: Instance) -> Names:
        """Nothing."""
        return np.full(s.batch_shape, "", dtype=object)

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective in s, `(*batch,)`; inf for a part given where there is no link."""
        part = ops.number(x["association_share"])
        stray = np.any(~ops.is_zero(part) & ~d.linked, axis=(-2, -1))
        used = ops.where(d.linked, part, 0.0)
        loads = [ops.sum(np.swapaxes(used * root, -1, -2)) for root in (d.root_comm, d.root_comp)]
        beyond = ops.sum(ops.sum(used * (d.edge_cost - d.local_cost[..., None])))
        return ops.where(stray, np.inf, ops.sum(loads[0] ** 2) + ops.sum(loads[1] ** 2) + beyond)

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """How far each constraint is missed, relative to its bound, `(*batch,)`."""
        part = np.asarray(x["association_share"], dtype=np.float64)
        used = np.sum(part * d.memory[..., None], axis=-2)
        return {
            "a task given away once": np.max(np.sum(part, axis=-1) - 1.0, axis=-1),
            "parts not negative": np.max(-part, axis=(-2, -1)),
            "memory": np.max(_over(used, d.capacity), axis=-1, initial=0.0),
        }

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """Parts that are not negative, whole tasks at most, and fit the memory."""
        part = ops.number(x["association_share"])
        part = ops.maximum(part, ops.number(np.zeros(part.shape)))
        whole = ops.sum(part)[..., None]
        part = part / ops.where(np.asarray(whole <= 1, dtype=bool), 1.0, whole)
        used = ops.sum(np.swapaxes(part * d.memory[..., None], -1, -2))
        fits = np.asarray(used <= d.capacity, dtype=bool)
        scale = ops.where(fits, 1.0, d.capacity / ops.where(fits, 1.0, used))
        return {"association_share": part * _across(scale)}

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """The dual value, `(*batch,)`."""
        p = [ops.number(prices[name]) for name in ("bandwidth_price", "compute_price", "memory_price")]
        return bounds.by_prices(ops, d, *p, beyond_local=True)

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Prices that maximise the float dual value; see `dual_search`."""
        return dual_search.best_prices(d)


def _over(used: Array, limit: Array) -> Array:
    """Excess relative to the limit; any excess over no room at all is infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(used > limit, np.where(np.isinf(limit), 0.0, used / limit - 1.0), 0.0)


def _column(a: Numbers) -> Numbers:
    """`(*batch,)` next to users."""
    return np.expand_dims(np.asarray(a), -1)


def _rows(a: Numbers) -> Numbers:
    """`(*batch, users)` next to servers."""
    return np.expand_dims(np.asarray(a), -1)


def _across(a: Numbers) -> Numbers:
    """`(*batch, servers)` next to users."""
    return np.expand_dims(np.asarray(a), -2)
