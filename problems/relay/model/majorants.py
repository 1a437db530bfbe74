"""Coefficients of the convex majorants that make up (28), at a point; `surrogate` says what they are for."""

import math

from ..links import Data

FLOOR = 1e-6
"""Factors are taken to be at least this when a product is split."""

Values = dict[str, float]


def below(u0: float, v0: float, balance: float = 1.0) -> Values:
    """Coefficients of (27)."""
    c = balance * math.sqrt(max(v0, FLOOR) / max(u0, FLOOR))
    s = c * u0 + v0 / c
    return {
        "u": c / math.sqrt(2),
        "v": 1 / c / math.sqrt(2),
        "slope_u": s * c,
        "slope_v": s / c,
        "level": s * s / 2,
    }


def above(u0: float, v0: float, balance: float = 1.0, *, squared: bool = False) -> Values:
    """Coefficients of the upper bound of u v, or of u v^2."""
    w0 = v0 * v0 if squared else v0
    c = balance * math.sqrt(max(w0, FLOOR) / max(u0, FLOOR))
    slope = w0 / c**2
    line = {"u": c / math.sqrt(2), "v": 1 / c / math.sqrt(2), "slope_u": c**2 * u0, "slope_v": slope}
    level = (c * u0) ** 2 / 2 + (w0 / c) ** 2 / 2
    if squared:  # w = v^2 enters the line by its tangent, w >= 2 v0 v - v0^2
        line["slope_v"], level = 2 * slope * v0, level + slope * w0
    return line | {"level": level}


def scaled(line: Values, factor: float) -> Values:
    """Coefficients of `factor` times the bound."""
    root = math.sqrt(factor)
    return {name: value * (root if name in ("u", "v") else factor) for name, value in line.items()}


def tangent(d: Data, at: Values, *, noise_grows: bool) -> Values:
    """The linearised part of the AF rate."""
    total = d.snr[0] * at["p1"] + d.snr[1] * at["q"]
    band = max(at["af_band"], FLOOR) if noise_grows else 1.0
    slope = band / (band + total)
    hops = {"tangent_a": slope * d.snr[0], "tangent_c": slope * d.snr[1]}
    if noise_grows:
        return hops | {"tangent_band": math.log1p(total / band) - total / (band + total)}
    # ln(1 + S) - S/(1 + S) >= 0
    return hops | {"tangent_level": math.log1p(total) - total / (1 + total)}
