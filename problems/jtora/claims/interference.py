"""Interference: (20) and its approximation (21), J* (29), and local optimality of the result."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades, smallest
from mecopt.instance import Array

from .. import closed_form
from ..terms import Decision, Terms
from . import proofs
from .common import INSIDE, PAPER, Ball, Case, network, networks

# Two users, two servers, one sub-band: user u at server u.

pairs = networks(
    users=(2, 2), servers=(2, 2), subbands=(1, 1), time_preference=INSIDE, channel_gain=decades(1e-2, 1e3)
)


def together(t: Terms) -> Decision:
    """User u at server u on the only sub-band."""
    return Decision(np.array([0, 1]), np.array([0, 0]))


def coupled_cost(t: Terms, q: list[Ball]) -> Ball:
    """The objective of (20) for the pair at powers P e^q."""
    power = [arb(float(t.most[u])) * q[u].exp() for u in range(2)]
    total = arb(0)
    for u in range(2):
        other = 1 - u
        noise = arb(t.noise) + power[other] * arb(float(t.gain[other, u, 0]))
        rate = (power[u] * arb(float(t.gain[u, u, 0])) / noise).log1p() / arb.const_log2()
        total += (arb(float(t.time_weight[u])) + arb(float(t.energy_weight[u])) * power[u]) / rate
    return total


Bend = Callable[[Ball, Ball, Ball], Ball]
"""From the values at two points and in between to what the statement says is positive."""


def above_chord(one: Ball, two: Ball, middle: Ball) -> Ball:
    return middle - (one + two) / 2


def below_chord(one: Ball, two: Ball, middle: Ball) -> Ball:
    return (one + two) / 2 - middle


ways = st.lists(st.sampled_from([0.0, -1.0, -0.5, -2.0, -4.0, -0.1]), min_size=4, max_size=4)
with_ways = st.tuples(pairs, ways).map(lambda t: {**t[0], "q": t[1]})

BENDS = [
    Mutant("above both ends", lambda a, b, m: m - a.max(b)),
    Mutant("linear, within 1e-9", lambda a, b, m: (a + b) * arb("5e-10") - abs(m - (a + b) / 2)),
]


def bend(case: Case, of: Bend) -> Any:
    """The statement's positive quantity at the middle of two log powers, relative to the costs."""
    _, t = network(case)
    if case["q"][:2] == case["q"][2:]:
        return None
    with ball_arithmetic():
        one, two = ([arb(x) for x in part] for part in (case["q"][:2], case["q"][2:]))
        middle = [(a + b) / 2 for a, b in zip(one, two, strict=True)]
        values = [coupled_cost(t, q) for q in (one, two, middle)]
        return Interval.from_arb(of(*values) / (values[0] + values[1]))


@claim(
    id="JTORA-N20",
    source=f"{PAPER}, after (20)",
    statement="(20) is nonconvex and difficult to solve. (Tested as: nor is it convex in the logarithms of "
    "the powers, which would make it easy: somewhere between two of them the cost lies above the chord.)",
    recorded="refuted",
    draws=with_ways,
    subject=above_chord,
    max_samples=60,
    mutants=[Mutant("below the chord", below_chord), Mutant("below an end", lambda a, b, m: a.max(b) - m)],
    tol=1e-12,
    tol_reason="relative to the costs, in balls",
    explanation="In q = ln p the cost is a sum of log-convex terms: it is below its chords everywhere, any "
    "local method finds the global optimum, and CVXPY takes it as a disciplined convex program.",
    corrected_by="JTORA-N20.corrected",
)
def difficult(case: Case, of: Bend) -> Any:
    return bend(case, of)


@claim(
    id="JTORA-N20.corrected",
    source=f"correction of {PAPER}, after (20)",
    statement="(20) is convex in the logarithms of the powers.",
    recorded="proved",
    draws=with_ways,
    subject=below_chord,
    mutants=[*BENDS, Mutant("above the chord", above_chord)],
    tol=1e-12,
    tol_reason="relative to the costs, in balls",
    proof=proofs.log_convexity,
)
def convex_in_logarithms(case: Case, of: Bend) -> Any:
    return bend(case, of)


Bound = Callable[[Terms, Array, int, int], float]


def full_power(t: Terms, power: Array, other: int, server: int) -> float:
    return float(t.most[other])


parts = st.lists(st.sampled_from([1.0, 0.5, 0.1, 0.01, 0.9]), min_size=2, max_size=2)
with_parts = st.tuples(pairs, parts).map(lambda t: {**t[0], "part": t[1]})


@claim(
    id="JTORA-E21",
    source=f"{PAPER}, (21)",
    statement="Ĩ ≥ I(P) for all feasible P, with equality where the interferers send at full power. (rec.)",
    recorded="proved",
    draws=with_parts,
    subject=full_power,
    mutants=[
        Mutant("mean power", lambda t, p, k, s: float(t.most[k]) / 2),
        Mutant("the power of the heard user", lambda t, p, k, s: float(t.most[1 - k])),
        Mutant("power as sent", lambda t, p, k, s: float(p[k]) * 0.999),
        Mutant("twice the power", lambda t, p, k, s: 2 * float(t.most[k])),
    ],
    tol=1e-30,
    tol_reason="relative to the interference; balls of products of doubles",
    proof=proofs.full_power,
)
def full_power_bounds(case: Case, bound: Bound) -> Any:
    _, t = network(case)
    power = t.most * np.array(case["part"])
    found = []
    with ball_arithmetic():
        for server in range(2):
            other = 1 - server
            gain = arb(float(t.gain[other, server, 0]))
            claimed = arb(bound(t, power, other, server)) * gain
            found.append(Interval.from_arb((claimed - arb(float(power[other])) * gain) / (claimed + arb(1))))
            reached = arb(bound(t, t.most, other, server)) * gain - arb(float(t.most[other])) * gain
            found.append(Interval(0.0, 0.0) if reached == 0 else Interval(-1.0, -1.0))
        return smallest(*found)


GOOD = 2.0
"""An estimate of noise and interference that is off by more than 3 dB is not called good here."""

Ratio = Callable[[Terms, Array, int], Ball]


def noise_at(t: Terms, power: Array, server: int) -> Ball:
    other = 1 - server
    return arb(t.noise) + arb(float(power[other])) * arb(float(t.gain[other, server, 0]))


def overestimate(t: Terms, power: Array, server: int) -> Ball:
    """(Ĩ + σ²)/(I(P*) + σ²)."""
    return noise_at(t, t.most, server) / noise_at(t, power, server)


@claim(
    id="JTORA-Q21",
    source=f"{PAPER}, after (21)",
    statement="Ĩ is a good estimate of I, and a small error of I leads to no large bias of γ. (Tested as: "
    "noise and interference are over-estimated at most by a factor of 2 at the powers of Algorithm 1.)",
    recorded="refuted",
    draws=pairs,
    subject=overestimate,
    max_samples=60,
    mutants=[
        Mutant("at full power", lambda t, p, s: overestimate(t, t.most, s)),
        Mutant("of the inverse", lambda t, p, s: 1 / overestimate(t, p, s)),
    ],
    tol=1e-9,
    tol_reason="relative to the factor",
    explanation="Where energy counts much more than time, interferers send with far less than full power; "
    "the estimate is off by as much as P/p*, which is unbounded.",
    corrected_by="JTORA-Q21.corrected",
)
def good_estimate(case: Case, ratio: Ratio) -> Any:
    _, t = network(case)
    power = closed_form.allocate(t, together(t)).power
    with ball_arithmetic():
        return smallest(*(Interval.from_arb(1 - ratio(t, power, s) / GOOD) for s in range(2)))


@claim(
    id="JTORA-Q21.corrected",
    source=f"correction of {PAPER}, after (21)",
    statement="1 ≤ (Ĩ + σ²)/(I(P*) + σ²) ≤ max P/p* over the interferers; both models agree where all send "
    "at full power, that is where (1 + Σ) ln(1 + Σ) − Σ ≤ Σ φ/(ψ P) at the SINR Σ of full power.",
    recorded="certified",
    draws=pairs,
    subject=overestimate,
    max_samples=60,
    mutants=[
        Mutant("of the inverse", lambda t, p, s: 1 / overestimate(t, p, s)),
        Mutant(
            "without noise, squared", lambda t, p, s: (arb(float(t.most[1 - s])) / arb(float(p[1 - s]))) ** 2
        ),
    ],
    tol=1e-12,
    tol_reason="relative to the ratio; powers are doubles",
)
def estimate_between(case: Case, ratio: Ratio) -> Any:
    _, t = network(case)
    x = together(t)
    power = closed_form.allocate(t, x).power
    snr = closed_form.sinr_per_watt(t, x) * t.most
    found = []
    with ball_arithmetic():
        for s in range(2):
            other = 1 - s
            value = ratio(t, power, s)
            most = arb(float(t.most[other])) / arb(float(power[other]))
            found += [Interval.from_arb(value - 1), Interval.from_arb(1 - value / most)]
            full = arb(float(snr[other]))
            weight = arb(float(t.time_weight[other])) / (
                arb(float(t.energy_weight[other])) * arb(float(t.most[other]))
            )
            if (1 + full) * full.log1p() - full <= full * weight:
                found.append(Interval.from_arb(1 - value))
        return smallest(*found)
