"""Complete, minimum or partial: how many mobiles split their data in P2, and how often.

A mobile is made to send exactly x bits by giving it x bits of data and no local CPU, so that the referee's
proved optima also tell what a decision costs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, Mutant, agree, claim, fraction, smallest
from mecopt.claims.exact import FAILS, HOLDS
from mecopt.instance import Array, Instance
from mecopt.result import Certificate

from .common import P2, PAPER, PROVED_GAP, Case, p2_cases, point_is_optimal, required_bits
from .threshold import (
    OPTIMA,
    THEOREM_1,
    WITH_DATA,
    Ball,
    Mobile,
    asked,
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

Slots = Callable[[Sequence[Mobile], int], tuple[Ball, Ball]]


def pinned(s: Instance, bits: Array) -> tuple[Array, Array, Certificate]:
    """Proved ends of the optima `(rows,)` of an instance whose mobiles send the given bits, nan where free.

    `bits` is `(rows, users)`. The energy of what a pinned mobile computes locally is added; the ends allow
    for the rounding of that sum.
    """
    fixed = np.isfinite(bits)
    sent = np.where(fixed, bits, s.input_bits)
    batch = s.replace(input_bits=sent, local_frequency=np.where(fixed, 0.0, s.local_frequency))
    value = s.weight * s.cycles_per_bit * s.energy_per_cycle
    local = np.sum(value * np.where(fixed, s.input_bits - bits, 0.0), axis=-1)
    found = P2.solve(batch).certificate
    return found.bound + local * (1 - 1e-14), found.upper + local * (1 + 1e-14), found


@dataclass(frozen=True)
class Loss:
    """What it costs to make a mobile send a given number of bits.

    `lo` and `hi` enclose the loss relative to the optimum so constrained, a ball.
    """

    lo: float
    hi: float
    optimum: Ball


def losses(s: Instance, pins: Sequence[tuple[int, float]]) -> tuple[list[Loss], Ball] | None:
    """Losses of making mobile k send exactly so many bits, one by one, and the optimum (a ball).

    None where an optimum cannot be proved.
    """
    bits = np.full((1 + len(pins), s.sizes["users"]), np.nan)
    for row, (k, sent) in enumerate(pins, start=1):
        bits[row, k] = sent
    low, high, found = pinned(s, bits)
    if not np.all(found.rigorous & (found.gap <= PROVED_GAP)):
        return None
    scale = np.maximum(low, np.finfo(float).tiny)
    least = np.maximum(low - high[0], 0.0) / scale
    most = np.maximum(high - low[0], 0.0) / scale
    optima = [arb(a).union(arb(b)) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    rows = zip(least.tolist(), most.tolist(), optima, strict=True)
    return [Loss(*row) for row in rows][1:], optima[0]


def two_choices(u: Mobile, decided: Ball) -> list[Ball]:
    """The minimum or everything."""
    return [u.m, u.R]


@claim(
    id="TDMA-T1c",
    source=f"{PAPER}, remark after Theorem 1",
    statement=(
        "The case φₖ = λ* rarely occurs in practice, so the optimal policy makes a binary decision, "
        "complete or minimum offloading, for each mobile. (Checked: no mobile loses by choosing between "
        "mₖ and Rₖ only.)"
    ),
    recorded="refuted",
    draws=contested(users=(1, 3)),
    subject=two_choices,
    mutants=[
        Mutant("complete only", lambda u, decided: [u.R]),
        Mutant("minimum only", lambda u, decided: [u.m]),
        Mutant("a part as a third choice", lambda u, decided: [u.m, u.R, decided]),
    ],
    tol=1e-9,
    tol_reason=OPTIMA,
    explanation=(
        "φₖ = λ* is no coincidence: λ* stays at φₖ for a whole interval of slot lengths, while mobile k "
        "goes from minimum to complete offloading. Already a single mobile whose data does not fit the "
        "slot sends T B log₂ υ bits, neither the minimum nor everything."
    ),
    corrected_by="TDMA-T1c.corrected",
)
@finely
def binary_decisions(case: Case, choices: Any) -> Any:
    s = P2.instance(case)
    us = mobiles(s)
    if not any(map(has_reason, us)):
        return None
    decided = decide(us).bits
    pins = [(k, float(x.mid())) for k, u in enumerate(us) for x in choices(u, decided[k])]
    found = losses(s, pins)
    if found is None:
        return None
    owned = [
        [lost for (owner, _), lost in zip(pins, found[0], strict=True) if owner == k] for k in range(len(us))
    ]
    least, most = (max(min(getattr(lost, end) for lost in mine) for mine in owned) for end in ("lo", "hi"))
    return Interval(-most, -least)


DRAWS = 40
"""Realisations of the scenario per case."""


def rarely(share: float) -> float:
    """Slack of 'rare', read as one realisation in twenty at most."""
    return 0.05 - share


@claim(
    id="TDMA-T1c.rare",
    source=f"{PAPER}, remark after Theorem 1",
    statement=(
        "The case φₖ = λ* rarely occurs in practice. (Checked: in at most 5 % of the realisations of the "
        "simulation scenario, 30 mobiles and data as in the scaled set, at each slot length from 45 to "
        "80 ms.)"
    ),
    recorded="refuted",
    draws=st.fixed_dictionaries(
        {"slot_duration": st.sampled_from([0.06, 0.045, 0.05, 0.07, 0.08]), "seed": st.integers(0, 1)}
    ),
    subject=rarely,
    mutants=[
        Mutant("never", lambda share: 0.0 if share == 0 else -1.0),
        Mutant("at most 95 %", lambda share: 0.95 - share),
    ],
    tol=1e-9,
    tol_reason="a share of realisations; one counts if both binary decisions of a mobile provably cost more",
    max_samples=20,
    explanation=(
        "In 1000 realisations a mobile is at the threshold in 61 % at T = 45 ms, 47 % at 50 ms, 17 % at "
        "60 ms and 2 % at 80 ms, where almost everybody offloads completely. Of those at 60 ms in which "
        "some mobiles offload completely and others do not, it is a third."
    ),
    corrected_by="TDMA-T1c.corrected",
)
def rare_in_the_scenario(case: Case, slack_of: Any) -> Any:
    s = P2.sample(users=30, batch=DRAWS, seed=case["seed"], scenario="tdma_scaled")
    s = s.replace(slot_duration=np.full(DRAWS, case["slot_duration"]))
    bits, least = P2.run(s).x["offloaded_bits"], required_bits(s)
    room = np.minimum(bits - least, s.input_bits - bits) / s.input_bits
    chosen = np.flatnonzero(np.max(room, axis=-1) > 1e-9)
    if len(chosen) == 0:
        return Interval(slack_of(0.0), slack_of(0.0))
    cells, k = s[chosen], np.argmax(room, axis=-1)[chosen, None]
    free = np.full(cells.input_bits.shape, np.nan)
    _, best, found = pinned(cells, free)
    split = found.rigorous
    for choice in (least[chosen], cells.input_bits):
        pins = free.copy()
        np.put_along_axis(pins, k, np.take_along_axis(choice, k, axis=-1), axis=-1)
        cost, _, found = pinned(cells, pins)
        split &= found.rigorous & (cost - best > PROVED_GAP * best)
    # between the realisations that are proved and those in which the closed form splits somebody's data
    return Interval(*sorted([slack_of(len(k) / DRAWS), slack_of(float(np.sum(split)) / DRAWS)]))


def slots_of_threshold(us: Sequence[Mobile], k: int) -> tuple[Ball, Ball]:
    """T₀ and T₁: airtimes that the policy takes at price φₖ with mobile k at its minimum and complete."""
    return asked(us, [priority(u) for u in us], priority(us[k]), THEOREM_1)


def _slots_without_minimum(us: Sequence[Mobile], k: int) -> tuple[Ball, Ball]:
    return slots_of_threshold([replace(u, F=u.R * u.C / u.T) for u in us], k)


def threshold_cases() -> SearchStrategy[Case]:
    """P2 with shares of the data that are required, the mobile at the threshold, and its place between."""
    shares = p2_cases(users=(1, 4), input_bits=WITH_DATA, local_frequency=fraction())
    extra = st.fixed_dictionaries({"mobile": st.integers(0, 3), "place": fraction(open_ends="01")})
    return st.builds(lambda a, b: a | b, renamed(shares, "local_frequency", "required"), extra)


@claim(
    id="TDMA-T1c.corrected",
    source=f"correction of {PAPER}, remark after Theorem 1",
    statement=(
        "Some optimum of P2 splits the data of at most one mobile; only mobiles of equal priority can be "
        "split at once. For given mⱼ any mobile k with υₖ > 1 and mₖ < Rₖ is split, at λ* = φₖ, for "
        "every slot length in the interval (T₀, T₁): airtimes taken at price φₖ with k (and its ties) at "
        "the minimum and complete."
    ),
    recorded="certified",
    draws=threshold_cases(),
    subject=slots_of_threshold,
    mutants=[
        Mutant("nobody's required bits", _slots_without_minimum),
        Mutant("mobile k alone", lambda us, k: slots_of_threshold([us[k]], 0)),
        Mutant("from an empty slot to T₀", lambda us, k: (arb(0), slots_of_threshold(us, k)[0])),
    ],
    tol=1e-9,
    tol_reason=OPTIMA,
    max_samples=150,
)
@finely
def one_mobile_split(case: Case, slots: Slots) -> Any:
    data = {name: value for name, value in case.items() if name not in ("required", "mobile", "place")}
    needed, R, C = (np.array(case[name]) for name in ("required", "input_bits", "cycles_per_bit"))
    # cycles of the local CPU within any slot, twice as many as needed where nothing is required
    cycles = np.where(needed > 0, 1 - needed, 2.0) * R * C
    us = mobiles(P2.instance({**data, "slot_duration": 1.0, "local_frequency": cycles.tolist()}))
    k, place = case["mobile"] % len(us), arb(case["place"])
    if not (ratio(us[k]) > 1 and us[k].m < us[k].R):
        return None
    shortest, longest = slots(us, k)
    between = float(((1 - place) * shortest + place * longest).mid())
    if not 0 < between < np.inf:
        return None
    slacks = []
    for slot in (data["slot_duration"], between):
        found = _at_most_one_split(data, cycles, slot)
        if found is None:
            return None
        slack, price = found
        slacks.append(slack)
    return smallest(*slacks, agree(price, priority(us[k])))


def _at_most_one_split(data: Case, cycles: Array, slot: float) -> tuple[Any, Ball] | None:
    """Slack of 'the policy is optimal, splits one mobile at most, and only ties could be split', and λ*."""
    timed = {**data, "slot_duration": slot, "local_frequency": (cycles / slot).tolist()}
    us = mobiles(P2.instance(timed))
    decision = decide(us)
    optimal = point_is_optimal(P2, timed, *decision.point)
    if optimal is None:
        return None
    margin = arb(2) ** -40  # of the data: m and the middle of a ball are rounded
    split = [
        b > u.m + margin * u.R and b < (1 - margin) * u.R for u, b in zip(us, decision.bits, strict=True)
    ]
    # who gains or loses by every further bit at λ* has one best choice in all optima
    torn = [u for u in us if u.m < u.R and bit_price(u, decision.price).overlaps(u.v)]
    ties = all(priority(a).overlaps(priority(b)) for a, b in combinations(torn, 2))
    return smallest(optimal, HOLDS if sum(split) <= 1 and ties else FAILS), decision.price
