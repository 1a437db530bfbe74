"""The scalar functions in ball arithmetic, and distances from them. Shares no code with the kernels."""

from collections.abc import Callable, Iterable

import numpy as np
from flint import arb, ctx

Ball = Callable[[float], arb]


def digits_for(value: float) -> int:
    """Bits that leave over 100 good ones where a result of the size of value^2 is left by cancellation."""
    return 160 + (2 * max(0, int(-np.log2(value))) if value > 0 else 0)


def exponent(x: float) -> arb:
    """1 + W0((x - 1)/e), by Arb's Lambert W."""
    ctx.prec = digits_for(x)
    return 1 + ((arb(x) - 1) / arb(1).exp()).lambertw()


def argument(y: float) -> arb:
    """(y - 1) e^y + 1."""
    ctx.prec = digits_for(y)
    return (arb(y) - 1) * arb(y).exp() + 1


def slope(y: float) -> arb:
    """1/(y e^y)."""
    ctx.prec = digits_for(y)
    return 1 / (arb(y) * arb(y).exp())


def psi_excess(d: float) -> arb:
    """psi(1 + d)."""
    ctx.prec = digits_for(d)
    return (1 + arb(d)) * arb(d).log1p() - arb(d)


def ulps(found: Iterable[float], exact: Ball, at: Iterable[float]) -> float:
    """Upper bound on the distance of the found values from the exact ones, in units in the last place."""
    worst = 0.0
    for value, x in zip(np.asarray(found).tolist(), np.asarray(at).tolist(), strict=True):
        distance = float((abs(arb(value) - exact(x)) / arb(float(np.spacing(abs(value))))).upper())
        worst = max(worst, distance if distance == distance else np.inf)  # nan is as wrong as can be
    return worst


def relative(found: float, exact: arb) -> float:
    """|found - exact|/|exact|."""
    return float(abs(arb(float(found)) / exact - 1))
