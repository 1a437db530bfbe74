"""The energy of the radio: (2), what is said of it, and the inverse of g (Lemmas 9 and 10).

f(x) = N0 (2^(x/B) − 1) is the receive power at rate x, g(x) = f(x) − x f′(x), and sending ℓ bits in t seconds
over a channel of power gain h² takes E(ℓ, t) = (t/h²) f(ℓ/t).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, at_least, at_most, claim, decades, smallest
from mecopt.claims.exact import FAILS, HOLDS, apart, holds, in_balls, not_negative, vanishes

from .common import PAPER, Case

RADIO = {
    "channel_gain": decades(1e-6, 1e6),
    "bandwidth": decades(1e-2, 1e3),
    "noise_power": decades(1e-3, 1e3),
}
BITS, TIME = decades(1e-3, 1e3), decades(1e-3, 1e3)
ROUNDING = "relative to the larger side; balls are thinner than 1e-20"


def power(case: Case, rate: Any) -> Any:
    """f(x) = N0 (2^(x/B) − 1)."""
    return case["noise_power"] * (rate * arb.const_log2() / case["bandwidth"]).expm1()


def energy(case: Case, bits: Any, time: Any) -> Any:
    """(2): E(ℓ, t) = (t/h²) f(ℓ/t), for t > 0."""
    return time / case["channel_gain"] * power(case, bits / time)


def scaled_energy() -> tuple[Any, Any, Any, Any]:
    """E in symbols, A t (e^(x/t) − 1) with x = ℓ ln 2/B and A = N0/h², and its x, t, A."""
    x, t, A = sp.symbols("x t A", positive=True)
    return A * t * (sp.exp(x / t) - 1), x, t, A


# What (2) is where it is 0/0 or ∞: E(0, t), E(ℓ, 0). A boundary value is a number, or None for +∞.

Value = Any

BOUNDARY = st.one_of(
    st.fixed_dictionaries({"bits": BITS, "time": st.just(0.0), "longer": TIME, **RADIO}),
    st.fixed_dictionaries(
        {"bits": st.just(0.0), "time": st.one_of(st.just(0.0), TIME), "longer": TIME, **RADIO}
    ),
)


def printed_boundary(case: Case) -> Value:
    return arb(0)


def closed_boundary(case: Case) -> Value:
    return arb(0) if case["bits"].is_zero() else None


def boundary_slack(case: Case, value: Value) -> Interval:
    """More time never costs more, for the sender may pause; and silence costs nothing."""
    least = energy(case, case["bits"], case["time"] + case["longer"])
    enough = HOLDS if value is None else Interval.from_arb(apart(value, least))
    if not case["bits"].is_zero():
        return enough
    free = FAILS if value is None else at_most(value, 0, scale=1)
    return smallest(enough, free)  # type: ignore[no-any-return]


@claim(
    id="TDMA-E2",
    source=f"{PAPER}, eq. (2)",
    statement="The energy E(ℓ, t) of sending ℓ bits in t seconds is 0 if ℓ = 0 or t = 0.",
    recorded="refuted",
    draws=BOUNDARY,
    subject=printed_boundary,
    mutants=[
        Mutant("+∞ at t = 0 < ℓ", closed_boundary),
        Mutant("+∞ at t = 0", lambda case: None if case["time"].is_zero() else arb(0)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    explanation=(
        "At t = 0 < ℓ the energy is infinite: (2) grows without bound as t → 0. "
        "With the printed value all bits could be sent in no time for free, and t = 0 would solve P1 and P2."
    ),
    corrected_by="TDMA-E2.corrected",
)
@in_balls
def radio_energy_at_zero(case: Case, subject: Callable[[Case], Value]) -> Interval:
    return boundary_slack(case, subject(case))


def closure_proof() -> str:
    E, x, t, A = scaled_energy()
    y = sp.Symbol("y", nonnegative=True)
    vanishes(sp.limit(E, x, 0), "E(0, t) = 0")
    holds(sp.Eq(sp.limit(E, t, 0, "+"), sp.oo), "E(ℓ, t) → ∞ as t → 0")
    not_negative(sp.exp(y) - 1 - y**2 / 2, y, beyond=0, what="e^y − 1 ≥ y²/2")
    vanishes((A * t * (x / t) ** 2 / 2) - A * x**2 / (2 * t), "the minorant A x²/(2t)")
    vanishes(sp.diff(E, t).subs(x, y * t) + A * ((y - 1) * sp.exp(y) + 1), "∂E/∂t = −A((y − 1)e^y + 1)")
    not_negative((y - 1) * sp.exp(y) + 1, y, beyond=0, what="−∂E/∂t ≥ 0")
    return "limits at ℓ = 0 and t → 0; E ≥ A x²/(2t) by e^y − 1 ≥ y²/2; ∂E/∂t = −A((y − 1)e^y + 1) ≤ 0"


@claim(
    id="TDMA-E2.corrected",
    source=f"correction of {PAPER}, eq. (2)",
    statement=(
        "E(0, t) = 0 for t ≥ 0 and E(ℓ, 0) = +∞ for ℓ > 0. So closed, E is lower semicontinuous and "
        "never rises with t, and E(ℓ, t) ≥ N0 (ℓ ln 2/B)²/(2 h² t)."
    ),
    recorded="proved",
    draws=BOUNDARY,
    subject=closed_boundary,
    mutants=[
        Mutant("0 at t = 0, as printed", printed_boundary),
        Mutant("+∞ at ℓ = t = 0, too", lambda case: None if case["time"].is_zero() else arb(0)),
        Mutant(
            "the energy at the lowest rate, ℓ f′(0)/h²",
            lambda case: (
                case["bits"]
                * (case["noise_power"] * arb.const_log2() / case["bandwidth"])
                / case["channel_gain"]
            ),
        ),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=closure_proof,
)
@in_balls
def radio_energy_closed(case: Case, subject: Callable[[Case], Value]) -> Interval:
    bits, time = case["bits"], case["longer"]  # a point with t > 0 near the boundary, and near t = 0 if small
    nats = bits * arb.const_log2() / case["bandwidth"]
    minorant = case["noise_power"] * nats**2 / (2 * case["channel_gain"] * time)
    grows = Interval.from_arb(apart(energy(case, bits, time), minorant))
    return smallest(grows, boundary_slack(case, subject(case)))  # type: ignore[no-any-return]


def tangent_proof() -> str:
    r, r0, N0, B, d = sp.symbols("r r0 N0 B d", positive=True)
    f = N0 * (2 ** (r / B) - 1)
    above = f - f.subs(r, r0) - sp.diff(f, r).subs(r, r0) * (r - r0)
    for sign in (1, -1):
        shifted = above.subs(r, r0 + sign * d * B / sp.log(2))
        vanishes(
            sp.expand_log(sp.powsimp(shifted / (N0 * 2 ** (r0 / B))).rewrite(sp.exp), force=True)
            - (sp.exp(sign * d) - 1 - sign * d),
            "f above its tangent",
        )
        not_negative(sp.exp(sign * d) - 1 - sign * d, d, beyond=0, what="e^d − 1 − d ≥ 0")
    return (
        "f(r) − f(r₀) − f′(r₀)(r − r₀) = N0 2^(r₀/B) (e^d − 1 − d) ≥ 0, d = (r − r₀) ln 2/B; "
        "summed over a schedule of mean rate r₀ = ℓ/t, the slopes cancel"
    )


@claim(
    id="TDMA-E2b",
    source=f"{PAPER}, Section II-C",
    statement=(
        "Among all schedules that send ℓ bits within t seconds, the constant rate ℓ/t takes the least energy."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "parts": st.lists(
                st.tuples(TIME, decades(1e-3, 1e3, special=[0.0])).map(list), min_size=1, max_size=5
            ),
            **RADIO,
        }
    ),
    subject=lambda bits, time: (time, bits / time),
    mutants=[
        Mutant("race to idle: 2ℓ/t for t/2", lambda bits, time: (time / 2, 2 * bits / time)),
        Mutant("half the rate for twice the time", lambda bits, time: (2 * time, bits / (2 * time))),
        Mutant("half the rate", lambda bits, time: (time, bits / (2 * time))),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=tangent_proof,
)
@in_balls
def constant_rate_is_cheapest(case: Case, subject: Callable[[Any, Any], tuple[Any, Any]]) -> Any:
    parts = case["parts"]
    bits = sum((time * rate for time, rate in parts), arb(0))
    window = sum((time for time, _ in parts), arb(0))
    drawn = sum((time * power(case, rate) for time, rate in parts), arb(0))
    time, rate = subject(bits, window)
    # the gain divides both energies
    return smallest(
        at_most(time, window), at_least(time * rate, bits), at_most(time * power(case, rate), drawn)
    )


def inverse(case: Case, y: Any, *, sign: int = -1, branch: int = 0, plus: int = 1) -> Any:
    """(B/ln 2) (W((y + N0)/(−N0 e)) + 1), W the principal branch."""
    argument = (y + case["noise_power"]) / (sign * case["noise_power"] * arb.const_e())
    return case["bandwidth"] / arb.const_log2() * (argument.lambertw(branch) + plus)


INVERSE_MUTANTS = [
    Mutant("the other branch", partial(inverse, branch=-1)),
    Mutant("N0 e for −N0 e", partial(inverse, sign=1)),
]


def symbolic_intercept() -> tuple[Any, Any, Any, Any]:
    """g(r) = f(r) − r f′(r) in symbols, with its r, B, N0; proves g(0) = 0 and g′ = −r f″ < 0 for r > 0."""
    r, B, N0 = sp.symbols("r B N0", positive=True)
    f = N0 * (2 ** (r / B) - 1)
    g = f - r * sp.diff(f, r)
    vanishes(g.subs(r, 0), "g(0) = 0")
    vanishes(sp.diff(g, r) + r * sp.diff(f, r, 2), "g′ = −r f″")
    holds(sp.simplify(sp.diff(f, r, 2)).is_positive, "f″ > 0")
    return g, r, B, N0


def inverse_proof() -> str:
    g, r, B, N0 = symbolic_intercept()
    y, w = sp.symbols("y w", nonzero=True)
    z = -(y + N0) / (N0 * sp.E)
    at_w = sp.expand(sp.expand_log(sp.simplify(g.subs(r, B / sp.log(2) * (w + 1)))), power_exp=True)
    vanishes(at_w.subs(sp.exp(w), z / w) - y, "g at (B/ln 2)(w + 1), w e^w = z")
    return "g((B/ln 2)(w + 1)) = y where w e^w = (y + N0)/(−N0 e); w ≥ −1 gives a rate ≥ 0, and g falls there"


@claim(
    id="TDMA-L9",
    source=f"{PAPER}, Lemma 9",
    statement="On rates x ≥ 0, g⁻¹(y) = (B/ln 2) (W₀((y + N0)/(−N0 e)) + 1) for y < 0.",
    recorded="proved",
    draws=st.fixed_dictionaries({"exponent": decades(1e-9, 1e3), **RADIO}),
    subject=inverse,
    mutants=[*INVERSE_MUTANTS, Mutant("without + 1", partial(inverse, plus=0))],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=inverse_proof,
)
@in_balls
def inverse_of_intercept(case: Case, subject: Callable[[Case, Any], Any]) -> Any:
    """Evaluate g at a rate and take it back."""
    nats = case["exponent"]
    rate = nats * case["bandwidth"] / arb.const_log2()
    slope = case["noise_power"] * arb.const_log2() / case["bandwidth"] * nats.exp()
    return agree(subject(case, power(case, rate) - rate * slope), rate)


def falling_proof() -> str:
    symbolic_intercept()
    return "g(0) = 0 and g′(x) = −x f″(x) < 0 for x > 0, so g⁻¹ has the slope −1/(x f″(x)) < 0 for y < 0"


@claim(
    id="TDMA-L10",
    source=f"{PAPER}, Lemma 10",
    statement="g⁻¹(y) falls with y for y < 0.",
    recorded="proved",
    draws=st.fixed_dictionaries({"depth": decades(1e-9, 1e9), "deeper": decades(1e-9, 1e9), **RADIO}),
    subject=inverse,
    mutants=[*INVERSE_MUTANTS, Mutant("g⁻¹(−y)", lambda case, y: -inverse(case, -y))],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=falling_proof,
)
@in_balls
def inverse_falls(case: Case, subject: Callable[[Case, Any], Any]) -> Any:
    high = -case["depth"]
    return at_least(subject(case, high - case["deeper"]), subject(case, high))
