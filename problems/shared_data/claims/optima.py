"""Optima that are proved before a check uses them: all that a check needs in one batch, each solved once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Indices, Instance
from mecopt.referee import evaluate, judge
from mecopt.result import Certificate, Point

from .. import P1, closed_form
from ..statement import SharedDataStatement

PROVED_GAP = 1e-9
"""A check uses an optimum only if ball arithmetic proves it to this relative gap."""

KEPT = 1000
"""Optima remembered: a claim's mutants ask for those of its subject's cases again, at the end."""


@dataclass(frozen=True)
class Optimum:
    """A proved optimum: the optimal value lies in [lower, upper]."""

    instance: Instance
    x: dict[str, Array]
    prices: dict[str, Array]
    lower: float
    upper: float


class Wanted(NamedTuple):
    """The optimum of P1', or of P1' in which one user uploads all shared data."""

    instance: Instance
    sender: int | None = None

    def key(self) -> tuple[object, ...]:
        """What tells it from others: user arrays are as long as there are users."""
        return self.sender, *(array.tobytes() for array in self.instance.data.values())


_known: dict[tuple[object, ...], Optimum | None] = {}


def optima(wanted: Iterable[Instance | Wanted]) -> list[Optimum | None]:
    """The proved optima, None where an instance is infeasible or its optimum cannot be proved.

    The instances have the same number of users. What was asked for before is remembered.
    """
    asked = [w if isinstance(w, Wanted) else Wanted(w) for w in wanted]
    new = {w.key(): w for w in asked if w.key() not in _known}
    if len(_known) + len(new) > KEPT:
        _known.clear()
        new = {w.key(): w for w in asked}
    _known.update(zip(new, _solve(list(new.values())), strict=True))
    return [_known[w.key()] for w in asked]


def _solve(wanted: list[Wanted]) -> list[Optimum | None]:
    """Solve and certify as one batch."""
    found: list[Optimum | None] = [None] * len(wanted)
    if not wanted:
        return found
    batch = _stack([w.instance for w in wanted])
    rows = np.flatnonzero(P1.infeasible(batch) == "")
    batch = batch[rows]
    users = np.arange(batch.sizes["users"])
    senders = [wanted[row].sender for row in rows]
    may_send = np.array([users == k if k is not None else users >= 0 for k in senders], dtype=bool)
    with np.errstate(all="ignore"):
        point = closed_form.solve(batch, may_send=may_send.reshape(len(rows), len(users)))
    finite = np.isfinite(evaluate(batch, point.x)[0])  # an energy that overflows proves nothing
    for sender in set(senders):
        here = np.flatnonzero(finite & [k == sender for k in senders])
        judged = _judge(batch[here], point, here, sender)
        for j, i in enumerate(here):
            if judged.rigorous[j] and judged.gap[j] <= PROVED_GAP:
                x, prices = ({n: a[i] for n, a in g.items()} for g in (point.x, point.multipliers))
                lower, upper = float(judged.bound[j]), float(judged.upper[j])
                found[rows[i]] = Optimum(wanted[rows[i]].instance, x, prices, lower, upper)
    return found


def _judge(batch: Instance, point: Point, rows: Indices, sender: int | None) -> Certificate:
    """Certificates of some rows of a batch's points, as instances of the problem with this sender."""
    statement = P1.statement if sender is None else SharedDataStatement((sender,))
    judged = replace(batch, problem=replace(P1, statement=statement))
    x, prices = ({name: a[rows] for name, a in group.items()} for group in (point.x, point.multipliers))
    # no search for better prices: an optimum that the closed form's own do not prove is not used
    return judge(judged, x, prices, rigorous=True, tol=np.inf)


def _stack(instances: list[Instance]) -> Instance:
    return P1.instance({f.name: np.stack([s.data[f.name] for s in instances]) for f in P1.fields})


def certified(s: Instance) -> Optimum | None:
    """The proved optimum of P1', None where there is none."""
    return optima([s])[0]


def without_cpus(s: Instance) -> Instance:
    """Full offloading is P1' of users without a CPU."""
    return s.replace(local_frequency=np.zeros_like(s.local_frequency))


def unshared(s: Instance) -> Instance:
    """Nobody knows of the shared data."""
    return s.replace(shared_bits=0.0)


def full_offloading(s: Instance) -> Optimum | None:
    """The proved optimum without local computing."""
    return certified(without_cpus(s))


def no_sharing(s: Instance) -> Optimum | None:
    """The proved optimum when nobody knows of the shared data."""
    return certified(unshared(s))
