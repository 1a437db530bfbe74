"""Section V: DF only and AF only."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades
from mecopt.kernels.ratio import least_ratio

from .. import AF, DF, branches, links
from . import proofs
from .common import (
    EXACT,
    PAPER,
    Case,
    holds,
    plan_of,
    vanishes,
    with_plan,
)

Ball = Any

# ---------------------------------------------------------------------- separation

TWO_POINTS = st.builds(lambda one, other: {**one, "other": other["plan"]}, with_plan(), with_plan())


Parts = tuple[list[Ball], list[Ball]]
Total = Callable[[Ball, list[Ball], list[Ball]], Ball]


def parts(problem: Any, s: Any, x: links.Plan) -> Parts:
    """Delays and energies of the one branch, in balls and in the order CPU, first hop, second hop."""
    with ball_arithmetic() as ops:
        d = branches.lift(ops, s)
        point = SimpleNamespace(**{k: ops.number(v) for k, v in x.outputs().items()})
        if problem is AF:
            a = branches.af_branch(ops, d, ops.number(1.0), ops.number(1.0), point)
            return [a.local_time, a.radio_time / d.af_prelog], [a.local_energy, a.user_energy, a.relay_energy]
        b = branches.df_branch(ops, d, ops.number(1.0), ops.number(1.0), point)
        return [b.edge_time, b.up_time, b.down_time], [b.edge_energy, b.up_energy, b.down_energy]


def total(w: Ball, times: list[Ball], energies: list[Ball]) -> Ball:
    """w T + E."""
    return w * sum(times) + sum(energies)


def mixed(case: Case, problem: Any, names: tuple[str, ...], cost: Total) -> Interval:
    """Slack of 'the cost is a function of these variables plus one of the others'.

    Then two points cost as much in total after they have exchanged them.
    """
    s = problem.instance(case["data"])
    one, other = plan_of(case), plan_of({**case, "plan": case["other"]})
    crossed = (
        one._replace(**{n: getattr(other, n) for n in names}),
        other._replace(**{n: getattr(one, n) for n in names}),
    )
    with ball_arithmetic():
        w = arb(case["data"]["weight"])
        a, b, c, d = (cost(w, *parts(problem, s, x)) for x in (one, other, *crossed))
        gap = np.asarray(-abs(a + b - c - d) / (a + b), dtype=object)[()]
        return Interval.from_arb(gap)


def computing_all_along(w: Ball, times: list[Ball], energies: list[Ball]) -> Ball:
    """The CPU's power is on during the whole delay."""
    return w * sum(times) + energies[0] * sum(times) / times[0] + energies[1] + energies[2]


def all_along(w: Ball, times: list[Ball], energies: list[Ball]) -> Ball:
    """The user's power is on during the whole delay."""
    return w * sum(times) + energies[0] + energies[1] * sum(times) / times[1] + energies[2]


Groups = tuple[tuple[str, ...], ...]

COUPLED = (
    ("the CPU's power on all along", computing_all_along),
    ("the user's power on all along", all_along),
)


def _separates(
    id_: str, problem: Any, groups: Groups, words: str, proof: Callable[[], str], *mutants: Mutant
) -> Any:
    @claim(
        id=id_,
        source=f"{PAPER}, ({id_[-2:]})",
        statement=words,
        recorded="proved",
        draws=TWO_POINTS,
        subject=(total, groups),
        mutants=[*(Mutant(name, (cost, groups)) for name, cost in COUPLED), *mutants],
        tol=EXACT,
        tol_reason="relative to the sum of two costs; exact up to ball arithmetic",
        max_samples=40,
        proof=proof,
    )
    def check(case: Case, subject: tuple[Total, Groups]) -> Interval:
        found = [mixed(case, problem, group, subject[0]) for group in subject[1]]
        return Interval(min(f.lo for f in found), min(f.hi for f in found))

    return check


df_separates = _separates(
    "RACO-E41",
    DF,
    (("relay_frequency",), ("user_df_power",), ("relay_df_power",)),
    "DF only separates into three independent problems in f_R, p₂ and p₄.",
    proofs.df_separates,
)
af_separates = _separates(
    "RACO-E50",
    AF,
    (("user_frequency",), ("user_af_power", "relay_af_power")),
    "AF only separates into a problem in f_A and one in (p₁, G).",
    proofs.af_separates,
    Mutant("p₁ and G separate, too", (total, (("user_frequency",), ("user_af_power",)))),
)

# ---------------------------------------------------------------------- CPU frequency

CPU = st.fixed_dictionaries(
    {
        "weight": decades(1e-6, 1e6),
        "coefficient": decades(1e-6, 1e6),
        "limit": decades(1e-6, 1e6),
        "input_bits": decades(1e-3, 1e3),
    }
)


def cube_root(w: Ball, k: Ball, bits: Ball) -> Ball:
    """(w/(2 kappa))^(1/3)."""
    return (w / (2 * k)).root(3)


def _frequency(id_: str, place: str, words: str) -> Any:
    @claim(
        id=id_,
        source=f"{PAPER}, ({id_[-2:]})",
        statement=words,
        recorded="proved",
        draws=CPU,
        subject=cube_root,
        mutants=[
            Mutant("w/κ", lambda w, k, bits: (w / k).root(3)),
            Mutant("square root", lambda w, k, bits: (w / (2 * k)).sqrt()),
            Mutant("weight times the data", lambda w, k, bits: (w * bits / (2 * k)).root(3)),
        ],
        tol=EXACT,
        tol_reason="relative to the two terms of the slope",
        proof=frequency_is_stationary,
    )
    def check(case: Case, formula: Callable[..., Ball]) -> Interval:
        """The slope of L C (w/f + kappa f^2) at min{f*, F} is 0 inside and not positive at F."""
        with ball_arithmetic():
            w, k, bits, limit = (arb(case[n]) for n in ("weight", "coefficient", "input_bits", "limit"))
            f = formula(w, k, bits).min(limit)
            slope = bits * (2 * k * f - w / f**2) / (bits * (2 * k * f + w / f**2))
            inside = f < limit
            return Interval.from_arb(-abs(slope) if inside else -slope)

    return check


def frequency_is_stationary() -> str:
    """w/f + kappa f^2 is strictly convex with its slope zero at the cube root."""
    w, k, f = sp.symbols("w kappa f", positive=True)
    cost = w / f + k * f**2
    vanishes(sp.diff(cost, f).subs(f, (w / (2 * k)) ** sp.Rational(1, 3)), "slope at the cube root")
    holds(sp.diff(cost, f, 2).is_positive, "convex")
    return "w/f + κ f² is strictly convex for f > 0 with its slope zero at (w/2κ)^(1/3); L only multiplies it"


df_frequency = _frequency("RACO-E43", "relay", "DF only: f_R* = min{(w/2κ_R)^(1/3), F_R}, independent of L.")
af_frequency = _frequency("RACO-E52", "user", "AF only: f_A* = min{(w/2κ_A)^(1/3), F_A}, independent of L.")

# ---------------------------------------------------------------------- DF powers

RATIO = st.fixed_dictionaries({"weight": decades(1e-3, 1e3), "theta": decades(1e-3, 1e3)})


def ratio_curve(u: Ball, big: Ball) -> Ball:
    """Sign of the second derivative of (w + p)/ln(1 + theta p) at u = 1 + theta p, W = theta w - 1."""
    ln = u.log()
    return ((u + big) * (2 + ln) - 2 * u * ln) / (u * (2 + ln) + abs(big))


@claim(
    id="RACO-E44",
    source=f"{PAPER}, (44)",
    statement="The objective of (44), (w + p)/ln(1 + θp), is not a convex function of p > 0 (it bends "
    "down for large p).",
    recorded="proved",
    draws=RATIO,
    subject=lambda p, w, t: (w + p) / (1 + t * p).log(),
    mutants=[
        Mutant("power not divided by the rate", lambda p, w, t: p + w / (1 + t * p).log()),
        Mutant("power squared", lambda p, w, t: (w + p * p) / (1 + t * p).log()),
    ],
    tol=0.0,
    tol_reason="the sign of an enclosure",
    proof=proofs.ratio_bends_down,
)
def ratio_bends_down(case: Case, f: Callable[..., Ball]) -> Interval:
    """Far out the middle of a chord lies above the chord."""
    with ball_arithmetic():
        w, t = arb(case["weight"]), arb(case["theta"])
        a = (arb(20).exp() * (1 + t * w)) / t
        b = 2 * a
        middle, mean = f((a + b) / 2, w, t), (f(a, w, t) + f(b, w, t)) / 2
        return Interval.from_arb((middle - mean) / mean)


def perspective_is_convex() -> str:
    """d2/dtau2 of w tau + tau (2^(1/(B tau)) - 1)/theta."""
    w, b, t, theta = sp.symbols("w B tau theta", positive=True)
    bend = sp.diff(w * t + t / theta * (2 ** (1 / (b * t)) - 1), t, 2)
    vanishes(bend - sp.log(2) ** 2 * 2 ** (1 / (b * t)) / (b**2 * t**3 * theta), "second derivative")
    return "the second derivative is (ln 2)² 2^(1/(Bτ))/(B² τ³ θ) > 0"


@claim(
    id="RACO-E45",
    source=f"{PAPER}, (45), (48)",
    statement="In the time per bit τ the problems (45) and (48) are convex: w τ + (τ/θ)(2^(1/(Bτ)) − 1) "
    "has second derivative ≥ 0.",
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "weight": decades(1e-3, 1e3),
            "theta": decades(1e-3, 1e3),
            "tau": decades(0.05, 1e2),
            "ratio": decades(1.01, 10),
        }
    ),
    subject=lambda t, w, th: w * t + t / th * (arb(2) ** (1 / t) - 1),
    mutants=[
        Mutant("without τ", lambda t, w, th: w * t - (arb(2) ** (1 / t) - 1) / th),
        Mutant("logarithm for the power of two", lambda t, w, th: w * t + t / th * (1 + t).log() * -1),
    ],
    tol=EXACT,
    tol_reason="relative to the mean of the chord's ends",
    proof=perspective_is_convex,
)
def time_per_bit_is_convex(case: Case, f: Callable[..., Ball]) -> Interval:
    with ball_arithmetic():
        w, th, a = arb(case["weight"]), arb(case["theta"]), arb(case["tau"])
        b = a * arb(case["ratio"])
        mean, middle = (f(a, w, th) + f(b, w, th)) / 2, f((a + b) / 2, w, th)
        return Interval.from_arb((mean - middle) / abs(mean))


def closed(w: float, theta: float, limit: float) -> float:
    """min{(u - 1)/theta, P}, ln u = 1 + W0((theta w - 1)/e)."""
    return float(least_ratio(w, 1.0, theta, limit).power)


POWER = st.fixed_dictionaries(
    {"weight": decades(1e-4, 1e4), "theta": decades(1e-4, 1e4), "limit": decades(1e-3, 1e3)}
)
POWER_MUTANTS = [
    Mutant("θ w in place of θ w − 1", lambda w, t, p: closed(w + 1 / t, t, p)),
    Mutant("budget forgotten", lambda w, t, p: closed(w, t, 1e300)),
    Mutant("base 2: w in place of w ln 2", lambda w, t, p: closed(w * 0.6931, t, p)),
]


def _power(id_: str, hop: str) -> Any:
    @claim(
        id=id_,
        source=f"{PAPER}, ({id_[-2:]})",
        statement=f"The power recovered from the time per bit, p = (2^(1/(Bτ)) − 1)/θ at the optimal τ, "
        f"is optimal for {hop}.",
        recorded="proved",
        draws=POWER,
        subject=closed,
        mutants=POWER_MUTANTS,
        tol=1e-12,
        tol_reason="relative to the slope's two parts at the double nearest to the optimum",
        proof=proofs.power_is_recovered,
    )
    def check(case: Case, formula: Callable[[float, float, float], float]) -> Interval:
        """u (ln u - 1) = theta w - 1 inside, the slope not positive at the budget."""
        p = formula(case["weight"], case["theta"], case["limit"])
        with ball_arithmetic():
            w, t, limit = (arb(case[k]) for k in ("weight", "theta", "limit"))
            over = (limit - arb(p)) / limit
            u = 1 + t * arb(p)
            # slope of the ratio has the sign of u ln u - (u - 1) - theta w
            up, down = u * u.log() - (u - 1), t * w
            slope = (up - down) / (up + down)
            inside = -abs(slope) if p < case["limit"] else -slope
            return Interval.from_arb(inside.min(over))

    return check


up_power = _power("RACO-E46", "(44)")
down_power = _power("RACO-E49", "(47)")
