"""The OFDMA heuristic as a whole: is its result feasible, and better than offloading nothing?

Phases 1 to 3 settle who holds which sub-channel and ask for ℓ_k bits, from P5; Phase 4 spreads these over the
sub-channels held (`total="asked"`), or settles the total anew for them (`total="best"`). Phase 3 counts as in
OFDMA-A5.corrected, so that what is found here is not the same again.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_least, at_most, claim, smallest
from mecopt.claims.exact import FAILS
from mecopt.instance import Array, Indices, Instance, Mask

from ..ofdma import P4, phases, water_filling
from .common import PAPER, Case
from .ofdma_common import OFDMA_FREE, OFDMA_PLAIN, Exact, energy_of, exact, p4_cases
from .ofdma_phases import CASES, FirstPhase, Owners, one_short, required
from .threshold import finely

Result = tuple[Array, Array, Array]
"""Who holds what, bits on each sub-channel, and the totals that Phase 4 was asked to spread."""


def run(s: Instance, *, first: FirstPhase = phases.phase_1, total: str = "asked") -> Result:
    """Phases 1 to 4.

    `total`: the bits of Phase 2 ("asked"), 0 where nothing is held ("served"), "best", or "too many".
    """
    rank, needy = phases.ranks(s), required(s)
    before = first(rank, needy)
    count, asked = phases.phase_2(s, before)
    owners, _ = phases.phase_3(rank, before, count)
    held = owners == np.arange(s.sizes["users"])[:, None]
    asked = s.input_bits * (1 + 1e-3) if total == "too many" else asked
    bits = water_filling.fill(water_filling.terms(s), held, None if total == "best" else asked).bits
    served = held.any(axis=-1)
    if total == "best":
        asked = np.zeros_like(asked)
    elif total == "served":
        asked = np.where(served, asked, 0.0)
    else:  # equal priorities leave P5 a choice of who sends a part: count on no more than complete offloading
        asked = np.where(served | (asked >= s.input_bits), asked, 0.0)
    return held, bits, asked


def nothing_reserved(rank: Indices, needy: Mask) -> Owners:
    return np.full(rank.shape[1], phases.FREE)


@finely
def feasible(s: Instance, result: Result) -> Any:
    """Slack of P4's constraints and of ∑_n ℓ = the total asked for, relative to R."""
    held, bits, asked = result
    d: Exact = exact(s)
    value = energy_of(d, held.astype(np.float64), bits)
    if value is None or np.any(bits < 0) or np.any(np.sum(held, axis=0) > 1):
        return FAILS
    sums = [sum((arb(float(x)) for x in row), arb(0)) for row in bits]
    return smallest(
        *(at_least(L, m, scale=R) for L, m, R in zip(sums, d.m, d.R, strict=True)),
        *(at_most(L, R, scale=R) for L, R in zip(sums, d.R, strict=True)),
        *(at_least(L, arb(float(a)), scale=R) for L, a, R in zip(sums, asked, d.R, strict=True)),
    )


Heuristic = Callable[[Instance], Result]


def returns_a_point(case: Case, heuristic: Heuristic) -> Any:
    s = P4.instance(case)
    if P4.infeasible(s):
        return None
    return feasible(s, heuristic(s))


CONTEST = p4_cases(users=(1, 2), subchannels=(1, 2), **(OFDMA_PLAIN | {"local_frequency": st.just(100.0)}))
"""Few users with few sub-channels."""

SINGLE_CHANNEL = p4_cases(
    users=(2, 2),
    subchannels=(1, 1),
    **OFDMA_PLAIN | {"local_frequency": st.just(100.0), "energy_per_cycle": st.sampled_from([10.0, 100.0])},
)
"""Two users, both with good reason to offload, and one sub-channel."""

BITS = "relative to R; P5 and water-filling run in doubles"


@claim(
    id="OFDMA-H1",
    source=f"{PAPER}, Section VI-B",
    statement="Phases 1 to 4, where Phase 4 spreads exactly the bits ℓ_k of Phase 2 over the sub-channels "
    "of user k, return a feasible point of P4 whenever P4 is feasible.",
    recorded="refuted",
    draws=st.one_of(SINGLE_CHANNEL, CASES),
    subject=run,
    mutants=[
        Mutant("ℓ = 0 for who holds nothing", lambda s: run(s, total="served")),
        Mutant("no Phase 1", lambda s: run(s, first=nothing_reserved)),
        Mutant("more bits than R", lambda s: run(s, total="too many")),
    ],
    tol=1e-9,
    tol_reason=BITS,
    explanation="A user that need not offload may be given n < 1 and bits ℓ > 0 by P5, and then no "
    "sub-channel by Phase 3: P6 has no solution, for ℓ > 0 bits cannot be spread over nothing.",
    corrected_by="OFDMA-H1.corrected",
    max_samples=60,
)
def printed_heuristic(case: Case, heuristic: Heuristic) -> Any:
    return returns_a_point(case, heuristic)


@claim(
    id="OFDMA-H1.corrected",
    source=f"correction of {PAPER}, Section VI-B",
    statement="With ℓ_k = 0 for users left without a sub-channel, none of whom must offload, and Phase 3 "
    "as in OFDMA-A5.corrected, Phases 1 to 4 return a feasible point of P4 whenever P4 is feasible.",
    recorded="certified",
    draws=CASES,
    subject=lambda s: run(s, total="served"),
    mutants=[
        Mutant("ℓ as Phase 2 has it, as printed", run),
        Mutant("no Phase 1", lambda s: run(s, first=nothing_reserved, total="served")),
        Mutant("Phase 1 one user short", lambda s: run(s, first=one_short, total="served")),
    ],
    tol=1e-9,
    tol_reason=BITS,
    max_samples=60,
)
def corrected_heuristic(case: Case, heuristic: Heuristic) -> Any:
    return returns_a_point(case, heuristic)


# Energy. Points with `total="best"` and "served" are feasible, which H1.corrected shows.


def energy(s: Instance, heuristic: Heuristic) -> Any:
    """Energy of a heuristic's point as a ball; None if it is none."""
    held, bits, _ = heuristic(s)
    return energy_of(exact(s), held.astype(np.float64), bits)


def as_printed(s: Instance) -> Result:
    return run(s, total="served")


def reoptimised(s: Instance) -> Result:
    return run(s, total="best")


def everything(s: Instance) -> Result:
    """All bits of everybody who holds a sub-channel."""
    held, _, asked = run(s, total="best")
    return held, water_filling.fill(water_filling.terms(s), held, s.input_bits).bits, asked


def in_turn(s: Instance) -> Result:
    """Sub-channels to the users in turn, whatever their gains."""
    held = np.arange(s.sizes["subchannels"]) % s.sizes["users"] == np.arange(s.sizes["users"])[:, None]
    return held, water_filling.fill(water_filling.terms(s), held).bits, np.zeros(s.sizes["users"])


def equal_split(s: Instance) -> Result:
    """The best totals, as many bits on each sub-channel."""
    held, bits, asked = run(s, total="best")
    count = np.maximum(np.sum(held, axis=-1), 1)
    return held, held * (np.sum(bits, axis=-1) / count)[:, None], asked


@finely
def saves(case: Case, heuristic: Heuristic) -> Any:
    """Slack of 'no more energy than all local', relative to all local."""
    s = P4.instance(case)
    local = exact(s).local()
    if required(s).any() or local.is_zero():
        return None
    value = energy(s, heuristic)
    return FAILS if value is None else Interval.from_arb((local - value) / local)


UNEQUAL = p4_cases(
    users=(1, 1),
    subchannels=(2, 3),
    **OFDMA_PLAIN
    | {
        "local_frequency": st.just(100.0),
        "energy_per_cycle": st.sampled_from([1.0, 2.0]),
        "channel_gain": st.sampled_from([1.0, 100.0, 0.1, 0.01]),
        "input_bits": st.sampled_from([10.0, 20.0]),
        "subchannel_noise_power": st.just(1.0),
    },
)
"""One user, much data, sub-channels of very different gains."""

FREE_CASES = st.one_of(
    UNEQUAL,
    CONTEST,
    p4_cases(
        users=(1, 3), subchannels=(1, 5), input_bits=st.sampled_from([1.0, 10.0, 5.0, 0.1]), **OFDMA_FREE
    ),
)


@claim(
    id="OFDMA-X1",
    source=f"added check on {PAPER}, Section VI-B",
    statement="Where nobody must offload, the heuristic with the bits of Phase 2 kept in Phase 4 never "
    "uses more energy than computing everything locally. (Not said in the paper.)",
    recorded="refuted",
    draws=FREE_CASES,
    subject=as_printed,
    mutants=[
        Mutant("totals settled anew", reoptimised),
        Mutant("everything offloaded", everything),
    ],
    tol=1e-9,
    tol_reason="relative to all local; points are doubles",
    explanation="P5 counts on the mean gain, which no sub-channel need have: on unequal ones the same "
    "bits take more energy (arithmetic mean for geometric), without limit, and may cost more than they "
    "save.",
    corrected_by="OFDMA-X1.corrected",
    max_samples=100,
)
def kept_totals(case: Case, heuristic: Heuristic) -> Any:
    return saves(case, heuristic)


@claim(
    id="OFDMA-X1.corrected",
    source=f"added check on {PAPER}, Section VI-B",
    statement="Where nobody must offload, the heuristic with the totals settled anew in Phase 4, L = "
    "min(∑_n ℓ_n(v), R), never uses more energy than computing everything locally.",
    recorded="certified",
    draws=FREE_CASES,
    subject=reoptimised,
    mutants=[
        Mutant("totals of Phase 2, as printed", as_printed),
        Mutant("everything offloaded", everything),
        Mutant("equal bits for water-filling", equal_split),
    ],
    tol=1e-9,
    tol_reason="relative to all local; points are doubles",
    max_samples=100,
)
def best_totals(case: Case, heuristic: Heuristic) -> Any:
    return saves(case, heuristic)
