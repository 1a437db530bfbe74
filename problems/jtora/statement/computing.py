r"""CRA as the referee reads it: shares of the servers' CPUs for given users of each.

    min  sum_s sum_{u at s} eta_u/f_u   s.t.  sum_{u at s} f_u <= f_s,  f >= 0        (0/0 = 0)

At any price mu_s >= 0 of a cycle per second, 2 sqrt(mu_s) sum sqrt(eta) - mu_s f_s is a lower bound for
server s. Tran and Pompili 2019, (25).
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array, Instance, Mask
from mecopt.result import Names

Data = SimpleNamespace
Variables = Mapping[str, Any]


class ComputingStatement:
    """Minimise the weighted computing time on all servers."""

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """The data, and who is at which server: `at` `(*batch, servers, users)`."""
        d = Data(**{name: ops.number(array) for name, array in s.data.items()})
        d.at = s.offload_server[..., None, :] == np.arange(s.sizes["servers"])[:, None]
        return d

    def infeasible(self, s: Instance) -> Names:
        """Shares can always be given."""
        return np.full(s.batch_shape, "", dtype=object)

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective, `(*batch,)`; inf for work without a share."""
        there = np.any(d.at, axis=-2)
        return ops.sum(ops.where(there, computing_cost(ops, d.compute_weight, x["compute_allocation"]), 0.0))

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """Relative to the server's speed, `(*batch,)`."""
        share = x["compute_allocation"]
        most = d.server_frequency
        negative = np.where(d.at, -share[..., None, :], -np.inf) / most[..., None]
        return {
            "shares of a server within its speed": np.max(loads(d.at, share) / most - 1, axis=-1),
            "share not negative": np.max(negative, axis=(-2, -1)),
        }

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """Shares scaled to fit."""
        return {"compute_allocation": fit(ops, d.at, x["compute_allocation"], d.server_frequency)}

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """The dual value, `(*batch,)`."""
        mu = ops.number(prices["server_price"])
        roots = ops.sum(ops.where(d.at, ops.sqrt(d.compute_weight)[..., None, :], 0.0))
        return ops.sum(2 * ops.sqrt(mu) * roots - mu * d.server_frequency)

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Prices at which users ask for the server's whole speed."""
        roots = np.sum(np.where(d.at, np.sqrt(d.compute_weight)[..., None, :], 0.0), axis=-1)
        return {"server_price": (roots / d.server_frequency) ** 2}


def computing_cost(ops: Arithmetic, weight: Numbers, share: Any) -> Numbers:
    """eta/f, 0 without work, inf for work without a share."""
    f = ops.number(share)
    idle = ops.is_zero(f)
    waiting = ops.where(ops.is_zero(weight), 0.0, ops.where(idle, np.inf, weight / ops.where(idle, 1.0, f)))
    return waiting


def loads(at: Mask, share: Array) -> Array:
    """Sum of the shares on each server, `(*batch, servers)`; nan for a share of nan."""
    return np.asarray(
        np.sum(np.where(at, share[..., None, :], 0.0), axis=-1) + 0.0 * np.sum(share, -1)[..., None]
    )


def fit(ops: Arithmetic, at: Mask, share: Any, most: Numbers) -> Numbers:
    """Shares that are not negative and, scaled down where they exceed it, within the speed of the server."""
    f = ops.number(share)
    f = ops.maximum(f, ops.number(np.zeros(f.shape)))
    used = ops.sum(ops.where(at, f[..., None, :], 0.0))
    over = np.asarray(used > most, dtype=bool)
    factor = ops.where(over, most / ops.where(over, used, 1.0), 1.0)
    per_user = ops.sum(np.swapaxes(ops.where(at, factor[..., None], 0.0), -1, -2))
    return f * ops.where(np.any(at, axis=-2), per_user, 1.0)
