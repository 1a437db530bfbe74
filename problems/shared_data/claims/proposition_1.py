"""Proposition 1: what minimises the Lagrangian at given multipliers."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Mutant, agree, at_least, claim, decades, fraction, smallest
from mecopt.claims.exact import holds, in_balls, vanishes

from .common import PAPER, Case

ROUNDING = "relative to the larger side; balls are thinner than 1e-20"

RADIO = {"bandwidth": decades(1e-2, 1e3), "noise": decades(1e-3, 1e3), "gain": decades(1e-6, 1e6)}


def receive(case: Case, rate: Any) -> Any:
    """f(x) = n (2^(x/W) − 1)."""
    return case["noise"] * (rate * arb.const_log2() / case["bandwidth"]).expm1()


def receive_slope(case: Case, rate: Any) -> Any:
    """f′(x)."""
    return (
        case["noise"]
        * arb.const_log2()
        / case["bandwidth"]
        * (rate * arb.const_log2() / case["bandwidth"]).exp()
    )


def rate(case: Case, price: Any, *, branch: int = 0, plus: int = 1) -> Any:
    """(W/ln 2) (1 + W((x − 1)/e)), x the price of time over the power scale n/h."""
    x = price * case["gain"] / case["noise"]
    return case["bandwidth"] / arb.const_log2() * (((x - 1) / arb.const_e()).lambertw(branch) + plus)


def stationary_proof() -> str:
    W, n, h, b, y = sp.symbols("W n h b y", positive=True)
    r = sp.Symbol("r", positive=True)
    f = n * (2 ** (r / W) - 1)
    D, t = sp.symbols("D t", positive=True)
    cost = t / h * f.subs(r, D / t) + b * t
    slope = sp.diff(cost, t).subs(D, r * t)
    vanishes(slope - (f - r * sp.diff(f, r)) / h - b, "slope in t: (f(r) − r f′(r))/h + β")
    at = sp.expand((f - r * sp.diff(f, r)).subs(r, W / sp.log(2) * y))
    vanishes(
        sp.simplify(at.rewrite(sp.exp)) + n * ((y - 1) * sp.exp(y) + 1), "f − r f′ = −n ((y − 1) e^y + 1)"
    )
    w = sp.Symbol("w")
    vanishes(
        ((y - 1) * sp.exp(y) + 1).subs(y, 1 + w) - (w * sp.exp(w) * sp.E + 1), "y = 1 + w: w e^w = (x − 1)/e"
    )
    holds(sp.simplify(sp.diff(f, r, 2)).is_positive, "f″ > 0: f − r f′ falls, one root")
    return (
        "(f(r) − r f′(r))/h = −β with r = W y/ln 2 is (y − 1) e^y + 1 = β h/n, "
        "y = 1 + W₀((β h/n − 1)/e), the only root"
    )


Rate = Callable[[Case, Any], Any]

RATE_MUTANTS = [
    Mutant("without + 1", partial(rate, plus=0)),
    Mutant("1.2 β", lambda case, price: rate(case, price * arb(6) / 5)),
    Mutant("without the gain", lambda case, price: rate(case, price / case["gain"])),
    Mutant("half the rate", lambda case, price: rate(case, price) / 2),
]


def is_best_rate(case: Case, price: Any, subject: Rate) -> Any:
    """Slack of 'the rate is stationary for f(r)/(h r) + price/r', the cost of a bit."""
    r = subject(case, price)
    return agree(r * receive_slope(case, r) - receive(case, r), price * case["gain"])


@claim(
    id="SHARED-P1a",
    source=f"{PAPER}, Proposition 1, (19), (20)",
    statement=(
        "At given multipliers the optimal uplink rates of shared and private data are (W/ln 2) (1 + "
        "W₀((βₖ hₖ/n − 1)/e)) "
        "(βₖ > 0)."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries({"price": decades(1e-6, 1e6), **RADIO}),
    subject=rate,
    mutants=RATE_MUTANTS,
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=stationary_proof,
)
@in_balls
def uplink_rate(case: Case, subject: Rate) -> Any:
    return is_best_rate(case, case["price"], subject)


@claim(
    id="SHARED-P1b",
    source=f"{PAPER}, Proposition 1, (21)",
    statement="The optimal downlink rate is (W/ln 2) (1 + W₀(((ϱ + σₖ) gₖ/(ν n) − 1)/e)) (ϱ + σₖ > 0).",
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "reception": decades(1e-3, 1e3),
            "price": decades(1e-3, 1e3, special=[0.0]),
            "energy_price": decades(1e-3, 1e3),
            **RADIO,
        }
    ),
    subject=lambda case, nu, wait: rate(case, wait / nu),
    mutants=[
        Mutant("σ without ϱ", lambda case, nu, wait: rate(case, case["price"] / nu)),
        Mutant("ν above the line", lambda case, nu, wait: rate(case, wait * nu)),
        Mutant("without + 1", lambda case, nu, wait: rate(case, wait / nu, plus=0)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=stationary_proof,
)
@in_balls
def downlink_rate(case: Case, subject: Callable[[Case, Any, Any], Any]) -> Any:
    nu, wait = case["energy_price"], case["reception"] + case["price"]
    r = subject(case, nu, wait)
    return agree(nu * (r * receive_slope(case, r) - receive(case, r)), wait * case["gain"])


Window = Callable[[Any, Any], Any]


@claim(
    id="SHARED-P1c",
    source=f"{PAPER}, Proposition 1, (22)",
    statement=(
        "The Lagrangian is linear in t_dl with slope Σ(βₖ − σₖ): t_dl = 0 minimises it if that is "
        "positive, t_dl = T − "
        "t_mc if it is negative, and any t_dl if it is 0."
    ),
    recorded="certified",
    draws=st.fixed_dictionaries(
        {
            "beta": st.lists(decades(1e-3, 1e3), min_size=1, max_size=4),
            "sigma": st.lists(decades(1e-3, 1e3, special=[0.0]), min_size=4, max_size=4),
            "window": decades(1e-3, 1e3),
            "share": fraction(),
        }
    ),
    subject=lambda slope, most: arb(0) if slope > 0 else most,
    mutants=[
        Mutant("the other way round", lambda slope, most: most if slope > 0 else arb(0)),
        Mutant("always 0", lambda slope, most: arb(0)),
        Mutant("half the time there is", lambda slope, most: most / 2),
    ],
    tol=1e-12,
    tol_reason="relative to the sum of the prices times the window",
)
@in_balls
def window_rule(case: Case, subject: Window) -> Any:
    pairs = list(zip(case["beta"], case["sigma"], strict=False))
    slope = sum((b - s for b, s in pairs), arb(0))
    scale = sum((b + s for b, s in pairs), arb(0)) * case["window"]
    chosen, other = subject(slope, case["window"]), case["share"] * case["window"]
    return at_least(slope * other, slope * chosen, scale=scale)


class Local(NamedTuple):
    """Data of a user's local bits: cost of an offloaded bit, price ω, κ, λ₀, T, M."""

    cost: Any
    omega: Any
    kappa: Any
    cycles: Any
    latency: Any
    private: Any


def local_bits(u: Local, *, factor: int = 3, sign: int = -1, power: int = 3) -> Any:
    """(23a)."""
    inside = (u.cost + sign * u.omega).max(arb(0)) / (factor * u.kappa * u.cycles**power)
    return u.private.min(u.latency * inside.sqrt())


def local_proof() -> str:
    D, C, w, k, lam, T = sp.symbols("D C omega kappa lambda T", positive=True)
    L = k * lam**3 / T**2 * D**3 + w * D - D * C
    root = T * sp.sqrt((C - w) / (3 * k * lam**3))
    vanishes(sp.simplify(sp.diff(L, D).subs(D, root)), "slope at the root")
    holds(sp.diff(L, D, 2).is_positive, "convex in D")
    return (
        "κλ₀³D³/T² + ωD − D(c + a₀d) is convex in D; its slope vanishes at T √((c + a₀d − ω)/(3κλ₀³)), "
        "clipped to [0, M]"
    )


LocalRule = Callable[[Local], Any]


@claim(
    id="SHARED-P1d",
    source=f"{PAPER}, Proposition 1, (23a)",
    statement="Dₖᴸ = min{Mₖ, T √([cₖ + a₀dₖ − ωₖ]⁺/(3κλ₀³))} minimises the Lagrangian.",
    recorded="proved",
    draws=st.fixed_dictionaries(
        {name: decades(1e-3, 1e3) for name in ("cost", "kappa", "cycles", "latency", "private")}
        | {"omega": decades(1e-3, 1e3, special=[0.0]), "share": fraction(), "nearby": decades(0.5, 2.0)}
    ),
    subject=local_bits,
    mutants=[
        Mutant("without the 3", partial(local_bits, factor=1)),
        Mutant("+ ω", partial(local_bits, sign=1)),
        Mutant("λ₀² for λ₀³", partial(local_bits, power=2)),
        Mutant(
            "without min",
            lambda u: (
                u.latency * ((u.cost - u.omega).max(arb(0)) / (3 * u.kappa * u.cycles**3)).sqrt()
                + u.private * 0
            ),
        ),
    ],
    tol=1e-12,
    tol_reason="relative to the sizes of the terms",
    proof=local_proof,
)
@in_balls
def local_bits_rule(case: Case, subject: LocalRule) -> Any:
    u = Local(*(case[name] for name in Local._fields))
    chosen = subject(u)
    if chosen > u.private:
        return -1.0

    def cost(bits: Any) -> Any:
        return u.kappa * u.cycles**3 / u.latency**2 * bits**3 + u.omega * bits + (u.private - bits) * u.cost

    others = (case["share"] * u.private, u.private.min(chosen * case["nearby"]))
    scale = cost(chosen) + u.private * (u.cost + u.omega)
    return smallest(*(at_least(cost(other), cost(chosen), scale=scale) for other in others))


@claim(
    id="SHARED-P1e",
    source=f"{PAPER}, after Proposition 1",
    statement=(
        "The optimal rate of the shared data of a user equals that of its private data. (Checked: at a "
        "price β of time "
        "no two rates send both cheaper than one rate for both.)"
    ),
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "price": decades(1e-6, 1e6),
            "shared": decades(1e-3, 1e3),
            "private": decades(1e-3, 1e3),
            "faster": decades(0.1, 10.0),
            **RADIO,
        }
    ),
    subject=lambda r: (r, r),
    mutants=[
        Mutant("shared data twice as fast", lambda r: (2 * r, r)),
        Mutant("private data half as fast", lambda r: (r, r / 2)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=stationary_proof,
)
@in_balls
def one_rate_for_both(case: Case, subject: Callable[[Any], tuple[Any, Any]]) -> Any:
    best = rate(case, case["price"])

    def cost(first: Any, second: Any) -> Any:
        times = (case["shared"] / first, case["private"] / second)
        energy = sum(
            (t / case["gain"] * receive(case, r) for t, r in zip(times, (first, second), strict=True)), arb(0)
        )
        return energy + case["price"] * sum(times, arb(0))

    chosen = cost(*subject(best))
    others = (cost(best, best), cost(best * case["faster"], best), cost(best, best * case["faster"]))
    return smallest(*(at_least(other, chosen) for other in others))
