"""P1 and P5 as the referee reads them; the formulas are in the package's docstring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array, Instance, Mask
from mecopt.result import Names

from . import bounds, dual_search, tree
from .data import Data, lift, over

Variables = Mapping[str, Any]


@dataclass(frozen=True)
class AssociationStatement:
    """P1 (`shares="free"`: they are variables) or P5 (`shares="best"`: the squares have them at their
    best)."""

    shares: Literal["free", "best"]

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """See `lift`."""
        return lift(ops, s)

    def infeasible(self, s: Instance) -> Names:
        """Nothing: everybody may compute locally."""
        return np.full(s.batch_shape, "", dtype=object)

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective in s, `(*batch,)`; inf where a link is missing or something is done with no share."""
        on, known = held(d, x["association"])
        cost = shared_cost(ops, d, on, x) if self.shares == "free" else _squared_cost(ops, d, on)
        return ops.where(known & ~unlinked(d, on), cost, np.where(known, np.inf, np.nan))

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """How far each constraint is missed, relative to its bound, `(*batch,)`."""
        on, known = held(d, x["association"])
        used = np.sum(np.where(on, d.memory[..., None], 0.0), axis=-2)
        missing = np.where(known, np.where(unlinked(d, on), np.inf, 0.0), np.nan)
        found = {
            "a server or -1": missing,
            "memory": np.max(over(used, d.capacity), axis=-1, initial=0.0),
        }
        return found | (share_violations(on, x) if self.shares == "free" else {})

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """Shares scaled to fit; an association has no neighbour, and counts only if it fits exactly."""
        on, _ = held(d, x["association"])
        return {**x, **(within(ops, on, x) if self.shares == "free" else {}), **_exact_memory(ops, d, on)}

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
    place = np.argmax(on, axis=-1) - np.where(np.any(on, axis=-1), 0, 1)
    return {"association": np.where(fits[..., None], place, np.nan)}


def held(d: Data, association: Any) -> tuple[Mask, Mask]:
    """Who is at which server `(*batch, users, servers)`, and whether the association says so `(*batch,)`."""
    a = np.asarray(association, dtype=np.float64)
    servers = d.linked.shape[-1]
    known = np.all((a == np.floor(a)) & (a >= -1) & (a < servers), axis=-1)
    return np.asarray(a[..., None] == np.arange(servers)), np.asarray(known)


def unlinked(d: Data, on: Mask) -> Mask:
    return np.asarray(np.any(on & ~d.linked, axis=(-2, -1)))


def picked(ops: Arithmetic, on: Mask, a: Numbers) -> Numbers:
    """The entry of each device at its server, 0 for local ones."""
    return ops.sum(ops.where(on, a, 0.0))


def shared_cost(ops: Arithmetic, d: Data, on: Mask, x: Variables) -> Numbers:
    spent = picked(ops, on, d.edge_cost)
    for work, share in ((d.comm_delay, x["bandwidth_share"]), (d.parallel_delay, x["compute_share"])):
        delay, y = picked(ops, on, work), ops.number(share)
        idle = np.asarray(y <= 0, dtype=bool)
        slowed = delay / ops.where(idle, 1.0, y)
        spent = spent + ops.where(ops.is_zero(delay), 0.0, ops.where(idle, np.inf, slowed))
    return ops.sum(ops.where(np.any(on, axis=-1), spent, d.local_cost))


def _squared_cost(ops: Arithmetic, d: Data, on: Mask) -> Numbers:
    loads = [ops.sum(np.swapaxes(ops.where(on, root, 0.0), -1, -2)) for root in (d.root_comm, d.root_comp)]
    beyond = ops.where(np.any(on, axis=-1), picked(ops, on, d.edge_cost) - d.local_cost, 0.0)
    return ops.sum(loads[0] ** 2) + ops.sum(loads[1] ** 2) + ops.sum(beyond)


def share_violations(on: Mask, x: Variables) -> dict[str, Array]:
    found = {}
    for what, name in (("band", "bandwidth_share"), ("cores", "compute_share")):
        share = np.asarray(x[name], dtype=np.float64)
        used = np.sum(np.where(on, share[..., None], 0.0), axis=-2)
        found[f"{what} of a server given away once"] = np.max(used - 1.0, axis=-1)
        found[f"{what} not negative"] = np.max(-share, axis=-1)
    return found


def within(ops: Arithmetic, on: Mask, x: Variables) -> dict[str, Any]:
    """Shares that are not negative and sum to 1 at most at each server, in exact numbers."""
    near = {}
    for name in ("bandwidth_share", "compute_share"):
        share = ops.number(x[name])
        share = ops.maximum(share, ops.number(np.zeros(share.shape)))
        used = ops.sum(np.swapaxes(ops.where(on, share[..., None], 0.0), -1, -2))
        fits = np.asarray(used <= 1, dtype=bool)
        scale = picked(ops, on, np.expand_dims(ops.where(fits, 1.0, used), -2))
        near[name] = share / ops.where(np.any(on, axis=-1), scale, 1.0)
    return near
