r"""The scalar kernels as compiled loops: logarithm, exponential, rate exponent, priority. Fast with numba.

    log_of, exp_of    ln x and e^x from +, -, *, / and the bits of a double alone
    exponent_of       y(x) = 1 + W0((x - 1)/e) by the formulas of `mecopt.kernels.lambert`
    psi_of            psi(1 + d) = (1 + d) ln(1 + d) - d by those of `mecopt.kernels.priority`
    lambert_exponent  y of an array

A loop over these has no calls and no step count that depends on luck, so that the processor works on four or
eight doubles at a time: three to five nanoseconds an element where `scipy.special.lambertw` takes a hundred
and more. Results are the same on every machine and, y and psi, within a few ulp of the NumPy faces'; y is
within 4 ulp of the truth.
"""

import math
from math import factorial

import numpy as np
from numpy.typing import ArrayLike

from mecopt.compiled import bits_of, float_of, inlined, jit
from mecopt.kernels.lambert import FAR_BOTTOM, FAR_TOP, NEAR_BOTTOM, NEAR_TOP, SPLIT, Array, as_floats
from mecopt.kernels.priority import NEWTON_STEPS

LN2_HIGH = 0.693147180369123816490
LN2_LOW = 1.90821492927058770002e-10
"""ln 2 in two parts, the first short enough for exact products with exponents of doubles."""

INVERSE_LN2 = 1.4426950408889634
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
BIAS = 1023
LARGEST = float(np.finfo(np.float64).max)
EXP_RANGE = 708.0
"""|x| beyond which `exp_of` would need more than one factor 2^k."""

# (2 atanh(s) - 2 s)/s^3 in powers of s^2 <= (3 - 2 sqrt 2)^2, highest first: tools/fit_lambert.py
LOG_SERIES = (
    0.14616449685043406,
    0.15331721600556042,
    0.18182889125261723,
    0.2222221113479508,
    0.28571428625975487,
    0.39999999999899505,
    0.666666666666667,
)

# (atanh(s) - s)/s^3 in powers of s^2 <= 1/9, likewise
ATANH_FIT = (
    0.07815288900461426,
    0.03746071897775383,
    0.05422589197440007,
    0.05867139530651599,
    0.06667589315724629,
    0.07692271982430275,
    0.09090909948981357,
    0.11111111099118386,
    0.1428571428580005,
    0.19999999999999762,
    0.3333333333333333,
)

# e^r for |r| <= ln(2)/2; the first term left out is below 1e-17
EXP_SERIES = tuple(1 / factorial(n) for n in reversed(range(14)))


@inlined
def log_of(x: float) -> float:
    """ln x for normal x > 0, within 1 ulp: x = 2^k (1 + f) and 2 atanh(s) of s = f/(2 + f)."""
    bits = bits_of(x)
    k = (bits - SQRT_HALF_BITS) >> 52
    f = float_of(bits - (k << 52)) - 1.0
    s = f / (2.0 + f)
    z = s * s
    a, b, c, d, e, g, h = LOG_SERIES
    tail = z * ((((((a * z + b) * z + c) * z + d) * z + e) * z + g) * z + h)
    half = 0.5 * f * f
    # f - f^2/2 is nearly all of it and exact to the last place; s only multiplies what is left
    return k * LN2_HIGH - ((half - (s * (half + tail) + k * LN2_LOW)) - f)


@inlined
def exp_of(x: float) -> float:
    """e^x for |x| <= 708, within 1.5 ulp; beyond that e^{+-708}."""
    x = min(max(x, -EXP_RANGE), EXP_RANGE)
    k = math.floor(x * INVERSE_LN2 + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    value = EXP_SERIES[0]
    for c in EXP_SERIES[1:]:
        value = value * r + c
    return value * float_of((int(k) + BIAS) << 52)


@inlined
def exponent_of(x: float) -> float:
    """y >= 0 with (y - 1) e^y + 1 = x; nan below 0. See `mecopt.kernels.lambert` for the formulas."""
    if x < SPLIT:
        p = math.sqrt(2.0 * (x + 0.0))
        a, b, c, d, e, f, g = NEAR_TOP
        top = (((((a * p + b) * p + c) * p + d) * p + e) * p + f) * p + g
        a, b, c, d, e, f, g = NEAR_BOTTOM
        bottom = (((((a * p + b) * p + c) * p + d) * p + e) * p + f) * p + g
        y = p - p * p * (top / bottom)
    else:
        t = log_of(x)
        a, b, c, d, e, f = FAR_TOP
        top = ((((a * t + b) * t + c) * t + d) * t + e) * t + f
        a, b, c, d, e = FAR_BOTTOM
        y = top / ((((a * t + b) * t + c) * t + d) * t + e)
        u = y - 1.0
        z = log_of((x - 1.0) / u) - y
        d = y * (y + (2.0 / 3.0) * z)
        y = y + u * z * (d - 0.5 * z) / (y * (d - z))
    return y if 0.0 <= x <= LARGEST else (x if x > 0.0 else math.nan)


@inlined
def mean_log_of(d: float) -> float:
    """psi(1 + d)/d for d >= 0, the mean of ln(1 + t) over 0 <= t <= d."""
    small, large = min(d, 1.0), max(d, 1.0)
    r = small / (2.0 + small)
    w = r * r
    a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10 = ATANH_FIT
    series = ((((a0 * w + a1) * w + a2) * w + a3) * w + a4) * w + a5
    series = ((((series * w + a6) * w + a7) * w + a8) * w + a9) * w + a10
    near = r + (1.0 + r) * (w * series)
    i = 1.0 / large
    far = (log1p_of(large) - 1.0) * (1.0 + i) + i
    return near if d <= 1.0 else far


@inlined
def log1p_of(d: float) -> float:
    """ln(1 + d) for d >= 1/2, within 1 ulp."""
    u = 1.0 + d
    return log_of(u) + (d - (u - 1.0)) / u


@inlined
def psi_of(d: float) -> float:
    """psi(1 + d) for d >= 0, 0 below."""
    d = max(d, 0.0)
    return d * mean_log_of(d)


@inlined
def shared_time_excess_of(d: float, a: float) -> float:
    """The x with x + psi(1 + x)/a = d for finite d > 0, as `mecopt.kernels.priority.shared_time_excess`."""
    y = exponent_of(a * d)
    x = min(d, exp_of(y) - 1.0 if y > 1e-5 else y + 0.5 * y * y)
    for _ in range(NEWTON_STEPS):
        mean = mean_log_of(x)
        # the slope's ln(1 + x) is x (mean + 1)/(1 + x)
        x = x - (x - d + x * (mean / a)) / (1.0 + x * (mean + 1.0) / ((1.0 + x) * a))
    return x


@jit
def _exponents(x: Array, out: Array) -> None:
    for i in range(x.size):
        out[i] = exponent_of(x[i])


def lambert_exponent(x: ArrayLike) -> Array:
    """y >= 0 with (y - 1) e^y + 1 = x, that is 1 + W0((x - 1)/e), to 4 ulp.

    Any shape; y(0) = 0, y(inf) = inf, nan below 0.
    """
    given = as_floats(x)
    flat = np.ascontiguousarray(given).ravel()
    y = np.empty_like(flat)
    _exponents(flat, y)
    return y.reshape(given.shape)[()]
