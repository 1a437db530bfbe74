"""One formula text, two arithmetics: float64 arrays, or object arrays of balls (rigorous).

A statement writes its formulas with an `Arithmetic`; with `FLOAT` they run vectorised over a batch,
with `BALL` every operation encloses the exact real result (python-flint, Arb). Data and points are
doubles, hence exact balls.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

PRECISION = 160
"""Bits carried by balls: 1e-48 relative, so that cancellation over 30 decades leaves doubles exact."""

Numbers = Any
"""float64 arrays under FLOAT, object arrays of arb under BALL."""


@dataclass(frozen=True)
class Arithmetic:
    """The operations a statement needs, all elementwise but `sum` and `largest` (last axis).

    `number` makes exact numbers of doubles, `is_zero` is certain, `centre` picks an exact number
    inside each ball (a nearby number, chosen rather than enclosed).
    """

    name: str
    exp: Callable[[Numbers], Numbers]
    expm1: Callable[[Numbers], Numbers]
    log: Callable[[Numbers], Numbers]
    log1p: Callable[[Numbers], Numbers]
    sqrt: Callable[[Numbers], Numbers]
    maximum: Callable[[Numbers, Numbers], Numbers]
    minimum: Callable[[Numbers, Numbers], Numbers]
    sum: Callable[[Numbers], Numbers]
    largest: Callable[[Numbers], Numbers]
    number: Callable[[Numbers], Numbers]
    is_zero: Callable[[Numbers], NDArray[np.bool_]]
    centre: Callable[[Numbers], Numbers]
    ln2: Numbers

    def where(self, mask: NDArray[np.bool_], yes: Numbers, no: Numbers) -> Numbers:
        """Pick by a float mask; both sides are evaluated."""
        return np.where(mask, self.number(yes), self.number(no))


FLOAT = Arithmetic(
    name="float64",
    exp=np.exp,
    expm1=np.expm1,
    log=np.log,
    log1p=np.log1p,
    sqrt=np.sqrt,
    maximum=np.maximum,
    minimum=np.minimum,
    sum=lambda a: np.sum(a, axis=-1),
    largest=lambda a: np.max(a, axis=-1),
    number=lambda a: np.asarray(a, dtype=np.float64),
    is_zero=lambda a: np.asarray(a) == 0.0,
    centre=lambda a: a,
    ln2=float(np.log(2.0)),
)


@cache
def _ball() -> Arithmetic:
    import flint

    arb = flint.arb
    maximum = np.frompyfunc(lambda a, b: a.max(b), 2, 1)
    exactly_zero = np.frompyfunc(arb.is_zero, 1, 1)
    return Arithmetic(
        name="ball",
        exp=np.frompyfunc(arb.exp, 1, 1),
        expm1=np.frompyfunc(arb.expm1, 1, 1),
        log=np.frompyfunc(arb.log, 1, 1),
        log1p=np.frompyfunc(arb.log1p, 1, 1),
        sqrt=np.frompyfunc(arb.sqrt, 1, 1),
        maximum=maximum,
        minimum=np.frompyfunc(lambda a, b: a.min(b), 2, 1),
        sum=lambda a: np.add.reduce(a, axis=-1, initial=arb(0)),
        largest=lambda a: maximum.reduce(a, axis=-1),
        number=np.frompyfunc(arb, 1, 1),
        is_zero=lambda a: np.asarray(exactly_zero(a), dtype=bool),
        centre=np.frompyfunc(arb.mid, 1, 1),
        ln2=arb.const_log2(),
    )


@contextmanager
def ball_arithmetic() -> Iterator[Arithmetic]:
    """Ball arithmetic at the house precision, restored on exit."""
    import flint

    with flint.ctx.workprec(PRECISION):
        yield _ball()


def lower(ball: Any) -> float:
    """The largest double at most the ball, but for one rounding; -inf if the ball is not finite."""
    if not ball.is_finite():
        return -np.inf
    end = float(ball.lower())
    return end if type(ball)(end) <= ball else float(np.nextafter(end, -np.inf))


def upper(ball: Any) -> float:
    """The smallest double at least the ball, but for one rounding; inf if the ball is not finite."""
    if not ball.is_finite():
        return np.inf
    end = float(ball.upper())
    return end if type(ball)(end) >= ball else float(np.nextafter(end, np.inf))
