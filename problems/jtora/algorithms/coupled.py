r"""Powers of uploads that interfere with each other as they send, for a given decision.

    min  ln 2 sum_u (phi_u + e_u x_u)/ln(1 + G_uu x_u/(1 + sum_{k != u} G_ku x_k)),   0 < x <= 1,   e = psi P

Convex in q = ln x, so that settling each user's q in turn, again and again, reaches the global optimum.
Where full power is it, one look shows that: no slope is positive. A user without weight on time sends at x
-> 0. Tran and Pompili 2019, (20).
"""

from math import exp, log1p

import numpy as np

from mecopt.compiled import jit
from mecopt.instance import Array

from ..terms import Decision, Terms

LN2 = float(np.log(2.0))

SWEEPS, HALVINGS, LOWEST = 500, 60, -60.0
"""Rounds, bisections of a q, and the least q looked at (1e-26 of the full power)."""

STILL = 1e-14
"""A round that changes no q by more ends the search."""


def powers(t: Terms, x: Decision) -> Array:
    """The best powers of a decision, `(U,)`, 0 for local users."""
    power = np.zeros(len(x.server))
    for j in np.unique(x.subband[x.offloading]):
        who = np.flatnonzero(x.subband == j)
        snr = t.gain[who][:, x.server[who], j] * t.most[who][:, None] / t.noise
        share = np.ones(len(who))
        settle(t.time_weight[who], t.energy_weight[who] * t.most[who], np.ascontiguousarray(snr), share)
        power[who] = share * t.most[who]
    return power


@jit
def settle(phi: Array, energy: Array, snr: Array, share: Array) -> float:
    """Fill in the best powers in units of P and return their cost; `snr[k, u]` is G_ku."""
    size = len(phi)
    q, loss, noise = np.zeros(size), np.zeros(size), np.ones(size)
    for u in range(size):
        share[u] = 1.0 if phi[u] > 0.0 else 0.0
    total = costs(phi, energy, snr, share, noise, loss)
    best = True
    for u in range(size):
        best = best and not (share[u] > 0.0 and slope(u, phi, energy, snr, share, noise, loss) > 0.0)
    if best:
        return total
    for _ in range(SWEEPS):
        moved = 0.0
        for u in range(size):
            if phi[u] <= 0.0:
                continue
            low, high = LOWEST, 0.0
            share[u] = 1.0
            costs(phi, energy, snr, share, noise, loss)
            if slope(u, phi, energy, snr, share, noise, loss) <= 0.0:
                low = 0.0
            for _ in range(HALVINGS):
                if high - low <= 0.5 * STILL:
                    break
                share[u] = exp(0.5 * (low + high))
                costs(phi, energy, snr, share, noise, loss)
                if slope(u, phi, energy, snr, share, noise, loss) > 0.0:
                    high = 0.5 * (low + high)
                else:
                    low = 0.5 * (low + high)
            moved = max(moved, abs(high - q[u]))
            q[u], share[u] = high, exp(high)
        if moved <= STILL:
            break
    return costs(phi, energy, snr, share, noise, loss)


@jit
def costs(phi: Array, energy: Array, snr: Array, share: Array, noise: Array, loss: Array) -> float:
    """The cost; fills in each user's noise, and what it loses per part by which that grows."""
    total: float = 0.0
    for u in range(len(phi)):
        noise[u] = 1.0
        for k in range(len(phi)):
            if k != u:
                noise[u] += snr[k, u] * share[k]
        if share[u] > 0.0:
            y = snr[u, u] * share[u] / noise[u]
            cost = LN2 * (phi[u] + energy[u] * share[u]) / log1p(y)
            loss[u] = cost * y / ((1.0 + y) * log1p(y))
        else:
            cost = LN2 * energy[u] * noise[u] / snr[u, u]
            loss[u] = cost
        total += cost
    return total


@jit
def slope(u: int, phi: Array, energy: Array, snr: Array, share: Array, noise: Array, loss: Array) -> float:
    """d cost/dq of user u, after `costs`."""
    y = snr[u, u] * share[u] / noise[u]
    total: float = LN2 * energy[u] * share[u] / log1p(y) - loss[u]
    for k in range(len(phi)):
        if k != u:
            total += loss[k] * snr[u, k] * share[u] / noise[k]
    return total
