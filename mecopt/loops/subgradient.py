r"""Maximise a concave function from its values and supergradients, one step along the supergradient at a
time.

    x <- P(x + eta_t s_t),   s_t a supergradient at x,   P a projection

`constant` and `diminishing` are the steps that papers print; the iterates need not rise, so the best is kept.
`level` is the rule that converges well: eta = (level - f(x))/|s|^2 aims at a level above the best value,
never
above a known upper bound; after some steps that did not get half way there, the rise aimed at is halved.

Polyak, "Minimization of Unsmooth Functionals", USSR Comput. Math. Math. Phys. 9(3), 1969; Goffin and Kiwiel,
"Convergence of a Simple Subgradient Level Method", Mathematical Programming 85, 1999.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array
from mecopt.loops.iteration import Ended, Trace, iterate


class Answer(NamedTuple):
    """Of an oracle: value and a supergradient at a point, and an upper bound on the maximum, inf if none."""

    value: float
    gradient: Array
    upper: float = math.inf


class Ascent(NamedTuple):
    """The iterate and what the oracle says there, the best so far, the least upper bound; what rules
    remember."""

    point: Array
    answer: Answer
    best: Array
    best_answer: Answer
    upper: float
    step: int = 0
    rise: float = math.inf
    idle: int = 0

    @property
    def best_value(self) -> float:
        """The best value so far."""
        return self.best_answer.value


Oracle = Callable[[Array], Answer]
Rule = Callable[[Ascent], tuple[Array | float, Ascent]]
"""The step size (one, or one for each entry), and the state with what the rule wants to remember."""


def constant(size: Array | float) -> Rule:
    """Always the same step size, or one for each entry."""
    return lambda state: (size, state)


def diminishing(numerator: float, offset: float) -> Rule:
    """numerator/(t + offset) at step t = 0, 1, ..."""
    return lambda state: (numerator / (state.step + offset), state)


def level(first_rise: float, *, patience: int = 100) -> Rule:
    """Aim at the best value plus a rise, at first this much; halve it after `patience` steps in vain."""

    def rule(state: Ascent) -> tuple[float, Ascent]:
        rise = min(state.rise, first_rise, max(state.upper - state.best_value, 0.0))
        if state.idle >= patience:
            rise, state = rise / 2, state._replace(point=state.best, answer=state.best_answer, idle=0)
        size = (state.best_value + rise - state.answer.value) / float(np.sum(state.answer.gradient**2))
        return size, state._replace(rise=rise, idle=state.idle + 1)

    return rule


def subgradient_ascent(
    oracle: Oracle,
    start: Array,
    *,
    rule: Rule,
    max_steps: int,
    project: Callable[[Array], Array] = lambda x: x,
    precision: float = 0.0,
) -> tuple[Ascent, Trace]:
    """Step from `start` until the upper bound, or the rise a `level` aims at, is within `precision`.

    `precision` is relative to the best value. The trace has columns value, best and upper. It ends
    `converged`,
    or `stationary` where a supergradient vanishes.
    """

    def enter(state: Ascent, point: Array) -> Ascent:
        answer = oracle(point)
        better = answer.value > state.best_value
        rose = answer.value >= state.best_value + state.rise / 2
        return state._replace(
            point=point,
            answer=answer,
            best=point if better else state.best,
            best_answer=answer if better else state.best_answer,
            upper=min(state.upper, answer.upper),
            idle=0 if rose else state.idle,
        )

    def stop(state: Ascent) -> Ended | None:
        if not np.any(state.answer.gradient):
            return "stationary"
        wanted = precision * abs(state.best_value)
        near = state.upper - state.best_value <= wanted or state.rise <= wanted
        return "converged" if near else None

    def step(state: Ascent) -> Ascent:
        size, state = rule(state)
        moved = project(state.point + size * state.answer.gradient)
        return enter(state._replace(step=state.step + 1), moved)

    none = Answer(-math.inf, start)
    nothing = Ascent(start, none, start, none, math.inf)
    return iterate(
        step,
        enter(nothing, start),
        stop=stop,
        record=lambda s: {"value": s.answer.value, "best": s.best_value, "upper": s.upper},
        max_steps=max_steps,
    )
