r"""Maximise a concave function of a few variables from its values and supergradients: the ellipsoid method.

    max f(x),   f concave,   x >= least (optional),   a maximiser within a known axis-parallel ellipsoid

Each step cuts away the part of the ellipsoid where f(c) + g (x - c) is below the best value seen (a deep
cut) and wraps what is left into the smallest ellipsoid. The volume shrinks by e^(-1/(2 n)) at least, and
f(c) + sqrt(g' P g) over all centres so far bounds the maximum. The ellipsoid {c + B z: |z| <= 1} is kept by
its factor B, which stays regular where P = B B' would lose definiteness to rounding.

Bland, Goldfarb and Todd, "The Ellipsoid Method: A Survey", Operations Research 29(6), 1981.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array
from mecopt.loops.iteration import Ended, Trace, iterate

Oracle = Callable[[Array], tuple[float, Array]]
"""Value and a supergradient at a point."""


class Ellipsoid(NamedTuple):
    """The set still searched, what the last centre gave, the best point so far, a bound on the maximum."""

    centre: Array
    factor: Array
    value: float
    gradient: Array
    best: Array
    best_value: float
    bound: float
    outside: float = 0.0


def ellipsoid_method(
    oracle: Oracle,
    centre: Array,
    *,
    radii: Array,
    precision: float,
    max_steps: int,
    least: Array | None = None,
) -> tuple[Ellipsoid, Trace]:
    """Shrink the ellipsoid with these half-axes until the bound is within `precision` of the best value.

    `precision` is relative to the best value. The trace has columns value, best and bound. It ends
    `converged`, or `stationary` where a supergradient vanishes or rounding leaves nothing to cut, or
    `outside` where a value above the bound shows that the first ellipsoid did not hold the maximiser.
    """

    def enter(state: Ellipsoid) -> Ellipsoid:
        if least is not None and np.any(state.centre < least):
            worst = int(np.argmax(least - state.centre))
            inwards = np.zeros_like(state.centre)
            inwards[worst] = 1.0
            outside = float(least[worst] - state.centre[worst])
            return state._replace(value=-np.inf, gradient=inwards, outside=outside)
        value, gradient = oracle(state.centre)
        reach = float(np.linalg.norm(state.factor.T @ gradient))
        better = value > state.best_value
        return state._replace(
            value=value,
            gradient=gradient,
            best=state.centre if better else state.best,
            best_value=value if better else state.best_value,
            bound=min(state.bound, value + reach),
            outside=0.0,
        )

    def stop(state: Ellipsoid) -> Ended | None:
        if not np.any(state.factor.T @ state.gradient):
            return "stationary"
        if state.outside > 0:
            return None
        if not np.isfinite(state.value):
            return "stationary"
        left, near = state.bound - state.best_value, precision * abs(state.best_value)
        if left < -near:
            return "outside"
        return "converged" if left <= near else None

    nothing = Ellipsoid(centre, np.diag(radii), -np.inf, np.zeros_like(centre), centre, -np.inf, np.inf)
    return iterate(
        lambda state: enter(_cut(state)),
        enter(nothing),
        stop=stop,
        record=lambda state: {"value": state.value, "best": state.best_value, "bound": state.bound},
        max_steps=max_steps,
    )


def _cut(state: Ellipsoid) -> Ellipsoid:
    """The smallest ellipsoid around the part where the linearisation reaches the best value."""
    n = len(state.centre)
    direction = state.factor.T @ state.gradient
    reach = float(np.linalg.norm(direction))
    direction = direction / reach
    # at depth 1 the part is a point; rounding may ask for more
    missing = state.outside if state.outside > 0 else state.best_value - state.value
    depth = min(missing / reach, 1 - 1e-9)
    axis = state.factor @ direction
    centre = state.centre + (1 + n * depth) / (n + 1) * axis
    if n == 1:
        return state._replace(centre=centre, factor=state.factor * (1 - depth) / 2)
    stretch = n * np.sqrt((1 - depth**2) / (n**2 - 1))
    along = np.sqrt((n - 1) * (1 - depth) / ((n + 1) * (1 + depth)))
    factor = stretch * (state.factor - (1 - along) * np.outer(axis, direction))
    return state._replace(centre=centre, factor=factor)
