r"""CRA as a convex program per server, in shares around 1 whatever the spread of the weights.

    min  sum_u w_u/z_u   s.t.  sum_u w_u z_u <= 1,      f_u = f_s w_u z_u,  w_u = sqrt(eta_u)/sum sqrt(eta)

The method solves these one by one; `of_instance` hands out one program for all servers, the costs weighted by
(sum sqrt(eta))^2/f_s. Tran and Pompili 2019, (25).
"""

from typing import Any

import numpy as np

from mecopt import sharing_program
from mecopt.errors import DataError
from mecopt.instance import Instance
from mecopt.result import Point
from mecopt.solvers import solver

CONES = frozenset({"SOC"})


def of_instance(s: Instance) -> Any:
    """One CVXPY problem for all servers of one instance, its cost in units of the optimum."""
    servers = range(s.sizes["servers"])
    weights = {f"share_{j}": s.compute_weight[s.offload_server == j] / s.server_frequency[j] for j in servers}
    model = sharing_program.handed_out(weights)
    if model is None:
        raise DataError("compute_weight", "is 0 for all at servers", "send a user with a weight to a server")
    return model


def solve(s: Instance, name: str, tol: float) -> Point:
    """One instance, server by server; nan and what the solver said where it gave no point."""
    allocation, price = np.zeros(s.sizes["users"]), np.zeros(s.sizes["servers"])
    for server, speed in enumerate(s.server_frequency):
        here = s.offload_server == server
        found = sharing_program.share(s.compute_weight[here] / speed, solver(name, CONES), tol)
        if found.said:
            unknown = {"compute_allocation": np.full(allocation.shape, np.nan)}
            return Point(unknown, {"server_price": np.full(price.shape, np.nan)}, found.said)
        allocation[here], price[server] = speed * found.share, found.price / speed
    return Point({"compute_allocation": allocation}, {"server_price": price})
