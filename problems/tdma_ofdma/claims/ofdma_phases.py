"""Phases 1 and 3 of the OFDMA heuristic: who gets which sub-channels (Section VI-B, Algorithms 4 and 5).

Phase 1 gives each user that must offload a sub-channel. Phase 2 solves P5 on the others: n_k of them and ℓ_k
bits per user. Phase 3 hands out ⌊n_k⌋ of them each, then the rest. Phase 4 spreads ℓ_k over the sub-channels
held. The phases run as in `ofdma.phases`; what they return is judged here, in whole numbers and balls.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_most, claim, smallest
from mecopt.claims.exact import FAILS, HOLDS
from mecopt.instance import Array, Indices, Instance, Mask

from ..ofdma import P4, phases
from .common import PAPER, Case
from .ofdma_common import OFDMA_PLAIN, exact, p4_cases
from .threshold import finely

Owners = Indices

NEEDY = st.sampled_from([0.0, 0.5, 100.0, 0.1])
"""Cycles per second of own CPUs that do nothing, a part, or everything."""

CASES = st.one_of(
    p4_cases(users=(1, 4), subchannels=(1, 6), **(OFDMA_PLAIN | {"local_frequency": NEEDY})),
    p4_cases(users=(1, 4), subchannels=(1, 6), local_frequency=NEEDY),
)


def required(s: Instance) -> Mask:
    """Who must offload."""
    return np.array([bool(m > 0) for m in exact(s).m])


def exact_slack(value: float) -> Interval:
    """A slack of whole numbers."""
    return Interval(value, value)


# Phase 1.

FirstPhase = Callable[[Indices, Mask], Owners]
"""Owners of the sub-channels (`phases.FREE`: nobody), from ranks of the pairs and who must offload."""


def best_only(rank: Indices, needy: Mask) -> Owners:
    """The users' favourites, given away twice where they coincide: the last one has it."""
    owners = np.full(rank.shape[1], phases.FREE)
    for k in np.flatnonzero(needy):
        owners[np.argmin(rank[k])] = k
    return owners


def one_short(rank: Indices, needy: Mask) -> Owners:
    """Stops one user too early."""
    fewer = needy.copy()
    fewer[np.flatnonzero(needy)[-1:]] = False
    return phases.phase_1(rank, fewer)


def user_stays(rank: Indices, needy: Mask) -> Owners:
    """Sub-channels leave the list, users do not: as many rounds as users."""
    owners = np.full(rank.shape[1], phases.FREE)
    for _ in range(int(np.sum(needy))):
        allowed = np.where(needy[:, None] & (owners == phases.FREE), rank, rank.size)
        k, n = np.unravel_index(np.argmin(allowed), rank.shape)
        owners[n] = k
    return owners


@claim(
    id="OFDMA-A4",
    source=f"{PAPER}, Algorithm 4",
    statement="Phase 1 gives every offloading-required user a sub-channel, so that the latency "
    "constraints of all users can be met (if N suffices for that many users; P4 is infeasible otherwise).",
    recorded="certified",
    draws=CASES,
    subject=phases.phase_1,
    mutants=[
        Mutant("n′ stays in the list", best_only),
        Mutant("one user too few", one_short),
        Mutant("k′ stays in the list", user_stays),
    ],
    tol=1e-12,
    tol_reason="relative to T; exact but for the rounding of m to a double",
)
@finely
def everybody_in_time(case: Case, first_phase: FirstPhase) -> Any:
    """Each required user sends its m over one sub-channel of its own; its CPU computes the rest within T."""
    s = P4.instance(case)
    needy = required(s)
    if not needy.any() or np.sum(needy) > s.sizes["subchannels"]:
        return None
    owners, d = first_phase(phases.ranks(s), needy), exact(s)
    slacks: list[Any] = []
    T = arb(float(s.slot_duration))
    for k in np.flatnonzero(needy):
        own = np.flatnonzero(owners == k)
        if len(own) == 0:
            return FAILS
        sent = arb(float(d.m[k].mid()))
        energy = d.A[k][own[0]] * (sent / d.w).expm1()
        seconds = (d.R[k] - sent) * arb(float(s.cycles_per_bit[k]))
        speed = arb(float(s.local_frequency[k]))
        slacks.append(at_most(seconds, speed * T, scale=arb(float(s.cycles_per_bit[k])) * d.R[k]))
        slacks.append(HOLDS if energy.is_finite() else FAILS)
    return smallest(*slacks)


# Phase 3.

ThirdPhase = Callable[[Indices, Owners, Array], tuple[Owners, str]]
"""Owners after Phase 3 and what went wrong (""), from ranks, owners after Phase 1, and the n of P5."""


def printed_stop(rank: Indices, owners: Owners, count: Array) -> tuple[Owners, str]:
    return phases.phase_3(rank, owners, count, printed_stop=True)


def counting(rank: Indices, owners: Owners, count: Array) -> tuple[Owners, str]:
    return phases.phase_3(rank, owners, count)


def rounded_up(rank: Indices, owners: Owners, count: Array) -> tuple[Owners, str]:
    return phases.phase_3(rank, owners, np.ceil(count))


def rest_only(rank: Indices, owners: Owners, count: Array) -> tuple[Owners, str]:
    return phases.phase_3(rank, owners, np.zeros_like(count))


def first_step_only(rank: Indices, owners: Owners, count: Array) -> tuple[Owners, str]:
    """No second step: what ⌊n⌋ leaves over stays free."""
    free, left = owners == phases.FREE, owners.copy()
    done, said = phases.phase_3(rank, owners, count)
    whole = np.floor(count + phases.FLOOR_SLACK)
    for n in np.argsort(np.min(rank, axis=0)):
        k = done[n]
        if free[n] and np.sum(left[free] == k) < whole[k]:
            left[n] = k
    return left, said


def hands_out(case: Case, third_phase: ThirdPhase) -> Any:
    """Slack of: it ends, nothing is left over, and nobody gets less than ⌊n⌋ in this phase."""
    s = P4.instance(case)
    needy = required(s)
    if np.sum(needy) > s.sizes["subchannels"]:
        return None
    rank = phases.ranks(s)
    before = phases.phase_1(rank, needy)
    free = before == phases.FREE
    if not free.any():
        return None
    count, _ = phases.phase_2(s, before)
    whole = np.floor(count + phases.FLOOR_SLACK)
    after, said = third_phase(rank, before, count)
    if said or (after == phases.FREE).any():
        return FAILS
    got = np.array([np.sum(after[free] == k) for k in range(len(whole))])
    return exact_slack(float(np.min((got - whole) / np.maximum(whole, 1))))


@claim(
    id="OFDMA-A5",
    source=f"{PAPER}, Algorithm 5",
    statement="Algorithm 5 as printed (a user k′ leaves Step 1 when |S_k′| = ⌊n_k′⌋) ends with every "
    "sub-channel assigned and at least ⌊n_k⌋ of the free ones with each user.",
    recorded="refuted",
    draws=CASES,
    subject=printed_stop,
    mutants=[Mutant("counting this phase only", counting), Mutant("⌈n⌉ for ⌊n⌋", rounded_up)],
    tol=0.0,
    tol_reason="whole numbers",
    explanation="S_k′ already contains the sub-channel of Phase 1. A user with one of those and ⌊n⌋ = 1 "
    "holds two after its first turn, never exactly one: it takes everything and Step 1 runs out of "
    "sub-channels. With ⌊n⌋ ≥ 2 it leaves with one too few.",
    corrected_by="OFDMA-A5.corrected",
    max_samples=100,
)
def printed_algorithm_5(case: Case, third_phase: ThirdPhase) -> Any:
    return hands_out(case, third_phase)


@claim(
    id="OFDMA-A5.corrected",
    source=f"correction of {PAPER}, Algorithm 5",
    statement="If a user leaves Step 1 once it has received ⌊n_k⌋ sub-channels in this phase, Algorithm 5 "
    "ends with every sub-channel assigned and at least ⌊n_k⌋ of the free ones with each user.",
    recorded="certified",
    draws=CASES,
    subject=counting,
    mutants=[
        Mutant("Phase 1 counted, as printed", printed_stop),
        Mutant("⌈n⌉ for ⌊n⌋", rounded_up),
        Mutant("without Step 1", rest_only),
        Mutant("without Step 2", first_step_only),
    ],
    tol=0.0,
    tol_reason="whole numbers; ⌊n⌋ forgives 1e-9, P5 being solved in doubles",
    max_samples=100,
)
def counted_algorithm_5(case: Case, third_phase: ThirdPhase) -> Any:
    return hands_out(case, third_phase)
