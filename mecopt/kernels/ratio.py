r"""Least ratio of an affine function of power to the rate it buys: delay and energy of sending one nat.

    min  (phi + psi p)/ln(1 + theta p)      s.t.  0 < p <= P

    phi   price of time                     theta   SNR per unit of power, 1/[p]
    psi   price of energy, phi/psi in [p]   P       power budget, [p]

phi, psi, theta >= 0 and P > 0. A positive affine over a concave function is strictly quasiconvex; the slope
has the sign of psi K(theta p) - theta phi, where K(y) = (1 + y) ln(1 + y) - y increases, so

    p* = min(P, y/theta),   K(y) = theta phi/psi,       value psi (1 + y)/theta where p* < P.

In time tau = 1/ln(1 + theta p) and energy q = p tau the problem is convex (perspective of the logarithm):

    min  phi tau + psi q    s.t.  tau ln(1 + theta q/tau) >= 1  [price nu],    q <= P tau  [price xi].

Prices prove that the value is at least nu if phi - xi P >= (psi + xi)/theta K(nu theta/(psi + xi) - 1), K = 0
at negative arguments. At the optimum nu is the value. Tran and Pompili 2019, (23), solve it by bisection.

Edges: psi = 0 sends at full power; phi = 0 < psi has the infimum psi/theta as p -> 0, which no p attains;
theta = 0 carries nothing, at an infinite ratio.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mecopt.kernels.lambert import Array, as_floats
from mecopt.kernels.priority import psi_excess, psi_excess_inverse

if TYPE_CHECKING:
    import cvxpy as cp


class LeastRatio(NamedTuple):
    """The least value, the power (0 where only the limit reaches it), whether some power attains it, prices.

    The price nu of the rate is `value` (the problem is homogeneous in tau and q); `power_price` is xi.
    """

    value: Array
    power: Array
    attained: NDArray[np.bool_]
    power_price: Array


def ratio(power: ArrayLike, *, phi: ArrayLike, psi: ArrayLike, theta: ArrayLike) -> Array:
    """(phi + psi p)/ln(1 + theta p) for p >= 0, to a few ulp; at p = 0 its limit."""
    p, f, s, t = (as_floats(a) for a in (power, phi, psi, theta))
    with np.errstate(all="ignore"):
        at_zero = np.where((f == 0.0) & (t > 0.0), s / t, np.inf)
        return np.where(t * p > 0.0, (f + s * p) / np.log1p(t * p), at_zero)[()]


def ratio_slope(power: ArrayLike, *, phi: ArrayLike, psi: ArrayLike, theta: ArrayLike) -> Array:
    """d/dp of the ratio for p > 0: (psi K(theta p) - theta phi)/((1 + theta p) ln(1 + theta p)^2)."""
    p, f, s, t = (as_floats(a) for a in (power, phi, psi, theta))
    with np.errstate(all="ignore"):
        slope: Array = (s * psi_excess(t * p) - t * f) / (1.0 + t * p) / np.log1p(t * p) ** 2
        return slope


def least_ratio(phi: ArrayLike, psi: ArrayLike, theta: ArrayLike, max_power: ArrayLike) -> LeastRatio:
    """The minimum over 0 < p <= P; arguments broadcast.

    Value and power to a few ulp while theta phi/psi and theta P are normal numbers. Negative or nan arguments
    give nan.
    """
    f, s, t, P = np.broadcast_arrays(*(as_floats(a) for a in (phi, psi, theta, max_power)))
    with np.errstate(all="ignore"):
        valid = (f >= 0.0) & (s >= 0.0) & (t >= 0.0) & (P > 0.0)
        most = t * P
        y = psi_excess_inverse(np.where(s > 0.0, t * f / s, np.inf))
        inside = (y < most) & (s > 0.0)
        value = np.where(inside, s * (1.0 + y) / t, (f + s * P) / np.log1p(most))
        value = np.where(t > 0.0, value, np.inf)
        power = np.where(inside, np.minimum(y / t, P), P)
        logarithm = np.log1p(most)
        price = np.maximum((t * f - s * psi_excess(most)) / ((1.0 + most) * logarithm), 0.0)
        price = np.where(inside | (t == 0.0), 0.0, price)
    unknown = np.where(valid, 0.0, np.nan)
    attained = valid & (t > 0.0) & ((f > 0.0) | (s == 0.0))
    return LeastRatio((value + unknown)[()], (power + unknown)[()], attained[()], (price + unknown)[()])


def full_power_rows(snr: ArrayLike) -> dict[str, Array]:
    """What `time_energy_constraints` takes, for SNRs theta P > 0 at full power."""
    snr = as_floats(snr)
    return {"per_log": 1.0 / np.log1p(snr), "noise": 1.0 / (1.0 + snr), "signal": snr / (1.0 + snr)}


def time_energy_constraints(
    time: "cp.Expression", energy: "cp.Expression", rows: "Mapping[str, cp.Expression | Array]"
) -> "list[cp.Constraint]":
    """The convex form in CVXPY, scaled to full power: time = tau L, energy = q L/P, L = ln(1 + theta P).

    `time` and `energy` are affine, of the shape of theta P; `rows` are the numbers of `full_power_rows` or
    non-negative parameters for them: DPP. At full power time and energy are 1, and their mean weighted with
    phi and psi P is the value relative to that of full power. The arguments of the logarithm are divided by
    1 + theta P: solvers that fail at an SNR of 1e6 otherwise agree at 1e9.
    """
    import cvxpy as cp

    inside = cp.multiply(rows["noise"], time) + cp.multiply(rows["signal"], energy)
    short = cp.Variable(time.shape, name="short")  # time ln(time/inside), a variable for the sake of DPP
    cone = cp.ExpCone(-short, time, inside)
    return [cone, cp.multiply(rows["per_log"], short) <= time - 1, energy <= time]
