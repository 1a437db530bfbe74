"""When is a point of P2 optimal? The conditions (5a) to (5c), and the rate (6) that follows from them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, claim, decades, smallest
from mecopt.claims.exact import FAILS, apart, in_balls, not_negative, vanishes

from .common import PAPER, Case
from .pairs import PAIRS, Ball, Mobile, Pair, pair_of
from .radio import RADIO, ROUNDING, inverse, symbolic_intercept


@dataclass(frozen=True)
class Conditions:
    """(5a), (5b) and (5c): each the slack of what it asks for, 0 or more where it holds."""

    of_bits: Callable[[Mobile], Ball]
    of_time: Callable[[Mobile], Ball]
    of_slot: Callable[[Pair], Ball]

    def slack(self, pair: Pair) -> Ball:
        """The smallest slack of all conditions."""
        each = [condition(u) for u in pair.mobiles for condition in (self.of_bits, self.of_time)]
        return reduce(arb.min, each, self.of_slot(pair))


def printed_bits(u: Mobile) -> Ball:
    above = apart(u.marginal, u.value)
    if not u.at_required and not u.at_data:
        return -abs(above)
    return (above if u.at_required else arb(1)).min(-above if u.at_data else arb(1))


def corrected_bits(u: Mobile) -> Ball:
    above = apart(u.marginal, u.value)
    return (arb(1) if u.at_data else above).min(arb(1) if u.at_required else -above)


def one_price(u: Mobile) -> Ball:
    return -abs(apart(u.price, u.pull))


def slot_used(pair: Pair) -> Ball:
    return pair.spare if pair.price.is_zero() else -abs(pair.spare)


def conditions_decide(case: Case, conditions: Conditions) -> Interval | None:
    """They hold for optimal pairs (by this slack), and not for others (by how much they are violated).

    Wherever a user sends, (5b) leaves a point no other price than that of the pair; where none does, (5c).
    """
    pair = pair_of(case)
    if pair is None:
        return None
    slack = conditions.slack(pair)
    if pair.optimal():
        return Interval.from_arb(slack)
    return Interval.from_arb(-slack) if slack < 0 else FAILS


PRINTED = Conditions(printed_bits, one_price, slot_used)
CORRECTED = replace(PRINTED, of_bits=corrected_bits)


def misprints(conditions: Conditions) -> list[Mutant]:
    def exchanged(u: Mobile) -> Ball:
        return conditions.of_bits(u._replace(marginal=u.value, value=u.marginal))

    def unweighted(u: Mobile) -> Ball:
        return one_price(u._replace(pull=u.pull / u.weight))

    return [
        Mutant("> and < exchanged in (5a)", replace(conditions, of_bits=exchanged)),
        Mutant("g(ℓ/t)/h² without weight in (5b)", replace(conditions, of_time=unweighted)),
        Mutant("(5c) without complementary slackness", replace(conditions, of_slot=lambda pair: pair.spare)),
    ]


@claim(
    id="TDMA-K1",
    source=f"{PAPER}, (5a) to (5c)",
    statement=(
        "A point of P2 is optimal if and only if some λ ≥ 0 has, for every mobile, D = β f′(ℓ/t)/h² − β C P "
        "> 0 if ℓ = m⁺, D = 0 if m⁺ < ℓ < R, D < 0 if ℓ = R, and β g(ℓ/t)/h² + λ > 0 if t = 0, = 0 if t > 0; "
        "with Σ t ≤ T and λ (Σ t − T) = 0."
    ),
    recorded="refuted",
    draws=PAIRS,
    subject=PRINTED,
    mutants=[Mutant("as corrected", CORRECTED), *misprints(PRINTED)],
    max_samples=150,
    tol=1e-12,
    tol_reason=ROUNDING,
    explanation=(
        "A mobile that must offload all its data (no local CPU: m⁺ = R) would need D > 0 and D < 0 at once. "
        "The strict signs also fail where λ is just the priority of a mobile, and ℓ/t is 0/0 for every "
        "mobile that stays silent; these two are read in the paper's favour here. (Counterexample: R = m⁺ = "
        "1 and a bit that costs κ offloaded, at the price λ, and 2 κ locally: D = −κ < 0, though ℓ = m⁺.)"
    ),
    corrected_by="TDMA-K1.corrected",
)
@in_balls
def optimality_as_printed(case: Case, subject: Conditions) -> Interval | None:
    return conditions_decide(case, subject)


def gap_proof() -> str:
    A, t, y = sp.symbols("A t y", positive=True)
    d, far = sp.Symbol("d", real=True), sp.Symbol("far", nonnegative=True)
    price, kappa = A * ((y - 1) * sp.exp(y) + 1), A * sp.exp(y)
    value, required, data = sp.symbols("v m R", positive=True)
    nats, D = (y + d) * t, kappa - value
    cost = A * t * (sp.exp(y + d) - 1) + value * (data - nats) + price * t
    lost = A * t * sp.exp(y) * (sp.exp(d) - 1 - d)
    vanishes(cost - (value * data + D * required) - lost - D * (nats - required), "a user at D ≥ 0")
    vanishes(cost - (value * data + D * data) - lost + D * (data - nats), "a user at D ≤ 0")
    for signed in (far, -far):
        not_negative(sp.exp(signed) - 1 - signed, far, beyond=0, what="e^d − 1 − d ≥ 0")
    g, r, B, N0 = symbolic_intercept()
    u = r * sp.log(2) / B
    vanishes(g + N0 * ((u - 1) * sp.exp(u) + 1), "λ = −β g(r)/h² at the rate r with y = r ln 2/B")
    return (
        "J − q(λ) = Σ A t e^y (e^d − 1 − d) + Σ max(D, 0)(ℓ − m⁺) + Σ max(−D, 0)(R − ℓ) + λ (T − Σ t), "
        "d = ℓ ln 2/(B t) − y: no term is negative and all vanish just under the conditions; J = q(λ) for an "
        "optimal point and some λ ≥ 0 by Slater's condition"
    )


@claim(
    id="TDMA-K1.corrected",
    source=f"correction of {PAPER}, (5a) to (5c)",
    statement=(
        "A feasible point of P2 is optimal if and only if some λ ≥ 0 has λ (Σ t − T) = 0 and, for every "
        "mobile, β g(r)/h² + λ = 0, D = β f′(r)/h² − β C P ≥ 0 if ℓ < R and D ≤ 0 if ℓ > m⁺. Here r = ℓ/t; "
        "for a silent mobile (ℓ = t = 0) r solves the first of these, so that D ≥ 0 says φ ≤ λ."
    ),
    recorded="proved",
    draws=PAIRS,
    subject=CORRECTED,
    mutants=[Mutant("(5a) as printed", PRINTED), *misprints(CORRECTED)],
    max_samples=150,
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=gap_proof,
)
@in_balls
def optimality_corrected(case: Case, subject: Conditions) -> Interval | None:
    return conditions_decide(case, subject)


def rates(case: Case, price: Ball) -> tuple[Ball, Ball]:
    """The two rates of (6): f′⁻¹(C P h²) and g⁻¹(−h² λ/β)."""
    need = (
        case["bit_energy"]
        * case["channel_gain"]
        * case["bandwidth"]
        / (case["noise_power"] * arb.const_log2())
    )
    by_bits = case["bandwidth"] * need.log() / arb.const_log2()
    return by_bits, inverse(case, -case["channel_gain"] * price / case["weight"])


def rate_proof() -> str:
    _, r, B, N0 = symbolic_intercept()
    f = N0 * (2 ** (r / B) - 1)
    need = sp.Symbol("z", positive=True)
    vanishes(
        sp.diff(f, r).subs(r, B * sp.log(need * B / (N0 * sp.log(2))) / sp.log(2)).rewrite(sp.exp) - need,
        "f′(B log₂(z B/(N0 ln 2))) = z",
    )
    return (
        "D = 0 is f′(r) = C P h² (β cancels) and (5b) is g(r) = −h² λ/β; f″ > 0 and g′ = −r f″ < 0 for "
        "r > 0, so each has one root, and both roots are ℓ/t"
    )


@claim(
    id="TDMA-E6",
    source=f"{PAPER}, (6)",
    statement=(
        "If a mobile offloads m⁺ < ℓ < R in t > 0 at the optimum, then ℓ/t = f′⁻¹(C P h²) = g⁻¹(−h² λ/β)."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "exponent": decades(1e-6, 1e2),
            "offloaded_bits": decades(1e-3, 1e3),
            "weight": decades(1e-3, 1e3),
            **RADIO,
        }
    ),
    subject=rates,
    mutants=[
        Mutant(
            "β C P h² for C P h²",
            lambda c, price: rates({**c, "bit_energy": c["weight"] * c["bit_energy"]}, price),
        ),
        Mutant("h² λ for h² λ/β", lambda c, price: rates(c, c["weight"] * price)),
        Mutant("g⁻¹(+h² λ/β)", lambda c, price: rates(c, -price)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=rate_proof,
)
@in_balls
def rate_of_partial_offloading(case: Case, subject: Callable[[Case, Ball], tuple[Ball, Ball]]) -> Any:
    """At any rate some λ and C P make partial offloading optimal: J − q(λ) = E + λ t − β C P ℓ = 0."""
    A, y = case["weight"] * case["noise_power"] / case["channel_gain"], case["exponent"]
    price = A * ((y - 1) * y.exp() + 1)
    bit_energy = case["noise_power"] * arb.const_log2() / case["bandwidth"] * y.exp() / case["channel_gain"]
    bits = case["offloaded_bits"]
    time = bits * arb.const_log2() / (case["bandwidth"] * y)
    spent = A * time * y.expm1() + price * time
    if not (spent - case["weight"] * bit_energy * bits).contains(0):
        return None
    return smallest(
        *(agree(rate, bits / time) for rate in subject({**case, "bit_energy": bit_energy}, price))
    )
