"""Section V: DF only and AF only."""

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades
from mecopt.kernels.ratio import least_ratio

from .. import AF, DF
from . import proofs
from .common import (
    EXACT,
    PAPER,
    Case,
    around,
    holds,
    plan_of,
    proved_value,
    vanishes,
    with_plan,
)

Ball = Any

# ---------------------------------------------------------------------- separation

TWO_POINTS = st.builds(lambda one, other: {**one, "other": other["plan"]}, with_plan(), with_plan())


def mixed(
    case: Case, problem: Any, swap: str, extra: Callable[[float, float, float], float]
) -> Interval | None:
    """Slack of 'the cost is a sum over groups': swapping one group between two points changes nothing
    in total."""
    s = problem.instance(case["data"])
    beta = 0.0 if problem is AF else 1.0
    one = plan_of(case)._replace(beta=beta, omega=beta)
    other = plan_of({**case, "plan": case["other"]})._replace(beta=beta, omega=beta)
    names = ("user_af_power", "relay_af_power") if swap == "powers" else (swap,)
    crossed = (
        one._replace(**{n: getattr(other, n) for n in names}),
        other._replace(**{n: getattr(one, n) for n in names}),
    )
    values = [proved_value(problem, s, x) for x in (one, other, *crossed)]
    if any(v is None for v in values):
        return None
    a, b, c, d = values
    assert a
    assert b
    assert c
    assert d
    scale = a.hi + b.hi
    if extra is not NOTHING:  # a mutant's coupling
        bent = [
            extra(x.user_frequency + x.relay_frequency, x.user_af_power + x.user_df_power, v.lo)
            for x, v in zip((one, other, *crossed), (a, b, c, d), strict=True)
        ]
        return around(-abs(bent[0] + bent[1] - bent[2] - bent[3]) / scale)
    gap = max(abs(a.lo + b.lo - c.hi - d.hi), abs(a.hi + b.hi - c.lo - d.lo)) / scale
    return Interval(-gap, -gap * 0.0)


def NOTHING(f: float, p: float, v: float) -> float:  # noqa: N802 - a named nothing
    return v


COUPLED = [
    Mutant("the larger of two parts", lambda f, p, v: max(v / f, v * p)),
    Mutant("speed times power", lambda f, p, v: v * (1 + f * p)),
]


def _separates(id_: str, problem: Any, groups: tuple[str, ...], words: str, proof: Callable[[], str]) -> Any:
    @claim(
        id=id_,
        source=f"{PAPER}, ({id_[-2:]})",
        statement=words,
        recorded="proved",
        draws=TWO_POINTS,
        subject=NOTHING,
        mutants=COUPLED,
        tol=EXACT,
        tol_reason="relative to the sum of two costs; values are enclosed to rounding",
        max_samples=40,
        proof=proof,
    )
    def check(case: Case, extra: Any) -> Interval | None:
        found = [mixed(case, problem, group, extra) for group in groups]
        if any(f is None for f in found):
            return None
        return min((f for f in found if f is not None), key=lambda f: f.lo)

    return check


df_separates = _separates(
    "RACO-E41",
    DF,
    ("relay_frequency", "user_df_power", "relay_df_power"),
    "DF only separates into three independent problems in f_R, p₂ and p₄.",
    proofs.df_separates,
)
af_separates = _separates(
    "RACO-E50",
    AF,
    ("user_frequency", "powers"),
    "AF only separates into a problem in f_A and one in (p₁, G).",
    proofs.af_separates,
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
