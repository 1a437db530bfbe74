"""Realisations of the assumed scenario, and what the points of the schemes are worth there, in balls.

A point (decision, powers, shares) is a point however it was found: its utility comes from the statement of
TO, its times and energies from (3) to (9). Means of these are definite numbers, enclosed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce, wraps
from types import SimpleNamespace
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


Found = Sequence[tuple[int, Decision]]
"""Decisions, each with the place of its network."""


class Judge:
    """Networks of one shape whose data are lifted once, for the points of all schemes together."""

    def __init__(self, settings: Sequence[Instance]) -> None:
        problem = settings[0].problem
        self.statement, self.terms = problem.statement, [terms(s) for s in settings]
        s = problem.instance(
            {name: np.stack([one.data[name] for one in settings]) for name in settings[0].data}
        )
        self.plain = self.statement.lift(FLOAT, s)
        with ball_arithmetic() as ops:
            self.exact = self.statement.lift(ops, s)

    def feasible(self, found: Found) -> Point:
        """The points of decisions with P* and F*, made feasible in balls, `(decisions, users)`.

        Raises ValueError for a decision that breaks a constraint by more than rounding.
        """
        allocated = closed_form.allocate_all([(self.terms[k], x) for k, x in found])
        rows = [closed_form.entries(x, own) for (_, x), own in zip(found, allocated, strict=True)]
        point = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        for broken, by in self.statement.violations(_of(self.plain, found), point).items():
            if not (by <= 1e-9).all():
                raise ValueError(f"a scheme breaks {broken!r} by {np.max(by)}")
        with ball_arithmetic() as ops:
            return dict(self.statement.feasible_neighbour(ops, _of(self.exact, found), point))

    def utilities(self, found: Found, point: Point) -> list[Ball]:
        """The utilities of these feasible points by the statement, enclosed."""
        with ball_arithmetic() as ops:
            return list(self.statement.value(ops, _of(self.exact, found), point))


def _of(d: Any, found: Found) -> Any:
    """The lifted data of each decision's network."""
    where = [k for k, _ in found]
    return SimpleNamespace(
        **{name: value[where] if isinstance(value, np.ndarray) else value for name, value in vars(d).items()}
    )


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


def judged(settings: Sequence[Instance], draws: Sequence[Draw], schemes: tuple[str, ...]) -> Means:
    """The utility of each scheme's point, by realisation."""
    judge = Judge(settings)
    places: list[dict[str, int]] = []
    found: list[tuple[int, Decision]] = []
    for k, (t, d) in enumerate(zip(judge.terms, draws, strict=True)):
        seen: dict[bytes, int] = {}
        places.append({})
        for scheme in schemes:
            x = decide(scheme, t, d.seed)
            key = x.server.tobytes() + x.subband.tobytes()
            if key not in seen:
                seen[key] = len(found)
                found.append((k, x))
            places[k][scheme] = seen[key]
    worth = judge.utilities(found, judge.feasible(found))
    return Means([{scheme: worth[place] for scheme, place in row.items()} for row in places])


@lru_cache(maxsize=64)
def small(seed: int, megacycles: float, schemes: tuple[str, ...] = SCHEMES) -> Means:
    """Means on the small network."""
    drawn = draw_small(SMALL, seed)
    return judged([instance(d, subbands=2, workload=megacycles * 1e6) for d in drawn], drawn, schemes)


@lru_cache(maxsize=256)
def cells(seed: int, per_cell: int, *, high_cells: bool = False, **changes: Any) -> Means:
    """Means in seven cells with as many sub-bands as users per cell."""
    drawn = draw_cells(per_cell, LARGE, seed)
    loads: list[dict[str, Any]] = [{"workload": profile(d)} if high_cells else {} for d in drawn]
    settings = [instance(d, subbands=per_cell, **own, **changes) for d, own in zip(drawn, loads, strict=True)]
    return judged(settings, drawn, SCHEMES)


def profile(draw: Draw) -> Any:
    """The second profile: 2000 Megacycles in some cells."""
    return np.where(np.isin(draw.cell, HIGH_CELLS), 2e9, 1e9)


@lru_cache(maxsize=64)
def time_and_energy(seed: int, per_cell: int, time_preference: float, count: int) -> tuple[Ball, Ball]:
    """Mean completion time and device energy over all users under hJTORA, (3) to (9), over realisations."""
    drawn = draw_cells(per_cell, count, seed)
    settings = [instance(d, subbands=per_cell, time_preference=time_preference) for d in drawn]
    judge = Judge(settings)
    found = [(k, decide("hjtora", judge.terms[k], d.seed)) for k, d in enumerate(drawn)]
    sums = [arb(0), arb(0)]
    with ball_arithmetic():
        point = judge.feasible(found)
        for k, x in found:
            own = {name: array[k] for name, array in point.items()}
            spent = each_user(settings[k], own, x)
            for i in range(2):
                sums[i] += sum((both[i] for both in spent), arb(0)) / len(spent)
        return sums[0] / count, sums[1] / count


def each_user(s: Instance, point: Point, x: Decision) -> list[tuple[Ball, Ball]]:
    """Completion time and device energy of each user, interference as the others send."""
    server, subband = x.server.tolist(), x.subband.tolist()
    together: dict[int, list[int]] = {}
    for u, j in enumerate(subband):
        if server[u] >= 0:
            together.setdefault(j, []).append(u)
    width, silence = arb(float(s.bandwidth)) / s.sizes["subbands"], arb(float(s.noise_power))
    ln2, power = arb.const_log2(), point["transmit_power"]
    spent = []
    for u, (i, j) in enumerate(zip(server, subband, strict=True)):
        work, speed = arb(s.workload[u]), arb(s.local_frequency[u])
        if i < 0:
            spent.append((work / speed, arb(s.energy_coefficient[u]) * speed * speed * work))
            continue
        gain = s.channel_gain[:, i, j]
        noise = sum((power[k] * arb(gain[k]) for k in together[j] if server[k] != i), silence)
        upload = arb(s.input_bits[u]) / (width * (power[u] * arb(gain[u]) / noise).log1p() / ln2)
        spent.append((upload + work / point["compute_allocation"][u], power[u] * upload))
    return spent


@lru_cache(maxsize=64)
def as_assumed_and_as_sent(seed: int, per_cell: int, power: float) -> Sequence[tuple[Ball, Ball]]:
    """Utilities of hJTORA's point with interferers at full power, and as they send, by realisation."""
    drawn = draw_cells(per_cell, LARGE, seed)
    settings = [instance(d, subbands=per_cell, max_transmit_power=power) for d in drawn]
    assumed, sent = Judge(settings), Judge([exact_model(s) for s in settings])
    found = [(k, decide("hjtora", assumed.terms[k], d.seed)) for k, d in enumerate(drawn)]
    point = assumed.feasible(found)
    return list(zip(assumed.utilities(found, point), sent.utilities(found, point), strict=True))
