"""Section IV: the smoothed problem and its scalar blocks."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades, smallest

from .. import P1, links
from ..smoothing import Blocks, smoothed
from . import proofs
from .common import EXACT, PAPER, Case, plan_of, smoothed_ball, with_plan

Ball = Any

# ---------------------------------------------------------------------- log-sum-exp

DELAYS = st.fixed_dictionaries(
    {"mu": decades(1e-2, 1e3), "delays": st.lists(decades(1e-3, 1e3, special=[0.0]), min_size=1, max_size=4)}
)


def log_sum_exp(x: list[Ball], mu: Ball) -> Ball:
    """(1/mu) ln sum e^(mu x)."""
    return sum(((mu * v).exp() for v in x), arb(0)).log() / mu


@claim(
    id="RACO-LSE",
    source=f"{PAPER}, (28)",
    statement="max x ≤ (1/μ) ln Σ e^(μ x) ≤ max x + ln(n)/μ: the smoothed problem is differentiable and "
    "approximates P1 for large μ.",
    recorded="proved",
    draws=DELAYS,
    subject=log_sum_exp,
    mutants=[
        Mutant("without 1/μ", lambda x, mu: log_sum_exp(x, mu) * mu),
        Mutant("mean in place of the sum", lambda x, mu: log_sum_exp(x, mu) - arb(len(x)).log() / mu),
        Mutant("base 2", lambda x, mu: log_sum_exp(x, mu) / arb(2).log()),
    ],
    tol=EXACT,
    tol_reason="relative to max x + ln(n)/μ + 1/μ",
    proof=proofs.soft_maximum,
)
def soft_maximum(case: Case, f: Callable[..., Ball]) -> Interval:
    with ball_arithmetic():
        x, mu = [arb(v) for v in case["delays"]], arb(case["mu"])
        top = arb(max(case["delays"]))
        most = top + arb(len(x)).log() / mu
        value = f(x, mu)
        return Interval.from_arb((value - top).min(most - value) / (most + 1 / mu))


# ---------------------------------------------------------------------- the scalar blocks

BLOCK = st.builds(
    lambda case, shares: {**case, "low": min(shares), "high": max(shares)},
    with_plan(),
    st.tuples(st.integers(1, 19), st.integers(1, 19)).map(lambda p: tuple(n / 20 for n in p)),
)


BISECTIONS = 60
SLOWEST = 1e-9
"""The least share of a CPU's limit."""


def soft_slope(first: Ball, second: Ball, mu: Ball) -> tuple[Ball, Ball]:
    """Weights of the two delays."""
    pi = 1 / (1 + (mu * (second - first)).exp())
    return pi, 1 - pi


def block_slope(case: Case, block: str, *, sign: int = 1, power: int = 2) -> Callable[[float], Ball]:
    """d F~/d(variable) by its share of the limit, in balls; mu = 10/T keeps the exponents moderate.

    Misprints: the `sign` of the delay's part, the `power` of f in the energy.
    """
    s, x = P1.instance(case["data"]), plan_of(case)
    d = links.data(s)
    c = links.costs(d, x)
    mu = arb(block_mu(c))
    w = arb(d.weight)
    if block == "beta":
        af, df = links.costs(d, x._replace(beta=0.0)), links.costs(d, x._replace(beta=1.0))
        one, two, dearer = arb(af.af_time), arb(df.df_time), arb(df.df_energy) - arb(af.af_energy)

        def split(v: float) -> Ball:
            pi = soft_slope((1 - arb(v)) * one, v * two, mu)
            return w * (pi[1] * two - sign * pi[0] * one) + dearer

        return split
    user = block == "user"
    load = arb((1 - x.beta if user else x.beta) * d.cycles)
    limit, kappa = (d.user_frequency, d.kappa_user) if user else (d.relay_frequency, d.kappa_relay)
    speed = x.user_frequency if user else x.relay_frequency
    own, other = (c.af_time, c.df_time) if user else (c.df_time, c.af_time)
    radio = arb(own) - load / speed

    def clock(v: float) -> Ball:
        f = arb(v) * limit
        share = soft_slope(radio + load / f, arb(other), mu)[0]
        return -sign * w * share * load / f**2 + power * kappa * load * f ** (power - 1)

    return clock


def block_mu(c: links.Costs) -> float:
    return 10 / max(c.af_time, c.df_time)


def rises(case: Case, slope: Callable[[float], Ball]) -> Interval | None:
    """Slack of 'the derivative increases'."""
    if case["low"] == case["high"]:
        return None
    low, high = slope(case["low"]), slope(case["high"])
    return Interval.from_arb((high - low) / (abs(high) + abs(low)))


def agrees(case: Case, block: str, slope: Callable[[float], Ball]) -> Interval:
    """Slack of 'between the two shares F~, as the referee reads it, rises no faster than at their ends'."""
    at, limit = block_cost(case, block)
    low, high = case["low"], case["high"]
    mean = (at(high) - at(low)) / (arb(high) - arb(low)) / limit
    first, last = slope(low), slope(high)
    return Interval.from_arb((mean - first).min(last - mean) / (abs(first) + abs(last) + abs(mean)))


def block_cost(case: Case, block: str) -> tuple[Callable[[float], Ball], float]:
    """F~ as the referee reads it, by the variable's share of its limit, and the limit."""
    s, x = P1.instance(case["data"]), plan_of(case)
    d = links.data(s)
    mu = block_mu(links.costs(d, x))
    name, limit = {
        "user": ("user_frequency", d.user_frequency),
        "relay": ("relay_frequency", d.relay_frequency),
        "beta": ("beta", 1.0),
    }[block]
    return lambda share: smoothed_ball(s, x._replace(**{name: share * limit}), mu), limit


def bisected(slope: Callable[[float], Ball], low: float) -> float:
    """The share in [low, 1] where an increasing slope changes sign, an end if it does not."""
    high = 1.0
    if slope(high) <= 0:
        return high
    if slope(low) >= 0:
        return low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return (low + high) / 2


def matches(case: Case, block: str, slope: Callable[[float], Ball]) -> Interval:
    """Slack of 'bisection of this derivative gives the least F~, as the referee reads it, over the block'."""
    value, _ = block_cost(case, block)
    best = value(bisected(slope, 0.0 if block == "beta" else SLOWEST))
    ends = (0.0, 1.0) if block == "beta" else (1.0,)
    slacks = [Interval.from_arb((value(t) - best) / best) for t in (case["low"], case["high"], *ends)]
    return Interval(min(i.lo for i in slacks), min(i.hi for i in slacks))


def scalar_block(case: Case, block: str, form: dict[str, Any]) -> Any:
    """Convex with this derivative, and solved by its bisection."""
    with ball_arithmetic():
        slope = block_slope(case, block, **form)
        rising = rises(case, slope)
        if rising is None:
            return None
        return smallest(rising, agrees(case, block, slope), matches(case, block, slope))


def _scalar(id_: str, block: str, words: str, mutants: list[Mutant], proof: Callable[[], str]) -> Any:
    @claim(
        id=id_,
        source=f"{PAPER}, Section IV",
        statement=f"The {words} subproblem of (29) is convex and solvable by bisection of its derivative.",
        recorded="proved",
        draws=BLOCK,
        subject={},
        mutants=mutants,
        tol=EXACT,
        tol_reason="relative to the derivative's two ends, or to F~; 60 bisections leave the square of 1e-16",
        max_samples=40,
        proof=proof,
    )
    def check(case: Case, form: dict[str, Any]) -> Any:
        return scalar_block(case, block, form)

    return check


SIGN = Mutant("sign of the delay's part", {"sign": -1})
CPU = [
    SIGN,
    Mutant("delay forgotten", {"sign": 0}),
    Mutant("energy linear in f", {"power": 1}),
    Mutant("power in place of energy per cycle", {"power": 3}),
]
b1 = _scalar("RACO-B1", "user", "f_A", CPU, proofs.frequency_block)
b2 = _scalar("RACO-B2", "relay", "f_R", CPU, proofs.frequency_block)
b3 = _scalar("RACO-B3", "beta", "β", [SIGN, Mutant("T1 forgotten", {"sign": 0})], proofs.split_block)


def coarse(blocks: Blocks, steps: int) -> Any:
    """omega by a golden section of few steps."""
    from ..smoothing import EDGE, golden

    def band(x: Any) -> Any:
        d = blocks.d
        best = golden(lambda t: smoothed(d, x._replace(omega=t), blocks.mu), EDGE, 1 - EDGE, steps=steps)
        return x._replace(omega=best)

    return band


@claim(
    id="RACO-B4",
    source=f"{PAPER}, Section IV",
    statement="The ω subproblem is a scalar minimisation: a line search over ω, all else fixed, finds "
    "its least value "
    "(tested with golden section against a grid of 400).",
    recorded="supported",
    draws=with_plan(),
    subject=60,
    mutants=[Mutant("five steps", 5), Mutant("two steps", 2)],
    tol=1e-6,
    tol_reason="relative to F~; golden section ends 1e-12 from the minimiser",
    max_samples=60,
)
def omega_by_line_search(case: Case, steps: int) -> float:
    d, x = links.data(P1.instance(case["data"])), plan_of(case)
    c = links.costs(d, x)
    mu = 10 / max(c.af_time, c.df_time)
    found = coarse(Blocks(d, mu), steps)(x)
    grid = (smoothed(d, x._replace(omega=float(t)), mu) for t in np.linspace(0.0025, 0.9975, 400))
    value = smoothed(d, found, mu)
    return (min(grid) - value) / value


# ---------------------------------------------------------------------- separability

SEPARABLE = st.builds(
    lambda case, other: {**case, "other_omega": other}, with_plan(), st.integers(1, 9).map(lambda n: n / 10)
)


def budget_of_gain(case: Case, omega: float, *, grows: bool) -> Ball:
    """(19h), G (p1 g1 + sigma^2) + p4 - P_R relative to P_R, with G such that it is tight at the plan's
    omega."""
    s, x = case["data"], plan_of(case)
    noise = arb(s["noise_psd"]) * arb(s["bandwidth"])
    signal = arb(x.user_af_power) * arb(s["af_gain_user_relay"])

    def noise_at(w: float) -> Ball:
        return noise * (1 - arb(w)) if grows else noise

    left = arb(s["max_relay_power"]) - arb(x.relay_df_power)
    gain = left / (signal + noise_at(x.omega))
    return (gain * (signal + noise_at(omega)) - left) / arb(s["max_relay_power"])


@claim(
    id="RACO-B5",
    source=f"{PAPER}, Section IV",
    statement="The constraints of P1 are separable over the blocks f_A, f_R, β, ω and the powers (p, G): "
    "changing ω alone "
    "keeps a feasible point feasible.",
    recorded="refuted",
    draws=SEPARABLE,
    subject=True,
    mutants=[Mutant("noise of the whole band whatever ω", False)],
    tol=EXACT,
    tol_reason="relative to P_R",
    explanation="(19h), G (p₁ g₁ + σ²) + p₄ ≤ P_R, holds the noise of the AF band. Where noise grows "
    "with the band a smaller ω "
    "raises σ² and breaks a tight budget. Only with noise that does not depend on ω is the printed "
    "separation true.",
    corrected_by="RACO-B5.corrected",
)
def separable(case: Case, may_grow: bool) -> Interval:
    grows = may_grow and case["data"]["noise_model"] == "band"
    with ball_arithmetic():
        return Interval.from_arb(-budget_of_gain(case, case["other_omega"], grows=grows))


@claim(
    id="RACO-B5.corrected",
    source=f"correction of {PAPER}, Section IV",
    statement="With the radiated power q in place of the gain, q + p₄ ≤ P_R, the constraints are "
    "separable in both noise models; with "
    "the gain they are where σ² is that of the whole band.",
    recorded="certified",
    draws=SEPARABLE,
    subject="fixed",
    mutants=[Mutant("gain with noise that grows", "band")],
    tol=EXACT,
    tol_reason="relative to P_R",
)
def separable_in_radiated_power(case: Case, gain_model: str) -> Interval:
    with ball_arithmetic():
        gain = -budget_of_gain(case, case["other_omega"], grows=gain_model == "band")
        x, s = plan_of(case), case["data"]
        spare = (
            arb(s["max_relay_power"]) - arb(x.relay_af_power) - arb(x.relay_df_power)
        )  # omega does not occur
        return Interval.from_arb(gain.min(spare / arb(s["max_relay_power"])))
