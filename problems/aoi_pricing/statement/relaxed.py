"""P5R as the referee reads it; the formulas are in the package's docstring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array, Instance
from mecopt.result import Names

from . import bounds, dual_search
from .data import Data, across, lift, over

Variables = Mapping[str, Any]


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
            "memory": np.max(over(used, d.capacity), axis=-1, initial=0.0),
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
        return {"association_share": part * across(scale)}

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """The dual value, `(*batch,)`."""
        p = [ops.number(prices[name]) for name in ("bandwidth_price", "compute_price", "memory_price")]
        return bounds.by_prices(ops, d, *p, beyond_local=True)

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Prices that maximise the float dual value; see `dual_search`."""
        return dual_search.best_prices(d)
