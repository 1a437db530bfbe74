"""Powers against given interference: the shape of Γ, the sign of Ω (Section III-A, Appendix).

Γ(p) = (φ + ψ p)/log₂(1 + θ p),   Γ′ = Ω/log₂²(1 + θ p),
Ω(p) = ψ log₂(1 + θ p) − θ (φ + ψ p)/(ln 2 (1 + θ p)),   Ω′(p) = θ² (φ + ψ p)/(ln 2 (1 + θ p)²).
"""

from collections.abc import Callable
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades, smallest

from . import proofs
from .common import FAILS, PAPER, Ball, Case, uploads, weighted_uploads

Function = Callable[[Case, Ball], Ball]


def cost(c: Case, p: Ball) -> Ball:
    """Γ."""
    return (arb(c["phi"]) + arb(c["psi"]) * p) * arb.const_log2() / (arb(c["theta"]) * p).log1p()


def omega(c: Case, p: Ball) -> Ball:
    y = arb(c["theta"]) * p
    return arb(c["psi"]) * y.log1p() / arb.const_log2() - arb(c["theta"]) * (
        arb(c["phi"]) + arb(c["psi"]) * p
    ) / (arb.const_log2() * (1 + y))


def omega_slope(c: Case, p: Ball) -> Ball:
    y = arb(c["theta"]) * p
    return arb(c["theta"]) ** 2 * (arb(c["phi"]) + arb(c["psi"]) * p) / (arb.const_log2() * (1 + y) ** 2)


def cost_slope(c: Case, p: Ball) -> Ball:
    """Γ′ written out from Γ."""
    t, rate = arb(c["theta"]), (arb(c["theta"]) * p).log1p()
    top = arb(c["phi"]) + arb(c["psi"]) * p
    return arb.const_log2() * (arb(c["psi"]) / rate - top * t / ((1 + t * p) * rate**2))


def cost_curvature(c: Case, p: Ball) -> Ball:
    """Γ″ written out from Γ."""
    t, rate = arb(c["theta"]), (arb(c["theta"]) * p).log1p()
    top, y1 = arb(c["phi"]) + arb(c["psi"]) * p, 1 + arb(c["theta"]) * p
    first = -2 * arb(c["psi"]) * t / (y1 * rate**2)
    return arb.const_log2() * (first + top * t**2 / (y1**2 * rate**2) + 2 * top * t**2 / (y1**2 * rate**3))


def stationary(c: Case) -> Ball:
    """The p with Ω(p) = 0, by Arb's Lambert W; φ, ψ > 0."""
    k = arb(c["theta"]) * arb(c["phi"]) / arb(c["psi"])
    return (((k - 1) / arb(1).exp()).lambertw() + 1).expm1() / arb(c["theta"])


@claim(
    id="JTORA-N23",
    source=f"{PAPER}, (23)",
    statement="(23) is not convex: Γ″ is not always positive on (0, P] (tested where θP ≥ 100 and φ ≤ "
    "ψP/100: there Γ″(P) < 0).",
    recorded="proved",
    draws=st.fixed_dictionaries(
        {"psi": decades(1e-3, 1e3), "snr": decades(1e2, 1e9), "part": decades(1e-6, 1e-2)}
    ),
    subject=cost_curvature,
    mutants=[
        Mutant("Γ′ for Γ″", cost_slope),
        Mutant("the last term with + 3 for + 2", lambda c, p: cost_curvature(c, p) + 3 * cost(c, p) / p**2),
    ],
    tol=0.0,
    tol_reason="the sign of Γ″ P²/Γ in balls",
    proof=proofs.concavity,
)
def not_convex(case: Case, curvature: Function) -> Any:
    with ball_arithmetic():
        c = {"phi": case["part"] * case["psi"], "psi": case["psi"], "theta": case["snr"], "P": 1.0}
        return Interval.from_arb(-curvature(c, arb(1)) / cost(c, arb(1)))


def highest_end(c: Case, p: Ball, q: Ball, middle: Ball) -> Ball:
    return cost(c, p).max(cost(c, q)) - cost(c, middle)


@claim(
    id="JTORA-L1",
    source=f"{PAPER}, Lemma 1",
    statement="Γ is strictly quasiconvex on 0 < p ≤ P: between two powers it is below the larger of their "
    "values.",
    recorded="proved",
    draws=st.tuples(uploads, st.sampled_from([0.5, 0.1, 0.9, 0.01]), st.sampled_from([0.5, 0.25, 0.75])).map(
        lambda t: {**t[0], "low": t[1], "at": t[2]}
    ),
    subject=highest_end,
    mutants=[
        Mutant("quasiconcave", lambda c, p, q, m: cost(c, m) - cost(c, p).min(cost(c, q))),
        Mutant("below both values", lambda c, p, q, m: cost(c, p).min(cost(c, q)) - cost(c, m)),
    ],
    tol=0.0,
    tol_reason="the sign of the difference in balls, relative to Γ",
    proof=proofs.quasiconvexity,
)
def quasiconvex(case: Case, slack: Callable[[Case, Ball, Ball, Ball], Ball]) -> Any:
    if case["phi"] == case["psi"] == 0:
        return None  # the preferences add up to 1
    with ball_arithmetic():
        q = arb(case["P"])
        p = q * arb(case["low"])
        middle = p + (q - p) * arb(case["at"])
        return Interval.from_arb(slack(case, p, q, middle) / cost(case, middle))


@claim(
    id="JTORA-A35",
    source=f"{PAPER}, Appendix",
    statement="Γ is twice differentiable, and Γ′(p) = 0 implies Γ″(p) > 0.",
    recorded="proved",
    draws=weighted_uploads,
    subject=cost_curvature,
    mutants=[
        Mutant("the second term negative", lambda c, p: cost_curvature(c, p) - 3 * cost(c, p) / p**2),
        Mutant("Γ′ for Γ″", cost_slope),
    ],
    tol=0.0,
    tol_reason="the sign of Γ″ p²/Γ in balls at the exact stationary point (Γ′ itself encloses 0 there)",
    proof=proofs.curvature,
)
def curved_where_flat(case: Case, curvature: Function) -> Any:
    with ball_arithmetic():
        p = stationary(case)
        if not cost_slope(case, p).contains(0):
            return FAILS
        value = Interval.from_arb(curvature(case, p) * p * p / cost(case, p))
        return value if not (value.lo <= 0 <= value.hi) else FAILS


def candidates(c: Case) -> Ball:
    """The least Γ among p = P and the roots of Γ′ in (0, P]."""
    full = cost(c, arb(c["P"]))
    if c["phi"] == 0 or c["psi"] == 0:
        return full  # Γ′ has no root
    p = stationary(c)
    return full.min(cost(c, p)) if p <= arb(c["P"]) else full


def infimum(c: Case) -> Ball:
    """inf Γ on (0, P], from its limit at 0 where φ = 0."""
    if c["phi"] == 0:
        return arb(c["psi"]) * arb.const_log2() / arb(c["theta"])
    return candidates(c)


def reached(case: Case, found: Callable[[Case], Ball]) -> Any:
    """Slack of 'the value found is the infimum', against a grid of powers and the limit at 0."""
    if case["phi"] == case["psi"] == 0:
        return None
    with ball_arithmetic():
        least = infimum(case)
        for k in range(1, 40):
            least = least.min(cost(case, arb(case["P"]) * arb(2) ** (-k)))
        return Interval.from_arb((least - found(case)) / least)


FULL_POWER = Mutant("always p = P", lambda c: cost(c, arb(c["P"])))
HALF_POWER = Mutant("p = P/2", lambda c: cost(c, arb(c["P"]) / 2))


@claim(
    id="JTORA-G23",
    source=f"{PAPER}, after Lemma 1",
    statement="A local optimum of (23) is global, and the optimum is p = P or satisfies Γ′(p) = 0.",
    recorded="refuted",
    draws=uploads,
    subject=candidates,
    mutants=[FULL_POWER, HALF_POWER, Mutant("the infimum", infimum)],
    tol=1e-30,
    tol_reason="relative to the infimum, in balls of 1e-48",
    explanation="For β^t = 0, which the model allows, φ = 0 and Γ increases on (0, P]: its infimum ψ ln "
    "2/θ is the limit at p = 0, where nothing is sent; no power attains it and Γ′ has no root.",
    corrected_by="JTORA-G23.corrected",
)
def optimum_is_a_candidate(case: Case, found: Callable[[Case], Ball]) -> Any:
    return reached(case, found)


@claim(
    id="JTORA-G23.corrected",
    source=f"correction of {PAPER}, after Lemma 1",
    statement="For φ > 0 the minimum of Γ is at p = P or at the root of Γ′; for φ = 0 the infimum is ψ ln "
    "2/θ, approached as p → 0.",
    recorded="proved",
    draws=uploads,
    subject=infimum,
    mutants=[FULL_POWER, HALF_POWER, Mutant("no limit at 0", candidates)],
    tol=1e-30,
    tol_reason="relative to the infimum, in balls of 1e-48",
    proof=proofs.optimum,
)
def infimum_is_known(case: Case, found: Callable[[Case], Ball]) -> Any:
    return reached(case, found)


@claim(
    id="JTORA-E24",
    source=f"{PAPER}, (24)",
    statement="Γ′(p) = 0 if and only if Ω(p) = 0; indeed Γ′ log₂²(1 + θp) = Ω. (rec.)",
    recorded="proved",
    draws=uploads,
    subject=omega,
    mutants=[
        Mutant("ln for log₂", lambda c, p: omega(c, p) + arb(c["psi"]) * (arb(c["theta"]) * p).log1p()),
        Mutant("without 1 + θp", lambda c, p: omega(c, p) - arb(c["theta"]) * arb(c["phi"])),
        Mutant("θ² for θ", lambda c, p: omega(c, p) * arb(c["theta"])),
    ],
    tol=1e-30,
    tol_reason="relative to the terms of Ω, in balls of 1e-48",
    proof=proofs.slope,
)
def slope_has_the_sign_of_omega(case: Case, om: Function) -> Any:
    if case["phi"] == case["psi"] == 0:
        return None
    with ball_arithmetic():
        found = []
        for part in (1.0, 0.5, 0.01):
            p = arb(case["P"]) * arb(part)
            rate = (arb(case["theta"]) * p).log1p() / arb.const_log2()
            scale = arb(case["psi"]) * rate + omega_slope(case, p) * p + arb(case["theta"]) * arb(case["phi"])
            found.append(Interval.from_arb(-abs(cost_slope(case, p) * rate**2 - om(case, p)) / scale))
        return smallest(*found)


def rising_from_below(c: Case) -> tuple[Ball, Ball]:
    """Ω′ at P and −Ω(0), the two that are to be positive."""
    return omega_slope(c, arb(c["P"])), arb(c["theta"]) * arb(c["phi"]) / arb.const_log2()


def signs(case: Case, found: Callable[[Case], tuple[Ball, Ball]]) -> Any:
    if case["phi"] == case["psi"] == 0:
        return None
    with ball_arithmetic():
        # positive or not: −1 for a number that is certainly not
        return smallest(*(Interval(1.0, 1.0) if x > 0 else FAILS for x in found(case)))


SIGN_MUTANTS = [
    Mutant("Ω falls", lambda c: (-rising_from_below(c)[0], rising_from_below(c)[1])),
    Mutant("Ω(0) > 0", lambda c: (rising_from_below(c)[0], -rising_from_below(c)[1])),
]


@claim(
    id="JTORA-M24",
    source=f"{PAPER}, after (24)",
    statement="For all parameters that the model allows, β^t in [0, 1], Ω′(p) > 0 and Ω(0) = −θφ/ln 2 < 0. "
    "(rec.)",
    recorded="refuted",
    draws=uploads,
    subject=rising_from_below,
    mutants=[*SIGN_MUTANTS, Mutant("Ω(0) ≤ 0", lambda c: (rising_from_below(c)[0], arb(1)))],
    tol=0.5,
    tol_reason="a statement on signs: 1 or −1",
    explanation="For β^t = 0 we have φ = 0 and Ω(0) = 0: Ω is positive on (0, P], so that its bisection "
    "tends to p = 0.",
    corrected_by="JTORA-M24.corrected",
)
def omega_rises_from_below(case: Case, found: Callable[[Case], tuple[Ball, Ball]]) -> Any:
    return signs(case, found)


@claim(
    id="JTORA-M24.corrected",
    source=f"correction of {PAPER}, after (24)",
    statement="For β^t > 0, Ω′(p) > 0 on (0, P] and Ω(0) = −θφ/ln 2 < 0.",
    recorded="proved",
    draws=uploads.filter(lambda c: c["phi"] > 0),
    subject=rising_from_below,
    mutants=SIGN_MUTANTS,
    tol=0.5,
    tol_reason="a statement on signs: 1 or −1",
    proof=proofs.start,
)
def omega_rises_from_below_with_time(case: Case, found: Callable[[Case], tuple[Ball, Ball]]) -> Any:
    return signs(case, found)
