r"""A lower bound on the cost of uploads that interfere with each other, in either arithmetic, from any
powers.

    F = ln 2 sum_u (phi_u + e_u x_u)/ln(1 + G_uu x_u/(1 + sum_{k != u} G_ku x_k)),   0 < x <= 1,   e = psi P

is convex in q = ln x. A user's own term exceeds F once q_u is below q_u^min, where phi_u ln 2/ln(1 + G_uu x)
= F: at a minimum no q_u is. So F* >= F + sum_u min { F'_u (q_u^min - q_u), -F'_u q_u } from any q. A user
with phi = 0 sends at x -> 0, which lowers every term. Tran and Pompili 2019, (20).
"""

from typing import NamedTuple

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers
from mecopt.instance import Array, Mask

STEPS, HALVINGS = 60, 40
"""Newton steps, about ten in practice, and halvings of a step that does not descend."""

SETTLED = 1e-15
"""Largest useful slope, relative to F."""


class Terms(NamedTuple):
    """Costs `(count,)` of each pattern and their slopes in q, `(count, servers)`."""

    value: Numbers
    slope: Numbers


def least_cost(
    ops: Arithmetic, phi: Numbers, energy: Numbers, snr: Numbers, active: Mask, *, settle: str = "settled"
) -> Numbers:
    """The bound for each row: `phi`, `energy` `(count, servers)`, `snr[c, k, u]` = G_ku, 0 where there is
    nobody.

    Only users that are `active` count; their G_uu > 0. From the best powers (`settled`), or quickly from full
    power (`full`), which is as good where full power is the best.
    """
    phi = ops.where(active, phi, 1.0)
    energy = ops.where(active, energy, 0.0)
    moving = np.asarray(active & ~ops.is_zero(phi))
    powers = np.where(moving, 1.0, 0.0)
    if settle == "settled":
        f, e, g = (np.asarray(a, dtype=np.float64) for a in (phi, energy, snr))
        powers = _settled(f, e, g, active, powers)
    x = ops.number(powers)
    found = _terms(ops, phi, energy, snr, x, active)
    own = ops.where(active, np.diagonal(snr, axis1=-2, axis2=-1), 1.0)
    most = np.expand_dims(ops.where(np.asarray(active.any(axis=-1)), found.value, 1.0), -1)
    floor = ops.minimum(ops.expm1(phi * ops.ln2 / most) / own, ops.number(np.ones(phi.shape)))
    q, lowest = ops.log(ops.where(moving, x, 1.0)), ops.log(ops.where(moving, floor, 1.0))
    step = ops.minimum(found.slope * (ops.minimum(lowest, q) - q), -found.slope * q)
    return found.value + ops.sum(ops.where(moving, step, 0.0))


def _terms(ops: Arithmetic, phi: Numbers, energy: Numbers, snr: Numbers, x: Numbers, active: Mask) -> Terms:
    """F and dF/dq at powers x; a user with x = 0 costs its limit."""
    received = snr * np.expand_dims(x, -1)
    size = active.shape[-1]
    others = ops.where(~np.eye(size, dtype=bool), received, 0.0)
    noise = 1 + ops.sum(np.swapaxes(others, -1, -2))
    own = ops.where(active, np.diagonal(snr, axis1=-2, axis2=-1), 1.0) / noise
    still = ops.is_zero(x)
    y = own * ops.where(still, 1.0, x)
    rate = ops.log1p(y) / ops.ln2
    cost = ops.where(still, energy * ops.ln2 / own, (phi + energy * x) / rate)
    # d cost/d ln(noise): the own term's loss from a weaker channel
    loss = ops.where(still, cost, cost * y / ((1 + y) * ops.log1p(y)))
    loss = ops.where(active, loss, 0.0)
    caused = ops.sum(others * np.expand_dims(loss / noise, -2))
    slope = ops.where(still, 0.0, energy * x / rate) - loss + caused
    return Terms(ops.sum(ops.where(active, cost, 0.0)), slope)


def _settled(phi: Array, energy: Array, snr: Array, active: Mask, x: Array) -> Array:
    """The best powers in doubles by Newton's method on q <= 0, where full power is not the best."""
    moving = x > 0
    slope = _terms(FLOAT, phi, energy, snr, x, active).slope
    todo = np.flatnonzero(np.any(moving & (slope > 0), axis=-1))
    if not todo.size:
        return x
    phi, energy, snr = phi[todo], energy[todo], snr[todo]
    active, moving, q = active[todo], moving[todo], np.zeros((todo.size, x.shape[1]))

    def terms_at(q: Array) -> Terms:
        return _terms(FLOAT, phi, energy, snr, np.where(moving, np.exp(q), 0.0), active)

    now = terms_at(q)
    for _ in range(STEPS):
        slope = np.where(moving & ~((q >= 0) & (now.slope < 0)), now.slope, 0.0)
        free = slope != 0
        if not (np.max(np.abs(slope), axis=-1) > SETTLED * now.value).any():
            break
        curvature = _curvature(phi, energy, snr, np.where(moving, np.exp(q), 0.0), active)
        curvature = np.where(free[:, :, None] & free[:, None, :], curvature, np.eye(q.shape[1]))
        step = -np.linalg.solve(curvature, slope[..., None])[..., 0]
        length = np.ones(len(q))
        for _ in range(HALVINGS):
            tried = np.minimum(q + length[:, None] * step, 0.0)
            then = terms_at(tried)
            worse = ~(
                then.value <= now.value + 1e-4 * np.sum(slope * (tried - q), axis=-1) + SETTLED * now.value
            )
            if not worse.any():
                break
            length = np.where(worse, length / 2, length)
        q = np.where(worse[:, None], q, tried)
        now = terms_at(q)
    settled = x.copy()
    settled[todo] = np.where(moving, np.exp(q), 0.0)
    return settled


def _curvature(phi: Array, energy: Array, snr: Array, x: Array, active: Mask) -> Array:
    """d2F/dq2, `(count, servers, servers)`."""
    size = active.shape[-1]
    unit = np.eye(size)
    received = np.where(unit > 0, 0.0, snr * x[..., None])
    noise = 1 + np.sum(received, axis=-2)
    y = np.where(active, np.diagonal(snr, axis1=-2, axis2=-1), 1.0) / noise * np.where(x > 0, x, 1.0)
    rate, part = np.log1p(y), y / (1 + y)
    counts = active & (x > 0)
    r = np.where(counts, np.log(2.0) / rate, 0.0)
    r1 = -r * part / rate
    r2 = r * part * (2 * part / rate - (1 - part)) / rate
    weight = received / noise[:, None, :]
    way = unit - weight  # dt_u/dq_k, by [k, u]
    cost, spent = phi + energy * x, energy * x
    mixed = (spent * r1)[:, None, :] * way
    own = np.einsum("cu,cku,clu->ckl", cost * r2, way, way)
    theirs = np.einsum("cu,cku,clu->ckl", cost * r1, weight, weight)
    level = spent * r - np.einsum("cu,cku->ck", cost * r1, weight)
    return np.asarray(own + theirs + mixed + mixed.transpose(0, 2, 1) + level[:, :, None] * unit)
