r"""An upper bound on the utility of any network: nobody interferes.

An element (u, s, j), user u alone on slot (s, j), is worth at most v = g - Gamma(h/sigma^2), and server s
with users of roots a = sqrt(eta/f_s) costs (sum a)^2 >= mu (sum a) - mu^2/4 for every mu. So with prices
pi_u >= 0

    utility <= sum_u pi_u + sum_{s,j} max(0, max_u { v_{usj} - mu_s a_us - pi_u }) + sum_s mu_s^2/4.

The best prices are found by smoothing the maxima; any prices are valid. Tran and Pompili 2019, (30), relaxed.
"""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers
from mecopt.instance import Array

from . import ratio_bound

Data = SimpleNamespace
Smooth = Callable[[Array, float], tuple[float, Array]]

USELESS = -1.0
"""Worth of an element whose channel is dead: any number is valid, and this one never counts."""

SMOOTHINGS = (0.03, 0.003, 3e-4, 3e-5)
"""Widths of the smoothed maxima, relative to the best element; each round starts where the last one ended."""

STEPS = 300
"""Quasi-Newton steps a round."""


def bound(ops: Arithmetic, d: Data, user_price: Numbers, server_price: Numbers) -> Numbers:
    """The bound at prices `(*batch, users)` and `(*batch, servers)`."""
    left = worth(ops, d) - np.expand_dims(np.expand_dims(server_price, -2) * d.root, -1)
    left = np.moveaxis(left - np.expand_dims(user_price, (-2, -1)), -3, -1)
    slots = ops.maximum(ops.largest(left), ops.number(np.zeros(left.shape[:-1])))
    return ops.sum(user_price) + ops.sum(ops.sum(slots)) + ops.sum(server_price * server_price / 4)


def worth(ops: Arithmetic, d: Data) -> Numbers:
    """At least g - Gamma without interference, `(*batch, users, servers, subbands)`."""
    gain = d.channel_gain
    shape = gain.shape
    user = np.broadcast_to(np.arange(int(np.prod(shape[:-2]))).reshape(*shape[:-2], 1, 1), shape)
    pairs = np.stack([user.ravel().astype(np.float64), np.asarray(gain, dtype=np.float64).ravel()])
    _, first, place = np.unique(pairs, axis=1, return_index=True, return_inverse=True)
    who = user.ravel()[first]
    of_user = [np.ravel(getattr(d, n))[who] for n in ("time_weight", "energy_weight", "max_transmit_power")]
    noise = np.broadcast_to(np.expand_dims(d.noise_power, -1), shape[:-2]).ravel()[who]
    chosen = gain.ravel()[first]
    dead = ops.is_zero(chosen)
    theta = ops.where(dead, 1.0, chosen) / noise
    cost = ratio_bound.least_cost(ops, of_user[0], of_user[1], theta, of_user[2])
    value = ops.where(dead, USELESS, np.ravel(d.offload_gain)[who] - cost)
    return value[np.ravel(place)].reshape(shape)


def best_prices(d: Data) -> dict[str, Array]:
    """Prices of users and servers for each instance of the batch (float data)."""
    value = worth(FLOAT, d)
    shape = value.shape[:-3]
    found = [_search(value[cell], d.root[cell]) for cell in np.ndindex(shape)]
    users, servers = value.shape[-3:-1]
    rows = np.array(found).reshape(*shape, users + servers)
    return {"user_price": rows[..., :users], "server_price": rows[..., users:]}


def _search(value: Array, root: Array) -> Array:
    """User and server prices of one instance."""
    users = len(root)

    def smooth(prices: Array, width: float) -> tuple[float, Array]:
        pi, mu = prices[:users], prices[users:]
        left = (value - (mu * root + pi[:, None])[..., None]) / width
        top = np.maximum(np.max(left, axis=0), 0.0)
        part = np.exp(left - top)
        total = np.exp(-top) + np.sum(part, axis=0)
        share = np.sum(part / total, axis=-1)  # (users, servers), summed over sub-bands
        level = np.sum(pi) + width * np.sum(top + np.log(total)) + np.sum(mu * mu) / 4
        slope = np.concatenate([1 - np.sum(share, axis=1), mu / 2 - np.sum(share * root, axis=0)])
        return float(level), slope

    return minimise_smoothed(smooth, users + root.shape[1], float(np.max(value, initial=0.0)))


def minimise_smoothed(smooth: Smooth, size: int, unit: float) -> Array:
    """Prices >= 0 that minimise a smoothed maximum, sharper in each round; `unit` scales the width."""
    from scipy.optimize import minimize

    prices = np.full(size, unit / 2)
    if not unit > 0:
        return np.zeros(size)
    for width in SMOOTHINGS:
        found = minimize(
            smooth,
            prices,
            args=(width * unit,),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0, None)] * size,
            options={"maxiter": STEPS, "maxcor": 30, "ftol": 1e-13, "gtol": 1e-9},
        )
        prices = np.maximum(found.x, 0.0)
    return np.asarray(prices)
