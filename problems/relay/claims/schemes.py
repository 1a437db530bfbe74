"""Enclosed costs of schemes on seeded realisations, and their order."""

from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from mecopt.claims import Interval

from .. import P1, simulation
from .common import (
    BY_NAME,
    bracket,
    difference,
    proved_value,
)

DRAWS = 2
"""Realisations per case of a claim about means: certified optima take a fifth of a second each."""

SEEDS = st.fixed_dictionaries({"seed": st.integers(0, 9)})

Many = tuple[float, ...]


@lru_cache(maxsize=512)
def means(seed: int, weight: float, names: tuple[str, ...]) -> dict[str, Interval] | None:
    """Mean optima over realisations, enclosed; cccp and ibcd are the values of their plans."""
    found: dict[str, list[Interval]] = {name: [] for name in names}
    for s in simulation.draw(DRAWS, seed):
        moved = s.replace(weight=weight)
        for name in names:
            value = enclosed(moved, name)
            if value is None:
                return None
            found[name].append(value)
    return {
        k: Interval(sum(v.lo for v in vs) / DRAWS, sum(v.hi for v in vs) / DRAWS) for k, vs in found.items()
    }


def enclosed(s: Any, name: str) -> Interval | None:
    """The optimum of a scheme, or the value of an algorithm's plan, enclosed."""
    if name in BY_NAME:
        found = bracket(name, s.to_json())
        return None if found is None else Interval(found.lower, found.upper)
    return proved_value(P1, s, simulation.run(s, name)[0])


def worst(*slacks: Interval) -> Interval:
    return Interval(min(s.lo for s in slacks), min(s.hi for s in slacks))


def no_more(a: Interval, b: Interval, *, room: float = 0.0) -> Interval:
    """Slack of a <= (1 + room) b, relative to b."""
    d = difference(b, a, b.hi)
    return Interval(d.lo + room, d.hi + room)
