"""Bracketed roots of many falling functions at once, jumps allowed (the ITP method).

Oliveira and Takahashi, "An Enhancement of the Bisection Method Average Performance Preserving Minmax
Optimality", ACM Trans. Math. Softw. 47(1), 2020. Superlinear where the function is smooth, never more
than `SPARE` steps slower than bisection where it jumps.
"""

from collections.abc import Callable

import numpy as np

from mecopt.instance import Array

EPS = 2.0**-52
"""Brackets narrower than the spacing of doubles cannot shrink."""

SPARE = 16
"""Steps beyond those of bisection, spent while a flat or jumping start misleads the interpolation."""

SHIFT = 0.2
"""Weight of the truncation towards the middle (kappa_1 of the paper, its exponent kappa_2 being 2)."""


def falling_root(
    fall: Callable[[Array], Array], low: Array, high: Array, *, precision: float
) -> tuple[Array, Array]:
    """Brackets `(low, high)` with fall(low) > 0 >= fall(high), `precision` (or two doubles) wide.

    `fall` is finite, elementwise and decreasing, possibly with jumps; each element is handled as if it
    were alone. Where fall(low) <= 0 from the start both ends are `low`; where fall(high) > 0, `high`.
    """
    above, below = fall(low), fall(high)
    low = np.where(below > 0, high, low)
    high = np.where(above <= 0, low, high)
    width = high - low
    scale = np.where(width > 0, width, 1.0)
    limit = np.ceil(np.log2(np.maximum(scale / precision, 1.0))) + SPARE
    for step in range(int(np.max(limit, initial=0.0)) + 1):
        width = high - low
        active = (width > precision) & (width > EPS * np.maximum(np.abs(low), np.abs(high)))
        if not active.any():
            break
        middle = low + width / 2
        # a step may leave the middle by what bisection would have in hand at this point
        slack = np.maximum(precision * np.exp2(np.minimum(limit - step, 1000.0)) / 2 - width / 2, 0.0)
        drop = above - below
        guess = low + width * above / np.where(drop > 0, drop, 1.0)
        aside = np.sign(middle - guess)
        # at least half the precision: a guess that good must not land on the wrong side for ever
        least = np.maximum(precision / 2, EPS * np.abs(guess))
        shift = np.maximum(SHIFT * width * width / scale, least)
        guess = np.where(shift <= np.abs(middle - guess), guess + aside * shift, middle)
        tried = np.where(np.abs(guess - middle) <= slack, guess, middle - aside * slack)
        tried = np.where(active, np.clip(tried, low, high), high)
        value = fall(tried)
        rises, sinks = active & (value > 0), active & ~(value > 0)
        low, above = np.where(rises, tried, low), np.where(rises, value, above)
        high, below = np.where(sinks, tried, high), np.where(sinks, value, below)
    return low, high
