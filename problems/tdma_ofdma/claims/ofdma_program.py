"""P4 as a program: a constraint that is missing, and that its relaxation is convex (Section VI-A)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, at_most, claim, decades, fraction
from mecopt.claims.exact import FAILS, HOLDS, holds, in_balls, vanishes

from ..ofdma import P4
from .common import PAPER, Case
from .ofdma_common import OFDMA_PLAIN, Ball, Exact, dual, exact, p4_cases
from .radio import ROUNDING
from .threshold import finely

# One user who holds every sub-channel: what P4's constraints on its bits lead to.


@dataclass(frozen=True)
class Bits:
    """The constraints on the bits of a user, and the cheapest bits under them."""

    at_least_zero: bool = False
    at_least_m: bool = True
    at_most_R: bool = True  # noqa: N815 - the paper's letter
    clipped: bool = False

    def solve(self, d: Exact) -> tuple[list[Ball], Ball]:
        """Bits on each sub-channel and their total: one price of a bit, A e^(ℓ/w)/w, wherever used."""
        A = d.A[0]
        used = list(range(len(A)))
        while True:
            level = sum((A[n].log() for n in used), arb(0))
            total = self.total(d, len(used) * (d.v[0] * d.w).log() - level if d.v[0] > 0 else None)
            log_price = (total / d.w + level) / len(used)
            bits = {n: d.w * (log_price - A[n].log()) for n in used}
            if not self.at_least_zero or all(x >= 0 for x in bits.values()) or len(used) == 1:
                break
            used.remove(min(used, key=lambda n: float(bits[n].mid())))
        ells = [bits.get(n, arb(0)) for n in range(len(A))]
        return [x.max(arb(0)) for x in ells] if self.clipped else ells, total

    def total(self, d: Exact, wanted: Ball) -> Ball:
        """The best total: `wanted` nats (None: −∞) where the bounds allow it."""
        nothing = -1e6 * d.R[0]
        total = nothing if wanted is None else d.w * wanted
        total = total.max(d.m[0]) if self.at_least_m else total
        total = total.max(arb(0)) if self.at_least_zero else total
        return total.min(d.R[0]) if self.at_most_R else total


def outcome(d: Exact, constraints: Bits) -> Ball:
    """Energy of the cheapest bits."""
    bits, total = constraints.solve(d)
    radio = sum((a * (x / d.w).expm1() for a, x in zip(d.A[0], bits, strict=True)), arb(0))
    return radio + d.v[0] * (d.R[0] - total)


def proper_bound(d: Exact) -> Ball:
    """D(θ) at the price of the last bit of the non-negative optimum, at most v."""
    bits, _ = Bits(at_least_zero=True).solve(d)
    marginals = [a * (x / d.w).exp() / d.w for a, x in zip(d.A[0], bits, strict=True) if x > 0]
    idle = min([*d.A[0]], key=lambda a: float(a.mid())) / d.w
    price = marginals[0] if marginals else d.v[0].min(idle)
    return dual(d, [price])


SINGLE = p4_cases(users=(1, 1), subchannels=(1, 4), input_bits=decades(1e-1, 1e2))
SINGLE_PLAIN = p4_cases(users=(1, 1), subchannels=(1, 3), **OFDMA_PLAIN)
STATED = "relative to all local plus all radio energy of the point; balls are far thinner"


def unit(d: Exact, constraints: Bits) -> Ball:
    """A positive energy of the size of the terms: all that is paid."""
    bits, _ = constraints.solve(d)
    radio = sum((a * abs((x / d.w).expm1()) for a, x in zip(d.A[0], bits, strict=True)), arb(0))
    return d.v[0] * d.R[0] + radio + min(d.A[0], key=lambda a: float(a.mid()))


@claim(
    id="OFDMA-Q4",
    source=f"{PAPER}, Problem P4",
    statement="P4 needs no constraints but ∑_k ρ ≤ 1, m ≤ ∑_n ℓ ≤ R and ρ ∈ {0, 1}: no bits are negative "
    "at its optimum (tested as: for a user who holds all sub-channels nothing costs less than D(θ), the "
    "bound for ℓ ≥ 0).",
    recorded="refuted",
    draws=st.one_of(SINGLE_PLAIN, SINGLE),
    subject=Bits(),
    mutants=[
        Mutant("ℓ ≥ 0 added", Bits(at_least_zero=True)),
        Mutant("∑ ℓ ≤ R left out", Bits(at_most_R=False)),
        Mutant("∑ ℓ ≥ m left out", Bits(at_least_m=False)),
    ],
    tol=1e-12,
    tol_reason=STATED,
    max_samples=60,
    explanation="A negative number of bits on a poor sub-channel 'earns' energy, for 2^x − 1 < 0 at x < "
    "0, while a good sub-channel makes up for the total at a lower cost. Nothing printed forbids it.",
    corrected_by="OFDMA-Q4.corrected",
)
@finely
def printed_constraints(case: Case, constraints: Bits) -> Any:
    d = exact(P4.instance(case))
    return at_most(proper_bound(d), outcome(d, constraints), scale=unit(d, constraints))


@claim(
    id="OFDMA-Q4.corrected",
    source=f"correction of {PAPER}, Problem P4",
    statement="P4 also needs ℓ_{k,n} ≥ 0. Then a user who holds all sub-channels pays D(θ) exactly, θ the "
    "price of its last bit: sub-channels on which a first bit costs more, A_n/w > θ, carry nothing.",
    recorded="certified",
    draws=st.one_of(SINGLE, SINGLE_PLAIN),
    subject=Bits(at_least_zero=True),
    mutants=[
        Mutant("without ℓ ≥ 0, as printed", Bits()),
        Mutant("negative bits set to zero afterwards", Bits(clipped=True)),
        Mutant("∑ ℓ ≤ R left out", Bits(at_least_zero=True, at_most_R=False)),
        Mutant("∑ ℓ ≥ m left out", Bits(at_least_zero=True, at_least_m=False)),
    ],
    tol=1e-12,
    tol_reason=STATED,
    max_samples=60,
)
@finely
def proper_constraints(case: Case, constraints: Bits) -> Any:
    d = exact(P4.instance(case))
    return agree(proper_bound(d), outcome(d, constraints), scale=unit(d, constraints))


# The relaxation.

Radio = Callable[[Case, Ball, Ball], Ball]
"""Energy of ℓ bits (in w) with the share ρ of a sub-channel, in units of A; None for +∞."""


def perspective(case: Case, bits: Ball, share: Ball) -> Ball:
    """ρ (e^(ℓ/ρ) − 1), closed at ρ = 0."""
    if share > 0:
        return share * (bits / share).expm1()
    return arb(0) if bits.is_zero() else None


def perspective_proof() -> str:
    ell, rho = sp.symbols("ell rho", positive=True)
    radio = rho * (sp.exp(ell / rho) - 1)
    normal = sp.Matrix([1, -ell / rho])
    factor = sp.exp(ell / rho) / rho
    for entry in sp.hessian(radio, (ell, rho)) - factor * normal * normal.T:
        vanishes(entry, "Hessian of ρ f(ℓ/ρ)")
    holds(factor.is_positive, "its factor is positive")
    holds(sp.Eq(sp.limit(radio, rho, 0, "+"), sp.oo), "+∞ at ρ → 0 < ℓ")
    R, m, v, other = sp.symbols("R m v other")
    for linear in (ell + other - R, m - ell - other, -ell, rho + other - 1, -rho, (R - ell) * v):
        for second in sp.hessian(linear, (ell, rho)):
            vanishes(second, "linear constraints and local energy")
    return "Hessian of ρ(e^(ℓ/ρ) − 1) = (e^(ℓ/ρ)/ρ) n nᵀ, n = (1, −ℓ/ρ), +∞ at ρ = 0 < ℓ; the rest is linear"


@claim(
    id="OFDMA-RX",
    source=f"{PAPER}, Section VI-A",
    statement="P4 with 0 ≤ ρ ≤ 1 in place of ρ ∈ {0, 1} is a convex problem (with energy +∞ at ρ = 0 < ℓ).",
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "bits": st.lists(decades(1e-3, 1e2, special=[0.0]), min_size=2, max_size=2),
            "share": st.lists(fraction(), min_size=2, max_size=2),
            "mix": fraction(open_ends="01"),
        }
    ),
    subject=perspective,
    mutants=[
        Mutant("ρ f(ℓ)", lambda case, bits, share: share * bits.expm1()),
        Mutant("f(ℓ/ρ)", lambda case, bits, share: (bits / share).expm1() if share > 0 else None),
        Mutant(
            "0 at ρ = 0", lambda case, bits, share: perspective(case, bits, share) if share > 0 else arb(0)
        ),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=perspective_proof,
)
@in_balls
def relaxation_is_convex(case: Case, radio: Radio) -> Interval:
    """Between two points the radio energy lies below the chord; the rest of P4 is linear."""
    mix, (b1, b2), (r1, r2) = case["mix"], case["bits"], case["share"]
    ends = [radio(case, b1, r1), radio(case, b2, r2)]
    if None in ends:
        return HOLDS  # below a chord that ends at +∞
    inside = radio(case, mix * b1 + (1 - mix) * b2, mix * r1 + (1 - mix) * r2)
    if inside is None:
        return FAILS
    return at_most(inside, mix * ends[0] + (1 - mix) * ends[1])  # type: ignore[no-any-return]
