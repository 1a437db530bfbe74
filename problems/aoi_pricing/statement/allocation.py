"""RA as the referee reads it: shares for a given association; the formulas are in the package's docstring.

For any lam >= 0, w/y + lam y >= 2 sqrt(lam w): so 2 sqrt(lam) sum sqrt(w) - lam bounds the delay at a
resource
from below, whatever the shares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array, Instance
from mecopt.result import Names

from .association import held, picked, share_violations, shared_cost, unlinked, within
from .data import Data, lift

Variables = Mapping[str, Any]


@dataclass(frozen=True)
class AllocationStatement:
    """RA: the association is part of the data."""

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """See `lift`, and who is where."""
        d = lift(ops, s)
        d.on, _ = held(d, s.association)
        return d

    def infeasible(self, s: Instance) -> Names:
        """A device at a server that it has no link to, or that has too little memory for its tasks."""
        reasons = np.full(s.batch_shape, "", dtype=object)
        on = s.association[..., None] == np.arange(s.sizes["servers"])
        used = np.sum(np.where(on, s.memory_demand[..., None], 0.0), axis=-2)
        for cell in np.ndindex(s.batch_shape):
            cut = np.argwhere(on[cell] & (s.channel_gain[cell] == 0))
            full = np.flatnonzero(used[cell] > s.memory_capacity[cell] * (1 + 1e-12))
            if len(cut):
                reasons[cell] = (
                    f"association sends device {cut[0][0]} to server {cut[0][1]}: channel_gain is 0"
                )
            elif len(full):
                reasons[cell] = f"association needs more memory than server {full[0]} has"
        return reasons

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective in s, `(*batch,)`."""
        return ops.where(~unlinked(d, d.on), shared_cost(ops, d, d.on, x), np.inf)

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """How far each constraint is missed, relative to its bound, `(*batch,)`."""
        return share_violations(d.on, x)

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """Shares scaled to fit."""
        return within(ops, d.on, x)

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """The certificate above for each resource, and what is fixed, `(*batch,)`."""
        away = d.on.any(axis=-1)
        total = ops.sum(ops.where(away, picked(ops, d.on, d.edge_cost), d.local_cost))
        for root, name in ((d.root_comm, "bandwidth_price"), (d.root_comp, "compute_price")):
            price = ops.number(prices[name])
            load = ops.sum(np.swapaxes(ops.where(d.on, root, 0.0), -1, -2))
            total = total + ops.sum(2 * ops.sqrt(price) * load - price)
        return total

    def best_prices(self, d: Data) -> dict[str, Array]:
        """The prices at which the certificate is tight."""
        loads = [np.sum(np.where(d.on, root, 0.0), axis=-2) for root in (d.root_comm, d.root_comp)]
        return {"bandwidth_price": loads[0] ** 2, "compute_price": loads[1] ** 2}
