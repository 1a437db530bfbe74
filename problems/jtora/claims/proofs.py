"""Symbolic proofs of statements that the other modules check in numbers."""

from typing import Any

import sympy as sp

from mecopt.claims.exact import holds, vanishes

# ------------------------------------------------------------ the cost of an upload, Γ and Ω


def symbols() -> tuple[Any, ...]:
    """Γ, Ω, Ω′ as stated, and p, φ, ψ, θ > 0."""
    p, phi, psi, theta = sp.symbols("p phi psi theta", positive=True)
    gamma = (phi + psi * p) / sp.log(1 + theta * p, 2)
    omega = psi * sp.log(1 + theta * p, 2) - theta * (phi + psi * p) / (sp.log(2) * (1 + theta * p))
    rise = theta**2 * (phi + psi * p) / (sp.log(2) * (1 + theta * p) ** 2)
    return gamma, omega, rise, p, phi, psi, theta


def slope() -> str:
    """(24)."""
    gamma, omega, _, p, _, _, theta = symbols()
    vanishes(sp.diff(gamma, p) * sp.log(1 + theta * p, 2) ** 2 - omega, "Γ′ log₂² = Ω")
    holds(sp.log(1 + theta * p).is_positive, "log₂(1 + θ p) > 0")
    return "Γ′ log₂²(1 + θ p) = Ω, and log₂(1 + θ p) > 0 for p > 0"


def rise() -> str:
    """Ω′ > 0 for all preferences that the model allows."""
    _, omega, risen, p, phi, psi, _ = symbols()
    vanishes(sp.diff(omega, p) - risen, "Ω′")
    holds(risen.is_positive, "Ω′ > 0")
    for zero in (phi, psi):  # a preference may be 0, not both
        holds(sp.simplify(risen.subs(zero, 0)).is_positive, f"Ω′ > 0 at {zero} = 0")
    return "Ω′ = θ² (φ + ψ p)/(ln 2 (1 + θ p)²) > 0 unless φ = ψ = 0"


def quasiconvexity() -> str:
    """Lemma 1."""
    return f"{slope()}; {rise()}: Γ falls strictly, then rises strictly, or does one of the two throughout"


def curvature() -> str:
    """The appendix: where Γ′ = 0, Γ″ = Ω′/log₂²."""
    gamma, omega, _, p, _, _, theta = symbols()
    rate = sp.log(1 + theta * p, 2)
    rest = sp.diff(omega, p) / rate**2 - 2 * omega * sp.diff(rate, p) / rate**3
    vanishes(sp.diff(gamma, p, 2) - rest, "Γ″ = Ω′/log₂² − 2 Ω log₂′/log₂³")
    return f"{slope()}; {rise()}; where Ω = 0, Γ″ = Ω′/log₂²(1 + θ p) > 0"


def concavity() -> str:
    """Γ″ < 0 for θ p ≥ 54 and θ p ≥ 3 θ φ/ψ."""
    gamma, _, _, p, phi, psi, theta = symbols()
    y = sp.Symbol("y", positive=True)
    a, s = sp.symbols("a s", nonnegative=True)
    scaled = (a + y) / sp.log(1 + y)
    bracket = sp.log(1 + y) * (a - 2 - y) + 2 * (a + y)
    vanishes(sp.diff(scaled, y, 2) * (1 + y) ** 2 * sp.log(1 + y) ** 3 - bracket, "Γ″ in y = θ p")
    vanishes(gamma.subs({phi: a * psi / theta, p: y / theta}) - psi / theta * sp.log(2) * scaled, "scaling")
    # the factor of the logarithm is negative, so that its least value, 4, is the worst
    holds(sp.simplify((a - 2 - y).subs(y, 3 * a + s)).is_negative, "a − 2 − y < 0 at y = 3 a + s")
    holds(sp.expand((4 * (a - 2 - y) + 2 * (a + y)).subs(y, 3 * a + s)).is_negative, "< 0 for ln(1 + y) ≥ 4")
    holds(bool(sp.log(55).evalf(30) > 4), "ln 55 > 4")
    return (
        "in y = θ p, a = θ φ/ψ, Γ″ has the sign of ln(1 + y)(a − 2 − y) + 2 (a + y) ≤ −8 − 2 (y − 3 a) < 0 "
        "for y ≥ 54, y ≥ 3 a; and θP ≥ 100, φ ≤ ψP/100 mean y ≥ 100, y ≥ 100 a"
    )


def start() -> str:
    """Ω(0) < 0 for φ > 0."""
    _, omega, _, p, phi, _, theta = symbols()
    vanishes(omega.subs(p, 0) + theta * phi / sp.log(2), "Ω(0)")
    return f"Ω(0) = −θ φ/ln 2; {rise()}"


def optimum() -> str:
    """Where Γ is least on (0, P]."""
    gamma, omega, _, p, phi, psi, theta = symbols()
    patient = omega.subs(phi, 0)
    vanishes(patient.subs(p, 0), "Ω(0) = 0 at φ = 0")
    vanishes(sp.limit(gamma.subs(phi, 0), p, 0, "+") - psi * sp.log(2) / theta, "infimum at φ = 0")
    holds(sp.Eq(sp.limit(gamma, p, 0, "+"), sp.oo), "Γ → ∞ at p → 0 for φ > 0")
    return (
        f"{slope()}; {start()}. φ > 0: Γ falls from ∞ to the root of Ω and rises beyond it, or falls as far "
        "as P. φ = 0: Ω > 0 for p > 0, Γ rises from its limit ψ ln 2/θ at p → 0, which no p > 0 reaches"
    )


# ------------------------------------------------------------------------------ interference


def full_power() -> str:
    """(21)."""
    most, gain, less = sp.symbols("P h r", nonnegative=True)  # p = P − r
    term = sp.expand(most * gain - (most - less) * gain)
    holds(term.is_nonnegative, "P h − p h ≥ 0 for p ≤ P")
    vanishes(term.subs(less, 0), "equal at p = P")
    return "term by term P h − p h = (P − p) h ≥ 0, and 0 at p = P; both sums run over the same users"


def log_convexity() -> str:
    """(20) in q = ln p."""
    x = sp.Symbol("x", positive=True)  # e^t, t the logarithm of the SINR
    rate = sp.log(1 + x)

    def once(f: Any) -> Any:
        return x * sp.diff(f, x)

    vanishes(once(once(1 / rate)) - x * (2 * x - rate) / ((1 + x) ** 2 * rate**3), "(1/ln(1 + e^t))″")
    vanishes(once(once(-sp.log(rate))) - x * (x - rate) / ((1 + x) ** 2 * rate**2), "(−ln ln(1 + e^t))″")
    for f in (1 / rate, -sp.log(rate)):
        holds(sp.simplify(once(f)).is_negative, f"{f} falls")
    holds(sp.simplify(sp.diff(x - rate, x)).is_positive, "x − ln(1 + x) rises")
    vanishes((x - rate).subs(x, 0), "x − ln(1 + x) at 0")
    a, b = sp.symbols("a b", positive=True)
    c, q = sp.symbols("c q", real=True)
    noise = sp.log(a * sp.exp(c * q) + b)
    bend = a * b * c**2 * sp.exp(c * q) / (a * sp.exp(c * q) + b) ** 2
    vanishes(sp.diff(noise, q, 2) - bend, "log-sum-exp of two terms along a line")
    return (
        "t = q + ln h − ln(Σ e^q h + σ²) is concave in the logarithms q, as log-sum-exp is convex; "
        "1/ln(1 + e^t) and −ln ln(1 + e^t) fall and are convex in t by x > ln(1 + x), so that 1/ln(1 + e^t) "
        "and e^q/ln(1 + e^t) = exp(q − ln ln(1 + e^t)) are convex in q, and so is their sum"
    )


# ------------------------------------------------------------------------- shares of the CPU


def hessian() -> str:
    """(26)."""
    eta, f, other = sp.symbols("eta f g", positive=True)
    vanishes(sp.diff(eta / f, f, 2) - 2 * eta / f**3, "∂²(η/f)/∂f²")
    vanishes(sp.diff(eta / f + eta / other, f, other), "mixed derivatives")
    holds((2 * eta / f**3).is_positive, "2 η/f³ > 0 for η > 0")
    return "∂²(η/f)/∂f² = 2 η/f³, > 0 for η > 0 and 0 for η = 0; mixed derivatives vanish"


def shares() -> str:
    """(27) and (28)."""
    eta, f, mu, total, speed, less = sp.symbols("eta f mu S f_s epsilon", positive=True)
    square = (sp.sqrt(eta) - sp.sqrt(mu) * f) ** 2 / f
    vanishes(eta / f + mu * f - 2 * sp.sqrt(eta * mu) - square, "η/f + μ f − 2 √(η μ) is a square over f")
    bound = 2 * sp.sqrt(mu) * total - mu * speed
    vanishes(bound.subs(mu, total**2 / speed**2) - total**2 / speed, "the bound at μ = (S/f_s)²")
    share = speed * sp.sqrt(eta) / total
    vanishes(eta / share - sp.sqrt(eta) * total / speed, "a user's cost at (27); summed S²/f_s")
    vanishes(
        sp.limit(total**2 / (speed - less), less, 0) - total**2 / speed, "a share ε for users with η = 0"
    )
    return (
        "with S = Σ √η and μ = (S/f_s)², η/f + μ f ≥ 2 √(η μ) sums to Σ η/f ≥ S²/f_s, the cost of (27); "
        "users with η = 0 cost nothing, and ε left to them costs the others S²/(f_s − ε) → S²/f_s"
    )
