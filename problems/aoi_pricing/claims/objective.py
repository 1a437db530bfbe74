"""The objective with its battery term, P5 from P1, P6, and what the weight alpha does: terms and signs."""

import itertools
from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_most, claim, decades, smallest
from mecopt.claims.exact import FAILS, HOLDS, in_balls, vanishes

from .common import (
    FROM_ZERO,
    PAPER,
    POSITIVE,
    Association,
    Ball,
    Case,
    Data,
    associations,
    cost,
    data,
    least,
    linear,
    load,
    p5,
    scale,
    squares,
    term_cases,
    total,
)

Value = Callable[[Data, Association], Ball]

CANCEL = "relative to the largest of the values compared; ball arithmetic"

SAVING = {"E_tx": FROM_ZERO, "E_loc": POSITIVE, "alpha": POSITIVE}
"""Energies that matter."""


def local_ones(d: Data, x: Association) -> list[int]:
    return [i for i in range(d.users) if x[i] < 0]


def delays(d: Data, x: Association) -> Ball:
    """All delays under the best shares."""
    return total(d.D[i] for i in local_ones(d, x)) + squares(d, x, d.A, d.S) + linear(d, x, d.s)


def drained(d: Data, x: Association) -> Ball:
    """What the batteries lose, in parts of what they hold."""
    home = total(d.E_loc[i] / d.B[i] for i in local_ones(d, x))
    return home + linear(d, x, d.E_tx / d.B[:, None])


def constant_apart(d: Data, one: Value, other: Value) -> Any:
    """Slack of 'the two differ by the same number for all associations'."""
    every = list(associations(d))
    base = one(d, every[0]) - other(d, every[0])
    values = [(one(d, x), other(d, x)) for x in every]
    size = scale(*itertools.chain(*values))
    worst = arb(0)
    for a, b in values:
        worst = worst.max(abs(a - b - base))
    return Interval.from_arb(-worst / size)


# ------------------------------------------------------------------------------------ the battery's term


def printed_reward(d: Data, x: Association) -> Ball:
    """(21): maximised."""
    return total(d.G[i, 0] / d.B[i] for i in local_ones(d, x))


def spares_the_battery(d: Data, reward: Value) -> Any:
    """Slack of 'an association of most reward drains the batteries least'."""
    every = list(associations(d))
    best = max(every, key=lambda x: float(reward(d, x).mid()))
    lowest = least(drained(d, x) for x in every)
    return at_most(drained(d, best), lowest, scale=scale(drained(d, best), lowest))


@claim(
    id="AOI-E21",
    source=f"{PAPER}, (21)",
    statement="Maximising Σ (1 − Σ_j x_ij) G_i/B_i preserves the batteries (one server, so that G is "
    "defined).",
    recorded="refuted",
    draws=term_cases(servers=(1, 1), **SAVING),
    subject=printed_reward,
    mutants=[Mutant("minimise", lambda d, x: -printed_reward(d, x))],
    tol=1e-12,
    tol_reason=CANCEL,
    explanation="G > 0 is what local work costs more. To maximise it over the local ones keeps at home "
    "exactly "
    "those whose battery suffers most; the sign is wrong.",
    corrected_by="AOI-E21.corrected",
)
@in_balls
def printed_battery_term(case: Case, subject: Value) -> Any:
    return spares_the_battery(data(case), subject)


@claim(
    id="AOI-E21.corrected",
    source=f"correction of {PAPER}, (21)",
    statement="Maximising Σ_ij x_ij G_ij/B_i drains the batteries least.",
    recorded="certified",
    draws=term_cases(**SAVING),
    subject=lambda d, x: linear(d, x, d.G / d.B[:, None]),
    mutants=[
        Mutant("of the local ones, as printed", printed_reward),
        Mutant("G of the last server", lambda d, x: linear(d, x, 0 * d.G + d.G[:, -1:])),
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    max_samples=80,
)
@in_balls
def battery_term(case: Case, subject: Value) -> Any:
    return spares_the_battery(data(case), subject)


def objective(d: Data, x: Association, sign: int) -> Ball:
    """P1 as printed (sign −1), (S1) (sign +1): G of the first server, best shares."""
    home = total(d.D[i] + sign * d.alpha * d.G[i, 0] / d.B[i] for i in local_ones(d, x))
    return home + squares(d, x, d.A, d.S) + linear(d, x, d.s)


def printed_objective(d: Data, x: Association) -> Ball:
    return objective(d, x, -1)


def weighed(d: Data, x: Association) -> Ball:
    """Delay and alpha times what the batteries lose, which the text asks for."""
    return delays(d, x) + d.alpha * drained(d, x)


@claim(
    id="AOI-OBJ1",
    source=f"{PAPER}, P1",
    statement="P1 minimises Σ x (D_cm + D_ES) + Σ (1 − Σ x)(D_MD − α G/B): but for a constant, delay and α "
    "times "
    "the loss of the batteries (one server).",
    recorded="refuted",
    draws=term_cases(servers=(1, 1), **SAVING),
    subject=printed_objective,
    mutants=[Mutant("+ α G/B", lambda d, x: objective(d, x, 1))],
    tol=1e-12,
    tol_reason=CANCEL,
    explanation="Local work loses G more than offloading, and P1 rewards it for that: the sign of α G/B "
    "must be +, "
    "as in the supplement.",
    corrected_by="AOI-OBJ1.corrected",
)
@in_balls
def printed_p1(case: Case, subject: Value) -> Any:
    return constant_apart(data(case), subject, weighed)


@claim(
    id="AOI-OBJ1.corrected",
    source=f"correction of {PAPER}, P1",
    statement="With + α G/B, and one server, the objective is delay and α times the loss of the batteries "
    "but for "
    "a constant.",
    recorded="certified",
    draws=term_cases(servers=(1, 1), **SAVING),
    subject=lambda d, x: objective(d, x, 1),
    mutants=[
        Mutant("− α G/B, as printed", printed_objective),
        Mutant("2 α", lambda d, x: objective(d, x, 2)),
        Mutant("without serial delay", lambda d, x: objective(d, x, 1) - linear(d, x, d.s)),
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    max_samples=80,
)
@in_balls
def p1(case: Case, subject: Value) -> Any:
    return constant_apart(data(case), subject, weighed)


@claim(
    id="AOI-S1",
    source=f"{PAPER}, supplement (S1), (S2)",
    statement="The objective of the supplement, with D_MD + α G_i/B_i, is that of P1: delay and α times "
    "the loss "
    "of the batteries, but for a constant.",
    recorded="refuted",
    draws=term_cases(**SAVING),
    subject=lambda d, x: objective(d, x, 1),
    mutants=[
        Mutant(
            "x G_ij for each server",
            lambda d, x: delays(d, x) - d.alpha * linear(d, x, d.G / d.B[:, None]),
        )
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    explanation="It has the other sign than P1, and the right one. But G depends on the server (R_ij): "
    "with two "
    "servers no G_i makes it the loss of the batteries, for what is sent at the other server is left out.",
    corrected_by="AOI-S1.corrected",
    max_samples=100,
)
@in_balls
def supplement_objective(case: Case, subject: Value) -> Any:
    return constant_apart(data(case), subject, weighed)


def signs_proof() -> str:
    x1, x2, D, C1, C2, alpha, B, El, E1, E2 = sp.symbols("x1 x2 D C1 C2 alpha B E_l E_1 E_2")
    local = 1 - x1 - x2
    model = local * (D + alpha * El / B) + x1 * (C1 + alpha * E1 / B) + x2 * (C2 + alpha * E2 / B)
    by_gain = (
        D
        + alpha * El / B
        + sum(x * (C - D - alpha * (El - E) / B) for x, C, E in ((x1, C1, E1), (x2, C2, E2)))
    )
    vanishes(model - by_gain, "linear coefficient of x_ij")
    return "(1 − Σx) K + Σ x_j (C_j + αE_j/B) = K + Σ x_j (C_j − D − αG_j/B), K = D + αE_loc/B"


@claim(
    id="AOI-S1.corrected",
    source=f"correction of {PAPER}, P1 and (S1)",
    statement="Delay and α times the loss of the batteries is Σ K + Σ x_ij (D_cm + D_ES − D_MD − α "
    "G_ij/B_i).",
    recorded="proved",
    draws=term_cases(**SAVING),
    subject=lambda d, x: (
        squares(d, x, d.A, d.S) + linear(d, x, d.s - d.D[:, None] - d.alpha * d.G / d.B[:, None])
    ),
    mutants=[
        Mutant("+ α G/B", lambda d, x: p5(d, x) + 2 * d.alpha * linear(d, x, d.G / d.B[:, None])),
        Mutant("G of the first server", lambda d, x: objective(d, x, 1)),
        Mutant("without D", lambda d, x: p5(d, x) + linear(d, x, 0 * d.c + d.D[:, None])),
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    proof=signs_proof,
    max_samples=80,
)
@in_balls
def gain_form(case: Case, subject: Value) -> Any:
    return constant_apart(data(case), subject, weighed)


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
    best = min(
        sum(sum(n for n, j in zip(a, x, strict=True) if j == k) ** 2 for k in range(servers))
        + c * sum(j >= 0 for j in x)
        for x in itertools.product(range(-1, servers), repeat=len(a))
    )
    sums = {0}
    for n in a:
        sums |= {s + n for s in sums}
    splits = sum(a) % 2 == 0 and sum(a) // 2 in sums
    return HOLDS if (best == target + c * len(a) and sum(a) % 2 == 0) == splits else FAILS


# ------------------------------------------------------------------------------------ what alpha does


def optimum(d: Data) -> Association | None:
    """The association of least cost, None where a ball cannot tell."""
    every = list(associations(d))
    best = min(every, key=lambda x: float(cost(d, x).mid()))
    return best if all(x == best or cost(d, x) > cost(d, best) for x in every) else None


Measure = Callable[[Data, Association], Ball]

TWO_WEIGHTS = {
    "alpha": st.sampled_from([0.0, 0.1, 1.0]),
    "more": decades(1e-2, 1e3),
    "E_loc": FROM_ZERO,
    "E_tx": FROM_ZERO,
}


def between(case: Case, measure: Measure, sign: int) -> Any:
    """Slack of 'the measure of the optimum does not fall (sign 1) or rise (−1) as alpha grows'."""
    one, other = data(case), data({**case, "alpha": case["alpha"] + case["more"]})
    x, y = optimum(one), optimum(other)
    if x is None or y is None:
        return None
    before, after = measure(one, x), measure(other, y)
    size = scale(before, after)
    return Interval.from_arb(sign * (after - before) / size)


def home(d: Data, x: Association) -> Ball:
    return arb(len(local_ones(d, x)))


def local_energy(d: Data, x: Association) -> Ball:
    return total(d.E_loc[i] for i in local_ones(d, x)) + linear(d, x, d.E_tx)


@claim(
    id="AOI-AL1",
    source=f"{PAPER}, Section 6.2.4",
    statement="The delay of the optimal association is nondecreasing in α, so least at the smallest α.",
    recorded="certified",
    draws=term_cases(**TWO_WEIGHTS),
    subject=delays,
    mutants=[Mutant("cost for delay", lambda d, x: -cost(d, x)), Mutant("loss of the batteries", drained)],
    tol=1e-12,
    tol_reason=CANCEL,
    max_samples=120,
)
@in_balls
def delay_grows_with_alpha(case: Case, subject: Measure) -> Any:
    return between(case, subject, 1)


@claim(
    id="AOI-AL2",
    source=f"{PAPER}, Section 6.2.4",
    statement="A larger α means fewer local computations and less energy of the devices.",
    recorded="refuted",
    draws=term_cases(**TWO_WEIGHTS),
    subject=(home, local_energy),
    mutants=[Mutant("less loss of the batteries", (drained, drained))],
    tol=1e-12,
    tol_reason=CANCEL,
    explanation="Where sending takes more energy than computing (G < 0) a larger α brings tasks home. And "
    "what "
    "falls is energy relative to the battery: joules may rise when a full battery is used to spare an "
    "empty one.",
    corrected_by="AOI-AL2.corrected",
    max_samples=120,
)
@in_balls
def alpha_sends_away(case: Case, subject: tuple[Measure, Measure]) -> Any:
    slacks = [between(case, measure, -1) for measure in subject]
    return None if None in slacks else smallest(*slacks)


@claim(
    id="AOI-AL2.corrected",
    source=f"correction of {PAPER}, Section 6.2.4 and Fig. 8",
    statement="The loss of the batteries Σ E/B of the optimal association is nonincreasing in α.",
    recorded="certified",
    draws=term_cases(**TWO_WEIGHTS),
    subject=drained,
    mutants=[
        Mutant("number of local computations", home),
        Mutant("cost", cost),
        Mutant("delay", delays),
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    max_samples=120,
)
@in_balls
def alpha_spares_batteries(case: Case, subject: Measure) -> Any:
    return between(case, subject, -1)


@claim(
    id="AOI-AL3",
    source=f"{PAPER}, caption of Fig. 8",
    statement="As α grows delay rises and local energy falls because more is computed locally: the number "
    "of local "
    "computations does not fall.",
    recorded="refuted",
    draws=term_cases(**TWO_WEIGHTS),
    subject=home,
    mutants=[Mutant("delay", delays)],
    tol=1e-12,
    tol_reason=CANCEL,
    explanation="It contradicts Section 6.2.4. Where computing takes more energy than sending (G > 0, the "
    "paper's "
    "own case) a larger α sends tasks away: local energy falls because less is computed locally.",
    corrected_by="AOI-AL2.corrected",
    max_samples=120,
)
@in_balls
def alpha_brings_home(case: Case, subject: Measure) -> Any:
    return between(case, subject, 1)


# ------------------------------------------------------------------------------------ the strongest signal


def shared_upload(d: Data, x: Association) -> Ball:
    return squares(d, x, d.A)


def upload_alone(d: Data, x: Association) -> Ball:
    return linear(d, x, d.A)


def strongest_is_least(d: Data, upload: Measure) -> Any:
    """Slack of 'no association of the same devices uploads faster than everybody at its largest rate'."""
    strongest = tuple(min(range(d.servers), key=lambda j: float(row[j].mid())) for row in d.A)
    every = [x for x in associations(d) if min(x) >= 0]
    best = least(upload(d, x) for x in every)
    return at_most(upload(d, strongest), best, scale=scale(best))


@claim(
    id="AOI-SINR",
    source=f"{PAPER}, Section 6",
    statement="Max SINR bounds the communication latency from below: no association of the offloading "
    "devices has a "
    "smaller one.",
    recorded="refuted",
    draws=term_cases(),
    subject=shared_upload,
    mutants=[Mutant("each with the whole band", upload_alone)],
    tol=1e-12,
    tol_reason="relative to the least latency; ball arithmetic",
    explanation="Everybody at the same strong server shares its band: two devices there take (2 √A)² = 4 "
    "A, and "
    "2 A' when one goes to a server only a little weaker.",
    corrected_by="AOI-SINR.corrected",
    max_samples=100,
)
@in_balls
def printed_sinr(case: Case, subject: Measure) -> Any:
    return strongest_is_least(data(case), subject)


@claim(
    id="AOI-SINR.corrected",
    source=f"correction of {PAPER}, Section 6",
    statement="Max SINR has the least sum of upload delays over the whole band, Σ A: a lower bound on the "
    "latency of "
    "every association, for (Σ √A)² ≥ Σ A.",
    recorded="certified",
    draws=term_cases(),
    subject=upload_alone,
    mutants=[
        Mutant("with shared bands", shared_upload),
        Mutant("computing for upload", lambda d, x: linear(d, x, d.S)),
    ],
    tol=1e-12,
    tol_reason="relative to the least latency; ball arithmetic",
    max_samples=80,
)
@in_balls
def sinr(case: Case, subject: Measure) -> Any:
    d = data(case)
    every = [x for x in associations(d) if min(x) >= 0]
    below = [at_most(subject(d, x), shared_upload(d, x)) for x in every] if subject is upload_alone else []
    return smallest(strongest_is_least(d, subject), *below)
