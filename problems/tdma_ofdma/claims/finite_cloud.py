"""A bounded cloud load: its optimality conditions and its policy. Section V-A, (10), Theorem 2.

P1 is P2 with sum C l <= F, and mu is the price of that bound. The paper puts P - mu in place of P. But the
objective weighs the energy of mobiles by beta and charges everybody the same for a cycle, so that a bit costs

    beta f'(l/t)/h^2 + mu C - beta C P,

as it does in P2 with P - mu/beta in place of P: the printed one only where beta = 1.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, arb_series
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from mecopt.claims import Mutant, agree, claim, decades, smallest
from mecopt.claims.exact import vanishes
from mecopt.instance import Array

from .cloud_cases import (
    PLAIN,
    Fields,
    at_capacity,
    binding,
    judged,
    priced_optimum,
    pricing,
    traders,
)
from .common import FREE, PAPER, Case, Optimum
from .threshold import Ball, Mobile, airtime, as_floats, bit_price, finely, mobiles, priority

Effective = Callable[[Mobile, Ball], Ball]
"""Energy per cycle that takes the place of P at a cloud price."""


def printed_energy(u: Mobile, mu: Ball) -> Ball:
    """P - mu."""
    return u.P - mu


def weighted_energy(u: Mobile, mu: Ball) -> Ball:
    """P - mu/beta."""
    return u.P - mu / u.beta


def tilde(u: Mobile, mu: Ball, effective: Effective) -> Mobile:
    """The mobile with its effective energy per cycle."""
    return replace(u, P=effective(u, mu))


# The optimality conditions (10).


def lagrangian_slope(u: Mobile, bits: Ball, time: Ball, mu: Ball) -> Ball:
    """d/dl of beta [(t/g) f(l/t) + (R - l) C P] + mu C l, from its power series in l."""
    more = arb_series([bits, 1], prec=2)
    power = (more * (arb.const_log2() / (u.B * time))).exp() - 1
    radio = power * (u.N0 * time / u.g)
    series = (radio + (u.R - more) * (u.C * u.P)) * u.beta + more * (mu * u.C)
    return series[1]


@finely
def conditions_of_p2(case: Case, effective: Effective) -> Any:
    """Slack of 'P2's condition (5a) and priority (7), with the effective energy, are those of P1'."""
    names = ("cycles_per_bit", "energy_per_cycle", "channel_gain", "weight", "bandwidth", "noise_power")
    C, P, g, beta, B, N0 = (arb(case[name]) for name in names)
    bits, time, mu = (arb(case[name]) for name in ("offloaded_bits", "offloading_time", "cloud_price"))
    u = Mobile(R=bits, C=C, P=P, F=arb(0), g=g, beta=beta, B=B, N0=N0, T=time)
    changed = tilde(u, mu, effective)
    marginal = N0 * arb.const_log2() / B * arb(2) ** (bits / (B * time))
    condition = beta * marginal / g - beta * C * changed.P
    slope = agree(lagrangian_slope(u, bits, time, mu), condition, scale=beta * marginal / g + u.v + mu * C)
    phi = priority(changed)
    if not phi > 0:
        return slope
    cost = bit_price(u, phi) + mu * C
    return smallest(slope, agree(cost, u.v, scale=cost + u.v))


POINTS = st.fixed_dictionaries(
    {
        "cycles_per_bit": decades(1e-3, 1e3),
        "energy_per_cycle": decades(1e-3, 1e6),
        "channel_gain": decades(1e-6, 1e6),
        "weight": decades(1e-3, 1e3, special=[1.0]),
        "bandwidth": decades(1e-2, 1e3),
        "noise_power": decades(1e-6, 1e3),
        "offloaded_bits": decades(1e-3, 1e2),
        "offloading_time": decades(1e-2, 1e2),
        "cloud_price": decades(1e-6, 1e3, special=[0.0]),
    }
)

KKT_REASON = "relative to the terms that cancel; balls of 320 bits, 90 of which a priority near 0 may cost"


@claim(
    id="TDMA-E10",
    source=f"{PAPER}, (10)",
    statement="With the cloud bound the KKT conditions are those of P2 with P − μ in place of P: φ̃ is "
    "(7) with υ̃ = B C (P − μ) h²/(N0 ln 2).",
    recorded="refuted",
    draws=POINTS,
    subject=printed_energy,
    mutants=[
        Mutant("weight of the mobile kept", weighted_energy),
        Mutant("price added", lambda u, mu: u.P + mu),
        Mutant("price of a bit for that of a cycle", lambda u, mu: u.P - mu * u.C),
    ],
    tol=1e-12,
    tol_reason=KKT_REASON,
    explanation="The weight is missing. A mobile's energy counts β times, cycles cost every mobile the same: "
    "the derivative in ℓ is β f′/h² − β C P + μ C, so that P − μ/β takes the place of P. They "
    "agree for β = 1.",
    corrected_by="TDMA-E10.corrected",
)
def printed_conditions(case: Case, effective: Effective) -> Any:
    return conditions_of_p2(case, effective)


def prove_conditions() -> str:
    bits, time, beta, g, C, P, R, B, N0 = sp.symbols("l t beta g C P R B N0", positive=True)
    lam, mu = sp.symbols("lam mu", nonnegative=True)

    def lagrangian(energy: Any, price: Any) -> Any:
        radio = time / g * N0 * (2 ** (bits / (B * time)) - 1)
        return beta * (radio + (R - bits) * C * energy) + lam * time + price * C * bits

    bounded, free = lagrangian(P, mu), lagrangian(P - mu / beta, 0)
    for x in (bits, time):
        vanishes(sp.diff(bounded - free, x), f"derivative in {x}")
    ups = sp.Symbol("upsilon", positive=True)
    sent = bits * sp.log(2) / (B * sp.log(ups))  # airtime at which 2^(l/(B t)) = upsilon
    at_phi = {time: sent, lam: beta * N0 / g * (ups * sp.log(ups) - ups + 1)}
    vanishes(sp.diff(bounded, time).subs(at_phi), "stationary in t at the price phi")
    effective = ups * N0 * sp.log(2) / (B * C * g) + mu / beta
    vanishes(sp.diff(bounded, bits).subs(at_phi).subs(P, effective), "indifferent in l at the price phi")
    return "both partial derivatives are those of P2 with P − μ/β, and at λ = φ̃ both vanish"


@claim(
    id="TDMA-E10.corrected",
    source=f"correction of {PAPER}, (10)",
    statement="With the cloud bound the KKT conditions are those of P2 with P − μ/β in place of P: φ̃ is "
    "(7) with υ̃ = B C (P − μ/β) h²/(N0 ln 2).",
    recorded="proved",
    draws=POINTS,
    subject=weighted_energy,
    mutants=[
        Mutant("weight lost", printed_energy),
        Mutant("weight on the wrong side", lambda u, mu: u.P - mu * u.beta),
        Mutant("price added", lambda u, mu: u.P + mu / u.beta),
    ],
    tol=1e-12,
    tol_reason=KKT_REASON,
    proof=prove_conditions,
)
def weighted_conditions(case: Case, effective: Effective) -> Any:
    return conditions_of_p2(case, effective)


# Theorem 2.

BAND = 1e-9
"""Prices are known to this, relative to P and to lam: within it a mobile counts as one at the threshold."""


@finely
def theorem_2(best: Optimum, effective: Effective) -> tuple[Array, Array]:
    """The policy at the optimal prices; mobiles at the threshold take what the slot and the cloud leave."""
    us, lam, mu = mobiles(best.instance), arb(best.time_price), arb(best.cloud_price)
    low, high = zip(*(_range(u, lam, mu, effective) for u in us), strict=True)
    seconds = as_floats([airtime(u, lam) for u in us])
    bits = _between(best, as_floats(low), as_floats(high), seconds)
    time = np.where(bits > 0, bits * seconds, 0.0)
    excess = np.sum(time) / best.instance.slot_duration
    return bits, time / excess if 1 < excess < 1 + 1e-6 else time


def _range(u: Mobile, lam: Ball, mu: Ball, effective: Effective) -> tuple[Ball, Ball]:
    energy = effective(u, mu)
    under, over = (priority(replace(u, P=energy + sign * BAND * u.P)) for sign in (-1, 1))
    if under > lam * (1 + BAND):
        return u.R, u.R
    return (u.m, u.m) if over < lam * (1 - BAND) else (u.m, u.R)


def _between(best: Optimum, low: Array, high: Array, seconds: Array) -> Array:
    """Bits in [low, high] that use up the slot and, where cycles have a price or run short, the cloud."""
    s = best.instance
    slot, cloud = seconds / s.slot_duration, s.cycles_per_bit / max(float(s.cloud_capacity), 1e-300)
    if best.cloud_price == 0:
        bits = _using(low, high, [slot])
        if np.sum(cloud * bits) <= 1:
            return bits
    return _using(low, high, [slot, cloud])


def _using(low: Array, high: Array, rows: list[Array]) -> Array:
    """Bits in [low, high] that come closest to using 1 by every row."""
    free = high > low
    if not free.any():
        return low
    use, span = np.array(rows), (high - low)[free]
    share = lsq_linear(use[:, free] * span, 1 - use @ low, bounds=(0, 1), method="bvls", tol=1e-15).x
    bits = low.copy()
    bits[free] += share * span
    return np.minimum(bits, high)


UNWEIGHTED: Fields = {"weight": st.just(1.0)}
BOUNDED = st.one_of(
    binding(),
    binding(FREE),
    binding(UNWEIGHTED),
    st.builds(lambda case: at_capacity(case, case["capacities"][0]), traders(1)),
)


@claim(
    id="TDMA-T2",
    source=f"{PAPER}, Theorem 2",
    statement="If some mobile offloads, P1 is solved by Theorem 1's policy with λ*, μ* and φ̃, υ̃ of (10), P − "
    "μ* in place of P: ℓ = m, in [m, R], R for φ̃ <, =, > λ*; t = ℓ ln 2/(B [W0((λ* h²/β − N0)/(N0 e)) + 1]); "
    "∑ t = T.",
    recorded="refuted",
    draws=binding(PLAIN, users=(1, 2)),
    subject=printed_energy,
    mutants=[
        Mutant("weight of the mobile kept", weighted_energy),
        Mutant("priorities of P2", lambda u, mu: u.P),
        Mutant("price added", lambda u, mu: u.P + mu),
    ],
    tol=1e-7,
    tol_reason="relative to the optimum; a mobile within 1e-9 of the threshold counts as at it",
    max_samples=60,
    explanation="With weights other than 1 the printed φ̃ stands on the wrong side of λ*: P − μ/β belongs in "
    "place of P − μ. At the dual prices that prove the optimum, the printed policy is far from it.",
    corrected_by="TDMA-T2.corrected",
    ahead=pricing(),
)
def printed_structure(case: Case, effective: Effective) -> Any:
    return structure(case, effective)


def structure(case: Case, effective: Effective) -> Any:
    """Slack of 'the policy at the optimal prices is optimal'; None where nobody offloads."""
    best = priced_optimum(case)
    if best is None or not best.time_price > 0:
        return None
    return judged(best, *theorem_2(best, effective))


@claim(
    id="TDMA-T2.corrected",
    source=f"correction of {PAPER}, Theorem 2",
    statement="If some mobile offloads, P1 is solved by Theorem 1's policy with λ*, μ* and υ̃ = "
    "B C (P − μ*/β) h²/(N0 ln 2) in φ̃. Several mobiles can be at φ̃ = λ*; ∑ t = T and, for μ* > 0, ∑ C ℓ = F "
    "tell how much they offload.",
    recorded="certified",
    draws=BOUNDED,
    subject=weighted_energy,
    mutants=[
        Mutant("weight lost", printed_energy),
        Mutant("priorities of P2", lambda u, mu: u.P),
        Mutant("weight on the wrong side", lambda u, mu: u.P - mu * u.beta),
    ],
    tol=1e-7,
    tol_reason="relative to the optimum; a mobile within 1e-9 of the threshold counts as at it",
    max_samples=80,
    ahead=pricing(),
)
def weighted_structure(case: Case, effective: Effective) -> Any:
    return structure(case, effective)
