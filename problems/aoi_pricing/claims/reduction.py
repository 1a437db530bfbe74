"""P5 from P1, P6 from P5, and how hard they are."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim, smallest
from mecopt.claims.exact import FAILS, HOLDS, in_balls

from .common import (
    PAPER,
    Association,
    Ball,
    Case,
    Data,
    associations,
    cost,
    data,
    linear,
    load,
    p5,
    scale,
    squares,
    term_cases,
    total,
)
from .objective import CANCEL, SAVING, Value, constant_apart, printed_objective

# ------------------------------------------------------------------------------------ P5, P6


def printed_p5(d: Data, x: Association) -> Ball:
    """Squares of the first term of (9) (serial, by the names of (10)), −D_ES(p), + α G/B."""
    c = -d.S - d.D[:, None] + d.alpha * d.G[:, :1] / d.B[:, None]
    return squares(d, x, d.s, d.A) + linear(d, x, c)


@claim(
    id="AOI-E5P",
    source=f"{PAPER}, P5",
    statement="With the best shares P1 (as printed) becomes P5, c = −D_ES(p) − D_MD + α G/B, D_ES(s) and "
    "D_ES(p) "
    "being the first and the second term of (9), as (10) names them: their difference is constant.",
    recorded="refuted",
    draws=term_cases(**SAVING),
    subject=printed_p5,
    mutants=[
        Mutant(
            "parallel delay squared, + serial delay",
            lambda d, x: (
                squares(d, x, d.A, d.S)
                + linear(d, x, d.s - d.D[:, None] + d.alpha * d.G[:, :1] / d.B[:, None])
            ),
        )
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    explanation="The shares divide the parallel term of (9), so its root is squared: (10) has the names "
    "the other "
    "way round. The serial delay adds to the cost of offloading and carries a minus sign in c. (α G/B fits "
    "P1 as "
    "printed, whose own sign is wrong.)",
    corrected_by="AOI-E5P.corrected",
    max_samples=100,
)
@in_balls
def printed_reduction(case: Case, subject: Value) -> Any:
    return constant_apart(data(case), subject, printed_objective)


@claim(
    id="AOI-E5P.corrected",
    source=f"correction of {PAPER}, P5",
    statement="Σ_j (Σ √A x)² + (Σ √S x)² + Σ c x with c = s − D − α G_ij/B_i is the cost but for the "
    "constant Σ K.",
    recorded="certified",
    draws=term_cases(**SAVING),
    subject=p5,
    mutants=[
        Mutant("as printed", printed_p5),
        Mutant("− s", lambda d, x: p5(d, x) - 2 * linear(d, x, d.s)),
        Mutant("serial delay squared", lambda d, x: squares(d, x, d.A, d.s) + linear(d, x, d.c + d.S - d.s)),
        Mutant("sums of A, not squares of sums", lambda d, x: linear(d, x, d.A + d.S + d.c)),
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    max_samples=80,
)
@in_balls
def reduction(case: Case, subject: Value) -> Any:
    return constant_apart(data(case), subject, cost)


COUNTS = st.fixed_dictionaries(
    {"users": st.integers(1, 60), "servers": st.integers(1, 8), "C": st.sampled_from([1, 10, 1000])}
)


def enumeration(case: Case) -> int:
    """Associations times devices, for each of which a cost is added."""
    return int((case["servers"] + 1) ** case["users"] * case["users"])


@claim(
    id="AOI-X5",
    source=f"{PAPER}, Section 4",
    statement="Exhaustive search of P5 costs O(N_ES^(N_MD+1) N_MD): at most C times that, one C for all.",
    recorded="refuted",
    draws=COUNTS,
    subject=lambda case: case["servers"] ** (case["users"] + 1) * case["users"],
    mutants=[Mutant("(N_ES + 1)^N_MD", lambda case: (case["servers"] + 1) ** case["users"] * case["users"])],
    tol=0.0,
    tol_reason="whole numbers",
    explanation="A device may also compute locally: there are (N_ES + 1)^N_MD associations, more than any "
    "multiple "
    "of N_ES^(N_MD+1); with one server it is 2^N_MD against 1.",
    corrected_by="AOI-X5.corrected",
)
def printed_search_cost(case: Case, subject: Callable[[Case], int]) -> Interval:
    return HOLDS if enumeration(case) <= case["C"] * subject(case) else FAILS


@claim(
    id="AOI-X5.corrected",
    source=f"correction of {PAPER}, Section 4",
    statement="There are (N_ES + 1)^N_MD associations; with N_MD additions each, O((N_ES + 1)^N_MD N_MD).",
    recorded="certified",
    draws=st.fixed_dictionaries({"users": st.integers(1, 4), "servers": st.integers(1, 3), "C": st.just(1)}),
    subject=lambda case: (case["servers"] + 1) ** case["users"] * case["users"],
    mutants=[
        Mutant("N_ES for N_ES + 1", lambda case: case["servers"] ** case["users"] * case["users"]),
        Mutant("as printed", lambda case: case["servers"] ** (case["users"] + 1) * case["users"]),
    ],
    tol=0.0,
    tol_reason="whole numbers",
)
def search_cost(case: Case, subject: Callable[[Case], int]) -> Interval:
    counted = sum(1 for _ in itertools.product(range(-1, case["servers"]), repeat=case["users"]))
    return HOLDS if counted * case["users"] == subject(case) else FAILS


def p6(d: Data, x: Association) -> Ball:
    """Σ a + Σ b + Σ c x with √a_j, √b_j the loads."""
    loads = [load(d, x, j, w) for w in (d.A, d.S) for j in range(d.servers)]
    return total(r * r for r in loads) + linear(d, x, d.c)


@claim(
    id="AOI-P6",
    source=f"{PAPER}, P6",
    statement="P6, with √a_j = Σ √A x and √b_j = Σ √S x, has the optimum of P5 and the same associations.",
    recorded="certified",
    draws=term_cases(),
    subject=p6,
    mutants=[
        Mutant(
            "a_j = Σ √A x", lambda d, x: linear(d, x, d.c) + total(load(d, x, j, w) for w in (d.A, d.S)
                                                                     for j in range(d.servers)),
        ),
        Mutant("without b", lambda d, x: squares(d, x, d.A) + linear(d, x, d.c)),
        Mutant("a_j = Σ A x", lambda d, x: linear(d, x, d.A + d.S + d.c)),
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    max_samples=80,
)  # fmt: skip
@in_balls
def slack_form(case: Case, subject: Value) -> Any:
    d = data(case)
    return smallest(
        *(
            Interval.from_arb(-abs(subject(d, x) - p5(d, x)) / scale(p5(d, x), squares(d, x, d.A, d.S)))
            for x in associations(d)
        )
    )


# ------------------------------------------------------------------------------------ NP-hardness

NUMBERS = st.fixed_dictionaries({"numbers": st.lists(st.integers(1, 9), min_size=1, max_size=7)})

Reduction = Callable[[list[int]], tuple[int, int, int]]


def partition_program(a: list[int]) -> tuple[int, int, int]:
    """Servers, c of everybody, and the optimum that a fair partition gives: S = a² at two servers, A = 0."""
    whole = sum(a)
    return 2, -(whole * whole + 1), whole * whole // 2


@claim(
    id="AOI-NP",
    source=f"{PAPER}, Section 4",
    statement="The association problem is NP-hard: whole numbers a_i can be split into two sums that are "
    "equal if "
    "and only if P5 with √S_i = a_i, A = 0, two servers and c = −(Σ a)² − 1 has the optimum (Σ a)²/2 + Σ c.",
    recorded="certified",
    draws=NUMBERS,
    subject=partition_program,
    mutants=[
        Mutant("three servers", lambda a: (3, *partition_program(a)[1:])),
        Mutant("c = 0", lambda a: (2, 0, partition_program(a)[2])),
        Mutant("(Σ a)² for half of it", lambda a: (*partition_program(a)[:2], sum(a) ** 2)),
    ],
    tol=0.0,
    tol_reason="whole numbers",
    max_samples=60,
)
def hardness(case: Case, subject: Reduction) -> Interval:
    a = case["numbers"]
    servers, c, target = subject(a)
    x = np.indices((servers + 1,) * len(a)).reshape(len(a), -1) - 1
    loads = [np.array(a) @ (x == k) for k in range(servers)]
    best = int(np.min(sum(load**2 for load in loads) + c * np.sum(x >= 0, axis=0)))
    sums = {0}
    for n in a:
        sums |= {s + n for s in sums}
    splits = sum(a) % 2 == 0 and sum(a) // 2 in sums
    return HOLDS if (best == target + c * len(a) and sum(a) % 2 == 0) == splits else FAILS
