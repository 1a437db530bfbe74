"""Section V: the powers of AF only by projected gradients."""

from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim

from .. import AF, P1, algorithms, links
from ..smoothing import Blocks
from .common import (
    PAPER,
    Bracket,
    Case,
    bracket,
    cases,
    proved_value,
)

# ---------------------------------------------------------------------- AF powers by projected gradients

FIXED = cases(noise_model=st.just("fixed"))


def gradient_steps(data: Case, steps: int) -> links.Plan:
    """(54) to (56) from half powers: projected-gradient steps on AF only, with the search of Algorithm 2."""
    s = P1.instance(data)
    d = links.data(s)
    best = algorithms.af_only(s)[0]
    x = best._replace(user_af_power=d.user_power / 2, relay_af_power=d.relay_power / 2)
    blocks = Blocks(d, 1e12)  # so large that F~ = F
    for _ in range(steps):
        x = blocks.powers(x)
    return x


def excess(data: Case, plan: links.Plan) -> Interval | None:
    """Slack of 'this AF plan is optimal'."""
    best: Bracket | None = bracket("af", data)
    value = proved_value(AF, AF.instance(data), plan)
    if best is None or value is None:
        return None
    return Interval(-(value.hi - best.lower) / best.upper, -max(value.lo - best.upper, 0.0) / best.upper)


@claim(
    id="RACO-E53",
    source=f"{PAPER}, (53) to (56)",
    statement="One projected-gradient step with (54) to (56) solves (53) (tested from half powers, to 1e-6).",
    recorded="refuted",
    draws=FIXED,
    subject=1,
    mutants=[Mutant("two thousand steps", 2000)],
    tol=1e-6,
    tol_reason="relative to the proved optimum of AF only",
    explanation="One step moves along one projected gradient and stops where the Armijo rule lets it: it "
    "descends, and is optimal only "
    "by accident.",
    corrected_by="RACO-E53.corrected",
    max_samples=12,
)
def one_step(case: Case, steps: int) -> Interval | None:
    return excess(case, gradient_steps(case, steps))


@claim(
    id="RACO-E53.corrected",
    source=f"correction of {PAPER}, (53) to (56)",
    statement="Repeated, the projected-gradient steps approach the optimum of (53), slowly where they "
    "zigzag along the budgets: 500 steps leave at most a fifth of what the "
    "start costs too much.",
    recorded="supported",
    draws=FIXED,
    subject=500,
    mutants=[Mutant("one step", 1), Mutant("none", 0)],
    tol=1e-6,
    tol_reason="relative to the proved optimum of AF only",
    max_samples=12,
)
def many_steps(case: Case, steps: int) -> float | None:
    first, last = excess(case, gradient_steps(case, 0)), excess(case, gradient_steps(case, steps))
    return None if first is None or last is None else last.lo - 0.2 * first.lo
