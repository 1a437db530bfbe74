r"""Powers of uploads that interfere with each other as they send: a convex program in log powers.

    min  sum_u phi_u e^(-v_u) + e_u e^(q_u - v_u)
    s.t. m(v_u) + ln(1 + sum_{k != u} G_ku e^(q_k)) <= q_u + ln G_uu,   q <= 0

v = ln of the rate in nats, q = ln(p/P), e = psi P, and m(v) = ln(e^(e^v) - 1) = ln sum_i e^(i v)/i!, a
log-sum-exp cut off where the terms no longer count. Tran and Pompili 2019, (20).
"""

from math import lgamma

import numpy as np

from mecopt import conic
from mecopt.errors import SolverError
from mecopt.instance import Array
from mecopt.solvers import solver

CONES = frozenset({"ExpCone"})


def solve(phi: Array, energy: Array, snr: Array, name: str, *, tol: float) -> tuple[Array, float]:
    """Powers in units of P and the cost; `snr[k, u]` = G_ku, phi > 0. Raises `SolverError`."""
    import cvxpy as cp

    size = len(phi)
    q, v = cp.Variable(size), cp.Variable(size)
    rows = [q <= 0]
    for u in range(size):
        most = np.log1p(snr[u, u])
        terms = np.arange(1, int(np.ceil(most + 8 * np.sqrt(most) + 20)) + 1)
        logs = np.array([lgamma(i + 1) for i in terms])
        others = [q[k] + np.log(snr[k, u]) for k in range(size) if k != u and snr[k, u] > 0]
        noise = cp.log_sum_exp(cp.hstack([*others, 0.0])) if others else 0.0
        rows.append(cp.log_sum_exp(terms * v[u] - logs) + noise <= q[u] + np.log(snr[u, u]))
    scale = float(np.sum((phi + energy) / np.log1p(np.diag(snr))))
    cost = phi / scale @ cp.exp(-v) + energy / scale @ cp.exp(q - v)
    said = conic.run(cp.Problem(cp.Minimize(cost), rows), solver(name, CONES), tol=tol)
    if said:
        raise SolverError(said)
    return np.exp(np.minimum(q.value, 0.0)), float(cost.value) * scale * float(np.log(2.0))
