"""The offloading priority φ of (7) and (8): Lemmas 2 and 3.

φ = (β N0/h²) (υ ln υ − υ + 1), υ = B C P h²/(N0 ln 2). Cases give υ and all but P, which follows.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import sympy as sp
from flint import arb, arb_series
from hypothesis import strategies as st

from mecopt.claims import Mutant, agree, at_least, claim, decades, smallest
from mecopt.claims.exact import holds, in_balls, not_negative, vanishes

from .common import PAPER, Case

Number = Any
"""A ball, a power series of balls, or a symbol."""

SUBTRACTED = (
    "relative to β N0 (υ ln υ + 1)/h², as the terms of φ cancel near υ = 1; balls are thinner than 1e-20"
)


class Mobile(NamedTuple):
    """What φ depends on; h is the amplitude of the channel gain."""

    beta: Number
    C: Number
    P: Number
    h: Number
    B: Number
    N0: Number

    @property
    def ratio(self) -> Number:
        """υ of (8)."""
        return self.B * self.C * self.P * self.h**2 / (self.N0 * ln2(self.N0))

    @property
    def scale(self) -> Number:
        """β N0/h²."""
        return self.beta * self.N0 / self.h**2


def ln2(like: Number) -> Number:
    """ln 2 in the arithmetic of a number."""
    return sp.log(2) if isinstance(like, sp.Basic) else arb.const_log2()


def log(x: Number) -> Number:
    """ln x in the arithmetic of x."""
    return sp.log(x) if isinstance(x, sp.Basic) else x.log()


def priority(m: Mobile) -> Number:
    """(7)."""
    return m.scale * (m.ratio * log(m.ratio) - m.ratio + 1)


def mobile(case: Case, ratio: Number) -> Mobile:
    """The mobile of a case with the P that makes υ what it is to be."""
    B, N0, C, h = (case[name] for name in ("bandwidth", "noise_power", "cycles_per_bit", "amplitude"))
    return Mobile(case["weight"], C, ratio * N0 * ln2(N0) / (B * C * h**2), h, B, N0)


def symbolic() -> Mobile:
    """A mobile of positive symbols."""
    return Mobile(*sp.symbols("beta C P h B N0", positive=True))


USER = {
    "weight": decades(1e-3, 1e3),
    "cycles_per_bit": decades(1e-3, 1e3),
    "amplitude": decades(1e-3, 1e3),
    "bandwidth": decades(1e-2, 1e3),
    "noise_power": decades(1e-3, 1e3),
}

ABOVE = {"excess": decades(1e-9, 1e9, special=[0.0])}
"""υ − 1, for the statements on υ ≥ 1."""


def root_proof() -> str:
    m, r = symbolic(), sp.Symbol("r", positive=True)
    f = m.N0 * (2 ** (r / m.B) - 1)
    slope = sp.diff(f, r)
    at_root = sp.log(m.ratio) * m.B / sp.log(2)  # 2^(r/B) = υ
    vanishes(slope.subs(r, at_root).rewrite(sp.exp) - m.C * m.P * m.h**2, "f′(r) = C P h²")
    vanishes(
        (f - r * slope).subs(r, at_root).rewrite(sp.exp) + m.h**2 * priority(m) / m.beta, "g(r) = −h² φ/β"
    )
    vanishes(sp.diff(f - r * slope, r) + r * sp.diff(f, r, 2), "g′ = −r f″")
    holds(sp.simplify(sp.diff(f, r, 2)).is_positive, "f″ > 0")
    return (
        "r = B log₂ υ has f′(r) = C P h² and g(r) = −h² φ/β; r ≥ 0 for υ ≥ 1, where f′ and g are one-to-one"
    )


@claim(
    id="TDMA-L2",
    source=f"{PAPER}, Lemma 2",
    statement=(
        "For υ ≥ 1, x = φ = (β N0/h²) (υ ln υ − υ + 1) solves f′⁻¹(C P h²) = g⁻¹(−h² x/β), "
        "υ = B C P h²/(N0 ln 2)."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries({**ABOVE, **USER}),
    subject=priority,
    mutants=[
        Mutant("log₂ for ln", lambda m: m.scale * (m.ratio * log(m.ratio) / ln2(m.N0) - m.ratio + 1)),
        Mutant("− 1 for + 1", lambda m: priority(m) - 2 * m.scale),
        Mutant("without weight", lambda m: priority(m) / m.beta),
        Mutant("h for h²", lambda m: priority(m) * m.h),
    ],
    tol=1e-12,
    tol_reason=SUBTRACTED,
    proof=root_proof,
)
@in_balls
def priority_solves_the_equation(case: Case, subject: Callable[[Mobile], Number]) -> Any:
    """Take the rate from one side by f′ and put it into g."""
    m = mobile(case, 1 + case["excess"])
    nats = (
        m.C * m.P * m.h**2 * m.B / (m.N0 * ln2(m.N0))
    ).log()  # f′(x) = (N0 ln 2/B) e^nats, x = B nats/ln 2
    intercept = m.N0 * nats.expm1() - nats * m.N0 * nats.exp()
    return agree(-(m.h**2) * subject(m) / m.beta, intercept, scale=m.N0 * (m.ratio * log(m.ratio) + 1))


class Printed(NamedTuple):
    """φ and its slope in h as Lemma 3 and its proof give them."""

    priority: Callable[[Mobile], Number]
    slope: Callable[[Mobile], Number]


def slope_in_amplitude(m: Mobile) -> Number:
    """∂φ/∂h = 2 β (B C P h² − N0 ln 2)/(h³ ln 2)."""
    return 2 * m.beta * (m.B * m.C * m.P * m.h**2 - m.N0 * ln2(m.N0)) / (m.h**3 * ln2(m.N0))


def growth_proof() -> str:
    m, z = symbolic(), sp.Symbol("z", positive=True)
    phi = priority(m)
    vanishes(sp.diff(phi, m.beta) - m.scale / m.beta * (m.ratio * log(m.ratio) - m.ratio + 1), "∂φ/∂β")
    not_negative(z * sp.log(z) - z + 1, z, beyond=1, what="z ln z − z + 1 ≥ 0")
    for energy, rest in ((m.C, m.P), (m.P, m.C)):
        vanishes(sp.diff(phi, energy) - m.beta * m.B * rest * log(m.ratio) / sp.log(2), f"∂φ/∂{energy}")
    not_negative(sp.log(z), z, beyond=1, what="ln υ ≥ 0")
    vanishes(sp.diff(phi, m.h) - slope_in_amplitude(m), "∂φ/∂h")
    vanishes(slope_in_amplitude(m) - 2 * m.scale / m.h * (m.ratio - 1), "its sign is that of υ − 1")
    return (
        "∂φ/∂β = φ/β, ∂φ/∂C = β B P ln υ/ln 2, ∂φ/∂P = β B C ln υ/ln 2 and the printed ∂φ/∂h = 2 β N0 (υ − "
        "1)/h³ are all ≥ 0 for υ ≥ 1"
    )


@claim(
    id="TDMA-L3",
    source=f"{PAPER}, Lemma 3",
    # At υ = 1 all four slopes are 0 (φ = 0 whatever β is): increasing means that φ never falls.
    statement=(
        "For υ ≥ 1, φ is monotone increasing in each of β, C, P and h, and "
        "∂φ/∂h = 2 β (B C P h² − N0 ln 2)/(h³ ln 2)."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries({**ABOVE, **USER, "growth": decades(1e-6, 1e3)}),
    subject=Printed(priority, slope_in_amplitude),
    mutants=[
        Mutant("1/h⁴ for 1/h² in φ", Printed(lambda m: priority(m) / m.h**2, slope_in_amplitude)),
        Mutant("h² for h³", Printed(priority, lambda m: slope_in_amplitude(m) * m.h)),
        Mutant(
            "N0 for N0 ln 2", Printed(priority, lambda m: slope_in_amplitude(m._replace(N0=m.N0 / ln2(m.N0))))
        ),
        Mutant("without factor 2", Printed(priority, lambda m: slope_in_amplitude(m) / 2)),
    ],
    tol=1e-12,
    tol_reason=SUBTRACTED,
    proof=growth_proof,
)
@in_balls
def priority_grows(case: Case, subject: Printed) -> Any:
    """Raise each argument, and differentiate φ in h by power series."""
    m, factor = mobile(case, 1 + case["excess"]), 1 + case["growth"]
    raised = [m._replace(**{name: getattr(m, name) * factor}) for name in ("beta", "C", "P", "h")]
    size = [n.scale * (n.ratio * log(n.ratio) + 1) for n in raised]
    grows = [
        at_least(subject.priority(n), subject.priority(m), scale=s) for n, s in zip(raised, size, strict=True)
    ]
    derivative = subject.priority(m._replace(h=arb_series([m.h, 1])))[1]
    slope = agree(subject.slope(m), derivative, scale=m.scale * (m.ratio * log(m.ratio) + 1) / m.h)
    return smallest(*grows, slope)
