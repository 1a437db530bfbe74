r"""Energy of sending bits at a constant rate, the perspective E(l, t) = A t (2^(l/(B t)) - 1).

    l   bits                      bit        A = beta N0/g   power scale   W
    t   airtime                   s          B               bandwidth     Hz
    lam price of airtime          J/s        y = l ln 2/(B t) exponent     nat

closed by E(0, t) = 0 and E(l, 0) = inf for l > 0. At the airtime that minimises E + lam t the exponent is
y(lam/A), (y - 1) e^y + 1 = lam/A, whatever l > 0 is, so a bit then has a fixed airtime and a fixed price.
You et al. 2017, (2), Theorem 1, Lemma 9.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from mecopt.kernels.lambert import Array, as_floats, lambert_argument, lambert_exponent
from mecopt.kernels.priority import LN2, psi_inverse

if TYPE_CHECKING:
    import cvxpy as cp


def radio_energy(bits: ArrayLike, time: ArrayLike, *, power_scale: ArrayLike, bandwidth: ArrayLike) -> Array:
    """A t (2^(l/(B t)) - 1) in J for l >= 0; inf for t < 0, for t = 0 < l, and where 2^(l/(B t)) overflows.

    bits l (bit), time t (s), power_scale A > 0 (W), bandwidth B > 0 (Hz) broadcast. The relative error is
    that of the exponent times the exponent: a few ulp up to some nats, 1e-13 at hundreds.
    """
    ell, t, A = as_floats(bits), as_floats(time), as_floats(power_scale)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        inside = A * t * np.expm1(_exponent(ell, t, bandwidth))
        return np.where((t < 0.0) | ((t == 0.0) & (ell > 0.0)), np.inf, inside)[()]


def marginal_energy_per_bit(
    bits: ArrayLike, time: ArrayLike, *, power_scale: ArrayLike, bandwidth: ArrayLike
) -> Array:
    """dE/dl = (A ln 2/B) 2^(l/(B t)) in J/bit for l, t >= 0; at l = t = 0 the limit along l = 0."""
    with np.errstate(over="ignore", under="ignore"):
        cheapest = as_floats(power_scale) * LN2 / as_floats(bandwidth)
        return cheapest * np.exp(_exponent(bits, time, bandwidth))


def marginal_energy_per_second(
    bits: ArrayLike, time: ArrayLike, *, power_scale: ArrayLike, bandwidth: ArrayLike
) -> Array:
    """dE/dt = -A ((y - 1) e^y + 1) in W for l, t >= 0; at l = t = 0 the limit along l = 0."""
    with np.errstate(over="ignore", under="ignore"):
        return -as_floats(power_scale) * lambert_argument(_exponent(bits, time, bandwidth))


def airtime_per_bit(time_price: ArrayLike, *, power_scale: ArrayLike, bandwidth: ArrayLike) -> Array:
    """ln 2/(B y(lam/A)) in s/bit, the airtime that minimises E + lam t; inf at price 0, nan below."""
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        return LN2 / (as_floats(bandwidth) * lambert_exponent(as_floats(time_price) / as_floats(power_scale)))


def bit_price(time_price: ArrayLike, *, power_scale: ArrayLike, bandwidth: ArrayLike) -> Array:
    """(A ln 2/B) e^{y(lam/A)} in J/bit, the least of (E + lam t)/l over t; nan below price 0."""
    with np.errstate(over="ignore", under="ignore"):
        A = as_floats(power_scale)
        return A * LN2 / as_floats(bandwidth) * psi_inverse(as_floats(time_price) / A)


def rotated_exponential_cone(
    exponent: "cp.Expression", perspective: "cp.Expression", epigraph: "cp.Expression", *, shift: Any
) -> "cp.ExpCone":
    """The CVXPY constraint t exp(x/t) <= z e^c as ExpCone(x - c t, t, z).

    exponent x, perspective t and epigraph z are affine and of one shape (t = 0 asks for x <= 0 <= z); shift c
    is a number, array or parameter. A solver sees the rotated cone only: with c near the expected x/t the
    entries are of order one. DPP with parameters in x and z, and in c or t but not in both.
    """
    import cvxpy as cp

    return cp.ExpCone(exponent - cp.multiply(shift, perspective), perspective, epigraph)


def _exponent(bits: ArrayLike, time: ArrayLike, bandwidth: ArrayLike) -> Array:
    """y = l ln 2/(B t); inf for t = 0 < l, 0 for l = 0."""
    ell = as_floats(bits)
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        return np.where(ell == 0.0, 0.0, LN2 * ell / (as_floats(bandwidth) * as_floats(time)))[()]
