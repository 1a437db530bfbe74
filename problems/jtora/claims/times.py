"""Figures 5 and 6: times and energies of hJTORA, and what its account of interference costs (Section V)."""

from collections.abc import Callable

from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Mutant, claim

from .common import PAPER, Ball, Case
from .experiments import seeds
from .realisations import LARGE, as_assumed_and_as_sent, enclosed, least, time_and_energy

PREFERENCES = (0.1, 0.5, 0.9)


@claim(
    id="JTORA-F5a",
    source=f"{PAPER}, Fig. 5",
    statement="As β^t grows (β^e = 1 − β^t) the mean completion time decreases and the mean energy "
    "increases (β^t = 0.1, 0.5, 0.9; 3 users per cell, means of 5 realisations).",
    recorded="certified",
    draws=seeds,
    subject=(-1, 1),
    mutants=[Mutant("time increases", (1, 1)), Mutant("energy decreases", (-1, -1))],
    tol=0.0,
    tol_reason="differences of means between the ends, relative to the larger",
    max_samples=4,
)
@enclosed
def time_against_energy(case: Case, signs: tuple[int, int]) -> Ball:
    first, *_, last = (time_and_energy(case["seed"], 3, b, LARGE) for b in PREFERENCES)
    return least(sign * (b - a) / a.max(b) for sign, a, b in zip(signs, first, last, strict=True))


MANY = 100
"""Realisations behind means that are closer to each other."""

doubled = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 999),
        "per_cell": st.integers(1, 3),
        "time_preference": st.sampled_from([0.05, 0.25, 0.5, 0.75, 0.95]),
    }
)
"""β^t from 0.05 to 0.95, the axis of the figure, and 1 to 6 users per cell of the 10 that Figure 3 has."""


def rises(case: Case, signs: tuple[int, ...]) -> Ball:
    """Slack of 'time and energy rise as users per cell double', each with its sign."""
    pair = (
        time_and_energy(case["seed"], n * case["per_cell"], case["time_preference"], MANY) for n in (1, 2)
    )
    few, many = pair
    return least(sign * (b - a) / a.max(b) for sign, a, b in zip(signs, few, many, strict=False))


@claim(
    id="JTORA-F5b",
    source=f"{PAPER}, Fig. 5",
    statement="More users mean larger mean time and energy, at every β^t (twice the users per cell, from 1 "
    "to 3, β^t from 0.05 to 0.95, means of 100 realisations).",
    recorded="refuted",
    draws=doubled,
    subject=(1, 1),
    mutants=[Mutant("smaller", (-1, -1)), Mutant("larger time, smaller energy", (1, -1))],
    tol=0.0,
    tol_reason="differences of means relative to the larger",
    explanation="Each cell has as many sub-bands as users on average. With one, the second user of a cell "
    "often stays at home; with two fewer do, and where time counts for little local computing is what takes "
    "energy: the mean falls from 1 to 2 users per cell.",
    corrected_by="JTORA-F5b.corrected",
    max_samples=3,
)
@enclosed
def more_users_cost_more(case: Case, signs: tuple[int, ...]) -> Ball:
    return rises(case, signs)


@claim(
    id="JTORA-F5b.corrected",
    source=f"correction of {PAPER}, Fig. 5",
    statement="From 2 users per cell on and where time counts at least as much as energy, twice the users "
    "per cell mean larger mean time and energy (2 and 3 per cell, means of 100 realisations).",
    recorded="certified",
    draws=st.fixed_dictionaries(
        {
            "seed": st.integers(0, 999),
            "per_cell": st.integers(2, 3),
            "time_preference": st.sampled_from([0.5, 0.75, 0.95]),
        }
    ),
    subject=(1, 1),
    mutants=[Mutant("smaller time", (-1, 1)), Mutant("smaller energy", (1, -1))],
    tol=0.0,
    tol_reason="differences of means relative to the larger",
    max_samples=3,
)
@enclosed
def more_users_cost_more_mostly(case: Case, signs: tuple[int, ...]) -> Ball:
    return rises(case, signs)


dbm = st.fixed_dictionaries({"seed": st.integers(0, 999), "dbm": st.sampled_from([0, 10, 20, 23])})


def at_dbm(x: float) -> float:
    return float(10 ** (x / 10) / 1000)


@claim(
    id="JTORA-F6",
    source=f"{PAPER}, Fig. 6",
    statement="With approximate and exact interference the utility is almost identical up to the LTE limit "
    "of 23 dBm (mean within 1 %, 5 realisations, 3 users per cell), and the approximation is never above; "
    "a gap appears for large P_u.",
    recorded="certified",
    draws=dbm,
    subject=lambda case: case["dbm"],
    mutants=[Mutant("up to 38 dBm", lambda case: 38.0), Mutant("up to 50 dBm", lambda case: 50.0)],
    tol=1e-12,
    tol_reason="relative to the mean utility; rounding where both agree",
    max_samples=6,
)
@enclosed
def nearly_exact(case: Case, power: Callable[[Case], float]) -> Ball:
    rows = as_assumed_and_as_sent(case["seed"], 3, at_dbm(power(case)))
    never_above = [(sent - assumed) / (1 + abs(sent)) for assumed, sent in rows]
    assumed, sent = (sum((row[k] for row in rows), arb(0)) for k in range(2))
    return least([*never_above, arb(0.01) - (sent - assumed) / sent])
