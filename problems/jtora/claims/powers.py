"""J* (29) against the optimum of (15), and local optimality of what Algorithm 2 returns."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, smallest
from mecopt.instance import Array

from .. import closed_form
from ..algorithms import coupled
from ..terms import Decision, Terms
from .common import PAPER, Case, allocated, exact_model, network, utility
from .interference import pairs, together

Formula = Callable[[Terms, Decision], float]


def j_star(t: Terms, x: Decision) -> float:
    return closed_form.utility(t, x)


def without_computing(t: Terms, x: Decision) -> float:
    return closed_form.utility(t, x) + closed_form.computing_cost(t, x) / 2


def without_interference(t: Terms, x: Decision) -> float:
    """Σ g − Σ Γ at no interference − (28)."""
    alone = sum(closed_form.allocate_cost(t, _only(x, int(u))) for u in x.offloading)
    return float(np.sum(t.offload_gain[x.offloading])) - alone - closed_form.computing_cost(t, x)


def _only(x: Decision, user: int) -> Decision:
    keep = np.arange(len(x.server)) == user
    return Decision(np.where(keep, x.server, -1), np.where(keep, x.subband, -1))


def at_least_any_power(case: Case, formula: Formula) -> Any:
    """Slack of 'no powers give more than the formula in the exact model', from the best powers found."""
    s, t = network(case)
    x = together(t)
    point = {**allocated(t, x), "transmit_power": coupled.powers(t, x)}
    value = utility(exact_model(s), point)
    with ball_arithmetic():
        return Interval.from_arb((arb(formula(t, x)) - value) / (2 + abs(value)))


@claim(
    id="JTORA-E29",
    source=f"{PAPER}, (29)",
    statement="J*(X), the optimum of (15), is Σ λ(β^t + β^e) − Γ(X, P*) − Λ(X, F*) with P* from Algorithm "
    "1 and Λ from (28).",
    recorded="refuted",
    draws=pairs,
    max_samples=40,
    subject=j_star,
    mutants=[Mutant("no interference", without_interference), Mutant("half of (28)", without_computing)],
    tol=1e-9,
    tol_reason="relative to the gains and the value; the formula is evaluated in doubles",
    explanation="Γ counts interferers at full power. Where they send less, or where sending less would "
    "help others, the optimum of (15) is higher.",
    corrected_by="JTORA-E29.corrected",
)
def formula_is_the_optimum(case: Case, formula: Formula) -> Any:
    return at_least_any_power(case, formula)


@claim(
    id="JTORA-E29.corrected",
    source=f"correction of {PAPER}, (29)",
    statement="(29) is the optimum of (15) with interferers at full power, and so at most the optimum of "
    "(15): the point (P*, F*) has that value in this model and no less in the exact one.",
    recorded="certified",
    draws=pairs,
    max_samples=40,
    subject=j_star,
    mutants=[Mutant("no interference", without_interference), Mutant("half of (28)", without_computing)],
    tol=1e-9,
    tol_reason="relative to the gains and the value; the formula is evaluated in doubles",
)
def formula_is_a_bound(case: Case, formula: Formula) -> Any:
    s, t = network(case)
    x = together(t)
    point = allocated(t, x)
    claimed, same, exact = formula(t, x), utility(s, point), utility(exact_model(s), point)
    with ball_arithmetic():
        scale = 2 + abs(same)
        return smallest(
            Interval.from_arb(-abs(arb(claimed) - same) / scale),
            Interval.from_arb((exact - arb(claimed)) / scale),
        )


Powers = Callable[[Terms, Decision], Array]

STEP = 1e-3
"""Relative change of one user's power, downwards or, below the budget, upwards."""


def improvement(case: Case, powers: Powers) -> Any:
    """Minus the largest gain in exact utility by a small change of one power."""
    s, t = network(case)
    model, x = exact_model(s), together(t)
    point = {**allocated(t, x), "transmit_power": powers(t, x)}
    before = utility(model, point)
    found = []
    for u in range(2):
        for factor in (1 - STEP, 1 + STEP):
            changed = np.array(point["transmit_power"])
            changed[u] = min(changed[u] * factor, t.most[u])
            after = utility(model, {**point, "transmit_power": changed})
            with ball_arithmetic():
                found.append(Interval.from_arb((before - after) / (2 + abs(before))))
    return smallest(*found)


def printed_powers(t: Terms, x: Decision) -> Array:
    return closed_form.allocate(t, x).power


@claim(
    id="JTORA-R2",
    source=f"{PAPER}, after Algorithm 2",
    statement="(X*, P*, F*) from Algorithm 2, Algorithm 1 and (27) is a local optimum of (12). (Tested for "
    "P: no change of one user's power by 1e-3 of it raises the exact utility.)",
    recorded="refuted",
    draws=pairs,
    max_samples=40,
    subject=printed_powers,
    mutants=[
        Mutant("the best powers as all send", coupled.powers),
        Mutant("half the power", lambda t, x: printed_powers(t, x) / 2),
    ],
    tol=1e-9,
    tol_reason="relative to the gains and the value, in balls",
    explanation="P* minimises each user's own cost and ignores what its power costs the others (and is "
    "found against interferers at full power): sending a little less raises the sum.",
    corrected_by="JTORA-R2.corrected",
)
def locally_optimal(case: Case, powers: Powers) -> Any:
    return improvement(case, powers)


@claim(
    id="JTORA-R2.corrected",
    source=f"correction of {PAPER}, after Algorithm 2",
    statement="With the powers that solve (20), which is convex in ln p, no change of one power raises the "
    "exact utility.",
    recorded="certified",
    draws=pairs,
    max_samples=40,
    subject=coupled.powers,
    mutants=[
        Mutant("powers of Algorithm 1", printed_powers),
        Mutant("half the power", lambda t, x: coupled.powers(t, x) / 2),
    ],
    tol=1e-9,
    tol_reason="relative to the gains and the value, in balls; powers are right to 1e-14",
)
def locally_optimal_as_all_send(case: Case, powers: Powers) -> Any:
    return improvement(case, powers)
