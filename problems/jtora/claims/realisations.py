"""Realisations of the assumed scenario, and what the points of the schemes are worth there, in balls.

A point (decision, powers, shares) is a point however it was found: its utility comes from the statement of
TO, its times and energies from (3) to (9). Means of these are definite numbers, enclosed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce, wraps
from typing import Any

import numpy as np
from flint import arb

from mecopt.arithmetic import FLOAT, ball_arithmetic, lower, upper
from mecopt.claims import Interval
from mecopt.instance import Instance

from .. import closed_form
from ..simulation import SCHEMES, Draw, decide, draw_cells, draw_small, instance
from ..terms import Decision, terms
from .common import Ball, Case, exact_model

SMALL, LARGE = 25, 5
"""Realisations of the small network and of seven cells behind each mean."""

HIGH_CELLS = (1, 3, 5)
"""Cells of 2000 Megacycles in the second profile of Figure 3."""

Point = Mapping[str, Any]


def enclosed(check: Callable[[Case, Any], Ball]) -> Callable[[Case, Any], Interval]:
    """Run a check in ball arithmetic; its slack is a ball, exact where schemes do the same."""

    @wraps(check)
    def run(case: Case, subject: Any) -> Interval:
        with ball_arithmetic():
            slack = check(case, subject)
            return Interval(lower(slack), upper(slack))

    return run


def least(balls: Iterable[Ball]) -> Ball:
    """The smallest of them, enclosed."""
    return reduce(lambda a, b: a.min(b), balls)


def largest(balls: Iterable[Ball]) -> Ball:
    """The largest of them, enclosed."""
    return reduce(lambda a, b: a.max(b), balls)


class Judge:
    """A network whose data are lifted once, for the points of all schemes."""

    def __init__(self, s: Instance) -> None:
        self.statement, self.terms = s.problem.statement, terms(s)
        self.plain = self.statement.lift(FLOAT, s)
        with ball_arithmetic() as ops:
            self.exact = self.statement.lift(ops, s)

    def feasible(self, x: Decision) -> Point:
        """The point of a decision with P* and F*, made feasible in balls.

        Raises ValueError for a decision that breaks a constraint by more than rounding.
        """
        point = closed_form.point(self.terms, x).x
        for broken, by in self.statement.violations(self.plain, point).items():
            if not by <= 1e-9:
                raise ValueError(f"a scheme breaks {broken!r} by {by}")
        with ball_arithmetic() as ops:
            return dict(self.statement.feasible_neighbour(ops, self.exact, point))

    def utility(self, point: Point) -> Ball:
        """The utility of a feasible point by the statement, enclosed."""
        with ball_arithmetic() as ops:
            return np.asarray(self.statement.value(ops, self.exact, point), dtype=object)[()]


@dataclass(frozen=True)
class Means:
    """Utilities by realisation and scheme. Schemes that decide the same share a ball: they differ by 0."""

    rows: Sequence[Mapping[str, Ball]]

    def of(self, scheme: str) -> Ball:
        """The mean utility of a scheme."""
        return sum((row[scheme] for row in self.rows), arb(0)) / len(self.rows)

    def lead(self, one: str, other: str) -> Ball:
        """By how much the mean of one is above that of the other."""
        apart = (row[one] - row[other] for row in self.rows if row[one] is not row[other])
        return sum(apart, arb(0)) / len(self.rows)


def judged(s: Instance, seed: int, schemes: tuple[str, ...]) -> dict[str, Ball]:
    """The utility of each scheme's point."""
    judge, found, seen = Judge(s), {}, {}
    for scheme in schemes:
        x = decide(scheme, judge.terms, seed)
        key = x.server.tobytes() + x.subband.tobytes()
        if key not in seen:
            seen[key] = judge.utility(judge.feasible(x))
        found[scheme] = seen[key]
    return found


@lru_cache(maxsize=64)
def small(seed: int, megacycles: float, schemes: tuple[str, ...] = SCHEMES) -> Means:
    """Means on the small network."""
    drawn = draw_small(SMALL, seed)
    settings = [instance(d, subbands=2, workload=megacycles * 1e6) for d in drawn]
    return Means([judged(s, d.seed, schemes) for s, d in zip(settings, drawn, strict=True)])


@lru_cache(maxsize=256)
def cells(seed: int, per_cell: int, *, high_cells: bool = False, **changes: Any) -> Means:
    """Means in seven cells with as many sub-bands as users per cell."""
    drawn = draw_cells(per_cell, LARGE, seed)
    rows = []
    for d in drawn:
        loads: dict[str, Any] = {"workload": profile(d)} if high_cells else {}
        rows.append(judged(instance(d, subbands=per_cell, **loads, **changes), d.seed, SCHEMES))
    return Means(rows)


def profile(draw: Draw) -> Any:
    """The second profile: 2000 Megacycles in some cells."""
    return np.where(np.isin(draw.cell, HIGH_CELLS), 2e9, 1e9)


@lru_cache(maxsize=64)
def time_and_energy(seed: int, per_cell: int, time_preference: float, count: int) -> tuple[Ball, Ball]:
    """Mean completion time and device energy over all users under hJTORA, (3) to (9), over realisations."""
    sums = [arb(0), arb(0)]
    for d in draw_cells(per_cell, count, seed):
        s = instance(d, subbands=per_cell, time_preference=time_preference)
        judge = Judge(s)
        x = decide("hjtora", judge.terms, d.seed)
        with ball_arithmetic():
            point = judge.feasible(x)
            spent = [one_user(s, point, x, u) for u in range(len(x.server))]
            for k in range(2):
                sums[k] += sum((both[k] for both in spent), arb(0)) / len(spent)
    with ball_arithmetic():
        return sums[0] / count, sums[1] / count


def one_user(s: Instance, point: Point, x: Decision, u: int) -> tuple[Ball, Ball]:
    """Completion time and device energy of a user, interference as the others send."""
    work, speed = arb(s.workload[u]), arb(s.local_frequency[u])
    server, subband = int(x.server[u]), int(x.subband[u])
    if server < 0:
        return work / speed, arb(s.energy_coefficient[u]) * speed * speed * work
    power, gain = point["transmit_power"], s.channel_gain[:, server, subband]
    others = np.flatnonzero((x.subband == subband) & (x.server >= 0) & (x.server != server))
    noise = sum((power[k] * arb(gain[k]) for k in others), arb(float(s.noise_power)))
    width = arb(float(s.bandwidth)) / s.sizes["subbands"]
    rate = width * (power[u] * arb(gain[u]) / noise).log1p() / arb.const_log2()
    upload = arb(s.input_bits[u]) / rate
    return upload + work / point["compute_allocation"][u], power[u] * upload


@lru_cache(maxsize=64)
def as_assumed_and_as_sent(seed: int, per_cell: int, power: float) -> Sequence[tuple[Ball, Ball]]:
    """Utilities of hJTORA's point with interferers at full power, and as they send, by realisation."""
    rows = []
    for d in draw_cells(per_cell, LARGE, seed):
        s = instance(d, subbands=per_cell, max_transmit_power=power)
        judge = Judge(s)
        point = judge.feasible(decide("hjtora", judge.terms, d.seed))
        rows.append((judge.utility(point), Judge(exact_model(s)).utility(point)))
    return rows
