"""Section V: the powers of AF only by projected gradients."""

from collections.abc import Callable

from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim

from .. import AF, P1, algorithms, links
from ..projection import Powers
from ..smoothing import Blocks
from .common import (
    FAILS,
    PAPER,
    PROVED,
    Bracket,
    Case,
    bracket,
    cases,
    plan_of,
    proved_value,
    with_plan,
)

# ---------------------------------------------------------------------- AF powers by projected gradients

FIXED = cases(noise_model=st.just("fixed"))


SHARP = 1e12
"""A smoothing so large that F~ = F."""

Step = Callable[[links.Data, links.Plan], links.Plan]


def gradient_path(data: Case, steps: int) -> list[links.Plan]:
    """(54) to (56) from half powers: projected-gradient steps on AF only, with the search of Algorithm 2."""
    s = P1.instance(data)
    d = links.data(s)
    best = algorithms.af_only(s)[0]
    x = best._replace(user_af_power=d.user_power / 2, relay_af_power=d.relay_power / 2)
    blocks, path = Blocks(d, SHARP), [x]
    for _ in range(steps):
        path.append(blocks.powers(path[-1]))
    return path


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
    return excess(case, gradient_path(case, steps)[-1])


class Upwards(Blocks):
    """Powers along the gradient instead of against it."""

    def plain_gradient(self, x: links.Plan) -> Powers:
        g = super().plain_gradient(x)
        return Powers(*(-v for v in g))


def searched(d: links.Data, x: links.Plan) -> links.Plan:
    """One step with the search of Algorithm 2."""
    return Blocks(d, SHARP).powers(x)


def upwards(d: links.Data, x: links.Plan) -> links.Plan:
    return Upwards(d, SHARP).powers(x)


def whole(d: links.Data, x: links.Plan) -> links.Plan:
    """The whole step along the scaled gradient, cut at the budgets."""
    g = Blocks(d, SHARP).plain_gradient(x)
    size = max(abs(g.x), abs(g.y))
    p, q = x.user_af_power / d.user_power - g.x / size, x.relay_af_power / d.relay_power - g.y / size
    return x._replace(
        user_af_power=min(max(p, 1e-3), 1.0) * d.user_power,
        relay_af_power=min(max(q, 1e-3), 1.0) * d.relay_power,
    )


@claim(
    id="RACO-E53.corrected",
    source=f"correction of {PAPER}, (53) to (56)",
    statement="A projected-gradient step lowers the cost of every AF plan that is not optimal for (53), and "
    "leaves an optimal one: repeated, the steps descend and rest nowhere else.",
    recorded="certified",
    draws=with_plan(FIXED),
    subject=searched,
    mutants=[Mutant("against the descent", upwards), Mutant("the whole step, not searched", whole)],
    tol=PROVED,
    tol_reason="what a step may cost at the optimum, relative to it; elsewhere it must gain, however little",
    explanation="Why: in logarithms of powers the cost of (53) is convex and its limits are boxes, so that a "
    "point without a feasible direction of descent is optimal, and at any other the projected gradient is "
    "one. Nothing is said of speed: of 200 scattered instances half are optimal to 1e-12 after 500 steps, "
    "but one in ten keeps 1 % of what half powers cost too much, and the slowest a fifth.",
    max_samples=40,
)
def rests_at_the_optimum(case: Case, step: Step) -> Interval | None:
    s = AF.instance(case["data"])
    d, best = links.data(s), bracket("af", case["data"])
    if best is None:
        return None
    top = algorithms.af_only(s)[0]
    x = plan_of(case)
    x = top._replace(user_af_power=x.user_af_power, relay_af_power=x.relay_af_power)
    plans = x, step(d, x), step(d, top)
    found = [proved_value(AF, s, plan) for plan in plans]
    if None in found:
        return None
    before, after, stayed = (v for v in found if v is not None)
    if not before.lo > best.upper * (1 + PROVED):
        return None
    rise = Interval((best.lower - stayed.hi) / best.upper, (best.upper - stayed.lo) / best.upper)
    if after.hi < before.lo:
        return rise
    return FAILS if plans[1] == plans[0] or after.lo >= before.hi else Interval(-1.0, 1.0)
