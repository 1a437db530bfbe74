"""Slacks: by how much, relative to a named scale, a statement holds on one case.

A slack >= 0 holds and a negative one is violated by that much. A float is an opinion; an `Interval`
is a rigorous enclosure (ball arithmetic or a certificate) and earns `certified`.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mecopt.errors import MecoptError


class SlackError(MecoptError):
    """A check returned something that is not a slack."""


@dataclass(frozen=True)
class Interval:
    """Rigorous enclosure lo <= slack <= hi. A nan end encloses nothing and fails."""

    lo: float
    hi: float

    def __post_init__(self) -> None:
        if self.lo > self.hi:
            raise SlackError(f"Interval({self.lo!r}, {self.hi!r}): give the lower end first")

    @classmethod
    def from_arb(cls, ball: Any) -> "Interval":
        """The ends of a python-flint `arb`, rounded outwards to doubles."""
        lower, upper = float(ball.lower()), float(ball.upper())
        return cls(math.nextafter(lower, -math.inf), math.nextafter(upper, math.inf))


@dataclass(frozen=True)
class Slack:
    """A check's answer in one form: lo == hi for a float, `rigorous` for an interval."""

    lo: float
    hi: float
    rigorous: bool

    @classmethod
    def read(cls, answer: object) -> "Slack":
        """Read what a check returned (not None); raise SlackError for anything but a slack."""
        if isinstance(answer, Interval):
            return cls(float(answer.lo), float(answer.hi), rigorous=True)
        if isinstance(answer, np.ndarray) and answer.ndim == 0:
            answer = answer.item()
        if isinstance(answer, bool | np.bool_) or not isinstance(answer, int | float | np.number):
            kind = type(answer).__name__
            raise SlackError(f"the check returned {kind}; return a float slack, an Interval, or None")
        value = float(answer)
        return cls(value, value, rigorous=False)

    def middle(self) -> float:
        """The best single number for the slack; nan when the enclosure says nothing."""
        return self.lo if self.lo == self.hi else self.lo + (self.hi - self.lo) / 2

    def holds(self, tol: float) -> bool:
        """Whether the statement passes: nan and enclosures that say nothing fail."""
        return self.middle() >= -tol

    def proved_to_hold(self, tol: float) -> bool:
        """Whether a rigorous enclosure lies within the tolerance."""
        return self.rigorous and self.lo >= -tol

    def proved_to_fail(self, tol: float) -> bool:
        """Whether a rigorous enclosure lies beyond the tolerance."""
        return self.rigorous and self.hi < -tol

    def figure(self, tol: float) -> float:
        """The number to report: the end that proves the outcome, else the middle."""
        if self.proved_to_hold(tol):
            return self.lo
        return self.hi if self.proved_to_fail(tol) else self.middle()


def agree(left: Any, right: Any, *, scale: Any = None) -> Any:
    """Slack of left == right: minus the largest |left - right| / scale.

    Numbers, arrays of the same shape, or `arb` balls (then the answer is an Interval). The default
    scale is the larger magnitude, and two zeros agree.
    """
    return _worst(left, right, scale, lambda a, b: -abs(a - b))


def at_most(left: Any, right: Any, *, scale: Any = None) -> Any:
    """Slack of left <= right: the smallest (right - left) / scale; see `agree` for arguments."""
    return _worst(left, right, scale, lambda a, b: b - a)


def at_least(left: Any, right: Any, *, scale: Any = None) -> Any:
    """Slack of left >= right: the smallest (left - right) / scale; see `agree` for arguments."""
    return _worst(left, right, scale, lambda a, b: a - b)


def smallest(*slacks: Any) -> Any:
    """The slack of 'all of these': the smallest, an Interval when all are; None entries are skipped.

    A nan among them gives nan. None when every entry is None.
    """
    counted = [Slack.read(s) for s in slacks if s is not None]
    if not counted:
        return None
    lo, hi = (float(np.min([getattr(s, end) for s in counted])) for end in ("lo", "hi"))
    if all(s.rigorous for s in counted):
        return Interval(lo, hi)
    return float(np.min([s.middle() for s in counted]))


def _worst(left: Any, right: Any, scale: Any, difference: Any) -> Any:
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=object) for x in (left, right, scale)))
    slacks = [_relative(a, b, s, difference) for a, b, s in zip(*(x.ravel() for x in arrays), strict=True)]
    if not slacks:
        raise SlackError("nothing to compare: the arrays are empty; return None if the hypothesis is not met")
    return smallest(*slacks)


def _relative(a: Any, b: Any, scale: Any, difference: Any) -> Any:
    balls = [x for x in (a, b, scale) if hasattr(x, "mid")]
    if not balls:
        a, b = float(a), float(b)
        if a == b:
            return 0.0
        return float(difference(a, b)) / (max(abs(a), abs(b)) if scale is None else float(scale))
    ball = type(balls[0])
    a, b = ball(a), ball(b)
    if scale is None:  # any positive number is a fair scale; an exact one keeps the quotient tight
        scale = max(abs(float(a.mid())), abs(float(b.mid())))
        if scale == 0.0:
            scale = 1.0
    return Interval.from_arb(difference(a, b) / ball(scale))
