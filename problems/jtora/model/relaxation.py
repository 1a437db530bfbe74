r"""An upper bound by a convex program: fractions of users on slots, and nobody interferes.

    max  sum v_{usj} x_{usj} - sum_s (sum_{u,j} a_us x_{usj})^2     a = sqrt(eta/f_s)
    s.t. sum_{s,j} x_{usj} <= 1,   sum_u x_{usj} <= 1,   x >= 0,

v = g - Gamma(h/sigma^2), the worth of user u alone on slot (s, j); elements with v <= 0 are left out. Tran
and Pompili 2019, (30), relaxed.
"""

from typing import NamedTuple

import numpy as np

from mecopt import conic
from mecopt.instance import Array
from mecopt.kernels.ratio import least_ratio
from mecopt.solvers import solver

from ..terms import Terms

CONES = frozenset({"SOC"})

LN2 = float(np.log(2.0))


class Relaxed(NamedTuple):
    """Fractions `(U, S, N)`, the bound, what the solver said where it gave none (then nan)."""

    share: Array
    bound: float
    said: str


def worth(t: Terms) -> Array:
    """v, `(U, S, N)`; -inf where the channel is dead."""
    phi, psi, most = (a[:, None, None] for a in (t.time_weight, t.energy_weight, t.most))
    heard = t.gain > 0
    cost = LN2 * least_ratio(phi, psi, np.where(heard, t.gain, 1.0) / t.noise, most).value
    return np.where(heard, t.offload_gain[:, None, None] - cost, -np.inf)


def solve(t: Terms, name: str, tol: float) -> Relaxed:
    """The relaxation by the solver of that name; the bound is that of its prices, in doubles."""
    import cvxpy as cp
    from scipy.sparse import csr_array

    value = worth(t)
    who, server, subband = np.nonzero(value > 0)
    if not who.size:
        return Relaxed(np.zeros(value.shape), 0.0, "")
    users, servers, subbands = value.shape
    each, ones = np.arange(who.size), np.ones(who.size)
    of_user = csr_array((ones, (who, each)), shape=(users, who.size))
    of_slot = csr_array((ones, (server * subbands + subband, each)), shape=(servers * subbands, who.size))
    root = np.sqrt(t.compute_weight[who] / t.server_frequency[server])
    load = csr_array((root, (server, each)), shape=(servers, who.size))
    x = cp.Variable(who.size, nonneg=True)
    rows = [of_user @ x <= 1, of_slot @ x <= 1]
    objective = cp.Maximize(value[value > 0] @ x - cp.sum_squares(load @ x))
    said = conic.run(cp.Problem(objective, rows), solver(name, CONES), tol=tol)
    if said:
        return Relaxed(np.full(value.shape, np.nan), np.nan, said)
    share = np.zeros(value.shape)
    share[who, server, subband] = x.value
    slot_price = np.maximum(conic.multiplier(rows[1]), 0.0).reshape(servers, subbands)
    return Relaxed(share, dual_bound(t, value, 2 * (load @ x.value), slot_price), "")


def dual_bound(t: Terms, value: Array, server_price: Array, slot_price: Array) -> float:
    """The bound of any prices of servers and slots: users pay what is left of their best element."""
    root = np.sqrt(t.compute_weight[:, None] / t.server_frequency)
    left = value - (server_price * root)[..., None] - slot_price
    user_price = np.maximum(np.max(left, axis=(1, 2)), 0.0)
    return float(np.sum(user_price) + np.sum(slot_price) + np.sum(server_price**2) / 4)
