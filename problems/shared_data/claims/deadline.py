"""Fig. 2: energies of all schemes against the deadline."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, claim, decades, smallest
from mecopt.claims.exact import FAILS, HOLDS, apart, in_balls
from mecopt.instance import Array, Instance
from mecopt.referee import judge

from .. import P1
from ..algorithms import equal_time, local_energy
from ..lagrangian import multicast_time
from .common import OPTIMA, PAPER, Case, cases, less, optimum
from .optima import Optimum, full_offloading, optima, unshared, without_cpus

Compare = Callable[[Optimum, Optimum], Any]


@claim(
    id="SHARED-F2a",
    source=f"{PAPER}, Section V, Fig. 2",
    statement=(
        "For every offloading scheme the energy falls as the deadline grows. (Checked, not to rise: "
        "proposed, no shared "
        "data, full offloading, at proved optima; all constraints are implied by those of a shorter "
        "deadline.)"
    ),
    recorded="certified",
    draws=st.tuples(cases(users=(1, 3)), decades(1.01, 10.0)).map(lambda t: {"data": t[0], "longer": t[1]}),
    subject=less,
    mutants=[
        Mutant("rises", lambda after, before: less(before, after)),
        Mutant(
            "halves", lambda after, before: less(after, before) if after.upper < before.lower / 2 else FAILS
        ),
    ],
    tol=1e-8,
    tol_reason=OPTIMA,
    max_samples=20,
)
def later_is_cheaper(case: Case, subject: Compare) -> Any:
    before = P1.instance(case["data"])
    after = before.replace(max_latency=before.max_latency * case["longer"])
    slack = []
    found = optima(scheme(s) for s in (after, before) for scheme in (lambda s: s, unshared, without_cpus))
    for later, sooner in zip(found[:3], found[3:], strict=True):
        if later is not None and sooner is not None:
            slack.append(subject(later, sooner))
    return smallest(*slack)


Rivals = Callable[[Instance], list[Interval]]
"""Enclosures of the energies that are said to be no lower than the proposed scheme's."""


def around(value: float) -> Interval:
    """A product and sum of positive doubles, right to some ulp (a hundred are 2e-14), as an interval."""
    return Interval(value * (1 - 1e-12), value * (1 + 1e-12))


def all_rivals(s: Instance) -> list[Interval]:
    """Local only (where the CPUs can), no shared data, full offloading."""
    joule, reason = local_energy(s)
    found = [] if str(reason) else [around(float(joule))]
    return found + [
        Interval(o.lower, o.upper) for o in optima([unshared(s), without_cpus(s)]) if o is not None
    ]


def restrictions(s: Instance) -> list[Interval]:
    """Full offloading, and equal times: both are P1′ with further constraints."""
    full = full_offloading(s)
    found = [] if full is None else [Interval(full.lower, full.upper)]
    point = equal_time(s, 1e-7)
    if all(np.all(np.isfinite(a)) for a in point.x.values()):
        judged = judge(s, point.x, point.multipliers, rigorous=True, tol=np.inf)
        if judged.rigorous:
            found.append(around(float(judged.upper)))
    return found


def not_above(s: Instance, best: Optimum, rivals: list[Interval]) -> Any:
    if not rivals:
        return None
    low, high = min(r.lo for r in rivals), min(r.hi for r in rivals)
    return Interval((low - best.upper) / best.upper, (high - best.lower) / best.upper)


@claim(
    id="SHARED-F2b",
    source=f"{PAPER}, Section V, Fig. 2",
    statement=(
        "Only the proposed scheme attains the lowest energy, of local only, no shared data, full "
        "offloading and equal "
        "times. (Checked, generously: none of the others is lower.)"
    ),
    recorded="refuted",
    draws=cases(users=(1, 2)),
    subject=all_rivals,
    mutants=[
        Mutant("full offloading and equal times", restrictions),
        Mutant("half the energy of local only", lambda s: [around(float(local_energy(s)[0]) / 2)]),
    ],
    tol=1e-6,
    tol_reason=OPTIMA,
    explanation=(
        "P1′ makes the users upload the shared data and receive its results, which takes D_S N0 ln 2/hₖ "
        "at any rate "
        "and K ϱ t_mc; local only and no shared data need neither. Local energy falls as 1/T² and wins "
        "for long "
        "deadlines or cheap CPUs. In the assumed scenario local only takes 0.40 mJ at T = 0.5 s, the "
        "proposed scheme "
        "with 30 % shared data 0.66 mJ."
    ),
    corrected_by="SHARED-F2b.corrected",
    max_samples=20,
)
def nobody_is_lower(case: Case, subject: Rivals) -> Any:
    s, best = P1.instance(case), optimum(case)
    return None if best is None else not_above(s, best, subject(s))


Floor = Callable[[Instance], float]


def upload_floor(s: Instance) -> float:
    """What the shared data takes whatever the deadline: the lowest rate by the best channel."""
    return float(s.shared_bits * s.noise_psd * np.log(2) / np.max(s.uplink_gain))


@claim(
    id="SHARED-F2b.corrected",
    source=f"correction of {PAPER}, Section V, Fig. 2",
    statement=(
        "The proposed scheme is never above full offloading and equal times. It is above local only and "
        "no shared data "
        "for long deadlines: it never falls below D_S N0 ln 2/max hₖ, local only falls as 1/T²."
    ),
    recorded="certified",
    draws=cases(users=(1, 2)),
    subject=(restrictions, upload_floor),
    mutants=[
        Mutant("local only, too", (all_rivals, upload_floor)),
        Mutant("ten times the floor", (restrictions, lambda s: 10 * upload_floor(s))),
        Mutant(
            "the floor with the worst channel",
            (restrictions, lambda s: float(s.shared_bits * s.noise_psd / np.min(s.uplink_gain))),
        ),
    ],
    tol=1e-8,
    tol_reason=OPTIMA,
    max_samples=20,
)
def restrictions_cost(case: Case, subject: tuple[Rivals, Floor]) -> Any:
    s, best = P1.instance(case), optimum(case)
    if best is None:
        return None
    rivals, floor = subject
    least = floor(s)
    # the floor is a product of four doubles
    enough = Interval((best.lower - least) / best.upper - 1e-12, (best.upper - least) / best.upper + 1e-12)
    return smallest(not_above(s, best, rivals(s)), enough)


Sends = Callable[[Any, Any], bool]


@claim(
    id="SHARED-F2d",
    source=f"{PAPER}, Section V",
    statement=(
        "Equal time lengths make the shared data be sent by all users simultaneously, and are worse than "
        "the proposed "
        "scheme. (Checked without private data, two users: at the common time τ the second sends, too.)"
    ),
    recorded="refuted",
    draws=st.fixed_dictionaries({"spectral": decades(1e-2, 100.0), "gain": decades(1.0, 1e6)}),
    subject=lambda gain, ratio: True,
    mutants=[Mutant("if its gain is near enough", lambda gain, ratio: bool(gain < ratio))],
    tol=1e-9,
    tol_reason="relative to the larger marginal cost",
    explanation=(
        "Equal times do not force equal bits: for a common time t the split is water-filling, and a user "
        "whose first "
        "bit costs more than the last bit of another, hⱼ/hₖ ≥ 2^(D_S/(W t)), sends none. Without private "
        "data all "
        "users send for the same time anyway, so that equal times lose nothing."
    ),
    corrected_by="SHARED-F2d.corrected",
)
@in_balls
def all_users_send(case: Case, subject: Sends) -> Any:
    ratio = (case["spectral"] * arb.const_log2()).exp()
    gain = case["gain"]
    if not subject(gain, ratio):
        return HOLDS
    # cost of the first bit of the worse user over the last of the better one
    return Interval.from_arb(apart(ratio, gain))


def water_filled(s: Instance) -> dict[str, Array]:
    """Shared data alone, in one time t for all who send, W t [log2(mu h/(N0 ln 2))]+ bits each."""
    time = float(s.max_latency) - multicast_time(s)
    room = float(s.uplink_bandwidth) / s.sizes["users"] * time
    gains = np.log2(s.uplink_gain)
    best = np.sort(gains)[::-1]
    level = (float(s.shared_bits) / room - np.cumsum(best)) / np.arange(1, len(best) + 1)
    bits = room * np.maximum(gains + level[np.flatnonzero(best + level > 0)[-1]], 0.0)
    nothing = np.zeros(len(bits))
    return {
        "uploaded_shared_bits": bits,
        "local_bits": nothing,
        "shared_upload_time": np.where(bits > 0, time, 0.0),
        "private_upload_time": nothing,
        "download_time": nothing,
        "download_window": np.array(0.0),
    }


def in_equal_parts(s: Instance) -> dict[str, Array]:
    """The same with equal parts of the shared data."""
    users = s.sizes["users"]
    time = float(s.max_latency) - multicast_time(s)
    parts = np.full(users, float(s.shared_bits) / users)
    return {**water_filled(s), "uploaded_shared_bits": parts, "shared_upload_time": np.full(users, time)}


def relative(best: float, rival: float) -> float:
    """What the rival takes more."""
    return (rival - best) / best


EQUAL_TIMES = cases(
    users=(2, 3), shares=st.sampled_from([1.0, 1.0, 0.5]), output_ratio=st.sampled_from([0.0, 0.1])
)
NOTHING_PRIVATE = EQUAL_TIMES.map(
    lambda case: {**case, "input_bits": [case["shared_bits"]] * len(case["input_bits"])}
)

Filled = Callable[[Instance], dict[str, Array]]


@claim(
    id="SHARED-F2d.corrected",
    source=f"correction of {PAPER}, Section V",
    statement=(
        "Equal times never take less energy than the proposed scheme, and as much when no user has "
        "private data. For a "
        "common time t the users with hₖ > N0 ln 2/μ send, μ such that Σ W t [log₂(μ hₖ/(N0 ln 2))]⁺ = D_S."
    ),
    recorded="supported",
    draws=st.one_of(EQUAL_TIMES, NOTHING_PRIVATE),
    subject=(relative, water_filled),
    mutants=[
        Mutant("never more", (lambda best, rival: -relative(best, rival), water_filled)),
        Mutant("at least a tenth more", (lambda best, rival: relative(1.1 * best, rival), water_filled)),
        Mutant("equal parts", (relative, in_equal_parts)),
    ],
    tol=1e-6,
    tol_reason="relative to the optimum; equal times come from a conic solver",
    max_samples=20,
)
def equal_times_lose(case: Case, subject: tuple[Callable[[float, float], float], Filled]) -> Any:
    more, fill = subject
    s, best = P1.instance(case), optimum(case)
    if best is None:
        return None
    point = equal_time(s, 1e-8)
    if not all(np.all(np.isfinite(a)) for a in point.x.values()):
        return None
    rival = judge(s, point.x, point.multipliers, rigorous=False, tol=np.inf)
    if not rival.infeasibility <= 1e-9:
        return None
    slack = more(best.upper, float(rival.value))
    if not (np.all(s.input_bits == s.shared_bits) and s.shared_bits > 0):
        return slack
    filled = judge(s, fill(s), best.prices, rigorous=False, tol=np.inf)
    if not filled.infeasibility <= 1e-9:
        return FAILS
    return smallest(slack, agree(float(filled.value), best.upper))
