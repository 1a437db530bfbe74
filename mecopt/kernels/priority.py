r"""Offloading priority: the price of airtime at which offloading a bit stops paying.

    psi(u) = u ln u - u + 1 for u >= 1, 0 below;        psi(e^y) = (y - 1) e^y + 1

A user with power scale A = beta N0/g (W) and local energy v (J/bit) has u = v B/(A ln 2), the local cost of a
bit over its cheapest radio cost, and priority A psi(u) (W): You et al. 2017, (7), (8), Lemma 2. If the cloud
takes s seconds of the slot per bit, u gives way to the z in [1, u] with z + psi(z)/a = u, a = ln 2/(B s):
(11), (12), Lemma 6.

Near u = 1 everything is computed from the excess u - 1, which is exact: with r = d/(2 + d),

    psi(1 + d) = d (r + (1 + r)(r^2/3 + r^4/5 + ...)),    a sum of positive terms.
"""

import numpy as np
from numpy.typing import ArrayLike

from mecopt.kernels.lambert import Array, as_floats, horner, lambert_exponent

LN2 = float(np.log(2.0))

# (atanh(r)/r - 1)/r^2 = sum of r^(2 n)/(2 n + 3); used for r <= 1/3, the first term left out is below 1e-18
ATANH_SERIES = tuple(1 / (2 * n + 3) for n in reversed(range(17)))

NEWTON_STEPS = 6
"""Relative error e <= 1 at the start becomes at most e^2/2 in each step: 1e-19 after six."""


def psi(ratio: ArrayLike) -> Array:
    """u ln u - u + 1 for u >= 1, 0 below; a few ulp, also near u = 1."""
    return psi_excess(as_floats(ratio) - 1.0)


def psi_excess(excess: ArrayLike) -> Array:
    """psi(1 + d) for d >= 0, 0 below; a few ulp for every d."""
    d = as_floats(excess)
    with np.errstate(over="ignore", under="ignore"):
        return np.maximum(d, 0.0) * _mean_log(np.maximum(d, 0.0))


def psi_inverse(value: ArrayLike) -> Array:
    """The u >= 1 with psi(u) = x for x >= 0: e^{y(x)}, y the rate exponent. nan below 0."""
    x = as_floats(value)
    y = lambert_exponent(x)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        # far out e^y would multiply the rounding of y by y, and (y - 1) e^y = x - 1 does not
        return np.where((y > 3.0) & (y < np.inf), (x - 1.0) / (y - 1.0), np.exp(y))[()]


def psi_excess_inverse(value: ArrayLike) -> Array:
    """The d >= 0 with psi(1 + d) = x for x >= 0, to a few ulp also for small d; nan below 0."""
    x = as_floats(value)
    y = lambert_exponent(x)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return np.where((y > 3.0) & (y < np.inf), (x - 1.0) / (y - 1.0) - 1.0, np.expm1(y))[()]


def offloading_priority(bit_value: ArrayLike, *, power_scale: ArrayLike, bandwidth: ArrayLike) -> Array:
    """A psi(v B/(A ln 2)) in W, the priority for P2.

    bit_value v (J/bit, any sign: for P1 it is net of the price of cloud cycles), power_scale A > 0 (W) and
    bandwidth B > 0 (Hz) broadcast.
    """
    A = as_floats(power_scale)
    with np.errstate(over="ignore", under="ignore"):
        return A * psi(_local_to_radio_ratio(bit_value, A, bandwidth))


def computing_time_priority(
    bit_value: ArrayLike, *, power_scale: ArrayLike, bandwidth: ArrayLike, cloud_time: ArrayLike
) -> Array:
    """A psi(z) in W, z = `shared_time_ratio(v B/(A ln 2), ln 2/(B s))`: the priority for P3.

    cloud_time s = C/F' >= 0 (s/bit); s = 0 gives the plain priority. The rest as in `offloading_priority`.
    """
    A, B = as_floats(power_scale), as_floats(bandwidth)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        coupling = LN2 / (B * as_floats(cloud_time))
        return A * psi_excess(shared_time_excess(_local_to_radio_ratio(bit_value, A, B) - 1.0, coupling))


def shared_time_ratio(ratio: ArrayLike, coupling: ArrayLike) -> Array:
    """The z in [1, v] with z + psi(z)/a = v for v > 1; 1 for v <= 1.

    ratio v, coupling a > 0 (inf gives z = v). Stands for the printed (b - 1)/W0((b - 1) e^(a - 1)), b = a v,
    which is 0/0 at b = 1 and overflows for large a. For 1e-300 <= a, v <= 1e300, z is right to 1e-15.
    """
    v = as_floats(ratio)
    return 1.0 + shared_time_excess(v - 1.0, coupling)


def shared_time_excess(excess: ArrayLike, coupling: ArrayLike) -> Array:
    """The x with x + psi(1 + x)/a = d, to a relative 1e-15 in x, that is in z - 1; 0 for d <= 0.

    The left side is convex and increasing, and one of its two terms alone is at least d/2. So the smaller of
    the roots of x = d and psi(1 + x) = a d lies between the root and its double; Newton descends from there.
    """
    d, a = np.maximum(as_floats(excess), 0.0), as_floats(coupling)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        x = np.minimum(d, np.expm1(lambert_exponent(a * d)))
        for _ in range(NEWTON_STEPS):
            gap = x - d + x * (_mean_log(x) / a)
            x = x - gap / (1.0 + np.log1p(x) / a)
    return np.where((d > 0.0) & (d < np.inf), x, d)[()]


def _local_to_radio_ratio(bit_value: ArrayLike, power_scale: Array, bandwidth: ArrayLike) -> Array:
    return as_floats(bit_value) * as_floats(bandwidth) / (power_scale * LN2)


def _mean_log(d: Array) -> Array:
    """psi(1 + d)/d, which is the mean of ln(1 + t) over 0 <= t <= d."""
    small, large = np.minimum(d, 1.0), np.maximum(d, 1.0)
    r = small / (2.0 + small)
    series = r + (1.0 + r) * (r * r * horner(ATANH_SERIES, r * r))
    i = 1.0 / large
    return np.where(d <= 1.0, series, (np.log1p(large) - 1.0) * (1.0 + i) + i)[()]
