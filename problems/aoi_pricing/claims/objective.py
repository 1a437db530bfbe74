"""The objective with its battery term: terms and signs."""

import itertools
from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb

from mecopt.claims import Interval, Mutant, at_most, claim
from mecopt.claims.exact import in_balls, vanishes

from .common import (
    FROM_ZERO,
    PAPER,
    POSITIVE,
    Association,
    Ball,
    Case,
    Data,
    associations,
    data,
    least,
    linear,
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
        Mutant("without the energy of sending", lambda d, x: linear(d, x, 0 * d.G + d.E_loc[:, None])),
        Mutant("the energies' sum", lambda d, x: linear(d, x, d.E_loc[:, None] + d.E_tx)),
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
