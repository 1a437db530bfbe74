r"""An upper bound on TO of polynomial size: what each pair of users costs, by mixed-integer programming.

    max  sum_e g_e x_e - c_e - sum_s (sum_e a_e x_e)^2      e = (u, s, j), x a decision
    s.t. w_ek >= x_e + sum_{r != s} x_krj - 1,   w >= 0
         c_e >= G_e(0) x_e + (G_e(I_k) - G_e(0)) w_ek                          for each k
         c_e >= G_e(0) x_e + (G_e(I) - G_e(0))/I sum_k I_k w_ek

G_e(I) is the least cost of the upload e against interference I, increasing and concave; I_k = P_k h_ksj is
what k adds at full power, and I the sum of the S - 1 largest of these. One interferer alone, and the chord
below a concave function, cost no more than all together. A rise of more than g is cut there: it never pays.
Exact for two servers. Tran and Pompili 2019, (30), relaxed.
"""

from typing import Any

import numpy as np

from mecopt.instance import Array
from mecopt.kernels.ratio import least_ratio

from ..terms import Terms
from .relaxation import LN2, worth

SECONDS = 60.0

NOTHING = 1e-12
"""A rise in cost below this part of g is left out, which keeps the bound."""


def solve(t: Terms, *, seconds: float = SECONDS) -> tuple[float, float]:
    """SCIP's upper bound, valid whenever it stops, and the value of its best point. Needs pyscipopt."""
    from pyscipopt import Model, quicksum

    elements = [(int(u), int(s), int(j)) for u, s, j in np.argwhere(worth(t) > 0)]
    if not elements:
        return 0.0, 0.0
    m = Model()
    m.hideOutput()
    for name, number in {"limits/gap": 0.0, "limits/time": seconds, "numerics/feastol": 1e-9}.items():
        m.setParam(name, number)
    x = {e: m.addVar(vtype="B") for e in elements}
    users, servers, subbands = t.shape
    for u in range(users):
        m.addCons(quicksum(x[e] for e in elements if e[0] == u) <= 1)
    for s, j in np.ndindex(servers, subbands):
        m.addCons(quicksum(x[e] for e in elements if e[1:] == (s, j)) <= 1)
    parts: list[Any] = [t.offload_gain[e[0]] * x[e] - _cost(m, t, x, e) for e in elements]
    for s in range(servers):
        root = quicksum(
            float(np.sqrt(t.compute_weight[e[0]] / t.server_frequency[s])) * x[e]
            for e in elements
            if e[1] == s
        )
        square = m.addVar(lb=0.0)
        m.addCons(root * root <= square)
        parts.append(-square)
    m.setObjective(quicksum(parts), "maximize")
    m.optimize()
    return float(m.getDualbound()), float(m.getPrimalbound())


def _cost(m: Any, t: Terms, x: dict[tuple[int, int, int], Any], e: tuple[int, int, int]) -> Any:
    """The variable c_e with its rows."""
    from pyscipopt import quicksum

    u, s, j = e
    heard = np.where(np.arange(len(t.most)) == u, 0.0, t.most * t.gain[:, s, j])
    all_together = float(np.sum(np.sort(heard)[::-1][: t.shape[1] - 1]))
    gain = float(t.offload_gain[u])
    alone, *rise = _least(t, e, np.array([0.0, *heard, all_together]))
    rise = np.minimum(np.array(rise) - alone, gain)
    c, both = m.addVar(lb=0.0), {}
    m.addCons(c >= alone * x[e])
    for k in np.flatnonzero(rise[:-1] > NOTHING * gain):
        others = [x[f] for f in x if f[0] == k and f[1] != s and f[2] == j]
        if others:
            both[k] = m.addVar(lb=0.0, ub=1.0)
            m.addCons(both[k] >= x[e] + quicksum(others) - 1)
            m.addCons(c >= alone * x[e] + float(rise[k]) * both[k])
    if len(both) > 1:
        chord = quicksum(float(rise[-1] * heard[k] / all_together) * w for k, w in both.items())
        m.addCons(c >= alone * x[e] + chord)
    return c


def _least(t: Terms, e: tuple[int, int, int], interference: Array) -> Array:
    """The least cost of the upload against each interference."""
    u = e[0]
    theta = t.gain[e] / (t.noise + interference)
    phi, psi, most = (np.full(theta.shape, a[u]) for a in (t.time_weight, t.energy_weight, t.most))
    return np.asarray(LN2 * least_ratio(phi, psi, theta, most).value)
