"""What the claims share: where cases come from, and optima that are proved before they are used."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, decades, instances
from mecopt.claims.cases import canonical
from mecopt.claims.claim import Ahead
from mecopt.instance import Array, Instance
from mecopt.problem import Problem
from mecopt.referee import judge

from .. import P1, P2, P3

PAPER = "You et al. 2017"

Case = dict[str, Any]

PROVED_GAP = 1e-9
"""A check uses an optimum only if ball arithmetic proves it to this relative gap."""


KEPT = 4000
"""Optima remembered: those of the cases to come, and a claim's mutants ask for the same again."""


@dataclass(frozen=True)
class Optimum:
    """A proved optimum of one instance: the optimal value lies in [lower, upper]."""

    instance: Instance
    bits: Array
    time: Array
    time_price: float
    cloud_price: float
    lower: float
    upper: float

    @property
    def value(self) -> float:
        """The objective of the point, a double inside or next to the enclosure."""
        return self.upper

    def excess(self, value_lower: float, value_upper: float) -> Interval:
        """Slack of 'a point with this value is optimal': minus its relative excess over the optimum."""
        scale = max(abs(self.upper), np.finfo(float).tiny)
        low, high = (value_lower - self.upper) / scale, (value_upper - self.lower) / scale
        return Interval(-max(high, 0.0), -max(low, 0.0))


_known: dict[tuple[str, float | None, str], Optimum | None] = {}


def optimum(problem: Problem, case: Case, *, tol: float | None = None) -> Optimum | None:
    """Solve and certify a case; None where the data is infeasible or the optimum cannot be proved.

    The gap beyond which the referee searches prices of its own is `tol`, by default the method's.
    """
    return optima(problem, [case], tol=tol)[0]


def optima(problem: Problem, cases: Iterable[Case], *, tol: float | None = None) -> list[Optimum | None]:
    """`optimum` of every case, those with as many users in one batch. What was asked before is remembered."""
    asked = [((problem.key, tol, canonical(case)), case) for case in cases]
    new = {key: case for key, case in asked if key not in _known}
    if len(_known) + len(new) > KEPT:
        _known.clear()
        new = dict(asked)
    alike: dict[int, list[tuple[Any, Case]]] = {}
    for key, case in new.items():
        alike.setdefault(len(case["input_bits"]), []).append((key, case))
    for group in alike.values():
        keys, same = zip(*group, strict=True)
        _known.update(zip(keys, _solve(problem, same, tol), strict=True))
    return [_known[key] for key, _ in asked]


Needed = Callable[[Case], Iterable[Case]]


def solving(problem: Problem, needed: Needed | None = None, *, tol: float | None = None) -> Ahead:
    """What a claim does `ahead`: its cases, or the `needed` ones made of each, are solved together."""

    def ahead(cases: Sequence[Case]) -> None:
        optima(problem, [c for case in cases for c in (needed(case) if needed else [case])], tol=tol)

    return ahead


def _solve(problem: Problem, cases: Sequence[Case], tol: float | None) -> list[Optimum | None]:
    batch = problem.instance({name: [case[name] for case in cases] for name in cases[0]})
    result = problem.solve(batch, method="closed-form", tol=tol)
    certificate = result.certificate
    proved = certificate.rigorous & (certificate.gap <= PROVED_GAP)
    usable = proved & (result.status != "infeasible") & (result.status != "failed")
    prices = {o.name: result.multipliers[o.name] for o in problem.multipliers}
    return [
        Optimum(
            batch[i],
            result.x["offloaded_bits"][i],
            result.x["offloading_time"][i],
            float(prices["time_price"][i]),
            float(prices["cloud_price"][i]) if "cloud_price" in prices else 0.0,
            float(certificate.bound[i]),
            float(certificate.upper[i]),
        )
        if usable[i]
        else None
        for i in range(len(cases))
    ]


def point_is_optimal(problem: Problem, case: Case, bits: Array, time: Array) -> Interval | None:
    """Slack of 'this point is optimal', rigorous: minus the proved relative gap, -1 at most if infeasible."""
    best = optimum(problem, case)
    if best is None:
        return None
    # only the point's value is asked for: with prices and any gap allowed, the referee searches for no bound
    prices = {"time_price": best.time_price, "cloud_price": best.cloud_price}
    certificate = judge(
        best.instance,
        {"offloaded_bits": bits, "offloading_time": time},
        {output.name: prices[output.name] for output in problem.multipliers},
        rigorous=True,
        tol=np.inf,
    )
    if not certificate.infeasibility <= 1e-9:
        return Interval(-np.inf, -1.0)
    if not certificate.rigorous:
        return None
    # `upper` is the outward-rounded end of a ball far thinner than a double: its other end is next to it
    high = float(certificate.upper)
    return best.excess(high * (1 - 4e-16), high)


def required_bits(s: Instance) -> Array:
    """m = max(R - F_k T/C, 0)."""
    local = s.local_frequency * s.slot_duration[..., None] / s.cycles_per_bit
    return np.maximum(s.input_bits - local, 0.0)


NATURAL = {
    # log2 of 1e-6 to 1e6 around unit data: rates, energies and gains over twelve decades
    "channel_gain": decades(1e-6, 1e6),
    "energy_per_cycle": decades(1e-6, 1e6, special=[0.0]),
    "input_bits": decades(1e-3, 1e3, special=[0.0]),
    "cycles_per_bit": decades(1e-3, 1e3),
    "local_frequency": decades(1e-3, 1e3, special=[0.0]),
    "weight": decades(1e-3, 1e3),
    "bandwidth": decades(1e-2, 1e3),
    "noise_power": decades(1e-3, 1e3),
    "slot_duration": decades(1e-2, 1e2),
}
"""Dimensionless data around 1: counterexamples shrink to numbers a reader can check by hand."""

FREE = {"local_frequency": decades(1e6, 1e9)}
"""Local CPUs fast enough that nothing must be offloaded."""


def p2_cases(*, users: tuple[int, int] = (1, 5), **overrides: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Cases of P2."""
    return instances(P2, users=users, **(NATURAL | overrides))


def p1_cases(*, users: tuple[int, int] = (1, 5), **overrides: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Feasible cases of P1: capacity between the required and the complete load, and beyond."""
    shares = st.sampled_from([0.5, 0.0, 0.1, 0.25, 0.75, 0.9, 1.0, 1.5])
    cases = instances(P2, users=users, **(NATURAL | overrides))
    return st.builds(_with_capacity, cases, shares)


def _with_capacity(case: Case, share: float) -> Case:
    s = P2.instance(case)
    least = float(np.sum(s.cycles_per_bit * required_bits(s)))
    most = float(np.sum(s.cycles_per_bit * s.input_bits))
    return {**case, "cloud_capacity": least + share * (most - least)}


def p3_cases(*, users: tuple[int, int] = (1, 5), **overrides: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Cases of P3, feasible and not."""
    return instances(P3, users=users, **(NATURAL | {"cloud_frequency": decades(1e-3, 1e6)} | overrides))


__all__ = [
    "FREE",
    "NATURAL",
    "P1",
    "P2",
    "P3",
    "PAPER",
    "Case",
    "Optimum",
    "optimum",
    "p1_cases",
    "p2_cases",
    "p3_cases",
    "point_is_optimal",
    "required_bits",
    "solving",
]
