"""Remark 3: what the optimal rate ℓ/t of P2 depends on.

At a price λ of airtime a mobile's best rate is B y/ln 2 with (y − 1) e^y + 1 = λ g/(β N0), whatever it sends.
The price itself depends on everybody's data.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, Mutant, agree, claim, decades, smallest
from mecopt.claims.exact import apart, holds, vanishes

from .common import P2, PAPER, Case
from .threshold import (
    THEOREM_1,
    Ball,
    Mobile,
    Policy,
    airtime,
    contested,
    decide,
    finely,
    has_reason,
    mobiles,
)

KNOWN_PRICE = "relative to the larger rate; λ*, hence the rate, is known to 1e-18"


def changed_cases(factors: SearchStrategy[float]) -> SearchStrategy[Case]:
    """Cases of P2 and a factor by which one entry of the first mobile changes."""
    return st.builds(lambda case, x: {**case, "factor": x}, contested(users=(1, 4)), factors)


def before_and_after(case: Case, name: str) -> tuple[list[Mobile], list[Mobile]]:
    """The mobiles as given, and with the first one's `name` multiplied by the factor."""
    data = {key: value for key, value in case.items() if key != "factor"}
    first, *others = data[name]
    changed = {**data, name: [first * case["factor"], *others]}
    return mobiles(P2.instance(data)), mobiles(P2.instance(changed))


Rates = Callable[[Mobile, Ball, Mobile, Ball], tuple[Ball, Ball]]


def optimal_rates(u: Mobile, price: Ball, changed: Mobile, new_price: Ball) -> tuple[Ball, Ball]:
    """The first mobile's rate in the two optima."""
    return 1 / airtime(u, price), 1 / airtime(changed, new_price)


@claim(
    id="TDMA-R3a",
    source=f"{PAPER}, Remark 3",
    statement=(
        "The optimal rate ℓₖ*/tₖ* is determined only by the mobile's channel gain and weight; Cₖ and Pₖ "
        "affect only the decision whether to offload. (Checked: another P₁ leaves the rate of a mobile "
        "that offloads.)"
    ),
    recorded="refuted",
    draws=changed_cases(decades(1e-2, 1e2)),
    subject=optimal_rates,
    mutants=[
        Mutant("at one and the same price", lambda u, x, w, z: optimal_rates(u, x, w, x)),
        Mutant("C P in place of λ", lambda u, x, w, z: optimal_rates(u, u.C * u.P + x, w, w.C * w.P + z)),
        Mutant("half the price afterwards", lambda u, x, w, z: optimal_rates(u, x, w, z / 2)),
    ],
    tol=1e-12,
    tol_reason=KNOWN_PRICE,
    explanation=(
        "λ* depends on everybody's data. A mobile that sends a part of its data is at φₖ = λ*, so that "
        "its rate is B log₂ υₖ: a lone mobile whose data does not fit the slot sends faster if computing "
        "costs it more."
    ),
    corrected_by="TDMA-R3a.corrected",
)
@finely
def rate_without_computing_energy(case: Case, rates: Rates) -> Any:
    us, changed = before_and_after(case, "energy_per_cycle")
    if not (any(map(has_reason, us)) and any(map(has_reason, changed))):
        return None
    old, new = decide(us), decide(changed)
    if not (old.bits[0] > 0 and new.bits[0] > 0):
        return None
    return agree(*rates(us[0], old.price, changed[0], new.price))


def rate_is_stationary() -> str:
    """d/dt of β E(ℓ, t) + λ t vanishes at t = ℓ ln 2/(B y), and only there."""
    A, B, ell, t, lam, y = sp.symbols("A B ell t lambda y", positive=True)
    x = sp.log(2) / B
    cost = A * t * (sp.exp(x * ell / t) - 1) + lam * t
    at_rate = sp.diff(cost, t).subs(t, x * ell / y)
    vanishes(at_rate - (lam - A * ((y - 1) * sp.exp(y) + 1)), "the slope of the cost at exponent y")
    curvature = sp.simplify(sp.diff(cost, t, 2).subs(t, x * ell / y))
    holds(curvature.is_positive, "the cost is strictly convex in t")
    w = sp.Symbol("w", real=True)  # W0((λ/A − 1)/e), by its definition w e^w = (λ/A − 1)/e
    price = A * (sp.E * w * sp.exp(w) + 1)
    vanishes(price - A * ((y - 1) * sp.exp(y) + 1).subs(y, 1 + w), "y = 1 + W0((λ/A − 1)/e)")
    return (
        "dβE/dt + λ = λ − A((y − 1)e^y + 1), zero at y = 1 + W₀((λ/A − 1)/e), A = βN₀/g; "
        "C, P, R and ℓ do not occur"
    )


@claim(
    id="TDMA-R3a.corrected",
    source=f"correction of {PAPER}, Remark 3",
    statement=(
        "At a given price λ of airtime the optimal rate of a mobile that offloads is (B/ln 2)[W₀((λ "
        "hₖ²/βₖ − N₀)/(N₀ e)) + 1]: it depends on the mobile only through hₖ²/βₖ. Cₖ, Pₖ, Rₖ and the "
        "other mobiles act through λ* alone."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries(
        {name: decades(1e-6, 1e6) for name in ("gain", "weight", "noise", "bandwidth", "price", "bits")}
    ),
    subject=airtime,
    mutants=[
        Mutant("β h² for h²/β", lambda u, x: airtime(replace(u, g=u.g * u.beta**2), x)),
        Mutant("h for h²", lambda u, x: airtime(replace(u, g=u.g.sqrt()), x)),
        Mutant("without ln 2", lambda u, x: airtime(u, x) / arb.const_log2()),
        Mutant("without N0 in the denominator", lambda u, x: airtime(replace(u, N0=arb(1)), x)),
    ],
    tol=1e-15,
    tol_reason="relative to λ; ball arithmetic of 320 bits",
    proof=rate_is_stationary,
)
@finely
def rate_at_a_price(case: Case, seconds: Callable[[Mobile, Ball], Ball]) -> Any:
    g, beta, N0, B, price, bits = (
        arb(case[name]) for name in ("gain", "weight", "noise", "bandwidth", "price", "bits")
    )
    one = arb(1)
    u = Mobile(R=bits, C=one, P=one, F=one, g=g, beta=beta, B=B, N0=N0, T=one)
    x = bits / (bits * seconds(u, price))
    # the paper's f(x) = N0 (2^(x/B) − 1): at the best rate a second saves β (x f′(x) − f(x))/h² = λ
    per_bit = arb.const_log2() / B
    f, slope = N0 * (x * per_bit).expm1(), N0 * per_bit * (x * per_bit).exp()
    return agree(beta * (x * slope - f) / g, price)


def rate_grows_with_gain() -> str:
    """Regime by regime: given price, given bits, and a part of the data."""
    y, lam, g, B, v, beta, N0 = sp.symbols("y lambda g B v beta N0", positive=True)
    others, own = sp.Symbol("S", nonnegative=True), sp.Symbol("Q", positive=True)
    z = (y - 1) * sp.exp(y) + 1
    # z = λ g/(β N0), so that dy/dg at a given price is (λ/(β N0))/(dz/dy)
    holds((lam / (beta * N0) / sp.diff(z, y).simplify()).is_positive, "y grows with g at a given price")
    # Σ n/y = T at fixed bits: S dλ + Q d(λ g) = 0, S ≥ 0 of the others, Q > 0 of the mobile itself
    fall = -own * lam / (others + own * g)
    vanishes(others * fall + own * (lam + g * fall), "the slot stays full")
    argument = sp.factor(sp.simplify(lam + g * fall))
    vanishes(argument - lam * others / (others + own * g), "the slope of λ g at fixed bits")
    holds(argument.is_nonnegative, "λ g does not fall at fixed bits")
    rate = B * sp.log(v * B * g / (beta * N0 * sp.log(2)), 2)
    holds(sp.simplify(sp.diff(rate, g)).is_positive, "B log₂ υ grows with g")
    return (
        "d(rate)/dg > 0 at given λ; with all bits fixed d(λg)/dg = λS/(S + Qg) ≥ 0, zero only for a lone "
        "sender; for a part of the data the rate is B log₂ υ, increasing in g; λ* is continuous in g"
    )


@claim(
    id="TDMA-R3b",
    source=f"{PAPER}, Remark 3",
    statement=(
        "The optimal rate ℓₖ*/tₖ* increases with the mobile's channel gain. (Checked: strictly at a "
        "given price of airtime; with the price optimised anew it never falls, and stays only for a lone "
        "sender of fixed bits, at ℓ/T.)"
    ),
    recorded="proved",
    draws=changed_cases(decades(1e-6, 1e3).map(lambda x: 1 + x)),
    subject=THEOREM_1,
    mutants=[
        Mutant(
            "β/h² for h²/β",
            replace(THEOREM_1, airtime=lambda u, x: airtime(replace(u, g=u.beta**2 / u.g), x)),
        ),
        Mutant("branch −1 of W", replace(THEOREM_1, airtime=partial(airtime, branch=-1))),
        Mutant("airtime in proportion to h²", replace(THEOREM_1, airtime=lambda u, x: airtime(u, x) * u.g)),
    ],
    tol=1e-12,
    tol_reason=KNOWN_PRICE,
    proof=rate_grows_with_gain,
)
@finely
def rate_and_gain(case: Case, policy: Policy) -> Any:
    us, changed = before_and_after(case, "channel_gain")
    if not (any(map(has_reason, us)) and any(map(has_reason, changed))):
        return None
    old, new = decide(us, policy), decide(changed, policy)
    if not (old.bits[0] > 0 and new.bits[0] > 0):
        return None
    given = policy.airtime(changed[0], old.price)
    return smallest(*(_grown(old.seconds_per_bit[0], s) for s in (given, new.seconds_per_bit[0])))


def _grown(old: Ball, new: Ball) -> Any:
    """Slack of 'the rate did not fall', from seconds per bit."""
    return Interval.from_arb(apart(1 / new, 1 / old))
