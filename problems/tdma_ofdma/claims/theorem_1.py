"""Theorem 1 and what the paper reads from it: who offloads in P2, and whether anybody does.

The policy is built from the printed formulas (`threshold`) and judged by the referee, which knows neither
priorities nor Lambert's W. Whether a mobile splits its data is in `splitting`.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, Mutant, agree, boundary, claim, decades, fraction, smallest
from mecopt.claims.exact import FAILS, HOLDS, apart

from .common import FREE, P2, PAPER, Case, p2_cases, point_is_optimal, required_bits, solving
from .splitting import losses
from .threshold import (
    MIXED_SPEEDS,
    OPTIMA,
    THEOREM_1,
    WITH_DATA,
    Ball,
    Mobile,
    Policy,
    airtime,
    airtime_price,
    bit_price,
    contested,
    decide,
    finely,
    has_reason,
    mobiles,
    priority,
    ratio,
    renamed,
)


def ratio_cases(ratios: SearchStrategy[float], **overrides: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Cases that prescribe υ instead of the energy per cycle."""
    cases = p2_cases(users=(1, 4), input_bits=WITH_DATA, energy_per_cycle=ratios, **overrides)
    return renamed(cases, "energy_per_cycle", "ratio")


def ratio_per_energy(u: Mobile) -> Ball:
    """υ for P = 1 J/cycle; υ grows in proportion to P."""
    return ratio(replace(u, P=arb(1)))


def with_energies(case: Case, per_energy: Callable[[Mobile], Ball] = ratio_per_energy) -> Case:
    """The case with the energies per cycle that make up its ratios, by a formula for υ at 1 J/cycle."""
    data = {name: value for name, value in case.items() if name != "ratio"}
    us = mobiles(P2.instance({**data, "energy_per_cycle": [0.0] * len(case["ratio"])}))
    energies = [arb(x) / per_energy(u) for x, u in zip(case["ratio"], us, strict=True)]
    return {**data, "energy_per_cycle": [float(energy.mid()) for energy in energies]}


@claim(
    id="TDMA-T1a",
    source=f"{PAPER}, Theorem 1, first case",
    statement="If υₖ ≤ 1 and mₖ = 0 for all k, then ℓₖ* = tₖ* = 0 for all k solves P2.",
    recorded="certified",
    draws=ratio_cases(st.one_of(fraction(), boundary(1.0).map(lambda x: min(x, 1.0))), **FREE),
    subject=ratio_per_energy,
    mutants=[
        Mutant("υ without ln 2", lambda u: ratio_per_energy(u) * arb.const_log2()),
        Mutant("amplitude h for h²", lambda u: ratio_per_energy(u) / u.g.sqrt()),
        Mutant("weighted energy in υ", lambda u: ratio_per_energy(u) * u.beta),
        Mutant("noise left out", lambda u: ratio_per_energy(u) * u.N0),
    ],
    tol=1e-12,
    tol_reason="relative to the optimum; rounding the energy may put υ = 1 off by 1e-16",
    ahead=solving(P2, lambda case: [with_energies(case)]),
)
@finely
def nobody_offloads(case: Case, per_energy: Callable[[Mobile], Ball]) -> Any:
    plain = with_energies(case, per_energy)
    if np.any(required_bits(P2.instance(plain)) > 0):
        return None
    nothing = np.zeros(len(case["ratio"]))
    return point_is_optimal(P2, plain, nothing, nothing)


def _binary_logarithm(u: Mobile) -> Ball:
    x = ratio(u)
    return u.A * (x * x.log() / arb.const_log2() - x + 1) if x >= 1 else arb(0)


@claim(
    id="TDMA-T1b",
    source=f"{PAPER}, Theorem 1, second case",
    statement=(
        "If some k has υₖ > 1 or mₖ > 0 (mobiles with data, Rₖ > 0), there is λ* such that ℓₖ* = mₖ if "
        "φₖ < λ*, ℓₖ* ∈ [mₖ, Rₖ] if φₖ = λ*, ℓₖ* = Rₖ if φₖ > λ*, with tₖ* = ℓₖ* ln 2/(B [W₀((λ* hₖ²/βₖ "
        "− N₀)/(N₀ e)) + 1]) and Σ tₖ* = T, solves P2."
    ),
    recorded="certified",
    draws=contested(),
    subject=THEOREM_1,
    mutants=[
        Mutant("branch −1 of W", replace(THEOREM_1, airtime=partial(airtime, branch=-1))),
        Mutant("1.2 λ in the argument of W", replace(THEOREM_1, airtime=lambda u, x: airtime(u, 1.2 * x))),
        Mutant("W without + 1", replace(THEOREM_1, airtime=partial(airtime, added=0))),
        Mutant("log₂ υ for ln υ in φ", replace(THEOREM_1, priority=_binary_logarithm)),
        Mutant("complete if φ < λ", replace(THEOREM_1, offloads_all=lambda phi, x: bool(phi < x))),
        Mutant("a tenth of the slot unused", replace(THEOREM_1, share_of_slot=0.9)),
    ],
    tol=1e-9,
    tol_reason=OPTIMA,
    ahead=solving(P2),
)
@finely
def threshold_policy(case: Case, policy: Policy) -> Any:
    us = mobiles(P2.instance(case))
    if not any(map(has_reason, us)):
        return None
    bits, time = decide(us, policy).point
    optimal = point_is_optimal(P2, case, bits, time)
    return None if optimal is None else smallest(optimal, agree(sum(map(arb, time)), us[0].T))


Predicted = Callable[[Mobile, Ball], bool]


def if_reason(u: Mobile, price: Ball) -> bool:
    """As printed: whoever has υ > 1 or m > 0 offloads."""
    return has_reason(u)


def if_above_price(u: Mobile, price: Ball) -> bool:
    """Corrected: m > 0, or a priority above the price."""
    return bool(u.m > 0 or priority(u) > price)


NEAR_REASON = ratio_cases(st.one_of(fraction(), decades(1.0, 1e3))).map(with_energies)
"""Cases in which some have a reason to offload and others just fail to."""


@claim(
    id="TDMA-T1d",
    source=f"{PAPER}, proof of Theorem 1",
    statement="If mobile k has υₖ > 1 or mₖ > 0 (and data, Rₖ > 0), then ℓₖ* > 0.",
    recorded="refuted",
    draws=st.one_of(contested(users=(1, 3)), NEAR_REASON),
    subject=if_reason,
    mutants=[
        Mutant("whoever has φ > λ*", if_above_price),
        Mutant("whoever has υ > 1/2", lambda u, price: bool(u.m > 0 or ratio(u) > 0.5)),
        Mutant("everybody", lambda u, price: True),
    ],
    tol=1e-12,
    tol_reason="relative to φ + λ*; λ* is known to 1e-18",
    explanation=(
        "υₖ > 1 says that offloading would pay if airtime were free. Where mobiles of higher priority "
        "use up the slot, its price λ* exceeds φₖ and mobile k offloads no more than mₖ = 0."
    ),
    corrected_by="TDMA-T1d.corrected",
)
@finely
def everybody_with_reason_offloads(case: Case, offloads: Predicted) -> Any:
    us = mobiles(P2.instance(case))
    if not any(map(has_reason, us)):
        return None
    price = airtime_price(us)
    claimed = [u for u in us if offloads(u, price)]
    # ℓ* > m = 0 asks for φ ≥ λ*; at equality some optimum has it
    return smallest(*(HOLDS if u.m > 0 else Interval.from_arb(apart(priority(u), price)) for u in claimed))


def saving_alone(u: Mobile) -> Ball:
    """Energy that a mobile saves when it has the whole slot: positive if and only if υ > 1 (and R > 0)."""
    bits = (u.T * u.B * ratio(u).log() / arb.const_log2()).min(u.R).max(arb(0)) if u.P > 0 else arb(0)
    return u.v * bits - u.A * u.T * (bits * arb.const_log2() / (u.B * u.T)).expm1()


@claim(
    id="TDMA-T1d.corrected",
    source=f"correction of {PAPER}, proof of Theorem 1",
    statement=(
        "Mobile k (with data) offloads, ℓₖ* > 0, if mₖ > 0 or φₖ > λ*, and does not if mₖ = 0 and φₖ < "
        "λ*. If υₖ > 1 or mₖ > 0 for some k, at least one mobile offloads. (Checked: without mobile k, "
        "if φₖ > λ*, the optimum is worse by Rₖ (βₖ Cₖ Pₖ − κₖ(λ*)) > 0 or more, κ being the price of an "
        "offloaded bit; if φₖ < λ*, it is not.)"
    ),
    recorded="certified",
    draws=contested(users=(1, 3)),
    subject=if_above_price,
    mutants=[
        Mutant("whoever has υ > 1", if_reason),
        Mutant("φ < λ* for φ > λ*", lambda u, price: bool(u.m > 0 or priority(u) < price)),
        Mutant("φ without weight", lambda u, price: bool(u.m > 0 or priority(u) / u.beta > price)),
    ],
    tol=1e-9,
    tol_reason=OPTIMA,
    max_samples=100,
)
@finely
def who_offloads(case: Case, offloads: Predicted) -> Any:
    s = P2.instance(case)
    us = mobiles(s)
    if not any(map(has_reason, us)):
        return None
    price = airtime_price(us)
    free = [k for k, u in enumerate(us) if u.m == 0 and not priority(u).overlaps(price)]
    found = losses(s, [(k, 0.0) for k in free])
    if found is None:
        return None
    lost, best = found
    slack = [_anybody(us, best)]
    for k, without in zip(free, lost, strict=True):
        u = us[k]
        if not offloads(u, price):
            slack.append(Interval(-without.hi, -without.lo))
            continue
        worth = u.R * (u.v - bit_price(u, price)) / without.optimum
        more = arb(without.lo).union(arb(without.hi)) - worth
        slack.append(Interval.from_arb(more) if worth > 0 else FAILS)
    return smallest(*slack)


def _anybody(us: list[Mobile], best: Ball) -> Interval:
    """Slack of 'the optimum saves as much as the best mobile could alone'."""
    if any(u.m > 0 for u in us):
        return HOLDS
    saving = max((saving_alone(u) for u in us if has_reason(u)), key=lambda ball: float(ball.mid()))
    local = sum((u.v * u.R for u in us), arb(0))
    return Interval.from_arb((local - saving - best) / local) if saving > 0 else FAILS


@claim(
    id="TDMA-R2",
    source=f"{PAPER}, Remark 2",
    statement=(
        "Offloading is unnecessary except when (i) some mₖ > 0 or (ii) some CₖPₖhₖ² is so large that υₖ "
        "> 1 (Rₖ > 0). (Checked both ways: otherwise offloading nothing is optimal; in (i) and (ii) it "
        "is not.)"
    ),
    recorded="certified",
    draws=ratio_cases(
        st.one_of(boundary(1.0), decades(1e-2, 1e2, special=[0.0])),
        local_frequency=MIXED_SPEEDS,
    ),
    subject=has_reason,
    mutants=[
        Mutant("υ > 2", lambda u: bool(ratio(u) > 2 or u.m > 0)),
        Mutant("υ > 1/2", lambda u: bool(ratio(u) > 0.5 or u.m > 0)),
        Mutant("required bits ignored", lambda u: bool(ratio(u) > 1)),
        Mutant("amplitude h for h²", lambda u: bool(ratio(u) > u.g.sqrt() or u.m > 0)),
    ],
    tol=1e-12,
    tol_reason="relative to the energy of computing everything locally",
)
@finely
def when_offloading_is_needed(case: Case, needed: Callable[[Mobile], bool]) -> Any:
    plain = with_energies(case)
    us = mobiles(P2.instance(plain))
    if not any(map(needed, us)):
        nothing = np.zeros(len(us))
        return point_is_optimal(P2, plain, nothing, nothing)
    # a mobile that cannot finish in time, or one that saves energy when it has the slot to itself
    return HOLDS if any(u.m > 0 or saving_alone(u) > 0 for u in us) else FAILS
