"""How φ answers to its arguments: Remark 1.

φ = (β N0/h²) (υ ln υ − υ + 1), υ = B C P h²/(N0 ln 2). An elasticity is the relative change of φ over that
of an argument, ∂ ln φ/∂ ln x; those in CP and in h follow from υ alone.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import sympy as sp
from flint import arb, arb_series
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, boundary, claim, decades, smallest
from mecopt.claims.exact import FAILS, apart, holds, in_balls, vanishes

from .common import PAPER, Case
from .priority import USER, Mobile, Number, ln2, log, mobile, priority, symbolic
from .radio import ROUNDING


class Scaling(NamedTuple):
    """What φ is said to be about proportional to, as a function of CP alone and of h alone."""

    in_energy: Callable[[Mobile], Number]
    in_channel: Callable[[Mobile], Number]


def alike(law: Callable[[Mobile], Number], before: Mobile, after: Mobile) -> Interval:
    """Slack of: the law and φ grow by factors within a factor of 2 of each other."""
    base = law(before)
    predicted = law(after) / base if base > 0 or base < 0 else arb(0)
    if not predicted > 0:
        return FAILS
    actual = priority(after) / priority(before)
    return Interval.from_arb(2 * (predicted / actual).min(actual / predicted) - 1)


PRINTED = Scaling(lambda m: m.C * m.P * log(m.C * m.P), lambda m: log(m.h))


@claim(
    id="TDMA-R1a",
    source=f"{PAPER}, Remark 1",
    # Read generously: υ far above 1, one argument raised at most fivefold, and "about" up to a factor of 2.
    statement=(
        "φ scales about as (CP) ln(CP) with the local energy of a bit and about as ln h with the channel "
        "gain. (Checked in SI units for υ ≥ 100, CP ≤ 0.1 and h ≤ 0.1: raise either up to fivefold, and φ "
        "grows as said, within a factor of 2.)"
    ),
    recorded="refuted",
    draws=st.fixed_dictionaries(
        {
            "bit_energy": decades(1e-9, 0.1),
            "amplitude": decades(1e-6, 0.1),
            "ratio": decades(100.0, 1e9),
            "raised": decades(2.0, 5.0),
        }
    ),
    subject=PRINTED,
    mutants=[
        Mutant("CP ln υ and ln υ", Scaling(lambda m: m.C * m.P * log(m.ratio), lambda m: log(m.ratio))),
        Mutant("exchanged", Scaling(PRINTED.in_channel, PRINTED.in_energy)),
        Mutant("CP and h", Scaling(lambda m: m.C * m.P, lambda m: m.h)),
    ],
    tol=1e-12,
    tol_reason="of a factor of 2; balls are thinner than 1e-20",
    explanation=(
        "The logarithm is that of υ, which has no unit. ln(CP) depends on the unit; in joules it is "
        "negative, as is ln h for every channel that attenuates, so that a better channel is predicted to "
        "lower φ: from h = 0.1 to 0.3 by half, while at υ = 100 it grows by 60 %. Only for CP → ∞ and h → ∞ "
        "do the ratios of the logarithms tend to 1."
    ),
    corrected_by="TDMA-R1a.corrected",
)
@in_balls
def scaling_as_printed(case: Case, subject: Scaling) -> Any:
    energy, h, factor = case["bit_energy"], case["amplitude"], case["raised"]
    noise = energy * h**2 / (case["ratio"] * arb.const_log2())  # for B = 1
    m = Mobile(arb(1), arb(1), energy, h, arb(1), noise)
    return smallest(
        alike(subject.in_energy, m, m._replace(P=energy * factor)),
        alike(subject.in_channel, m, m._replace(h=h * factor)),
    )


class Elasticities(NamedTuple):
    """φ, ∂ ln φ/∂ ln(CP) and ∂ ln φ/∂ ln h as formulas."""

    priority: Callable[[Mobile], Number]
    in_energy: Callable[[Number], Number]
    in_channel: Callable[[Number], Number]


def psi(u: Number) -> Number:
    """υ ln υ − υ + 1."""
    return u * log(u) - u + 1


def of_energy(u: Number) -> Number:
    return u * log(u) / psi(u)


def of_channel(u: Number) -> Number:
    return 2 * (u - 1) / psi(u)


def by_logarithm(m: Mobile) -> Number:
    return m.beta * m.B * m.C * m.P / ln2(m.N0) * (log(m.ratio) - 1 + 1 / m.ratio)


FORMULAS = Elasticities(by_logarithm, of_energy, of_channel)


def measured(m: Mobile, function: Callable[[Mobile], Number]) -> tuple[Number, Number]:
    """The elasticities of a function in CP and in h, by power series in the logarithm of the argument."""
    growth = arb_series([0, 1]).exp()
    series = (function(m._replace(P=m.P * growth)), function(m._replace(h=m.h * growth)))
    energy, channel = (s[1] / s[0] for s in series)
    return energy, channel


def elasticity_proof() -> str:
    m, u = symbolic(), sp.Symbol("u", positive=True)
    vanishes(priority(m) - by_logarithm(m), "φ by ln υ")
    for argument, formula in ((m.P, of_energy), (m.C, of_energy), (m.h, of_channel)):
        slope = argument * sp.diff(priority(m), argument)
        vanishes(slope - formula(m.ratio) * priority(m), f"elasticity in {argument}")
    vanishes(sp.limit(of_energy(u), u, sp.oo) - 1, "its limit in CP")
    vanishes(sp.limit(of_channel(u), u, sp.oo), "its limit in h")
    return "φ rewritten; x ∂φ/∂x = elasticity · φ for x = C, P, h; limits 1 and 0 for υ → ∞"


ABOVE = {"excess": st.one_of(decades(1e-6, 1e9), boundary(3.9215536345675))}
"""υ − 1 > 0, also around where the elasticities are equal."""


@claim(
    id="TDMA-R1a.corrected",
    source=f"correction of {PAPER}, Remark 1",
    statement=(
        "φ = (β B C P/ln 2) (ln υ − 1 + 1/υ): for υ ≫ 1 it scales as CP (ln υ − 1) with CP and as ln υ − 1 "
        "with h. Its elasticities are υ ln υ/(υ ln υ − υ + 1) in CP and 2 (υ − 1)/(υ ln υ − υ + 1) in h, "
        "with limits 1 and 0 for υ → ∞."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries({**ABOVE, **USER}),
    subject=FORMULAS,
    mutants=[
        Mutant("− 1/υ for + 1/υ", FORMULAS._replace(priority=lambda m: by_logarithm(m) - 2 * m.scale)),
        Mutant("υ − 1 for 2 (υ − 1)", FORMULAS._replace(in_channel=lambda u: of_channel(u) / 2)),
        Mutant("ln υ for υ ln υ", FORMULAS._replace(in_energy=lambda u: of_energy(u) / u)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=elasticity_proof,
)
@in_balls
def scaling_corrected(case: Case, subject: Elasticities) -> Any:
    m = mobile(case, 1 + case["excess"])
    energy, channel = measured(m, priority)
    return smallest(
        agree(subject.priority(m), priority(m)),
        agree(subject.in_energy(m.ratio), energy),
        agree(subject.in_channel(m.ratio), channel),
    )


Compared = Callable[[Number, Number], tuple[Number, Number]]


@claim(
    id="TDMA-R1b",
    source=f"{PAPER}, Remark 1",
    statement=(
        "The local energy of a bit dominates over the channel in deciding whether to offload: φ answers more "
        "to CP than to h. (Checked: for υ > 1 the elasticity of φ in CP is at least that in h.)"
    ),
    recorded="refuted",
    draws=st.fixed_dictionaries({**ABOVE, **USER}),
    subject=lambda energy, channel: (energy, channel),
    mutants=[
        Mutant("the channel dominates", lambda energy, channel: (channel, energy)),
        Mutant("the power gain h² for h", lambda energy, channel: (energy, channel / 2)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    explanation=(
        "Near υ = 1, where offloading begins to pay, it is the other way round: υ grows with CP but with h², "
        "and for υ < 4.92 the elasticity of φ in h exceeds that in CP, by up to a factor of 2. (Only in the "
        "power gain h² would CP dominate for every υ > 1, and count the same as h² in υ.)"
    ),
    corrected_by="TDMA-R1b.corrected",
)
@in_balls
def energy_dominates(case: Case, subject: Compared) -> Any:
    major, minor = subject(*measured(mobile(case, 1 + case["excess"]), priority))
    return Interval.from_arb(apart(major, minor))


class Dominance(NamedTuple):
    """Where CP begins to dominate, and the elasticities of υ in CP and h."""

    threshold: Callable[[], Number]
    of_ratio: tuple[int, int]


def balance() -> Number:
    """υ₀ = −2/W₀(−2 e⁻²), where υ ln υ = 2 (υ − 1)."""
    return -2 / (-2 / arb.const_e() ** 2).lambertw()


def dominance_proof() -> str:
    u, w = sp.symbols("u w", positive=True)
    m, lead = symbolic(), u * sp.log(u) - 2 * (u - 1)
    vanishes(of_energy(u) - of_channel(u) - lead / psi(u), "difference of the elasticities")
    vanishes(lead.subs(u, 1), "υ ln υ − 2 (υ − 1) at 1")
    vanishes(sp.diff(lead, u) - (sp.log(u) - 1), "its slope ln υ − 1, negative up to e and positive beyond")
    holds(sp.simplify(lead.subs(u, sp.E)).is_negative, "its minimum at e")
    # −w e^(−w) = −2 e⁻² makes 2/w = e^(2 − w), so that ln(2/w) = 2 − w
    vanishes((2 / w) * (2 - w) - 2 * (2 / w - 1), "its root 2/w, −w = W₀(−2 e⁻²)")
    holds(sp.N(2 / -sp.LambertW(-2 * sp.exp(-2))) > sp.E.evalf(), "the root beyond e")
    for argument, power in ((m.P, 1), (m.C, 1), (m.h, 2)):
        vanishes(argument * sp.diff(log(m.ratio), argument) - power, f"elasticity of υ in {argument}")
    return (
        "the difference has the sign of υ ln υ − 2 (υ − 1), which falls from 0 at υ = 1 to 2 − e at e and "
        "then rises through its only other root υ₀; υ ∝ CP h²"
    )


@claim(
    id="TDMA-R1b.corrected",
    source=f"correction of {PAPER}, Remark 1",
    statement=(
        "For υ > 1 the elasticity of φ in CP exceeds that in h if and only if υ ln υ > 2 (υ − 1), that is υ "
        "> υ₀ = −2/W₀(−2 e⁻²) = 4.9215…; for 1 < υ < υ₀ the channel dominates. υ itself, which decides "
        "whether offloading can pay at all, has elasticity 1 in CP and 2 in h."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries({**ABOVE, **USER}),
    subject=Dominance(balance, (1, 2)),
    mutants=[
        Mutant("υ₀ = e, the minimum", Dominance(arb.const_e, (1, 2))),
        Mutant("W₀(−e⁻²)", Dominance(lambda: -1 / (-1 / arb.const_e() ** 2).lambertw(), (1, 2))),
        Mutant("CP always dominates", Dominance(lambda: arb(1), (1, 2))),
        Mutant("υ ∝ h", Dominance(balance, (1, 1))),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=dominance_proof,
)
@in_balls
def channel_dominates_below(case: Case, subject: Dominance) -> Any:
    u = 1 + case["excess"]
    m, threshold = mobile(case, u), subject.threshold()
    lead = apart(*measured(m, priority))
    side = arb(1 if u > threshold else -1 if u < threshold else 0)
    of_ratio = (
        agree(e, arb(n)) for e, n in zip(measured(m, lambda n: n.ratio), subject.of_ratio, strict=True)
    )
    return smallest(Interval.from_arb(side * lead), *of_ratio)
