r"""A lower bound on the least cost of an upload, in either arithmetic, from any guess at it.

    Gamma = min (phi + psi p)/log2(1 + theta p)   s.t.  0 < p <= P

v >= 0 is a lower bound if D(v) = min { phi + psi p - v log2(1 + theta p): 0 <= p <= P } >= 0; the minimiser
is v/(psi ln 2) - 1/theta, clipped to [0, P]. D is concave, D(0) = phi: where D(v) < 0, the chord from (0,
phi) to (v, D(v)) crosses zero at a lower bound, v phi/(phi - D(v)). A guess by Dinkelbach's iteration in
doubles loses nothing but rounding; a bad one gives a poor bound, never a wrong one. Shares no code with the
methods.
"""

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array

STEPS = 30
"""Dinkelbach's iteration converges quadratically, from above; ten steps were the most needed."""

INWARDS = 1e-14
"""The guess is lowered by this much, so that D is not negative by rounding (the chord is flat at phi = 0)."""


def least_cost(ops: Arithmetic, phi: Numbers, psi: Numbers, theta: Numbers, most: Numbers) -> Numbers:
    """A lower bound on Gamma, elementwise; theta > 0."""
    return bound_from_guess(ops, ops.number(guess(phi, psi, theta, most)), phi, psi, theta, most)


def bound_from_guess(
    ops: Arithmetic, v: Numbers, phi: Numbers, psi: Numbers, theta: Numbers, most: Numbers
) -> Numbers:
    """The bound that v >= 0 gives, at most v."""
    nothing = ops.number(np.zeros(np.shape(v)))
    free = ops.is_zero(psi)
    inside = v / (ops.where(free, 1.0, psi) * ops.ln2) - 1 / theta
    power = ops.where(free, most, ops.minimum(ops.maximum(inside, nothing), most))
    missing = ops.minimum(phi + psi * power - v * ops.log1p(theta * power) / ops.ln2, nothing)
    height = phi - missing
    flat = np.asarray(ops.is_zero(height), dtype=bool)
    return v * ops.where(flat, 1.0, phi / ops.where(flat, 1.0, height))


def guess(phi: Numbers, psi: Numbers, theta: Numbers, most: Numbers) -> Array:
    """Gamma in doubles, a little low."""
    phi, psi, theta, most = np.broadcast_arrays(
        *(np.asarray(a, dtype=np.float64) for a in (phi, psi, theta, most))
    )
    power = most.copy()
    value = _ratio(phi, psi, theta, power)
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            inside = np.clip(value / (psi * np.log(2.0)) - 1 / theta, 0.0, most)
            power = np.where(psi > 0, inside, most)
            better = _ratio(phi, psi, theta, power)
            if not (better < value).any():
                break
            value = np.fmin(value, better)
    return np.where(np.isfinite(value), value * (1 - INWARDS), 0.0)


def _ratio(phi: Array, psi: Array, theta: Array, power: Array) -> Array:
    with np.errstate(all="ignore"):
        inside = (phi + psi * power) * np.log(2.0) / np.log1p(theta * power)
        return np.where(power > 0, inside, np.where(phi > 0, np.inf, psi * np.log(2.0) / theta))
