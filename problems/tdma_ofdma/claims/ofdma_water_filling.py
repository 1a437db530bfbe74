r"""P5 and P6, the two convex problems inside the OFDMA heuristic: the printed solutions (Section VI-B).

P5 is TDMA on averaged sub-channels: Theorem 1 in airtime t = n T of N2 T seconds. P6 spreads one user's bits:

    min  ∑ (1/h̄²_n) f̄(ℓ_n)    s.t.  ∑ ℓ_n = L,  ℓ ≥ 0;        f̄(x) = N0 (2^(x/(B T)) − 1),   h̄² = g/T

For any ξ no spread of L bits takes less than ξ L − ∑_n A_n ψ(ξ w/A_n), with A = T N0/g and w = B T/ln 2.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, Mutant, agree, claim, decades, instances
from mecopt.claims.exact import FAILS, holds, vanishes
from mecopt.instance import Instance

from ..ofdma import P5
from .common import PAPER, Case
from .ofdma_common import OFDMA_NATURAL
from .threshold import (
    OPTIMA,
    THEOREM_1,
    WITH_DATA,
    Ball,
    Mobile,
    Policy,
    airtime,
    decide,
    finely,
    has_reason,
    priority,
)

# P5.


def average_mobiles(s: Instance, *, slot: float | None = None) -> list[Mobile]:
    """P5's users as mobiles with N2 T of airtime, whose own CPU works for T (or N2 T/`slot`) only."""
    count = arb(float(s.num_subchannels))
    names = ("input_bits", "cycles_per_bit", "energy_per_cycle", "local_frequency", "average_channel_gain")
    rows = zip(*(np.ravel(s.data[name]) for name in (*names, "weight")), strict=True)
    system = {
        "B": arb(float(s.subchannel_bandwidth)),
        "N0": arb(float(s.subchannel_noise_power)),
        "T": count * arb(float(s.slot_duration)),
    }
    us = [Mobile(*(arb(float(x)) for x in row), **system) for row in rows]
    return [replace(u, F=u.F / (count if slot is None else arb(slot))) for u in us]


def p5_cases(**overrides: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Cases of P5 with data, in which some must offload."""
    fields = {name: values for name, values in OFDMA_NATURAL.items() if name != "channel_gain"}
    fields |= {
        "input_bits": WITH_DATA,
        "average_channel_gain": decades(1e-3, 1e3),
        "num_subchannels": st.integers(1, 20),
        "local_frequency": st.one_of(decades(1e-3, 1e3, special=[0.0]), decades(1e6, 1e9)),
    }
    fields |= overrides
    return instances(P5, users=(1, 4), sizes=None, axis="users", **fields)


Solution = Callable[[Instance], tuple[list[Mobile], Policy]]


def printed_solution(s: Instance) -> tuple[list[Mobile], Policy]:
    return average_mobiles(s), THEOREM_1


@claim(
    id="OFDMA-P5",
    source=f"{PAPER}, Section VI-B, Phase 2",
    statement="P5 is solved by the policy of Theorem 1 with H_k for h_k (t = n T, airtime N2 T in all; m "
    "keeps the slot T).",
    recorded="certified",
    draws=p5_cases(),
    subject=printed_solution,
    mutants=[
        Mutant("m for a slot of N2 T", lambda s: (average_mobiles(s, slot=1.0), THEOREM_1)),
        Mutant(
            "one slot T for all",
            lambda s: (average_mobiles(s), replace(THEOREM_1, share_of_slot=1 / float(s.num_subchannels))),
        ),
        Mutant(
            "H for H² as gain", lambda s: ([replace(u, g=u.g.sqrt()) for u in average_mobiles(s)], THEOREM_1)
        ),
        Mutant(
            "a weight in φ only",
            lambda s: (
                average_mobiles(s),
                replace(THEOREM_1, airtime=lambda u, price: airtime(replace(u, beta=arb(1)), price)),
            ),
        ),
        Mutant(
            "φ without N0/H²",
            lambda s: (average_mobiles(s), replace(THEOREM_1, priority=lambda u: priority(u) * u.g / u.N0)),
        ),
    ],
    tol=1e-8,
    tol_reason=OPTIMA,
    max_samples=60,
)
@finely
def averaged_policy(case: Case, solution: Solution) -> Any:
    """The referee's proved gap of the policy's point; None where nobody has a reason to offload."""
    s = P5.instance(case)
    us, policy = solution(s)
    if not any(has_reason(u) for u in average_mobiles(s)):
        return None
    best = P5.solve(s)
    if not (best.certificate.rigorous and best.certificate.gap <= 1e-9):
        return None
    bits, time = decide(us, policy).point
    x = {"offloaded_bits": bits, "subchannel_share": time / float(s.slot_duration)}
    found = P5.certify(s, x, best.multipliers, tol=1e6)
    if not found.infeasibility <= 1e-9:
        return FAILS
    if not found.rigorous:
        return None
    unit = max(float(best.certificate.upper), np.finfo(float).tiny)
    excess = float(found.upper) - float(best.certificate.bound)
    return Interval(
        -max(excess / unit, 0.0), -max((float(found.upper) - float(best.certificate.upper)) / unit, 0.0)
    )


# P6.

Formula = Callable[[Case, float, Ball], Ball]
"""Bits on a sub-channel of gain g at the price ξ, before [.]⁺."""


def data_of(case: Case) -> tuple[Ball, Ball, Ball]:
    """B, T and N0."""
    return tuple(arb(float(case[x])) for x in ("bandwidth", "slot", "noise"))  # type: ignore[return-value]


def printed_bits(case: Case, g: float, xi: Ball) -> Ball:
    """B T log2(ξ B T h̄²/(N0 ln 2)), h̄² = g/T."""
    B, T, N0 = data_of(case)
    ln2 = arb.const_log2()
    return B * T * (xi * B * T * (arb(g) / T) / (N0 * ln2)).log() / ln2


def misprint(factor: Callable[[Ball, Ball, Ball], Ball]) -> Formula:
    """The formula with the price multiplied by a function of B, T, g."""
    return lambda case, g, xi: printed_bits(case, g, xi * factor(*data_of(case)[:2], arb(g)))


def spread(case: Case, formula: Formula) -> list[Ball]:
    """Bits by the formula at the price, found by bisection in ln ξ, at which they add up to L."""
    total = arb(float(case["total"]))

    def bits(log_price: Ball) -> list[Ball]:
        return [formula(case, g, log_price.exp()).max(arb(0)) for g in case["gain"]]

    B, T, N0 = data_of(case)
    first = [(N0 * arb.const_log2() / (B * arb(g))).log().mid() for g in case["gain"]]
    # from the first bit to all bits on the worst sub-channel, and as far beyond as a misprint may need
    low, high = min(first) - 20, max(first) + (total * arb.const_log2() / (B * T)).mid() + 20
    for _ in range(140):
        middle = ((low + high) / 2).mid()
        low, high = (middle, high) if sum(bits(middle), arb(0)) < total else (low, middle)
    return bits(low if total.is_zero() else high)


def proposition_3_proof() -> str:
    B, T, N0, g, xi, ell = sp.symbols("B T N0 g xi ell", positive=True)
    cost = T / g * N0 * (2 ** (ell / (B * T)) - 1)
    marginal = sp.diff(cost, ell)
    formula = B * T * sp.log(xi * B * T * (g / T) / (N0 * sp.log(2))) / sp.log(2)
    at = sp.simplify(sp.expand_log(sp.log(sp.simplify(marginal.subs(ell, formula))), force=True))
    vanishes(at - sp.log(xi), "marginal energy at the formula is ξ")
    holds(sp.simplify(sp.diff(cost, ell, 2)).is_positive, "energy is strictly convex")
    first = sp.limit(marginal, ell, 0)
    vanishes(first - N0 * sp.log(2) / (B * g), "marginal energy of a first bit")
    zero = sp.solve(sp.Eq(formula, 0), xi)
    holds(len(zero) == 1, "one price at which the formula is 0")
    vanishes(zero[0] - first, "the formula is 0 exactly at the marginal energy of a first bit")
    holds(sp.diff(formula, xi).is_positive, "and rises with ξ")
    return "E′(ℓ(ξ)) = ξ, E″ > 0, ℓ(ξ) ≤ 0 iff ξ ≤ E′(0): the conditions of KKT, sufficient for convex P6"


@claim(
    id="OFDMA-P3",
    source=f"{PAPER}, Proposition 3",
    statement="P6, min ∑ f̄(ℓ_n)/h̄_n² over ∑ ℓ_n = L, ℓ ≥ 0, has the solution ℓ_n = [B T log₂(ξ B T "
    "h̄_n²/(N0 ln 2))]⁺, ξ such that they add up to L (also L = 0).",
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "gain": st.lists(decades(1e-3, 1e3), min_size=1, max_size=5),
            "total": decades(1e-2, 1e2, special=[0.0]),
            "bandwidth": decades(1e-1, 1e2),
            "slot": decades(1e-1, 1e2),
            "noise": decades(1e-3, 1e3),
        }
    ),
    subject=printed_bits,
    mutants=[
        Mutant("h̄⁴ for h̄²", misprint(lambda B, T, g: g)),
        Mutant("1/h̄² for h̄²", misprint(lambda B, T, g: 1 / (g * g))),
        Mutant("h̄ for h̄²", misprint(lambda B, T, g: 1 / g.sqrt())),
        Mutant("as many bits on each", misprint(lambda B, T, g: 1 / g)),
        Mutant(
            "ln for log₂ on better sub-channels",
            lambda case, g, xi: printed_bits(case, g, xi) * (arb.const_log2() if g > 1 else 1),
        ),
    ],
    tol=1e-12,
    tol_reason="relative to the energy of the point; balls are far thinner",
    proof=proposition_3_proof,
    max_samples=60,
)
@finely
def water_filling_solves_p6(case: Case, formula: Formula) -> Any:
    """The energy of the spread against the bound at the least marginal energy of a further bit."""
    bits, total = spread(case, formula), arb(float(case["total"]))
    B, T, N0 = data_of(case)
    w, scales = B * T / arb.const_log2(), [T * N0 / arb(g) for g in case["gain"]]
    used = sum(bits, arb(0))
    if not abs(used - total) <= 1e-12 * total:
        return FAILS
    xi = min(
        (a / w * (x / w).exp() for a, x in zip(scales, bits, strict=True)), key=lambda x: float(x.mid().log())
    )
    energy = sum((a * (x / w).expm1() for a, x in zip(scales, bits, strict=True)), arb(0))
    ratios = [(a, (xi * w / a).max(arb(1))) for a in scales]
    bound = xi * used - sum((a * (u * u.log() - u + 1) for a, u in ratios), arb(0))
    return agree(energy, bound, scale=energy if energy > 0 else scales[0])
