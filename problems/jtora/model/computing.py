r"""CRA as a convex program per server, in shares around 1 whatever the spread of the weights.

    min  sum_u w_u/z_u   s.t.  sum_u w_u z_u <= 1,      f_u = f_s w_u z_u,  w_u = sqrt(eta_u)/sum sqrt(eta)

The method solves these one by one; `of_instance` hands out one program for all servers, the costs weighted by
(sum sqrt(eta))^2/f_s. Tran and Pompili 2019, (25).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mecopt import conic
from mecopt.errors import DataError
from mecopt.handout import in_units
from mecopt.instance import Array, Indices, Instance
from mecopt.kernels.sharing import scaled_sharing
from mecopt.result import Point
from mecopt.solvers import solver

CONES = frozenset({"SOC"})


def _shared(s: Instance) -> Iterator[tuple[int, Indices]]:
    """The servers that have users with a weight, and these."""
    for server in range(s.sizes["servers"]):
        here = np.flatnonzero((s.offload_server == server) & (s.compute_weight > 0))
        if here.size:
            yield server, here


def of_instance(s: Instance) -> Any:
    """One CVXPY problem for all servers of one instance, its cost in units of the optimum."""
    import cvxpy as cp

    costs, rows, best = list[Any](), list[Any](), list[float]()
    for server, here in _shared(s):
        root: Array = np.sqrt(s.compute_weight[here])
        scaled = cp.Variable(here.size, name=f"scaled_share_{server}", pos=True)
        cost, used = scaled_sharing(root / np.sum(root), scaled)
        best.append(float(np.sum(root) ** 2 / s.server_frequency[server]))
        costs.append(cost)
        rows.append(used <= 1)
    if not rows:
        raise DataError("compute_weight", "is 0 for all at servers", "send a user with a weight to a server")
    unit = sum(best)
    total = sum(own / unit * cost for own, cost in zip(best, costs, strict=True))
    return in_units(cp.Problem(cp.Minimize(total), rows), unit)


def solve(s: Instance, name: str, tol: float) -> Point:
    """One instance, server by server; nan and what the solver said where it gave no point."""
    import cvxpy as cp

    share, price = np.zeros(s.sizes["users"]), np.zeros(s.sizes["servers"])
    for server, here in _shared(s):
        speed = s.server_frequency[server]
        if here.size == 1:  # nothing to share out
            share[here], price[server] = speed, s.compute_weight[here[0]] / speed**2
            continue
        root = np.sqrt(s.compute_weight[here])
        scaled = cp.Variable(here.size, pos=True)
        cost, used = scaled_sharing(root / np.sum(root), scaled)
        row = used <= 1
        said = conic.run(cp.Problem(cp.Minimize(cost), [row]), solver(name, CONES), tol=tol)
        if said:
            unknown = np.full(share.shape, np.nan)
            return Point(
                {"compute_allocation": unknown}, {"server_price": np.full(price.shape, np.nan)}, said
            )
        part = root / np.sum(root) * np.maximum(scaled.value, 0.0)
        share[here] = speed * part / max(float(np.sum(part)), 1.0)
        price[server] = float(conic.multiplier(row)) * (np.sum(root) / speed) ** 2
    return Point({"compute_allocation": share}, {"server_price": price})
