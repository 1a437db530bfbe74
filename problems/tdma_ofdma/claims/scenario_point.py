"""Section VII: can its simulation point be simulated? Drawn here anew from the printed table."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim

from ..scenario import SCENARIOS, Scenario
from .common import PAPER, Case

USERS, DRAWS = 30, 20

SEEDS = st.fixed_dictionaries({"seed": st.integers(0, 9999)})

STATED = SCENARIOS["stated"]
"""100 to 500 KB (1 KB = 8000 bit), CPUs of 0.1 to 1 GHz, T = 100 ms, F = 6e9 cycles."""

ASSUMED = SCENARIOS["tdma_scaled"]
"""1 KB = 1000 bit, CPUs of 1 to 10 GHz, T = 60 ms, F = 9e9 cycles."""


def required_load(point: Scenario, seed: int) -> Any:
    """Cycles of the bits that the local CPUs cannot compute in time, for each of the draws."""
    rng = np.random.default_rng([seed, USERS])
    shape = (DRAWS, USERS)
    bits = rng.uniform(100, 500, shape) * point.kilobyte
    cycles_per_bit = rng.uniform(500, 1500, shape)
    local = rng.choice(np.arange(1, 11), shape) * point.frequency_unit * point.slot_duration
    return np.sum(np.maximum(bits * cycles_per_bit - local, 0.0), axis=-1)


def around(slack: float) -> Interval:
    """A slack of doubles: a sum of 30 products less products, each sum some ten times the capacity at most.

    Forty roundings of that are below 1e-13 of the capacity.
    """
    return Interval(slack - 1e-13 * (1 + abs(slack)), slack + 1e-13 * (1 + abs(slack)))


@claim(
    id="TDMA-SCN",
    source=f"{PAPER}, Section VII",
    statement="The simulation point (30 users, 100-500 KB at 8000 bit, 500-1500 cycles per bit, CPUs of "
    "0.1-1 GHz, T = 100 ms, F = 6·10⁹) gives feasible instances of P1: ∑ C m ≤ F.",
    recorded="refuted",
    draws=SEEDS,
    subject=STATED,
    mutants=[
        Mutant("the assumed point", ASSUMED),
        Mutant("unlimited cloud", replace(STATED, cloud_capacity=1e12)),
    ],
    tol=0.0,
    tol_reason="relative to F",
    explanation="A local CPU does 10⁷ to 10⁸ cycles in the slot, the data of a mobile take 4·10⁸ to 6·10⁹: "
    "some 7·10¹⁰ cycles must be offloaded, twelve times F. Even at 1000 bit per KB it is 7·10⁹, and nineteen "
    "of twenty draws are infeasible.",
    corrected_by="TDMA-SCN.corrected",
)
def stated_point_is_feasible(case: Case, point: Scenario) -> Any:
    return around(1 - float(np.max(required_load(point, case["seed"]))) / point.cloud_capacity)


@claim(
    id="TDMA-SCN.corrected",
    source=f"correction of {PAPER}, Section VII",
    statement="At the stated point every draw of P1 requires more than 7 F and is infeasible. With 1 KB "
    "= 1000 bit, CPUs of 1-10 GHz, T = 60 ms, F = 9·10⁹ (assumed, nowhere printed) every draw is feasible.",
    recorded="certified",
    draws=SEEDS,
    subject=(STATED, ASSUMED),
    mutants=[
        Mutant("1 KB = 1000 bit in the stated point", (replace(STATED, kilobyte=1e3), ASSUMED)),
        Mutant("CPUs of 10-100 GHz in the stated point", (replace(STATED, frequency_unit=1e10), ASSUMED)),
        Mutant("1 KB = 8000 bit in the assumed point", (STATED, replace(ASSUMED, kilobyte=8e3))),
        Mutant("CPUs of 0.1-1 GHz in the assumed point", (STATED, replace(ASSUMED, frequency_unit=1e8))),
    ],
    tol=0.0,
    tol_reason="relative to F",
)
def only_the_assumed_point_is_feasible(case: Case, points: tuple[Scenario, Scenario]) -> Any:
    stated, assumed = points
    demand = float(np.min(required_load(stated, case["seed"]))) / stated.cloud_capacity
    spare = 1 - float(np.max(required_load(assumed, case["seed"]))) / assumed.cloud_capacity
    return around(min(demand - 7, spare))
