"""Fig. 3: full offloading against no shared data and against the proposed scheme."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, claim, decades, smallest
from mecopt.instance import Instance

from .. import P1
from ..scenario import COMMON, INPUT_BITS, path_gain
from .common import OPTIMA, PAPER, Case, cases, less
from .optima import Optimum, optima, unshared, without_cpus
from .sharing import STEPS, Compare, at_share, two_shares


def placed(share: float, latency: float) -> Instance:
    """The assumed scenario with this share and deadline."""
    gain = path_gain(0.05 * np.arange(1, 5))
    data = COMMON | {"input_bits": np.full(4, INPUT_BITS), "local_frequency": np.full(4, 1e9)}
    data |= {
        "uplink_gain": gain,
        "downlink_gain": gain,
        "max_latency": latency,
        "shared_bits": share * INPUT_BITS,
    }
    return P1.instance(data)


def less_by(a: Optimum, b: Optimum, factor: float) -> Interval:
    """Slack of 'this many times a is at most b', relative to b."""
    return Interval((b.lower - factor * a.upper) / b.upper, (b.upper - factor * a.lower) / b.upper)


def half(a: Optimum, b: Optimum) -> Interval:
    """Slack of 'a is at most half of b'."""
    return less_by(a, b, 2.0)


WITNESS = (0.1, 0.1)
"""Share and deadline (s) of the assumed scenario at which full offloading takes more than no shared data."""


@claim(
    id="SHARED-F3c",
    source=f"{PAPER}, Section V, Fig. 3",
    statement=(
        "Full offloading is not always below no shared data. (An existence statement. Checked: in the "
        "assumed scenario it is above at 10 % shared data and T = 0.1 s; and for all data it is not below at "
        "0 %, where it is no shared data without local computing.)"
    ),
    recorded="certified",
    draws=cases(users=(1, 3), shares=st.just(0.0)),
    subject=lambda full, none: less(none, full),
    mutants=[
        Mutant("it is below", lambda full, none: less(full, none)),
        Mutant("it is twice as high", lambda full, none: half(none, full)),
        # true of the scenario, not of users who offload everything anyway
        Mutant("it is a tenth higher", lambda full, none: less_by(none, full, 1.1)),
    ],
    tol=1e-8,
    tol_reason=OPTIMA,
    max_samples=40,
)
def full_offloading_can_lose(case: Case, subject: Compare) -> Any:
    s, known = P1.instance(case), placed(*WITNESS)
    full, none = optima([without_cpus(s), s])
    above, below = optima([without_cpus(known), unshared(known)])
    if full is None or none is None or above is None or below is None:
        return None
    return smallest(subject(full, none), subject(above, below))


Between = Callable[[Optimum, Optimum, Optimum, Optimum], Interval]


@claim(
    id="SHARED-F3c.range",
    source=f"correction of {PAPER}, Section V, Fig. 3: against no shared data",
    statement=(
        "The shared percentages at which full offloading is below no shared data form one interval, possibly "
        "empty: its energy is convex in D_S, that of no shared data constant. (Checked: where it is below at "
        "two shares it is below between them.)"
    ),
    recorded="certified",
    draws=two_shares(max_latency=decades(1.0, 10.0)),
    subject=lambda first, last, middle, none: less(middle, none),
    mutants=[
        Mutant(
            "where it is below, it is above between", lambda first, last, middle, none: less(none, middle)
        ),
        Mutant("lower between", lambda first, last, middle, none: less(middle, last)),
        Mutant("half as high", lambda first, last, middle, none: half(middle, none)),
    ],
    tol=1e-8,
    tol_reason=OPTIMA,
    max_samples=20,
)
def below_on_an_interval(case: Case, subject: Between) -> Any:
    s, (a, b) = P1.instance(case["data"]), case["shares"]
    shares = [without_cpus(at_share(s, share)) for share in (a, b, (a + b) / 2)]
    none, first, last, middle = optima([unshared(s), *shares])
    if none is None or first is None or last is None or middle is None:
        return None
    if max(first.upper, last.upper) > none.lower:
        return None
    return subject(first, last, middle, none)


CompareGaps = Callable[[Interval, Interval], Interval]


def shrinks(before: Interval, after: Interval) -> Interval:
    return Interval(before.lo - after.hi, before.hi - after.lo)


def compare_gaps(both: list[Instance], subject: CompareGaps) -> Any:
    """Full offloading over the proposed scheme at two shares, relative to full offloading."""
    gaps, scale = [], 0.0
    found = optima([*both, *map(without_cpus, both)])
    for best, full in zip(found[:2], found[2:], strict=True):
        if full is None or best is None:
            return None
        gaps.append(Interval(full.lower - best.upper, full.upper - best.lower))
        scale = max(scale, full.upper)
    slack = subject(gaps[0], gaps[1])
    return Interval(slack.lo / scale, slack.hi / scale)


@claim(
    id="SHARED-F3d",
    source=f"{PAPER}, Section V, Fig. 3",
    statement=(
        "The gap between full offloading and the proposed scheme shrinks as the shared percentage grows."
    ),
    recorded="refuted",
    draws=two_shares(),
    subject=shrinks,
    mutants=[
        Mutant(
            "up to ten times as much",
            lambda before, after: Interval(10 * before.lo - after.hi, 10 * before.hi - after.lo),
        ),
        Mutant("it does not vanish", lambda before, after: after),
    ],
    tol=1e-8,
    tol_reason=OPTIMA + "; the gaps are relative to full offloading",
    explanation=(
        "The multicast of the shared results takes time in proportion to D_S, and full offloading suffers "
        "more from a short rest. One user, every number 1: at 10 % shared data, t_mc = 0.1 s, the gap is "
        "7.1 J; at 90 %, where 0.1 s is left, 298 J. In the assumed scenario the multicast is short and "
        "the statement holds."
    ),
    corrected_by="SHARED-F3d.corrected",
    max_samples=20,
)
def gap_shrinks(case: Case, subject: CompareGaps) -> Any:
    return compare_gaps([at_share(P1.instance(case["data"]), share) for share in case["shares"]], subject)


SHRINKS = [
    Mutant("it grows", lambda before, after: Interval(after.lo - before.hi, after.hi - before.lo)),
    Mutant("it halves", lambda before, after: Interval(before.lo / 2 - after.hi, before.hi / 2 - after.lo)),
]


@claim(
    id="SHARED-F3d.corrected",
    source=f"correction of {PAPER}, Section V, Fig. 3",
    statement=(
        "Where no results are sent back (a₀ = 0) the gap between full offloading and the proposed scheme "
        "never grows with the shared percentage, whatever the data. With results it may: the multicast takes "
        "time in proportion to D_S."
    ),
    recorded="certified",
    draws=two_shares(output_ratio=st.just(0.0)),
    subject=shrinks,
    mutants=SHRINKS,
    tol=1e-8,
    tol_reason=OPTIMA + "; the gaps are relative to full offloading",
    max_samples=40,
)
def gap_shrinks_without_results(case: Case, subject: CompareGaps) -> Any:
    """Why: a further shared bit changes the gap by (μ′ − μ) − Σₖ(cₖ′ − mₖ), primes for full offloading.

    mₖ is what a private bit is worth: the cheaper of its local computing and cₖ. All loads are larger in full
    offloading, hence μ′ ≥ μ and cₖ′ ≥ cₖ ≥ mₖ; and a user j that sends shared bits in the proposed scheme has
    cⱼ = μ and cⱼ′ ≥ μ′, so that its term alone makes up for μ′ − μ.
    """
    return gap_shrinks(case, subject)


@claim(
    id="SHARED-F3d.scenario",
    source=f"correction of {PAPER}, Section V, Fig. 3: the assumed scenario",
    statement=(
        "In the assumed scenario the gap between full offloading and the proposed scheme shrinks as the "
        "shared percentage grows, for deadlines from 10 ms to 1 s."
    ),
    recorded="certified",
    draws=st.fixed_dictionaries({"latency": decades(1e-2, 1.0), "shares": STEPS.map(list)}),
    subject=shrinks,
    mutants=SHRINKS,
    tol=1e-8,
    tol_reason=OPTIMA + "; the gaps are relative to full offloading",
    max_samples=12,
)
def gap_shrinks_in_the_scenario(case: Case, subject: CompareGaps) -> Any:
    return compare_gaps([placed(share, case["latency"]) for share in case["shares"]], subject)
