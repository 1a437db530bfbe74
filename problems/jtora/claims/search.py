"""Algorithm 2: its constraints, its moves, what it finds and how long it takes (Section IV)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim

from .. import closed_form
from ..algorithms import exact, incremental, printed
from ..terms import Decision, Terms
from .common import FAILS, HOLDS, PAPER, Ball, Case, allocated, network, networks, utility
from .constraints import sizes

Start = Callable[[Terms], Decision]

some_time = st.sampled_from([0.5, 0.75, 0.25, 0.9])
searched = networks(users=(1, 3), time_preference=some_time)


def enclosed(case: Case, x: Decision) -> tuple[Ball, Terms]:
    s, t = network(case)
    return utility(s, allocated(t, x)), t


def from_empty(t: Terms) -> Decision:
    return incremental.search(t, start="empty").decision


def from_best(t: Terms) -> Decision:
    return incremental.search(t).decision


@claim(
    id="JTORA-S2",
    source=f"{PAPER}, Section IV, text before Algorithm 2",
    statement="Algorithm 2 starts with an empty set and applies remove and exchange while the value "
    "improves. (Tested: the start from the empty set reaches the value of Algorithm 2.)",
    recorded="refuted",
    draws=searched,
    subject=from_empty,
    mutants=[
        Mutant("from the best element", from_best),
        Mutant("exact", lambda t: exact.solve(t, exact=False).decision),
    ],
    tol=1e-9,
    tol_reason="relative to the larger value, in balls",
    explanation="The listing starts with the best single element; from the empty set the first element "
    "that helps is taken instead, and the search ends elsewhere, here at a lower utility.",
    corrected_by="JTORA-S2.corrected",
    max_samples=120,
)
def same_from_empty(case: Case, search: Start) -> Any:
    _, t = network(case)
    one, other = enclosed(case, search(t))[0], enclosed(case, from_best(t))[0]
    if not (one.is_finite() and other.is_finite()):
        return None
    with ball_arithmetic():
        return Interval.from_arb((one - other) / (abs(one).max(abs(other)) + arb("1e-300")))


@claim(
    id="JTORA-S2.corrected",
    source=f"correction of {PAPER}, Section IV",
    statement="Algorithm 2 starts with the best single element: every value on its way is at least that "
    "element's.",
    recorded="supported",
    draws=searched,
    subject=lambda t: incremental.search(t).trace.column("value"),
    mutants=[
        Mutant("from the empty set", lambda t: incremental.search(t, start="empty").trace.column("value"))
    ],
    tol=1e-12,
    tol_reason="relative to the value; rounding",
    max_samples=60,
)
def starts_with_the_best(case: Case, values: Callable[[Terms], list[float]]) -> Any:
    _, t = network(case)
    best = closed_form.utility(t, printed.best_single(t))
    return min(values(t)) / best - 1 if best > 0 else None


Exchange = Callable[[Decision, int, int, int], Decision]


def keeps_both(x: Decision, user: int, s: int, j: int) -> Decision:
    made = printed.exchange(x, user, s, j)
    return Decision(
        np.where(x.server >= 0, x.server, made.server), np.where(x.server >= 0, x.subband, made.subband)
    )


def forgets_the_slot(x: Decision, user: int, s: int, j: int) -> Decision:
    server, subband = x.server.copy(), x.subband.copy()
    server[user], subband[user] = s, j
    return Decision(server, subband)


@claim(
    id="JTORA-C2",
    source=f"{PAPER}, Routine 1",
    statement="An exchange adds one element and drops up to two to comply with the constraints; "
    "feasibility is preserved.",
    recorded="certified",
    draws=st.tuples(sizes, st.integers(0, 99)).map(lambda t: {**t[0], "move": t[1]}),
    subject=printed.exchange,
    mutants=[Mutant("keeps who was there", keeps_both), Mutant("forgets to free the slot", forgets_the_slot)],
    tol=0.0,
    tol_reason="true or false",
)
def exchange_is_feasible(case: Case, exchange: Exchange) -> Any:
    rng = np.random.default_rng([case["seed"], case["move"]])
    users, servers, subbands = case["users"], case["servers"], case["subbands"]
    x = Decision.none(users)
    for u, slot in zip(rng.permutation(users), rng.permutation(servers * subbands), strict=False):
        x.server[u], x.subband[u] = divmod(int(slot), subbands)
    before = {(int(u), int(x.server[u]), int(x.subband[u])) for u in x.offloading}
    new = (int(rng.integers(users)), int(rng.integers(servers)), int(rng.integers(subbands)))
    if new in before:
        return None
    made = exchange(x, *new)
    after = {(int(u), int(made.server[u]), int(made.subband[u])) for u in made.offloading}
    slots = [e[1:] for e in after]
    good = after - before == {new} and len(before - after) <= 2 and len(set(slots)) == len(slots)
    return HOLDS if good else FAILS


Threshold = Callable[[Terms], float]


def best_move(t: Terms, x: Decision) -> Decision:
    """The best neighbour of a decision."""
    moves = [printed.remove(x, int(u)) for u in x.offloading]
    moves += [printed.exchange(x, int(u), int(s), int(j)) for u, s, j in np.argwhere(t.gain > 0)]
    return max(moves, key=lambda y: closed_form.utility(t, y), default=x)


def no_move_gains(case: Case, factor: Threshold) -> Any:
    """Slack of 'no move from the result of Algorithm 2 raises J* above this factor of it'."""
    s, t = network(case)
    x = from_best(t)
    here = utility(s, allocated(t, x))
    there = utility(s, allocated(t, best_move(t, x)))
    if not (here.is_finite() and there.is_finite()):
        return None
    with ball_arithmetic():
        return Interval.from_arb((here * arb(factor(t)) - there) / (abs(here) + abs(there) + arb("1e-300")))


@claim(
    id="JTORA-A2",
    source=f"{PAPER}, Algorithm 2",
    statement="Algorithm 2 finds a local optimum of (30): no removal or exchange raises J*.",
    recorded="refuted",
    draws=searched,
    subject=lambda t: 1.0,
    mutants=[
        Mutant("by the factor 1 + ε/n²", lambda t: incremental.factor(t, 1.0)),
        Mutant("by the factor 2", lambda t: 2.0),
    ],
    tol=1e-9,
    tol_reason="relative to both values, in balls",
    explanation="It stops where no move raises J* by more than the factor 1 + ε/n²; smaller gains are left.",
    corrected_by="JTORA-A2.corrected",
    max_samples=120,
)
def local_optimum(case: Case, factor: Threshold) -> Any:
    return no_move_gains(case, factor)


@claim(
    id="JTORA-A2.corrected",
    source=f"correction of {PAPER}, Algorithm 2",
    statement="No removal or exchange raises what Algorithm 2 returns by more than the factor 1 + ε/n².",
    recorded="certified",
    draws=searched,
    subject=lambda t: incremental.factor(t, 1.0),
    mutants=[Mutant("at all", lambda t: 1.0), Mutant("lowers it by 1 %", lambda t: 0.99)],
    tol=1e-9,
    tol_reason="relative to both values, in balls",
    max_samples=50,
)
def approximately_local(case: Case, factor: Threshold) -> Any:
    return no_move_gains(case, factor)


Cap = Callable[[Terms, Ball], Ball]


def at_most_singles(case: Case, cap: Cap) -> Any:
    """Slack of 'the optimum of (30) is at most the cap', by a decision and its value in balls."""
    s, t = network(case)
    best, single = exact.solve(t, exact=False).decision, printed.best_single(t)
    top, one = utility(s, allocated(t, best)), utility(s, allocated(t, single))
    if not one.is_finite():
        return None
    with ball_arithmetic():
        return Interval.from_arb((cap(t, one) - top) / (1 + abs(top) + abs(one)))


def size(t: Terms) -> int:
    return int(np.prod(t.shape))


@claim(
    id="JTORA-R1a",
    source=f"{PAPER}, Remark 1",
    statement="J*(X_opt) ≤ n J*({x_max}), x_max the best single element. (rec.)",
    recorded="refuted",
    draws=searched,
    subject=lambda t, one: size(t) * one,
    mutants=[
        Mutant("or 0", lambda t, one: size(t) * one.max(arb(0))),
        Mutant("an n-th of it", lambda t, one: one / (10 * size(t))),
        Mutant("plus 1000", lambda t, one: size(t) * one + 1000),
    ],
    tol=1e-9,
    tol_reason="relative to 1 and both values, in balls",
    explanation="Where no element alone is worth anything, J*({x_max}) < 0 and the optimum is 0, everybody "
    "local.",
    corrected_by="JTORA-R1a.corrected",
    max_samples=50,
)
def singles_bound(case: Case, cap: Cap) -> Any:
    return at_most_singles(case, cap)


@claim(
    id="JTORA-R1a.corrected",
    source=f"correction of {PAPER}, Remark 1",
    statement="J*(X_opt) ≤ min(U, S N) max(0, J*({x_max})).",
    recorded="certified",
    draws=searched,
    subject=lambda t, one: min(t.shape[0], t.shape[1] * t.shape[2]) * one.max(arb(0)),
    mutants=[
        Mutant("without the maximum", lambda t, one: size(t) * one),
        Mutant("J*({x_max})", lambda t, one: one.max(arb(0))),
    ],
    tol=1e-9,
    tol_reason="relative to 1 and both values, in balls",
    max_samples=50,
)
def singles_bound_with_zero(case: Case, cap: Cap) -> Any:
    return at_most_singles(case, cap)
