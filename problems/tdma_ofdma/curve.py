"""The time that the users spend next to a price, and where it meets the slot once some of them change sides.

Part of the search of `many_users`.
"""

import math
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array

NEWTON_STEPS = 30


class Placed(NamedTuple):
    """Users above the level send all, at it a share of what they need not send; the price of airtime."""

    level: float
    share: float
    price: float


class Curve:
    """Time spent at the price p e^x if those with priority >= p send all, from a pass at p."""

    def __init__(
        self, price: float, airtime: float, fall: float, second: float, cloud: float, budget: float
    ) -> None:
        self.price, self.airtime, self.cloud, self.budget = price, airtime, cloud, budget
        self.excess = airtime + cloud - budget
        self.overfull = self.excess >= 0.0
        self.nobody_sends = not airtime > 0.0
        if not self.nobody_sends:
            self.fall = fall / airtime
            self.curvature = second / airtime - self.fall**2
            self.root = self.solve(0.0, 0.0)

    def at(self, x: float | Array) -> Array:
        """Airtime at p e^x."""
        return self.airtime * np.exp(x * (0.5 * self.curvature * x - self.fall))

    def solve(self, seconds: float, fall: float) -> float:
        """The x at which the slot is full if `seconds` are added, which fall with x; inf or nan if none."""
        x, wanted = 0.0, self.budget - self.cloud - seconds
        for _ in range(NEWTON_STEPS):
            left = wanted + fall * x
            if not left > 0.0:
                return math.inf
            airtime = float(self.at(x))
            # Newton on logarithms, as the airtime is nearly a power of the price
            slope = self.curvature * x - self.fall - fall / left
            change = -math.log(airtime / left) / slope if slope < 0.0 else math.nan
            x += change
            if not 1e-16 < abs(change) < 1.0:
                break
        return x if abs(change) < 1.0 else math.inf

    def answer(self, priority: Array, seconds: Array, fall: Array) -> Placed:
        """Where the slot is full, given those who change sides on the way from p to the root.

        `seconds` is by how much each lengthens the time if it sends all instead of the least, and how that
        falls with x.
        """
        sign = -1.0 if self.overfull else 1.0
        levels, group = np.unique(-sign * priority, return_inverse=True)
        levels = -sign * levels
        changed = np.zeros(levels.size + 1)
        changed_fall = np.zeros(levels.size + 1)
        np.cumsum(sign * np.bincount(group, seconds, levels.size), out=changed[1:])
        np.cumsum(sign * np.bincount(group, fall, levels.size), out=changed_fall[1:])
        x = np.log(levels / self.price)
        after = self.at(x) + self.cloud + changed[1:] - changed_fall[1:] * x
        before = self.at(x) + self.cloud + changed[:-1] - changed_fall[:-1] * x
        crossed = sign * (after - self.budget) >= 0.0
        j = int(np.argmax(crossed)) if crossed.any() else levels.size
        if j < levels.size and sign * (before[j] - self.budget) <= 0.0:
            few = min(before[j], after[j])
            share = (self.budget - few) / abs(after[j] - before[j])
            return Placed(float(levels[j]), min(max(float(share), 0.0), 1.0), float(levels[j]))
        price = self.price * math.exp(self.solve(float(changed[j]), float(changed_fall[j])))
        if self.overfull:  # those up to the last one passed send the least
            return Placed(float(levels[j - 1]) if j else math.nextafter(self.price, 0.0), 0.0, price)
        return Placed(float(levels[j]) if j < levels.size else price, 0.0, price)
