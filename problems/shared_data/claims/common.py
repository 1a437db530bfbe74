"""What the claims share: where cases come from, and optima that are proved before they are used."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, decades, instances
from mecopt.instance import Array, Instance
from mecopt.problem import Problem
from mecopt.referee import judge

from .. import P1 as P1
from .. import closed_form
from ..statement import SharedDataStatement

PAPER = "He et al. 2018"

Case = dict[str, Any]

PROVED_GAP = 1e-9
"""A check uses an optimum only if ball arithmetic proves it to this relative gap."""

OPTIMA = "relative to the optimum, which is proved to 1e-9 or better"


@dataclass(frozen=True)
class Optimum:
    """A proved optimum: the optimal value lies in [lower, upper]."""

    instance: Instance
    x: dict[str, Array]
    prices: dict[str, Array]
    lower: float
    upper: float


def certified(s: Instance, *, problem: Problem = P1, may_send: Array | None = None) -> Optimum | None:
    """Solve and certify an instance; None where it is infeasible or the optimum cannot be proved."""
    if str(P1.infeasible(s)):
        return None
    with np.errstate(all="ignore"):
        point = closed_form.solve(s, may_send=None if may_send is None else np.asarray(may_send, dtype=bool))
    judged = replace(s, problem=problem)
    # no search for better prices: an optimum that the closed form's own do not prove is not used
    found = judge(judged, point.x, point.multipliers, rigorous=True, tol=np.inf)
    if not (found.rigorous and found.gap <= PROVED_GAP):
        return None
    return Optimum(s, dict(point.x), dict(point.multipliers), float(found.bound), float(found.upper))


def single(s: Instance, sender: int) -> Optimum | None:
    """The proved optimum of P1' when one user uploads all shared data."""
    users = np.arange(s.sizes["users"])
    problem = replace(P1, statement=SharedDataStatement((sender,)))
    return certified(s, problem=problem, may_send=users == sender)


def optimum(case: Case) -> Optimum | None:
    """The proved optimum of a case."""
    return certified(P1.instance(case))


def full_offloading(s: Instance) -> Optimum | None:
    """The proved optimum without local computing: P1' of users without a CPU."""
    return certified(s.replace(local_frequency=np.zeros_like(s.local_frequency)))


def no_sharing(s: Instance) -> Optimum | None:
    """The proved optimum when nobody knows of the shared data."""
    return certified(s.replace(shared_bits=0.0))


def less(a: Optimum, b: Optimum) -> Interval:
    """Slack of 'a is at most b', relative to b."""
    return Interval((b.lower - a.upper) / b.upper, (b.upper - a.lower) / b.upper)


NATURAL = {
    "input_bits": decades(0.1, 10.0),
    "cycles_per_bit": decades(0.1, 10.0),
    "energy_coefficient": decades(1e-3, 1e3),
    "max_latency": decades(1.0, 100.0),
    "uplink_bandwidth": decades(0.1, 10.0),
    "downlink_bandwidth": decades(0.1, 10.0),
    "multicast_bandwidth": decades(0.1, 10.0),
    "noise_psd": decades(1e-2, 10.0),
    "uplink_gain": decades(1e-2, 1e2),
    "downlink_gain": decades(1e-2, 1e2),
    "local_frequency": decades(1e-2, 1e2, special=[0.0]),
    "max_bs_power": decades(0.1, 100.0),
    "max_bs_energy": decades(1e-2, 1e3),
    "output_ratio": decades(1e-2, 1.0, special=[0.0]),
    "reception_power": decades(1e-3, 10.0, special=[0.0]),
}
"""Dimensionless data around 1: counterexamples shrink to numbers a reader can check by hand."""

SHARES = st.sampled_from([1.0, 0.5, 0.25, 0.75, 0.1, 0.9])


def cases(
    *,
    users: tuple[int, int] = (1, 4),
    shares: SearchStrategy[float] = SHARES,
    **overrides: SearchStrategy[Any],
) -> SearchStrategy[Case]:
    """Cases of P1' of which `shared_bits` is a share of the least input."""
    drawn = instances(P1, users=users, **(NATURAL | {"shared_bits": st.just(0.0)} | overrides))
    return st.builds(
        lambda case, share: case | {"shared_bits": share * min(case["input_bits"])}, drawn, shares
    )
