"""P1 as a program: when it is feasible, and that it is convex (Section III, Lemma 1)."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_most, claim, decades, fraction
from mecopt.claims.exact import FAILS, HOLDS, holds, in_balls, vanishes

from .common import P1, PAPER, Case, p2_cases
from .radio import RADIO, ROUNDING, Value, energy, power, scaled_energy


def with_capacity(case: Case, factor: float) -> Case:
    """A P1 case whose capacity is the required load, rounded to a double, times a factor."""
    return {**case, "cloud_capacity": float(sum(required_cycles(case))) * factor}


Columns = tuple[Fraction, ...]


def columns(case: Case) -> tuple[Columns, Columns, Columns]:
    """C, R and the cycles F_k T that the local CPUs have, exactly."""
    C, R, F = (
        tuple(map(Fraction, case[name])) for name in ("cycles_per_bit", "input_bits", "local_frequency")
    )
    return C, R, tuple(f * Fraction(case["slot_duration"]) for f in F)


def required_cycles(case: Case) -> list[Fraction]:
    """Cycles that no local CPU finishes in the slot: C_k R_k − F_k T where positive."""
    return [max(c * r - own, Fraction(0)) for c, r, own in zip(*columns(case), strict=True)]


def printed_condition(case: Case) -> bool:
    """Σ C_k m_k⁺ ≤ F with m_k⁺ = max(R_k − F_k T/C_k, 0)."""
    load = sum(c * max(r - own / c, Fraction(0)) for c, r, own in zip(*columns(case), strict=True))
    return load <= Fraction(case["cloud_capacity"])


def strictly(case: Case) -> bool:
    return printed_condition(case) and sum(required_cycles(case)) != Fraction(case["cloud_capacity"])


def bits_for_cycles(case: Case) -> bool:
    bits = sum(max(r - own / c, Fraction(0)) for c, r, own in zip(*columns(case), strict=True))
    return bits <= Fraction(case["cloud_capacity"])


def unclipped(case: Case) -> bool:
    load = sum(c * (r - own / c) for c, r, own in zip(*columns(case), strict=True))
    return load <= Fraction(case["cloud_capacity"])


def with_time(case: Case) -> bool:
    return printed_condition(case) and sum(required_cycles(case)) <= Fraction(case["slot_duration"])


@claim(
    id="TDMA-F1",
    source=f"{PAPER}, Section III",
    statement=(
        "P1 is feasible if and only if Σ C_k m_k⁺ ≤ F: the time-sharing constraint can always be met, "
        "however short the slot."
    ),
    recorded="certified",
    draws=st.builds(
        with_capacity,
        p2_cases(slot_duration=decades(1e-6, 1e2)),
        st.sampled_from([1.0, 0.5, 2.0, 1e-6, 1e6, 1 - 1e-12, 1 + 1e-12, 0.0]),
    ),
    subject=printed_condition,
    mutants=[
        Mutant("< for ≤", strictly),
        Mutant("bits for cycles: Σ m_k⁺ ≤ F", bits_for_cycles),
        Mutant("m_k for m_k⁺", unclipped),
        Mutant("… and Σ C_k m_k⁺ ≤ T", with_time),
    ],
    tol=0.0,
    tol_reason="exact rational arithmetic: the condition decides as the truth does, or not",
    max_samples=100,
)
def feasibility_of_p1(case: Case, subject: Callable[[Case], bool]) -> Interval:
    """Feasible: the required bits in equal airtimes, at a finite energy. Else the least load exceeds F."""
    capacity, cycles = Fraction(case["cloud_capacity"]), required_cycles(case)
    if not subject(case):
        return HOLDS if sum(cycles) > capacity else FAILS
    if sum(cycles) > capacity:
        return FAILS
    bits = [float(c / Fraction(C)) for c, C in zip(cycles, case["cycles_per_bit"], strict=True)]
    time = np.full(len(bits), case["slot_duration"] / len(bits))
    point = {"offloaded_bits": bits, "offloading_time": time}
    judged = P1.certify(P1.instance(case), point, rigorous=False)
    return HOLDS if judged.infeasibility <= 1e-9 else FAILS


Energy = Callable[[Case, Any, Any], Value]


def closed_energy(case: Case, bits: Any, time: Any) -> Value:
    return energy(case, bits, time) if time > 0 else arb(0) if bits.is_zero() else None


def printed_energy(case: Case, bits: Any, time: Any) -> Value:
    return energy(case, bits, time) if time > 0 else arb(0)


def convexity_proof() -> str:
    E, x, t, A = scaled_energy()
    normal = sp.Matrix([1, -x / t])
    factor = A * sp.exp(x / t) / t
    for entry in sp.hessian(E, (x, t)) - factor * normal * normal.T:
        vanishes(entry, "Hessian of E")
    holds(factor.is_positive, "its factor is positive")
    ell, R, m, C, P, F, T = sp.symbols("ell R m C P F T")
    for constraint in (t - T, C * ell - F, m - ell, ell - R, -t, (R - ell) * C * P):
        for second in sp.hessian(constraint, (ell, t)):
            vanishes(second, "linear constraints and local energy")
    return "Hessian of E = (A e^(x/t)/t) n nᵀ, n = (1, −x/t), x = ℓ ln 2/B; the rest of P1 is linear"


@claim(
    id="TDMA-L1",
    source=f"{PAPER}, Lemma 1",
    statement="P1 is a convex problem. (E at t = 0 as in TDMA-E2.corrected; as printed it would not be.)",
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "bits": st.lists(decades(1e-3, 1e3, special=[0.0]), min_size=2, max_size=2),
            "time": st.lists(decades(1e-3, 1e3, special=[0.0]), min_size=2, max_size=2),
            "share": fraction(open_ends="01"),
            **RADIO,
        }
    ),
    subject=closed_energy,
    mutants=[
        Mutant("E(ℓ, 0) = 0, as printed in (2)", printed_energy),
        Mutant(
            "f(ℓ/t) without t",
            lambda c, bits, t: energy(c, bits, t) / t if t > 0 else closed_energy(c, bits, t),
        ),
        Mutant("t f(ℓ t)", lambda case, bits, t: t / case["channel_gain"] * power(case, bits * t)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=convexity_proof,
)
@in_balls
def radio_energy_is_convex(case: Case, subject: Energy) -> Interval:
    """Between two points E lies below the chord; the rest of P1 is linear."""
    share, (b1, b2), (t1, t2) = case["share"], case["bits"], case["time"]
    ends = [subject(case, b1, t1), subject(case, b2, t2)]
    if None in ends:
        return HOLDS  # below a chord that ends at +∞
    inside = subject(case, share * b1 + (1 - share) * b2, share * t1 + (1 - share) * t2)
    if inside is None:
        return FAILS
    return at_most(inside, share * ends[0] + (1 - share) * ends[1])  # type: ignore[no-any-return]
