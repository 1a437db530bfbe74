"""Bracketed roots of many falling functions at once, jumps allowed (the ITP method).

Oliveira and Takahashi, "An Enhancement of the Bisection Method Average Performance Preserving Minmax
Optimality", ACM Trans. Math. Softw. 47(1), 2020. Superlinear where the function is smooth, never more
than `SPARE` steps slower than bisection where it jumps.
"""

from collections.abc import Callable

import numpy as np

from mecopt.instance import Array, Mask

EPS = 2.0**-52
"""Brackets narrower than the spacing of doubles cannot shrink."""

SPARE = 16
"""Steps beyond those of bisection, spent while a flat or jumping start misleads the interpolation."""

SHIFT = 0.2
"""Weight of the truncation towards the middle (kappa_1 of the paper, its exponent kappa_2 being 2)."""


Fall = Callable[[Array], Array]


def falling_root(
    fall: Fall,
    low: Array,
    high: Array,
    *,
    precision: float,
    part: Callable[[Mask], Fall] | None = None,
) -> tuple[Array, Array]:
    """Brackets `(low, high)` with fall(low) > 0 >= fall(high), `precision` (or two doubles) wide.

    `fall` is finite, elementwise and decreasing, possibly with jumps; each element is handled as if it
    were alone. Where fall(low) <= 0 from the start both ends are `low`; where fall(high) > 0, `high`.

    `part(keep)` is the function for the elements under a mask of the shape of `low` alone, as a column
    `(count, 1)`: most elements of a batch are done long before the last, and with `part` they are left out.
    It changes no digit.
    """
    above, below = fall(low), fall(high)
    low = np.where(below > 0, high, low)
    high = np.where(above <= 0, low, high)
    width = high - low
    scale = np.where(width > 0, width, 1.0)
    limit = np.ceil(np.log2(np.maximum(scale / precision, 1.0))) + SPARE
    done = low.copy(), high.copy()
    left = np.ones(low.shape, dtype=bool)  # elements that the arrays below still hold
    for step in range(int(np.max(limit, initial=0.0)) + 1):
        width = high - low
        active = (width > precision) & (width > EPS * np.maximum(np.abs(low), np.abs(high)))
        if not active.any():
            break
        if part is not None and 2 * np.count_nonzero(active) < active.size:
            done[0][left], done[1][left] = low.ravel(), high.ravel()
            left[left] = active.ravel()
            low, high, above, below, width, scale, limit = (
                a[active][:, None] for a in (low, high, above, below, width, scale, limit)
            )
            active = np.ones(low.shape, dtype=bool)
            fall = part(left)
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
    done[0][left], done[1][left] = low.ravel(), high.ravel()
    return done
