"""Figures 3 to 6: utilities, times and energies along an axis, in the assumed scenario (Section V)."""

from collections.abc import Callable
from itertools import pairwise

from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Mutant, claim

from ..simulation import SCHEMES
from .common import PAPER, Ball, Case
from .experiments import seeds
from .realisations import Means, cells, enclosed, largest, least

KILOBYTE = 8192.0

per_cell = st.fixed_dictionaries({"seed": st.integers(0, 999), "per_cell": st.sampled_from([1, 2, 3, 5])})


def both_profiles(case: Case) -> tuple[Means, Means]:
    """Means at 1000 Megacycles everywhere, and with 2000 in some cells."""
    seed, count = case["seed"], case["per_cell"]
    return cells(seed, count), cells(seed, count, high_cells=True)


@claim(
    id="JTORA-F3a",
    source=f"{PAPER}, Fig. 3",
    statement="hJTORA always performs best, for every number of users per cell and both workload profiles "
    "(means of 5 realisations).",
    recorded="certified",
    draws=per_cell,
    subject="hjtora",
    mutants=[Mutant("DORA", "dora"), Mutant("IOJRA", "iojra")],
    tol=0.0,
    tol_reason="differences of means relative to hJTORA's",
    max_samples=8,
)
@enclosed
def always_best(case: Case, scheme: str) -> Ball:
    return least(
        means.lead(scheme, other) / abs(means.of("hjtora"))
        for means in both_profiles(case)
        for other in SCHEMES
        if other != scheme
    )


@claim(
    id="JTORA-F3b",
    source=f"{PAPER}, Fig. 3",
    statement="Every scheme's utility is higher at the higher workload (means of 5 realisations).",
    recorded="certified",
    draws=per_cell,
    subject=lambda low, high: high - low,
    mutants=[
        Mutant("lower", lambda low, high: low - high),
        Mutant("twice as high", lambda low, high: high - 2 * abs(low)),
    ],
    tol=0.0,
    tol_reason="differences of means relative to hJTORA's",
    max_samples=8,
)
@enclosed
def more_work_more_utility(case: Case, rise: Callable[[Ball, Ball], Ball]) -> Ball:
    low, high = both_profiles(case)
    return least(rise(low.of(x), high.of(x)) for x in SCHEMES) / abs(high.of("hjtora"))


NUMBERS = (2, 4, 6, 8, 10)
"""Users per cell, up to the end of the figure's axis (1 to 10, assumed)."""


def along_numbers(case: Case) -> list[Means]:
    return [cells(case["seed"], number) for number in NUMBERS]


@claim(
    id="JTORA-F3c",
    source=f"{PAPER}, Fig. 3",
    statement="Utility first increases with the number of users per cell and then decreases beyond a "
    "threshold, for every scheme (tested at 2, 4, 6, 8 and 10 users per cell, means of 5 realisations: the "
    "last mean is below the largest).",
    recorded="refuted",
    draws=seeds,
    subject=SCHEMES,
    mutants=[Mutant("GOJRA only", ("gojra",))],
    tol=0.0,
    tol_reason="the fall from the largest of the means before the last, relative to hJTORA's last",
    explanation="A scheme that may leave users at home never has to lose by more of them: the utility of "
    "hJTORA still rises at 10 users per cell. Only GOJRA, which always fills its slots, falls.",
    corrected_by="JTORA-F3c.corrected",
    max_samples=2,
)
@enclosed
def rises_then_falls(case: Case, schemes: tuple[str, ...]) -> Ball:
    *before, last = along_numbers(case)
    falls = (largest(means.of(scheme) for means in before) - last.of(scheme) for scheme in schemes)
    return least(falls) / abs(last.of("hjtora"))


@claim(
    id="JTORA-F3c.corrected",
    source=f"correction of {PAPER}, Fig. 3",
    statement="In the assumed scenario hJTORA's utility rises up to 10 users per cell; that of GOJRA falls "
    "at the end.",
    recorded="certified",
    draws=seeds,
    subject=("hjtora", "gojra"),
    mutants=[Mutant("the other way round", ("gojra", "hjtora")), Mutant("GOJRA rises", ("gojra", "gojra"))],
    tol=0.0,
    tol_reason="steps of means relative to hJTORA's last",
    max_samples=2,
)
@enclosed
def rises_or_falls(case: Case, schemes: tuple[str, str]) -> Ball:
    means = along_numbers(case)
    up, down = ([m.of(scheme) for m in means] for scheme in schemes)
    steps = [b - a for a, b in pairwise(up)]
    return least([*steps, largest(down) - down[-1]]) / abs(means[-1].of("hjtora"))


LOADS, SIZES = (500e6, 1000e6, 2000e6, 3000e6), (100, 300, 600, 1000)


def along(case: Case) -> tuple[list[Means], list[Means]]:
    """Means against the workload and against the input size, 3 users per cell."""
    loads = [cells(case["seed"], 3, workload=c) for c in LOADS]
    return loads, [cells(case["seed"], 3, input_bits=d * KILOBYTE) for d in SIZES]


@claim(
    id="JTORA-F4a",
    source=f"{PAPER}, Fig. 4",
    statement="The utility of every scheme increases with c_u and decreases with d_u (means of 5 "
    "realisations, 3 users per cell).",
    recorded="certified",
    draws=seeds,
    subject=(1, -1),
    mutants=[Mutant("decreases with c_u", (-1, -1)), Mutant("increases with d_u", (1, 1))],
    tol=0.0,
    tol_reason="steps of means relative to hJTORA's",
    max_samples=3,
)
@enclosed
def with_work_and_size(case: Case, signs: tuple[int, int]) -> Ball:
    slacks = []
    for sign, means in zip(signs, along(case), strict=True):
        for scheme in SCHEMES:
            steps = (b.of(scheme) - a.of(scheme) for a, b in pairwise(means))
            slacks += [sign * step / abs(means[0].of("hjtora")) for step in steps]
    return least(slacks)


@claim(
    id="JTORA-F4b",
    source=f"{PAPER}, Fig. 4",
    statement="The gain of hJTORA over each baseline increases with c_u and decreases with d_u (means of 5 "
    "realisations, 3 users per cell).",
    recorded="refuted",
    draws=seeds,
    subject=("dora", "gojra", "iojra"),
    mutants=[
        Mutant("over nobody", ()),
        Mutant("over itself", ("hjtora",)),
    ],
    tol=1e-12,
    tol_reason="steps of differences of means relative to hJTORA's first",
    explanation="GOJRA cannot leave users at home: with little work or much data its utility collapses, "
    "and hJTORA's gain over it falls with c_u and grows with d_u.",
    corrected_by="JTORA-F4b.corrected",
    max_samples=2,
)
@enclosed
def gain_with_work(case: Case, others: tuple[str, ...]) -> Ball:
    slacks = [arb(0)]
    for sign, means in zip((1, -1), along(case), strict=True):
        for scheme in others:
            steps = (b.lead("hjtora", scheme) - a.lead("hjtora", scheme) for a, b in pairwise(means))
            slacks += [sign * step / abs(means[0].of("hjtora")) for step in steps]
    return least(slacks)


@claim(
    id="JTORA-F4b.corrected",
    source=f"correction of {PAPER}, Fig. 4",
    statement="From 1000 to 3000 Megacycles hJTORA's gain over DORA grows; its gain over GOJRA falls from "
    "500 to 3000.",
    recorded="certified",
    draws=seeds,
    subject=("dora", "gojra"),
    mutants=[Mutant("exchanged", ("gojra", "dora")), Mutant("over GOJRA it grows", ("gojra", "gojra"))],
    tol=0.0,
    tol_reason="differences of means of 5 realisations relative to hJTORA's",
    max_samples=3,
)
@enclosed
def gain_over_two(case: Case, schemes: tuple[str, str]) -> Ball:
    means, _ = along(case)
    grows, falls = ([m.lead("hjtora", x) for m in means] for x in schemes)
    return least([grows[-1] - grows[1], falls[0] - falls[-1]]) / abs(means[0].of("hjtora"))
