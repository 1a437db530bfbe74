"""The constraints of (30), and how many decisions they leave (Section IV)."""

from collections.abc import Callable
from itertools import combinations
from math import comb, factorial
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim

from .common import FAILS, HOLDS, PAPER, Case

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
    statement="The constraints of (30), one slot per user and one user per slot, define two matroids over "
    "the ground set.",
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
    explanation="Only sets within the constraints are decisions: Σ_k C(U,k) C(SN,k) k! of them, 93 289 and "
    "not 2^48 for 6 users, 4 servers and 2 sub-bands.",
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
