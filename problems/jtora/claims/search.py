"""Algorithm 2: its constraints, its moves, what it finds and how long it takes (Section IV)."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from math import comb, factorial, log
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

Element = tuple[int, int, int]

sizes = st.fixed_dictionaries(
    {
        "users": st.integers(1, 3),
        "servers": st.integers(1, 2),
        "subbands": st.integers(1, 2),
        "seed": st.integers(0, 99),
    }
)


def by_user(e: Element) -> Any:
    return e[0]


def by_slot(e: Element) -> Any:
    return e[1:]


def ground_set(case: Case) -> list[Element]:
    return list(np.ndindex(case["users"], case["servers"], case["subbands"]))


def is_matroid(ground: list[Element], independent: Callable[[tuple[Element, ...]], bool]) -> bool:
    """Closed downwards, and of two independent sets the larger has an element to give to the smaller."""
    family = [c for k in range(4) for c in combinations(ground, k) if independent(c)]
    members = {frozenset(c) for c in family}
    down = all(frozenset(c) - {e} in members for c in family for e in c)
    exchange = all(
        any(frozenset(small) | {e} in members for e in set(large) - set(small))
        for small in family
        for large in family
        if len(large) == len(small) + 1
    )
    return down and exchange


Families = list[Callable[[tuple[Element, ...]], bool]]


def once(key: Callable[[Element], Any]) -> Callable[[tuple[Element, ...]], bool]:
    return lambda chosen: len({key(e) for e in chosen}) == len(chosen)


@claim(
    id="JTORA-M30",
    source=f"{PAPER}, (30)",
    statement="The constraints of (30), one slot per user and one user per slot, define two matroids over the ground set.",
    recorded="certified",
    draws=sizes,
    subject=[once(by_user), once(by_slot)],
    mutants=[
        Mutant("both at once are one matroid", [lambda c: once(by_user)(c) and once(by_slot)(c)]),
        Mutant("an even number of elements", [lambda c: len(c) % 2 == 0]),
    ],
    tol=0.0,
    tol_reason="true or false; the axioms on sets of up to 3 elements",
    max_samples=12,
)
def two_matroids(case: Case, families: Families) -> Any:
    return HOLDS if all(is_matroid(ground_set(case), family) for family in families) else FAILS


def enumerate_decisions(case: Case) -> int:
    """Subsets of the ground set within both constraints, counted one by one."""
    ground = ground_set(case)
    fits = [once(by_user), once(by_slot)]
    most = min(case["users"], case["servers"] * case["subbands"])
    return sum(all(f(c) for f in fits) for k in range(most + 1) for c in combinations(ground, k))


def matchings(case: Case) -> int:
    users, slots = case["users"], case["servers"] * case["subbands"]
    return sum(comb(users, k) * comb(slots, k) * factorial(k) for k in range(min(users, slots) + 1))


Count = Callable[[Case], int]
ALL_SUBSETS = 2


def count_slack(case: Case, count: Count) -> Interval:
    found = enumerate_decisions(case)
    slack = -abs(count(case) - found) / found
    return Interval(slack, slack)


@claim(
    id="JTORA-X30",
    source=f"{PAPER}, after (30)",
    statement="A brute-force search has to evaluate 2^n decisions, n = U S N. (rec.)",
    recorded="refuted",
    draws=sizes,
    subject=lambda c: ALL_SUBSETS ** len(ground_set(c)),
    mutants=[Mutant("matchings", matchings), Mutant("n + 1", lambda c: len(ground_set(c)) + 1)],
    tol=1e-9,
    tol_reason="relative to the number of feasible decisions, a whole number",
    explanation="Only sets within the constraints are decisions: Σ_k C(U,k) C(SN,k) k! of them, 93 289 and not 2^48 for "
    "6 users, 4 servers and 2 sub-bands.",
    corrected_by="JTORA-X30.corrected",
    max_samples=40,
)
def brute_force(case: Case, count: Count) -> Any:
    return count_slack(case, count)


@claim(
    id="JTORA-X30.corrected",
    source=f"correction of {PAPER}, after (30)",
    statement="There are Σ_k C(U,k) C(SN,k) k! decisions.",
    recorded="certified",
    draws=sizes,
    subject=matchings,
    mutants=[
        Mutant("2^n", lambda c: ALL_SUBSETS ** len(ground_set(c))),
        Mutant(
            "without k!",
            lambda c: sum(comb(c["users"], k) * comb(c["servers"] * c["subbands"], k) for k in range(9)),
        ),
        Mutant("(SN + 1)^U", lambda c: (c["servers"] * c["subbands"] + 1) ** c["users"]),
    ],
    tol=1e-9,
    tol_reason="relative to the number of feasible decisions, a whole number",
    max_samples=40,
)
def matchings_counted(case: Case, count: Count) -> Any:
    return count_slack(case, count)


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
    statement="Algorithm 2 starts with an empty set and applies remove and exchange while the value improves. (Tested: "
    "the start from the empty set reaches the value of Algorithm 2.)",
    recorded="refuted",
    draws=searched,
    subject=from_empty,
    mutants=[
        Mutant("from the best element", from_best),
        Mutant("exact", lambda t: exact.solve(t, exact=False).decision),
    ],
    tol=1e-9,
    tol_reason="relative to the larger value, in balls",
    explanation="The listing starts with the best single element; from the empty set the first element that helps is taken "
    "instead, and the search ends elsewhere, here at a lower utility.",
    corrected_by="JTORA-S2.corrected",
    max_samples=150,
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
    statement="Algorithm 2 starts with the best single element: every value on its way is at least that element's.",
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
    statement="An exchange adds one element and drops up to two to comply with the constraints; feasibility is preserved.",
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
    max_samples=150,
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
    max_samples=150,
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
    explanation="Where no element alone is worth anything, J*({x_max}) < 0 and the optimum is 0, everybody local.",
    corrected_by="JTORA-R1a.corrected",
    max_samples=100,
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
    max_samples=100,
)
def singles_bound_with_zero(case: Case, cap: Cap) -> Any:
    return at_most_singles(case, cap)


Moves = Callable[[int, float, int], bool]
"""Whether m moves at n elements and this ε are within the statement's bound."""


def within_growth(n: int, epsilon: float, moves: int) -> bool:
    """(1 + ε/n²)^m ≤ n, exactly."""
    return (1 + Fraction(epsilon) / n**2) ** moves <= n


starts = st.tuples(searched, st.sampled_from(["best", "empty"]), st.sampled_from([1.0, 0.5, 0.125])).map(
    lambda t: {**t[0], "start": t[1], "epsilon": t[2]}
)


def moves_within(case: Case, bound: Moves, *, positive: bool) -> Any:
    _, t = network(case)
    if positive and not closed_form.utility(t, printed.best_single(t)) > 0:
        return None
    found = incremental.search(t, start=case["start"], epsilon=case["epsilon"])
    return HOLDS if bound(size(t), case["epsilon"], found.moves) else FAILS


@claim(
    id="JTORA-R1b",
    source=f"{PAPER}, Remark 1",
    statement="Each iteration multiplies the value by at least 1 + ε/n², so (1 + ε/n²)^m ≤ n for the number m of moves, "
    "from either start. (rec.)",
    recorded="refuted",
    draws=starts,
    subject=within_growth,
    mutants=[
        Mutant("≤ 2 n", lambda n, e, m: within_growth(n, e, m) or (1 + Fraction(e) / n**2) ** m <= 2 * n),
        Mutant("no moves", lambda n, e, m: m == 0),
    ],
    tol=0.0,
    tol_reason="true or false, in fractions",
    explanation="Values that are 0 (from the empty set) or negative (a worthless best element, which is then removed) are "
    "not multiplied by anything: with n = 1 and ε = 1 the one move gives 2 ≤ 1.",
    corrected_by="JTORA-R1b.corrected",
    max_samples=100,
)
def growth(case: Case, bound: Moves) -> Any:
    return moves_within(case, bound, positive=False)


@claim(
    id="JTORA-R1b.corrected",
    source=f"correction of {PAPER}, Remark 1",
    statement="From the best single element, if it is worth something, (1 + ε/n²)^m ≤ n.",
    recorded="certified",
    draws=starts.map(lambda c: {**c, "start": "best"}),
    subject=within_growth,
    mutants=[
        Mutant("no moves", lambda n, e, m: m == 0),
        Mutant("(1 + ε)^m ≤ n", lambda n, e, m: (1 + Fraction(e)) ** (2 * m + 1) <= n),
    ],
    tol=0.0,
    tol_reason="true or false, in fractions",
    max_samples=100,
)
def growth_from_the_best(case: Case, bound: Moves) -> Any:
    return moves_within(case, bound, positive=True)


Queries = Callable[[int, int, float], float]
"""From n, the number of moves and ε to the most queries."""


def queries_of(case: Case) -> tuple[int, int, list[float]]:
    _, t = network(case)
    found = incremental.search(t, start=case["start"], epsilon=case["epsilon"])
    return size(t), found.moves, found.trace.column("queries")


@claim(
    id="JTORA-R1c",
    source=f"{PAPER}, Remark 1",
    statement="An iteration takes at most n queries. (rec.)",
    recorded="certified",
    draws=starts,
    subject=lambda n: n,
    mutants=[Mutant("half of that", lambda n: n / 2), Mutant("n − 1", lambda n: n - 1)],
    tol=0.0,
    tol_reason="a count",
    max_samples=60,
)
def queries_per_iteration(case: Case, most: Callable[[int], float]) -> Any:
    n, _, queries = queries_of(case)
    slack = most(n) - float(np.max(np.diff(queries)))
    return Interval(slack, slack)


@claim(
    id="JTORA-R1d",
    source=f"{PAPER}, Remark 1",
    statement="The running time is O(n³ log n/ε) queries. (Tested with the constant: at most 4 n³ (1 + ln n)/ε for ε ≤ 1; "
    "rec.)",
    recorded="certified",
    draws=starts,
    subject=lambda n, epsilon: 4 * n**3 * (1 + log(n)) / epsilon,
    mutants=[
        Mutant("n", lambda n, epsilon: n),
        Mutant("2 n (1 + ln n) ε", lambda n, epsilon: 2 * n * (1 + log(n)) * epsilon),
    ],
    tol=0.0,
    tol_reason="a count",
    max_samples=60,
)
def queries_in_all(case: Case, most: Callable[[int, float], float]) -> Any:
    n, _, queries = queries_of(case)
    slack = (most(n, case["epsilon"]) - queries[-1]) / n
    return Interval(slack, slack)
