"""Scores of contenders: shifted geometric means, performance profiles, pairwise comparisons.

A contender is a method in some units. A solve counts as solved when its true status is `optimal`; every
other one counts as if it had taken the whole time limit. Rows are those of `Store.view`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mecopt.bench.plan import AS_GIVEN, CONIC, SCALED
from mecopt.bench.status import NOT_RUN, true_status

Row = Mapping[str, Any]
Times = Mapping[str, Mapping[str, float]]
"""Contender -> instance -> seconds, inf where it was not solved."""

MEASURES = {
    "resolve": "solved again",
    "resolve_cpu": "solved again, processor time",
    "first": "from nothing",
    "solve": "inside the solver",
}
"""The times that can be compared, and what they are."""

NICE = (1.0, 2.0, 5.0)


def ran(rows: Iterable[Row]) -> list[Row]:
    """The rows of solves that were tried, each with its `contender`.

    That is the method's name, with version or time limit where there are several of them.
    """
    tried = [row for row in rows if row["status"] not in NOT_RUN]
    seen: dict[str, tuple[set[str], set[float]]] = {}
    for row in tried:
        versions, limits = seen.setdefault(row["method"], (set(), set()))
        versions.add(row["version"])
        limits.add(row["time_limit"])
    return [{**row, "contender": _label(row, *seen[row["method"]])} for row in tried]


def _label(row: Row, versions: set[str], limits: set[float]) -> str:
    name = str(row["method"]).removeprefix(CONIC)
    name += f" {row['version']}" if len(versions) > 1 else ""
    return name + (f", {row['time_limit']:g} s" if len(limits) > 1 else "")


def name_of(row: Row) -> str:
    """Who did it."""
    return str(row["contender"])


def is_conic(row: Row) -> bool:
    """Whether a conic solver did it."""
    return str(row["method"]).startswith(CONIC)


def main_units(rows: Sequence[Row]) -> str:
    """The units that the ranking is about: `scaled` where there are any such rows, else the commonest."""
    units = [row["units"] for row in rows if row["units"] != AS_GIVEN]
    return SCALED if SCALED in units or not units else max(sorted(set(units)), key=units.count)


def ranked(rows: Iterable[Row]) -> list[Row]:
    """Of rows that were tried, those in the units that the ranking is about."""
    tried = list(rows)
    units = {main_units(tried), AS_GIVEN}
    return [row for row in tried if row["units"] in units]


def as_asked(rows: Sequence[Row], accuracy: str, measure: str) -> list[Row]:
    """The solves that were asked for this accuracy."""
    return [row for row in rows if row["accuracy"] == accuracy]


def whatever_it_takes(rows: Sequence[Row], accuracy: str, measure: str) -> list[Row]:
    """Of each contender's solves of an instance, at any tolerance, the fastest that is right enough.

    Where none is, the one that comes closest. Statuses are those at this accuracy.
    """
    allowed = next(row["allowed"] for row in rows if row["accuracy"] == accuracy)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        status = row["status"]
        if row["value"] is not None or status in ("optimal", "inaccurate", "wrong", "failed"):
            status = true_status(row["claimed"], *_missed(row), allowed)
        key = (name_of(row), row["units"], row["instance"])
        groups.setdefault(key, []).append({**row, "status": status, "allowed": allowed})

    def order(row: Row) -> tuple[bool, float]:
        good = row["status"] == "optimal"
        return (not good, _known(row[measure]) if good else max(_missed(row)))

    return [min(group, key=order) for group in groups.values()]


MODES = {
    "asked": ("a tenth of the accuracy", as_asked),
    "best": ("whatever gets there first", whatever_it_takes),
}
"""How the tolerance of a conic solver is chosen, in words and as the choice of rows."""


def _missed(row: Row) -> tuple[float, float]:
    return _known(row["error"]), _known(row["infeasibility"])


def _known(value: float | None) -> float:
    return math.inf if value is None else value


def times(rows: Iterable[Row], measure: str) -> Times:
    """Seconds of each contender on each instance; inf where it did not solve it."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        seconds = row[measure]
        good = row["status"] == "optimal" and seconds is not None
        found.setdefault(name_of(row), {})[row["instance"]] = seconds if good else math.inf
    return found


def best_times(table: Times) -> dict[str, float]:
    """The fastest solve of each instance, inf where nobody solved it."""
    best: dict[str, float] = {}
    for own in table.values():
        for instance, seconds in own.items():
            best[instance] = min(seconds, best.get(instance, math.inf))
    return best


def fitted_shift(table: Times) -> float:
    """The shift of the geometric means: the median of the solved times, rounded to 1, 2 or 5 times 10^k.

    The usual 10 s would drown millisecond solves, and no shift would let microseconds decide.
    """
    solved = sorted(t for own in table.values() for t in own.values() if math.isfinite(t) and t > 0)
    if not solved:
        return 1e-3
    median = solved[len(solved) // 2]
    power = 10.0 ** math.floor(math.log10(median))
    return min((power * nice for nice in (*NICE, 10.0)), key=lambda value: abs(math.log(value / median)))


def shifted_mean(seconds: Sequence[float], shift: float) -> float:
    """exp(mean log(t + shift)) - shift; nan of nothing."""
    if not seconds:
        return math.nan
    return math.exp(math.fsum(math.log(t + shift) for t in seconds) / len(seconds)) - shift


@dataclass(frozen=True)
class Standing:
    """A line of the leaderboard. `ratio` compares with the fastest solve of each of its instances."""

    contender: str
    instances: int
    solved: int
    mean: float
    ratio: float
    wrong: int
    statuses: Mapping[str, int]
    worst_error: float

    @property
    def share(self) -> float:
        """The share solved."""
        return self.solved / self.instances


def leaderboard(rows: Sequence[Row], measure: str) -> list[Standing]:
    """One line per contender, the most reliable first and among equals the fastest."""
    table = times(rows, measure)
    limits = {(name_of(row), row["instance"]): row["time_limit"] for row in rows}
    shift, best = fitted_shift(table), best_times(table)
    found = []
    for contender, own in table.items():
        mine = [row for row in rows if name_of(row) == contender]
        charged = [min(t, limits[contender, i]) for i, t in own.items()]
        against = [min(best[i], limits[contender, i]) for i in own]
        mean, other = shifted_mean(charged, shift), shifted_mean(against, shift)
        counts: dict[str, int] = {}
        for row in mine:
            counts[row["status"]] = counts.get(row["status"], 0) + 1
        errors = [row["error"] for row in mine if row["error"] is not None]
        solved = sum(math.isfinite(t) for t in own.values())
        worst = max(errors, default=math.nan)
        wrong = counts.get("wrong", 0)
        found.append(Standing(contender, len(own), solved, mean, mean / other, wrong, counts, worst))
    return sorted(found, key=lambda s: (-s.share, s.ratio))


def profile(table: Times) -> dict[str, list[tuple[float, float]]]:
    """Performance profiles (Dolan and More 2002): steps (factor, share solved within it times the best).

    Instances that nobody solved count against everybody.
    """
    best = best_times(table)
    curves = {}
    for contender, own in table.items():
        ratios = sorted(t / best[i] if best[i] > 0 else 1.0 for i, t in own.items() if math.isfinite(t))
        curves[contender] = [(ratio, (k + 1) / len(own)) for k, ratio in enumerate(ratios)]
    return curves


@dataclass(frozen=True)
class Duel:
    """One contender against another on the instances that both tried: `factor` > 1 says that it is slower."""

    both: int
    factor: float
    only_first: int
    only_second: int


def duel(table: Times, first: str, second: str) -> Duel:
    """Times are compared on the instances that both solved, by the geometric mean of the ratio."""
    common = table[first].keys() & table[second].keys()
    one = {i for i in common if math.isfinite(table[first][i])}
    two = {i for i in common if math.isfinite(table[second][i])}
    logs = [math.log(table[first][i] / table[second][i]) for i in sorted(one & two) if table[second][i] > 0]
    factor = math.exp(math.fsum(logs) / len(logs)) if logs else math.nan
    return Duel(len(one & two), factor, len(one - two), len(two - one))
