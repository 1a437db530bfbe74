"""How many moves and queries Algorithm 2 takes (Remark 1)."""

from collections.abc import Callable
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim

from .. import closed_form
from ..algorithms import incremental, printed
from .common import FAILS, HOLDS, PAPER, Case, network
from .search import searched, size

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
    statement="Each iteration multiplies the value by at least 1 + ε/n², so (1 + ε/n²)^m ≤ n for the "
    "number m of moves, from either start. (rec.)",
    recorded="refuted",
    draws=starts,
    subject=within_growth,
    mutants=[
        Mutant("≤ 2 n", lambda n, e, m: within_growth(n, e, m) or (1 + Fraction(e) / n**2) ** m <= 2 * n),
        Mutant("no moves", lambda n, e, m: m == 0),
    ],
    tol=0.0,
    tol_reason="true or false, in fractions",
    explanation="Values that are 0 (from the empty set) or negative (a worthless best element, which is "
    "then removed) are not multiplied by anything: with n = 1 and ε = 1 the one move gives 2 ≤ 1.",
    corrected_by="JTORA-R1b.corrected",
    max_samples=50,
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
    max_samples=50,
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
    statement="The running time is O(n³ log n/ε) queries. (Tested with the constant: at most 4 n³ (1 + ln "
    "n)/ε for ε ≤ 1; rec.)",
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
