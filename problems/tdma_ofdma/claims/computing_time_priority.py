"""The priority φ̂ of P3, whose cloud computes within the slot: Lemmas 6 to 8.

    a = F′ ln 2/(B C),   b = F′ P h²/N0 = a υ,   υ̂ = (b − 1)/W0((b − 1) e^(a − 1))
    φ̂ = (β N0/h²)(υ̂ ln υ̂ − υ̂ + 1)

υ̂ stands for the root z of z + (z ln z − z + 1)/a = υ, which is w e^w = (b − 1) e^(a − 1) in w = ln z + a − 1.
At b = 1 both are 0, and the quotient tends to e^(1 − a).
"""

from collections.abc import Callable
from math import frexp, log, prod
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, claim, decades, smallest
from mecopt.claims.exact import FAILS, HOLDS, holds, in_balls, not_negative, vanishes

from .common import PAPER, Case
from .threshold import Mobile
from .threshold import ratio as upsilon

Ratio = Callable[[Any, Any], Any]

FIELDS = {
    "weight": decades(1e-3, 1e3),
    "cycles_per_bit": decades(1e-3, 1e3),
    "energy_per_cycle": decades(1e-2, 1e6, special=[0.0]),
    "channel_gain": decades(1e-6, 1e6),
    "bandwidth": decades(1e-2, 1e3),
    "noise_power": decades(1e-3, 1e3),
    "cloud_frequency": decades(1e-3, 1e6),
}
MOBILE = st.fixed_dictionaries(FIELDS)
ROUNDING = "relative; balls are thinner than 1e-20"


def with_ratio_near_one(case: Case, excess: float) -> Case:
    """The case with υ = 1 + excess up to rounding."""
    cheapest = case["noise_power"] * log(2) / (case["bandwidth"] * case["channel_gain"])
    return case | {"energy_per_cycle": cheapest / case["cycles_per_bit"] * (1 + excess)}


def with_b_one(case: Case) -> Case:
    """The case with F′, P, h² rounded to powers of two and N0 their product: b = 1 exactly."""
    names = ("cloud_frequency", "energy_per_cycle", "channel_gain")
    powers = {name: 2.0 ** frexp(case[name])[1] for name in names}
    return case | powers | {"noise_power": prod(powers.values())}


NEAR_ONE = st.builds(
    with_ratio_near_one, MOBILE, st.one_of(decades(1e-9, 1.0), decades(1e-9, 0.9).map(lambda x: -x))
)
MOBILES = st.one_of(MOBILE, NEAR_ONE, MOBILE.map(with_b_one))


def mobile(case: Case) -> Mobile:
    """The mobile of a case; its data, CPU and slot play no role."""
    names = ("cycles_per_bit", "energy_per_cycle", "channel_gain", "weight", "bandwidth", "noise_power")
    C, P, g, beta, B, N0 = (arb(case[name]) for name in names)
    return Mobile(R=arb(1), C=C, P=P, F=arb(0), g=g, beta=beta, B=B, N0=N0, T=arb(1))


def coefficients(u: Mobile, speed: Any) -> tuple[Any, Any]:
    """a and b at the cloud's speed F′."""
    speed = arb(speed)
    return speed * arb.const_log2() / (u.B * u.C), speed * u.P * u.g / u.N0


def printed_ratio(a: Any, b: Any) -> Any:
    """(b − 1)/W0((b − 1) e^(a − 1)); not a number at b = 1 and where W0 is not real."""
    return (b - 1) / ((b - 1) * (a - 1).exp()).lambertw()


def filled_ratio(a: Any, b: Any) -> Any:
    """The same with its limit at b = 1."""
    return (1 - a).exp() if (b - 1).is_zero() else printed_ratio(a, b)


def psi(z: Any) -> Any:
    """z ln z − z + 1."""
    return z * z.log() - z + 1


def priority_solves_the_equation() -> str:
    """Both inverse functions of Lemma 6 take the rate B log2 υ̂."""
    beta, N0, g, B, speed, a, rate = sp.symbols("beta N0 g B F a r", positive=True)
    w = sp.Symbol("w", real=True, nonzero=True)
    b = 1 + w * sp.exp(w) * sp.exp(1 - a)  # what w = W0((b − 1) e^(a − 1)) means
    z, C, P = (b - 1) / w, speed * sp.log(2) / (a * B), b * N0 / (speed * g)
    f = N0 * (sp.exp(rate * sp.log(2) / B) - 1)
    tangent = f - rate * sp.diff(f, rate)
    x = beta * N0 / g * (z * sp.log(z) - z + 1)
    at = B * sp.log(z) / sp.log(2)
    vanishes(sp.diff(f, rate).subs(rate, at) - (C * P * g - x * C * g / (beta * speed)), "f′(B log2 υ̂)")
    vanishes(tangent.subs(rate, at) + g * x / beta, "g(B log2 υ̂)")
    holds(sp.diff(f, rate, 2).is_positive, "f′ increases")
    holds(sp.simplify(-sp.diff(tangent, rate)).is_positive, "g decreases")
    return (
        "with (b − 1) e^(a − 1) = w e^w: f′(B log2 υ̂) = C P h² − x C h²/(β F′) and g(B log2 υ̂) = −h² x/β, "
        "where f′ increases and g decreases for rates > 0"
    )


@claim(
    id="TDMA-L6",
    source=f"{PAPER}, Lemma 6",
    statement="For υ̂ ≥ 1, x = φ̂ = (β N0/h²)(υ̂ ln υ̂ − υ̂ + 1) with υ̂ = (b − 1)/W0((b − 1) e^(a − 1)), "
    "a = F′ ln 2/(B C), b = F′ P h²/N0 ≠ 1, solves f′⁻¹(C P h² − x C h²/(β F′)) = g⁻¹(−h² x/β).",
    recorded="proved",
    draws=MOBILES,
    subject=printed_ratio,
    mutants=[
        Mutant("+ for − in b − 1", lambda a, b: (b + 1) / ((b + 1) * (a - 1).exp()).lambertw()),
        Mutant("e^a for e^(a − 1)", lambda a, b: (b - 1) / ((b - 1) * a.exp()).lambertw()),
        Mutant("a without ln 2", lambda a, b: printed_ratio(a / arb.const_log2(), b)),
        Mutant("υ for υ̂", lambda a, b: b / a),
    ],
    tol=1e-15,
    tol_reason=ROUNDING,
    proof=priority_solves_the_equation,
)
@in_balls
def solves_the_equation(case: Case, ratio: Ratio) -> Interval | None:
    """With r the left side, a rate >= 0: g(r) = −h² x/β, here in units of N0."""
    u, speed = mobile(case), case["cloud_frequency"]
    z = ratio(*coefficients(u, speed))
    if not z >= 1:
        return None
    price = u.N0 * psi(z)  # h² x/β
    slope = u.C * (u.P * u.g - price / speed)
    nats = (u.B * slope / (u.N0 * arb.const_log2())).log()  # f′⁻¹(slope) ln 2/B
    if not nats >= 0:
        return FAILS
    return agree(nats.exp() * (1 - nats) - 1, -psi(z), scale=1 + nats * z)  # type: ignore[no-any-return]


@claim(
    id="TDMA-L7",
    source=f"{PAPER}, Lemma 7",
    statement="υ̂ > 1 iff υ > 1, with υ̂ = (b − 1)/W0((b − 1) e^(a − 1)), a = F′ ln 2/(B C), b = F′ P h²/N0.",
    recorded="refuted",
    draws=MOBILES,
    subject=printed_ratio,
    mutants=[
        Mutant("its limit at b = 1", filled_ratio),
        Mutant("e^a for e^(a − 1)", lambda a, b: (b - 1) / ((b - 1) * a.exp()).lambertw()),
        Mutant("a without ln 2", lambda a, b: printed_ratio(a / arb.const_log2(), b)),
    ],
    tol=0.0,
    tol_reason="a statement of signs, decided in balls",
    explanation="At b = 1 the printed υ̂ is 0/0, also where υ > 1 (with all data 1, υ = 1/ln 2): no number, "
    "hence not > 1. The hole is removable, and the equivalence holds everywhere else.",
    corrected_by="TDMA-L7.corrected",
)
@in_balls
def same_side_of_one(case: Case, ratio: Ratio) -> Interval | float | None:
    a, b = coefficients(mobile(case), case["cloud_frequency"])
    v, z = upsilon(mobile(case)), ratio(a, b)
    if v > 1:
        undefined = (b - 1).is_zero() and not z.is_finite()
        return HOLDS if z > 1 else FAILS if undefined or z <= 1 else float("nan")
    # an υ̂ that does not exist is not > 1
    return None if not v < 1 else FAILS if z > 1 else HOLDS


def root_passes_one_with_upsilon() -> str:
    """z + psi(z)/a increases beyond e^(−a) and is 1 at z = 1."""
    z, a = sp.symbols("z a", positive=True)
    w = sp.Symbol("w", real=True, nonzero=True)
    left = z + (z * sp.log(z) - z + 1) / a
    vanishes(left.subs(z, 1) - 1, "value at z = 1")
    vanishes(sp.diff(left, z).subs(z, sp.exp(-a)), "slope at e^(−a)")
    holds(sp.diff(left, z, 2).is_positive, "convex")
    vanishes(left.subs(z, sp.exp(-a)) - (1 - sp.exp(-a)) / a, "least value")
    b = 1 + w * sp.exp(w) * sp.exp(1 - a)
    vanishes(left.subs(z, (b - 1) / w) - b / a, "the printed quotient is a root")
    vanishes(left.subs(z, sp.exp(1 - a)) - 1 / a, "e^(1 − a) is the root at b = 1")
    return (
        "z + (z ln z − z + 1)/a is strictly convex with its least value (1 − e^(−a))/a at e^(−a); beyond it "
        "increases, through 1 at z = 1. The quotient, where W0 ≥ −1, and e^(1 − a) at b = 1 are its root"
    )


@claim(
    id="TDMA-L7.corrected",
    source=f"{PAPER}, Lemma 7, corrected",
    statement="Let υ̂ ≥ e^(−a) be the root z of z + (z ln z − z + 1)/a = υ: the printed quotient for b ≠ 1, "
    "e^(1 − a) at b = 1. It exists iff υ ≥ (1 − e^(−a))/a, which is below 1, and υ̂ > 1 iff υ > 1.",
    recorded="proved",
    draws=MOBILES,
    subject=filled_ratio,
    mutants=[
        Mutant("0/0 at b = 1", printed_ratio),
        Mutant(
            "e^(a − 1) at b = 1", lambda a, b: (a - 1).exp() if (b - 1).is_zero() else printed_ratio(a, b)
        ),
        Mutant("e^a for e^(a − 1)", lambda a, b: (b - 1) / ((b - 1) * a.exp()).lambertw()),
    ],
    tol=1e-15,
    tol_reason=ROUNDING,
    proof=root_passes_one_with_upsilon,
)
@in_balls
def root_on_the_same_side(case: Case, ratio: Ratio) -> Interval | None:
    a, b = coefficients(mobile(case), case["cloud_frequency"])
    v = upsilon(mobile(case))
    if not (v > (1 - (-a).exp()) / a and (v > 1 or v < 1)):
        return None
    z = ratio(a, b)
    if not z.is_finite():
        return FAILS
    side = HOLDS if (z > 1) is (v > 1) and z * a.exp() >= 1 else FAILS
    return smallest(agree(z + psi(z) / a, v, scale=z + (1 + z * abs(z.log())) / a), side)  # type: ignore[no-any-return]


RAISED = ("weight", "cycles_per_bit", "energy_per_cycle", "channel_gain", "cloud_frequency")


def printed_priority(case: Case) -> Any:
    """φ̂ of Lemma 6 where υ̂ ≥ 1 (its limit at b = 1)."""
    u = mobile(case)
    return u.A * psi(filled_ratio(*coefficients(u, case["cloud_frequency"])))


def priority_increases() -> str:
    """Derivatives of φ̂ = A psi(z) with z + psi(z)/a = υ, by implicit differentiation."""
    beta, N0, h, B, speed, C, P, z = sp.symbols("beta N0 h B F C P z", positive=True)
    a, A = speed * sp.log(2) / (B * C), beta * N0 / h**2
    psi_z = z * sp.log(z) - z + 1
    equation = z + psi_z / a - B * C * P * h**2 / (N0 * sp.log(2))
    slope = 1 + sp.log(z) / a
    found = {
        beta: A * psi_z / beta,
        C: A * z * sp.log(z) / (C * slope),
        P: A * (z + psi_z / a) * sp.log(z) / (P * slope),
        h: 2 * A * (z - 1) / (h * slope),
        speed: A * psi_z * sp.log(z) / (a * speed * slope),
    }
    local = sp.solve(equation, P)[0]
    for name, derivative in found.items():
        by_z = sp.diff(A * psi_z, z) / sp.diff(equation, z)
        total = sp.diff(A * psi_z, name) - by_z * sp.diff(equation, name)
        vanishes((total - derivative).subs(P, local), f"slope in {name}")
    for factor in (psi_z, sp.log(z), z - 1):
        not_negative(factor, z, beyond=1, what=f"{factor} for z ≥ 1")
    return (
        "with z = υ̂, s = 1 + ln z/a, A = β N0/h² and ψ = z ln z − z + 1, φ̂ has the slopes in β, C, P, h, F′ "
        "A ψ/β, A z ln z/(C s), A υ ln z/(P s), 2 A (z − 1)/(h s), A ψ ln z/(a F′ s): none negative for z ≥ 1"
    )


@claim(
    id="TDMA-L8",
    source=f"{PAPER}, Lemma 8",
    statement="For υ̂ ≥ 1, φ̂(β, C, P, h, F′) is monotone increasing in each of its five arguments.",
    recorded="proved",
    draws=st.fixed_dictionaries(
        {
            "mobile": MOBILES,
            "raised": st.sampled_from(RAISED),
            "by": st.one_of(st.just(2.0), decades(1.001, 1e3)),
        }
    ),
    subject=printed_priority,
    mutants=[
        Mutant("1/β for β", lambda case: printed_priority(case) / case["weight"] ** 2),
        Mutant("h⁴ for h²", lambda case: printed_priority(case) / case["channel_gain"]),
        Mutant("1/F′ in front", lambda case: printed_priority(case) / case["cloud_frequency"]),
    ],
    tol=1e-15,
    tol_reason=ROUNDING,
    proof=priority_increases,
)
@in_balls
def increasing(case: Case, priority: Callable[[Case], Any]) -> Interval | None:
    low, name = case["mobile"], case["raised"]
    if not filled_ratio(*coefficients(mobile(low), low["cloud_frequency"])) >= 1:
        return None
    high = low | {name: low[name] * case["by"]}
    before, after = priority(low), priority(high)
    return Interval.from_arb((after - before) / after)
