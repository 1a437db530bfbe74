"""The rate exponent by Newton's method alone: for statements, which share no code with the kernels."""

import numpy as np

from mecopt.instance import Array

NEWTON_STEPS = 16
"""From the start below, convergence to rounding over 600 decades takes at most this many."""


def exponents(ratio: Array) -> Array:
    """The y >= 0 with (y - 1) e^y + 1 = ratio, by Newton from above (the left side is convex)."""
    z = np.clip(np.nan_to_num(ratio, nan=0.0), 0.0, 1e300)
    # both are upper bounds: (y-1)e^y+1 >= y^2/2 always, and >= e^y once y >= 2
    y = np.minimum(np.sqrt(2 * z), np.maximum(2.0, np.log(np.maximum(z, 1.0))))
    for _ in range(NEWTON_STEPS):
        grown = np.exp(y)
        slope = np.where(y > 0, y * grown, 1.0)
        step = np.clip((y * grown - np.expm1(y) - z) / slope, -y, y)
        moves = np.abs(step) > 1e-15 * y
        if not moves.any():
            break
        y = np.where(moves, y - step, y)  # whoever has arrived stays, whatever the rest of the batch does
    return y
