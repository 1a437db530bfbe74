r"""The shortest download window: that in which the bits that must be offloaded take the whole budget.

    sum_k G_k t (e^(c_k/t) - 1) = E_max,    c_k = a0 I_k^min/w_d

With v = 1/t the logarithm of the left side is convex and rises (e^(c v) - 1 over v is the integral of
c e^(c v s) over s from 0 to 1), so that Newton's method in v overshoots once and then falls to the root.
"""

import numpy as np

from mecopt.instance import Array

from .prices import Terms

MARGIN = 1e-14
"""The window taken is longer by this share, so that rounding does not leave the bits without a price."""

STEPS = 60
"""Cap on Newton's method; six to ten are usual."""

SETTLED = 1e-15
"""Relative step that is the last."""


def shortest_window(p: Terms) -> Array:
    """The shortest window that the budget allows for the least bits, and a little; 0 where none are sent."""
    load = p.output_ratio * p.least_bits / p.down_nat
    forced = np.any(load > 0, axis=-1, keepdims=True)
    log_energy = np.where(load > 0, np.log(p.down_scale), -np.inf)
    per_time = 1 / p.window
    moving = forced & (p.max_bs_energy > 0)
    for _ in range(STEPS):
        z = np.where(load > 0, load * per_time, 1.0)
        each = log_energy + z + np.log(-np.expm1(-z))
        total = np.logaddexp.reduce(each, axis=-1, keepdims=True)
        share = np.exp(each - total)
        slope = np.sum(share * load / -np.expm1(-z), axis=-1, keepdims=True) - 1 / per_time
        step = (np.log(p.max_bs_energy) + np.log(per_time) - total) / slope
        per_time = np.where(moving, per_time + step, per_time)
        moving = moving & (np.abs(step) > SETTLED * per_time)
        if not moving.any():
            break
    return np.where(forced, (1 + MARGIN) / per_time, 0.0)
