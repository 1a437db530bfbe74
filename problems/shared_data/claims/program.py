"""Problem P1 and its reduction: convexity, the latency (10), local computing time."""

from collections.abc import Callable
from typing import Any, NamedTuple

import sympy as sp
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, at_most, claim, decades, fraction, smallest
from mecopt.claims.exact import apart, holds, in_balls, not_negative, vanishes

from .common import PAPER, Case

ROUNDING = "relative to the larger side; balls are thinner than 1e-20"

TIME = decades(1e-3, 1e3)


def largest(numbers: list[Any]) -> Any:
    top = numbers[0]
    for number in numbers[1:]:
        top = top.max(number)
    return top


def least(numbers: list[Any]) -> Any:
    return -largest([-number for number in numbers])


def printed_latency(case: Case, *, over: Callable[[list[Any]], Any] = largest) -> list[Any]:
    """(10) for each user: uploads, cloudlet, multicast, own download."""
    users = case["users"]
    shared_done = largest([u["shared"] for u in users]) + case["cloudlet_shared"]
    all_done = largest([u["shared"] + u["private"] for u in users])
    return [
        over(
            [
                over([u["shared"] + u["private"], shared_done]) + u["cloudlet"],
                over([all_done, shared_done]) + case["multicast"],
            ]
        )
        + u["download"]
        for u in users
    ]


def user_times(**more: Any) -> Any:
    names = ("shared", "private", "cloudlet", "download")
    return st.fixed_dictionaries(dict.fromkeys(names, TIME) | more)


class Program(NamedTuple):
    """Functions said to be convex: latency of times, upload energy of (bits, time), local energy of both."""

    latency: Callable[[Case], list[Any]]
    radio: Callable[[Any, Any], Any]
    local: Callable[[Any, Any], Any]


def perspective(bits: Any, time: Any) -> Any:
    """t (e^(D/t) − 1), up to units (2), (3), (9)."""
    return time * (bits / time).expm1()


def cube(bits: Any, time: Any) -> Any:
    """D³/t², up to units (4)."""
    return bits**3 / time**2


PRINTED = Program(printed_latency, perspective, cube)


def convexity_proof() -> str:
    D, t = sp.symbols("D t", positive=True)
    for energy, what in ((t * (sp.exp(D / t) - 1), "upload and download"), (D**3 / t**2, "local")):
        H = sp.hessian(energy, (D, t))
        vanishes(H.det(), f"determinant of the Hessian, {what}")
        holds(sp.simplify(H[0, 0]).is_positive, f"its first entry, {what}")
    return (
        "energies have Hessians of determinant 0 and positive diagonal; (10) is built from sums and "
        "maxima of times and "
        "of cloudlet times that are linear in the bits; the other constraints are linear"
    )


def middle(a: Any, b: Any) -> Any:
    """The midpoint of two cases of one shape."""
    if isinstance(a, dict):
        return {key: middle(a[key], b[key]) for key in a}
    if isinstance(a, list):
        return [middle(x, y) for x, y in zip(a, b, strict=True)]
    return (a + b) / 2


SCHEDULE = st.fixed_dictionaries(
    {
        "users": st.lists(user_times(), min_size=2, max_size=2),
        "cloudlet_shared": TIME,
        "multicast": TIME,
    }
)


@claim(
    id="SHARED-C1",
    source=f"{PAPER}, Section III and IV-A",
    statement=(
        "P1 is convex; (12b) with the latency (10) is a convex constraint (cloudlet times linear in the "
        "bits). "
        "(Checked: (10) and the energies at the midpoint of two points are at most their means.)"
    ),
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "one": SCHEDULE,
            "other": SCHEDULE,
            "bits": st.lists(decades(1e-2, 1e2), min_size=2, max_size=2),
            "times": st.lists(TIME, min_size=2, max_size=2),
        }
    ),
    subject=PRINTED,
    mutants=[
        Mutant(
            "the smaller for the larger in (10)",
            PRINTED._replace(latency=lambda c: printed_latency(c, over=least)),
        ),
        Mutant("t f(D) for t f(D/t)", PRINTED._replace(radio=lambda D, t: t * D.expm1())),
        Mutant("D³ t² for D³/t²", PRINTED._replace(local=lambda D, t: D**3 * t**2)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=convexity_proof,
)
@in_balls
def convex_program(case: Case, subject: Program) -> Any:
    one, other = case["one"], case["other"]
    ends = zip(subject.latency(one), subject.latency(other), strict=True)
    slack = [
        at_most(m, (a + b) / 2) for m, (a, b) in zip(subject.latency(middle(one, other)), ends, strict=True)
    ]
    (D, E), (t, u) = case["bits"], case["times"]
    for energy in (subject.radio, subject.local):
        mean = (energy(D, t) + energy(E, u)) / 2
        slack.append(at_most(energy((D + E) / 2, (t + u) / 2), mean))
    return smallest(*slack)


Reduced = Callable[[Case], list[Any]]


def reduced(case: Case) -> list[Any]:
    """(13): the last upload, the multicast, the own download."""
    done = largest([u["shared"] + u["private"] for u in case["users"]])
    return [done + case["multicast"] + u["download"] for u in case["users"]]


def own_upload(case: Case) -> list[Any]:
    return [u["shared"] + u["private"] + case["multicast"] + u["download"] for u in case["users"]]


@claim(
    id="SHARED-C2",
    source=f"{PAPER}, Section IV-A",
    statement=(
        "If the cloudlet computes the shared data within every user's private upload and private data "
        "within the "
        "multicast, (10) is max_j (t_jᵘˢ + t_jᵘᴵ) + t_mc + t_k, and with t_dl ≥ t_k (12b) is (14)."
    ),
    recorded="certified",
    draws=st.fixed_dictionaries(
        {
            "users": st.lists(user_times(cloudlet=fraction()), min_size=1, max_size=4),
            "cloudlet_shared": fraction(),
            "multicast": TIME,
        }
    ),
    subject=reduced,
    mutants=[
        Mutant("the own upload for the last", own_upload),
        Mutant("without the multicast", lambda c: [x - c["multicast"] for x in reduced(c)]),
        Mutant(
            "cloudlet time of private data kept",
            lambda c: [x + u["cloudlet"] for x, u in zip(reduced(c), c["users"], strict=True)],
        ),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
)
@in_balls
def latency_reduces(case: Case, subject: Reduced) -> Any:
    users = [u | {"cloudlet": u["cloudlet"] * case["multicast"]} for u in case["users"]]
    hidden = case["cloudlet_shared"] * least([u["private"] for u in users])
    assumed = case | {"users": users, "cloudlet_shared": hidden}
    pairs = zip(subject(assumed), printed_latency(assumed), strict=True)
    # (14) for all k with the least t_dl that (10) leaves: max over k on both sides
    window = largest([u["download"] for u in users])
    latest = largest([u["shared"] + u["private"] + case["multicast"] + window for u in users])
    return smallest(*(agree(a, b) for a, b in pairs), agree(latest, largest(subject(assumed))))


def stretching_proof() -> str:
    D, t, d = sp.symbols("D t d", positive=True)
    vanishes(sp.diff(D**3 / t**2, t) + 2 * D**3 / t**3, "slope of the local energy in its time, −2 D³/t³")
    not_negative((1 + d) ** 2 - 1, d, beyond=0, what="E(t)/E(t (1 + d)) − 1")
    return "∂E/∂t = −2 κ (λ₀ D)³/t³ < 0 for D > 0, and more time only widens λ₀ D ≤ t f"


@claim(
    id="SHARED-M1",
    source=f"{PAPER}, Section IV-A",
    statement="Eₖᴸ falls with the local computing time, so that tₖᴸ = T is optimal.",
    recorded="proved",
    draws=st.fixed_dictionaries({"bits": decades(1e-3, 1e3), "time": TIME, "share": fraction(open_ends="0")}),
    subject=cube,
    mutants=[
        Mutant("D³ t for D³/t²", lambda D, t: D**3 * t),
        Mutant("D² for D³/t²: no time in it", lambda D, t: D**2 * (1 + t)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=stretching_proof,
)
@in_balls
def more_time_costs_less(case: Case, subject: Callable[[Any, Any], Any]) -> Any:
    less = case["time"] * case["share"]
    return Interval.from_arb(apart(subject(case["bits"], less), subject(case["bits"], case["time"])))
