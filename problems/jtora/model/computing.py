r"""CRA as a convex program per server, in shares around 1 whatever the spread of the weights.

    min  sum_u w_u/z_u   s.t.  sum_u w_u z_u <= 1,      f_u = f_s w_u z_u,  w_u = sqrt(eta_u)/sum sqrt(eta)

Tran and Pompili 2019, (25).
"""

import numpy as np

from mecopt import conic
from mecopt.instance import Instance
from mecopt.kernels.sharing import scaled_sharing
from mecopt.result import Point
from mecopt.solvers import solver

CONES = frozenset({"SOC"})


def solve(s: Instance, name: str, tol: float) -> Point:
    """One instance, server by server; nan and what the solver said where it gave no point."""
    import cvxpy as cp

    share, price = np.zeros(s.sizes["users"]), np.zeros(s.sizes["servers"])
    for server, speed in enumerate(s.server_frequency):
        here = np.flatnonzero((s.offload_server == server) & (s.compute_weight > 0))
        if not here.size:
            continue
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
