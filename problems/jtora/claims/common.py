"""What the claims share: cases of networks and uploads, utilities of points in ball arithmetic."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, decades, instances
from mecopt.instance import Instance
from mecopt.problem import Problem

from .. import JTORA, TO, closed_form
from ..terms import Decision, Terms, terms

PAPER = "Tran and Pompili 2019"

Case = dict[str, Any]
Ball = Any

HOLDS, FAILS = Interval(1.0, 1.0), Interval(-1.0, -1.0)
"""Slacks of a statement that is simply true or false of a case."""

PREFERENCES = st.sampled_from([0.5, 1.0, 0.0, 0.25, 0.75, 0.1, 0.9])
INSIDE = st.sampled_from([0.5, 0.25, 0.75, 0.1, 0.9, 0.01, 0.99])

ONE = st.just(1.0)

NATURAL: dict[str, SearchStrategy[Any]] = {
    "channel_gain": decades(1e-2, 1e3),
    "bandwidth": decades(1.0, 1e3),
    "noise_power": ONE,
    "max_transmit_power": decades(1e-1, 1e2),
    "input_bits": ONE,
    "workload": ONE,
    "local_frequency": ONE,
    "energy_coefficient": decades(1e-2, 1e2),
    "server_frequency": decades(1.0, 1e3),
    "provider_preference": st.sampled_from([1.0, 0.5, 0.1]),
    "time_preference": PREFERENCES,
    "energy_preference": ONE,
}
"""Dimensionless data around 1: counterexamples shrink to numbers a reader can check by hand."""


def networks(
    *,
    users: tuple[int, int] = (1, 3),
    servers: tuple[int, int] = (1, 2),
    subbands: tuple[int, int] = (1, 2),
    **overrides: SearchStrategy[Any],
) -> SearchStrategy[Case]:
    """Cases of JTORA whose preferences add up to 1."""
    sizes = {"servers": servers, "subbands": subbands}
    fields: dict[str, Any] = {**NATURAL, **overrides}
    drawn = instances(JTORA, users=users, sizes=sizes, **fields)
    return drawn.map(lambda case: {**case, "energy_preference": [1 - b for b in case["time_preference"]]})


def network(case: Case, problem: Problem = TO) -> tuple[Instance, Terms]:
    """The instance of a case and its terms."""
    s = problem.instance({name: case[name] for name in NATURAL})
    return s, terms(s)


def utility(s: Instance, x: dict[str, Any]) -> Ball:
    """The utility of a point of JTORA or TO, enclosed."""
    with ball_arithmetic() as ops:
        statement = s.problem.statement
        d = statement.lift(ops, s)
        point = {name: np.asarray(array, dtype=np.float64) for name, array in x.items()}
        return np.asarray(statement.value(ops, d, statement.feasible_neighbour(ops, d, point)))[()]


def exact_model(s: Instance) -> Instance:
    """The same data in the model of exact interference."""
    return JTORA.instance(dict(s.data))


def random_decision(t: Terms, seed: int) -> Decision:
    """Users on random free slots whose channels are alive, some at home."""
    rng = np.random.default_rng(seed)
    users, servers, subbands = t.shape
    x = Decision.none(users)
    slots = rng.permutation(servers * subbands)
    for user, slot in zip(rng.permutation(users), slots, strict=False):
        s, j = divmod(int(slot), subbands)
        if t.gain[user, s, j] > 0 and rng.random() < 0.8:
            x.server[user], x.subband[user] = s, j
    return x


def allocated(t: Terms, x: Decision) -> dict[str, Any]:
    """The point of a decision by (23) and (27)."""
    return dict(closed_form.point(t, x).x)


def relative(left: Ball, right: Ball, scale: Ball) -> Interval:
    """Enclosure of (left − right)/scale."""
    return Interval.from_arb((left - right) / scale)


uploads = st.fixed_dictionaries(
    {
        "phi": decades(1e-3, 1e3, special=[0.0]),
        "psi": decades(1e-3, 1e3, special=[0.0]),
        "theta": decades(1e-3, 1e6),
        "P": decades(1e-2, 1e2),
    }
)
"""Uploads that the model allows: φ = 0 where β^t = 0, ψ = 0 where β^e = 0."""

weighted_uploads = st.fixed_dictionaries(
    {
        "phi": decades(1e-3, 1e3),
        "psi": decades(1e-3, 1e3),
        "theta": decades(1e-3, 1e6),
        "P": decades(1e-2, 1e2),
    }
)
"""Uploads with weight on both time and energy."""
