"""Who uploads the shared data: Lemma 1, and what the primal problem says of it.

Both upload phases of a user run at one rate, so that its upload costs A τ (e^y − 1), y = (D^s + I)/(w τ) the
exponent of its whole load, A = N0 W/h, w = W/ln 2, and a further shared bit costs c = (A/w) e^y. Moving a
shared bit from j to k pays exactly when c_k < c_j.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_least, claim, decades, fraction, smallest
from mecopt.claims.exact import FAILS, HOLDS, apart, holds, in_balls, vanishes
from mecopt.instance import Instance

from ..lagrangian import upload_price
from .common import OPTIMA, P1, PAPER, Case, cases
from .optima import Optimum, Wanted, optima

Allowed = Callable[[Instance], list[Any]]
"""The sets of users, as masks, that are said to upload all shared data in some optimum."""


def any_one(s: Instance) -> list[Any]:
    """As printed, read generously: some one user, whichever."""
    users = np.arange(s.sizes["users"])
    return [users == k for k in users]


def everybody(s: Instance) -> list[Any]:
    return [np.ones(s.sizes["users"], dtype=bool)]


def best_channel(s: Instance) -> list[Any]:
    return [np.arange(s.sizes["users"]) == np.argmax(s.uplink_gain)]


def worst_channel(s: Instance) -> list[Any]:
    return [np.arange(s.sizes["users"]) == np.argmin(s.uplink_gain)]


def best_and_allowed(s: Instance, masks: list[Any]) -> list[Optimum] | None:
    """The proved optima of P1′ and with these users sending; None unless all are proved."""
    found = optima([s, *(s if mask.all() else Wanted(s, int(np.argmax(mask))) for mask in masks)])
    return None if any(f is None for f in found) else [f for f in found if f is not None]


@claim(
    id="SHARED-L1",
    source=f"{PAPER}, Lemma 1 and the sentence after it, abstract",
    statement=(
        "The shared data is optimally uploaded by one user instead of several: Dₖˢ* = D_S for k = arg min "
        "cⱼ and 0 "
        "for the others. (Checked: some user k exists such that P1′ with all shared data from k has the "
        "optimum of P1′.)"
    ),
    recorded="refuted",
    draws=cases(users=(2, 3), output_ratio=st.sampled_from([1.0, 0.1, 0.0])),
    subject=any_one,
    mutants=[
        Mutant("several users", everybody),
        Mutant("the best channel", best_channel),
        Mutant("the worst channel", worst_channel),
    ],
    tol=1e-6,
    tol_reason="relative to the optimum; optima are proved to 1e-9",
    explanation=(
        "At given multipliers the Lagrangian is linear in Dˢ and a vertex minimises it, but at the "
        "optimal ones the "
        "cₖ of all users that ought to send are equal: every split minimises it, and the constraints that "
        "were "
        "priced choose one. The energy of an upload is strictly convex in its bits, so that a second user "
        "helps as "
        "soon as its bit is cheaper than the last bit of the first. Two equal users with one shared bit "
        "and nothing "
        "else, W τ = 1: one alone spends 1 on the upload, half each spends 2(√2 − 1) = 0.83. With K equal "
        "users the "
        "ratio is (2ˣ − 1)/(K (2^(x/K) − 1)), x = D_S/(W τ), which grows without bound."
    ),
    corrected_by="SHARED-L1.corrected",
    max_samples=20,
)
def one_user_uploads(case: Case, allowed: Allowed) -> Any:
    s = P1.instance(case)
    proved = best_and_allowed(s, allowed(s))
    if proved is None:
        return None
    best, *found = proved
    low, high = min(f.lower for f in found), min(f.upper for f in found)
    return Interval((best.lower - high) / best.upper, min(max((best.upper - low) / best.upper, -1.0), 1.0))


class Condition(NamedTuple):
    """Whether user j is said to upload everything, from its marginal cost with all of D_S and the others'."""

    alone: Callable[[float, list[float]], bool]
    meets: Callable[[float, float], bool]


def equal_marginals_proof() -> str:
    """Exchange of shared bits between two users; the threshold without private data; the loss."""
    a, b, w, t, p, q, x, d = sp.symbols("a b w t p q x d", positive=True)
    first, second = a * t * (sp.exp((p + x - d) / (w * t)) - 1), b * t * (sp.exp((q + d) / (w * t)) - 1)
    moved = sp.diff(first + second, d)
    c_first, c_second = a / w * sp.exp((p + x - d) / (w * t)), b / w * sp.exp((q + d) / (w * t))
    vanishes(moved - (c_second - c_first), "slope of moving bits: difference of the marginal costs")
    holds(sp.simplify(sp.diff(first + second, d, 2)).is_positive, "strict convexity of moving bits")
    ratio = sp.exp(sp.log(b / a))
    vanishes(ratio - b / a, "c_j = c_k at e^(x/(w t)) = h_j/h_k without private load")
    y = sp.Symbol("y", positive=True)
    loss = (sp.exp(2 * y) - 1) / (2 * (sp.exp(y) - 1))
    vanishes(loss - (sp.exp(y) + 1) / 2, "two equal users: the loss is (2^(x/2) + 1)/2")
    holds(sp.Eq(sp.limit(loss, y, sp.oo), sp.oo), "and grows without bound")
    return (
        "moving d shared bits from j to k changes the energy at the rate c_k − c_j and is strictly "
        "convex, and the rest "
        "of P1′ does not notice: an optimum has equal c among senders and no smaller c elsewhere; P1′ is "
        "convex, so "
        "that this is also enough for a single sender's optimum to be that of P1′"
    )


def exactly(c: float, others: list[float]) -> bool:
    """Nobody else has a cheaper bit."""
    return all(c <= other for other in others)


@claim(
    id="SHARED-L1.corrected",
    source=f"correction of {PAPER}, Lemma 1",
    statement=(
        "In an optimum of P1′ all users that upload shared data have one marginal cost cₖ = μ, and the "
        "others cₖ ≥ μ. "
        "The optimum with all shared data from user j is an optimum of P1′ if and only if there cⱼ ≤ cₖ "
        "for all k, cⱼ "
        "taken with its whole load. Otherwise several users share, on an open set of data. (Checked: "
        "equal cₖ at "
        "the optimum; user j alone is optimal where cⱼ ≤ cₖ for all k, and proved to lose where a cₖ is "
        "less than 0.7 "
        "cⱼ and a tenth of the energy goes into its upload.)"
    ),
    recorded="proved",
    draws=cases(users=(2, 3), output_ratio=st.sampled_from([1.0, 0.1, 0.0])),
    subject=Condition(exactly, lambda c, mu: abs(c - mu) <= 1e-6 * mu),
    mutants=[
        Mutant("always alone", Condition(lambda c, others: True, lambda c, mu: abs(c - mu) <= 1e-6 * mu)),
        Mutant("never alone", Condition(lambda c, others: False, lambda c, mu: abs(c - mu) <= 1e-6 * mu)),
        Mutant(
            "the dearest alone",
            Condition(lambda c, others: all(c >= o for o in others), lambda c, mu: abs(c - mu) <= 1e-6 * mu),
        ),
        Mutant("senders cheaper than μ", Condition(exactly, lambda c, mu: c < 0.999 * mu)),
    ],
    tol=1e-6,
    tol_reason=OPTIMA,
    proof=equal_marginals_proof,
    max_samples=20,
)
def equal_marginals(case: Case, subject: Condition) -> Any:
    s = P1.instance(case)
    best, *alone = optima([s, *(Wanted(s, j) for j in range(s.sizes["users"]))])
    if best is None or s.shared_bits == 0:
        return None
    _, costs = upload_price(s, best.prices["time_price"])
    mu = float(np.min(costs))
    sends = best.x["uploaded_shared_bits"] > 1e-6 * s.shared_bits
    slack = [HOLDS if subject.meets(float(c), mu) else FAILS for c in costs[sends]]
    slack += [_alone_or_not(s, best, a, j, subject) for j, a in enumerate(alone) if a is not None]
    return smallest(*slack)


def _alone_or_not(s: Instance, best: Optimum, alone: Optimum, j: int, subject: Condition) -> Any:
    _, costs = upload_price(s, alone.prices["time_price"])
    others = [float(c) for k, c in enumerate(costs) if k != j]
    loss = Interval((alone.lower - best.upper) / best.upper, (alone.upper - best.lower) / best.upper)
    if subject.alone(float(costs[j]), others):
        return Interval(-loss.hi, -loss.lo)
    excess = float(costs[j]) / min(others)
    if excess < 0.7:
        return FAILS if loss.hi < 1e-6 else HOLDS
    upload = float(costs[j]) * float(s.shared_bits)
    clear = excess > 1 / 0.7 and upload > 0.1 * alone.upper
    return None if not clear else Interval(min(loss.lo - 1e-5, 0.0), min(loss.hi - 1e-5, 0.0))


class Threshold(NamedTuple):
    """The ratio of gains up to which a second user helps, and the loss of one of K equal users alone."""

    ratio: Callable[[Any], Any]
    loss: Callable[[Any, int], Any]


def printed_threshold(x: Any) -> Any:
    return (x * arb.const_log2()).exp()


def loss_of_one(x: Any, users: int) -> Any:
    y = x * arb.const_log2()
    return y.expm1() / (users * (y / users).expm1())


@claim(
    id="SHARED-L1.threshold",
    source=f"correction of {PAPER}, Lemma 1: shared data only",
    statement=(
        "Without private data, K = 2: the user with the better channel uploads all of D_S if and only if "
        "its gain is "
        "2^(D_S/(W τ)) times the other's or more. K equal users share equally, and one alone spends (2ˣ − "
        "1)/(K "
        "(2^(x/K) − 1)) times as much, x = D_S/(W τ)."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "spectral": decades(1e-3, 300.0),
            "gain": decades(1.0, 1e6),
            "moved": fraction(open_ends="01"),
            "users": st.integers(2, 8),
        }
    ),
    subject=Threshold(printed_threshold, loss_of_one),
    mutants=[
        Mutant("e for 2", Threshold(lambda x: x.exp(), loss_of_one)),
        Mutant("half the load", Threshold(lambda x: printed_threshold(x / 2), loss_of_one)),
        Mutant("always the better", Threshold(lambda x: arb(1), loss_of_one)),
        Mutant("the loss without K", Threshold(printed_threshold, lambda x, k: k * loss_of_one(x, k))),
    ],
    tol=1e-12,
    tol_reason="relative to the larger of two energies; balls are thinner than 1e-20",
    proof=equal_marginals_proof,
)
@in_balls
def gains_that_one_needs(case: Case, subject: Threshold) -> Any:
    x, gain, moved, users = case["spectral"] * arb.const_log2(), case["gain"], case["moved"], case["users"]
    alone, whole = x.expm1(), case["spectral"]
    least = subject.ratio(whole)
    part = (x - gain.log()) / 2  # the best split: marginal costs alike
    best = (x - part).expm1() + gain * part.expm1()
    if not gain < least:
        # moving a share to the worse user never helps, neither some share nor that of the best split
        split = ((1 - moved) * x).expm1() + gain * (moved * x).expm1()
        slack = Interval.from_arb(apart(split, alone))
        slack = smallest(slack, Interval.from_arb(apart(best, alone))) if part > 0 else slack
    else:
        slack = Interval.from_arb(apart(alone, best)) if part > 0 else FAILS
    count = int(float(users.mid())) if hasattr(users, "mid") else int(users)
    equal = count * (x / count).expm1()
    return smallest(
        slack,
        at_least(subject.loss(whole, count) * equal, alone),
        at_least(alone, subject.loss(whole, count) * equal),
    )


Linear = Callable[[list[Any]], int]


@claim(
    id="SHARED-L1b",
    source=f"{PAPER}, Appendix B",
    statement=(
        "Given the multipliers, the partial Lagrangian in Dˢ is the linear program min Σ cₖ Dₖˢ, Σ Dₖˢ = "
        "D_S, Dˢ ≥ 0, "
        "solved by Dₖˢ = D_S for k = arg min cₖ (not uniquely where several cₖ are least)."
    ),
    recorded="certified",
    draws=st.fixed_dictionaries(
        {
            "prices": st.lists(decades(1e-6, 1e6), min_size=1, max_size=5),
            "split": st.lists(decades(1e-6, 1.0), min_size=5, max_size=5),
        }
    ),
    subject=lambda c: min(range(len(c)), key=lambda k: float(c[k].mid())),
    mutants=[
        Mutant("arg max", lambda c: max(range(len(c)), key=lambda k: float(c[k].mid()))),
        Mutant("the first", lambda c: 0),
    ],
    tol=1e-12,
    tol_reason="relative to the larger sum",
)
@in_balls
def vertex_of_a_linear_program(case: Case, subject: Linear) -> Any:
    c, raw = case["prices"], case["split"][: len(case["prices"])]
    total = sum(raw, arb(0))
    other = sum((a * b for a, b in zip(c, raw, strict=True)), arb(0)) / total
    return at_least(other, c[subject(c)])
