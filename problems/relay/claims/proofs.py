"""Symbolic proofs of statements that the other modules check in numbers."""

from typing import Any

import sympy as sp

from mecopt.claims.exact import holds, not_negative, vanishes

# ------------------------------------------------------------------------------- products of convex functions


def squares_majorise() -> str:
    """(22): f1 f2 = (f1 + f2)^2/2 - f1^2/2 - f2^2/2, the last two replaced by tangents."""
    a, a0, b, b0 = sp.symbols("a a_0 b b_0", nonnegative=True)
    slope = sp.Symbol("s", real=True)
    slack = sp.Symbol("r", nonnegative=True)  # f'(y)(x - y) = f(x) - f(y) - r, r >= 0 as f is convex
    gap = (a**2 - a0**2) / 2 - a0 * slope
    vanishes(gap.subs(slope, a - a0 - slack) - ((a - a0) ** 2 / 2 + a0 * slack), "f²/2 above its tangent")
    vanishes((a + b) ** 2 / 2 - a**2 / 2 - b**2 / 2 - a * b, "the product by squares")
    da, db = sp.symbols("da db", real=True)
    vanishes((a0 + b0) * da - a0 * da - b0 * da, "slope in x₁ at y is f₁′ f₂")
    vanishes((a0 + b0) * db - b0 * db - a0 * db, "slope in x₂ at y is f₁ f₂′")
    return (
        "f₁ f₂ = ½ (f₁ + f₂)² − ½ f₁² − ½ f₂², and ½ f² − ½ f(y)² − f(y) f′(y)(x − y) ≥ ½ (f − f(y))² ≥ 0; "
        "the square of a non-negative convex function is convex"
    )


def quadratic_bends() -> str:
    """m |x - y|^2/2 makes a convex surrogate strongly convex and leaves value and gradient at y."""
    a, b, m, d = sp.symbols("a b m d", positive=True)
    chord = (m * a**2 / 2 + m * b**2 / 2) / 2 - m * ((a + b) / 2) ** 2 / 2
    vanishes(chord - m * (a - b) ** 2 / 8, "m/2 |x|² lies m/8 |x − z|² below its chord")
    holds((m * d**2 / 8).is_positive, "strictly")
    return f"{squares_majorise()}; (m/2)|x − y|² adds m/8 |x − z|² of bend and vanishes at y with its slope"


def slopes_majorise() -> str:
    """The product rule of partial products, its constant taken off."""
    d1, d2, l1, l2 = sp.symbols("d1 d2 L1 L2", nonnegative=True)
    gap = l1 * l2 * (d1**2 + d2**2) / 2 - l1 * d1 * l2 * d2
    vanishes(gap - l1 * l2 * (d1 - d2) ** 2 / 2, "L₁ L₂ |d|²/2 − L₁|d₁| L₂|d₂| is a square")
    a, a0, b, b0 = sp.symbols("a a0 b b0", nonnegative=True)
    vanishes(a * b - (a * b0 + a0 * b - a0 * b0) - (a - a0) * (b - b0), "what the rule leaves out")
    return "f₁ f₂ exceeds the rule by (f₁ − f₁(y₁))(f₂ − f₂(y₂)) ≤ L₁ L₂ |d₁| |d₂| ≤ L₁ L₂ |d|²/2"


def descent(products: str) -> str:
    """(28) is above the objective and touches it at the point, so that its minimiser costs no more."""
    z = sp.Symbol("z", positive=True)  # (1 + a + c) over its value at the point
    not_negative(z - 1 - sp.log(z), z, beyond=1, what="ln z <= z - 1 for z >= 1")
    not_negative(1 / z - 1 + sp.log(z), z, beyond=1, what="ln(1/z) <= 1/z - 1 for z >= 1")
    u, x, u0, x0 = sp.symbols("u x u0 x0", positive=True)
    tangent = sp.log(1 + x0 / u0) * u + u0 / (u0 + x0) * (x - x0 / u0 * u)
    gap = tangent - u * sp.log(1 + x / u)
    ratio = (1 + x / u) / (1 + x0 / u0)
    left = gap - u * (ratio - 1 - sp.log(ratio))
    vanishes(sp.expand_log(left, force=True), "u ln(1 + x/u) and its tangent")
    f, f0 = sp.symbols("f f_0", positive=True)
    vanishes(f**2 - (2 * f0 * f - f0**2) - (f - f0) ** 2, "f² and its tangent")
    return (
        f"{products}; f² − its tangent = (f − f_0)²; u ln(1 + x/u) lies u (z − 1 − ln z) ≥ 0 below its "
        "tangent, z = (1 + x/u)/(1 + x_0/u_0). So (28) allows no plan that P2 does not, costs no less than "
        "P2 (and P1, RACO-EQ), and the same at the point: F(y) ≤ G(y; x) ≤ G(x; x) = F(x) for its minimiser y"
    )


def gains_add_up() -> str:
    """Gains of a descent telescope."""
    f0, f1, f2, f3, best = sp.symbols("f_0 f_1 f_2 f_3 f", real=True)
    vanishes((f0 - f1) + (f1 - f2) + (f2 - f3) + (f3 - best) - (f0 - best), "gains telescope")
    return "the first k gains sum to f(x_0) − f(x_k) ≤ f(x_0) − f*; the least of k is at most their mean"


# -------------------------------------------------------------------------------------- smoothing and blocks


def soft_maximum() -> str:
    """Log-sum-exp lies between the maximum and ln(n)/mu above it."""
    mu, x, d = sp.symbols("mu x d", positive=True)
    less = sp.Symbol("r", nonnegative=True)  # what another value lies below the largest
    lse = sp.log(sp.exp(mu * x) + sp.exp(mu * (x - less))) / mu
    rest = sp.log(1 + sp.exp(-mu * less))
    vanishes(sp.simplify(lse - x - rest / mu), "two values")
    holds(rest.is_positive, "above the maximum")
    holds(sp.simplify(sp.diff(rest, less)).is_negative, "most at equal values, where it is ln 2")
    vanishes(sp.limit(sp.log(1 + sp.exp(-mu * d)) / mu, mu, sp.oo), "→ max as μ → ∞")
    return "1 ≤ Σ e^(μ (x − max)) ≤ n, each term in (0, 1] and one of them 1; ln(n)/μ vanishes as μ → ∞"


def _soft_bend(first: Any, second: Any, x: Any, mu: Any) -> Any:
    """The second derivative of log-sum-exp of two functions, and the terms it is made of."""
    share = 1 / (1 + sp.exp(mu * (second - first)))
    bend = share * sp.diff(first, x, 2) + (1 - share) * sp.diff(second, x, 2)
    return bend + mu * share * (1 - share) * (sp.diff(first, x) - sp.diff(second, x)) ** 2


def frequency_block() -> str:
    """The CPU blocks of (29): log-sum-exp of a convex delay and a constant, and a convex energy."""
    f, mu, a, r, kappa = sp.symbols("f mu A r kappa", positive=True)
    first, second = sp.Function("T1")(f), sp.Function("T2")(f)
    lse = sp.log(sp.exp(mu * first) + sp.exp(mu * second)) / mu
    vanishes(
        sp.simplify((sp.diff(lse, f, 2) - _soft_bend(first, second, f, mu)).rewrite(sp.exp)),
        "the second derivative of log-sum-exp",
    )
    vanishes(sp.diff(a / f + r, f, 2) - 2 * a / f**3, "A/f + r is convex")
    vanishes(sp.diff(kappa * a * f**2, f, 2) - 2 * kappa * a, "κ A f² is convex")
    return (
        "(log-sum-exp)″ = π₁ T₁″ + π₂ T₂″ + μ π₁ π₂ (T₁′ − T₂′)² ≥ 0 for convex T₁, T₂; the derivative rises "
        "from −∞ at f → 0: bisection finds its root, or ends at the limit"
    )


def split_block() -> str:
    """The beta block of (29): both delays and the energy are affine."""
    beta, mu, a, b = sp.symbols("beta mu A_1 A_2", positive=True)
    first, second = (1 - beta) * a, beta * b
    lse = sp.log(sp.exp(mu * first) + sp.exp(mu * second)) / mu
    share = 1 / (1 + sp.exp(mu * (second - first)))
    bend = mu * share * (1 - share) * (a + b) ** 2
    vanishes(sp.simplify((sp.diff(lse, beta, 2) - bend).rewrite(sp.exp)), "the second derivative in β")
    slope = (1 - share) * b - share * a
    vanishes(sp.simplify((sp.diff(lse, beta) - slope).rewrite(sp.exp)), "the derivative in β")
    return (
        "F̃″ = w μ π₁ π₂ (A₁ + A₂)² > 0: the derivative rises; its root or an end of [0, 1] is the minimiser"
    )


# ----------------------------------------------------------------------------------------- special cases


def _separate(cost: Any, variables: list[Any], pairs: list[tuple[int, int]]) -> None:
    """All mixed derivatives across blocks vanish."""
    for i, j in pairs:
        vanishes(
            sp.diff(cost, variables[i], variables[j]), f"mixed derivative in {variables[i]}, {variables[j]}"
        )


def df_separates() -> str:
    """(41)."""
    f, p, q = sp.symbols("f p_2 p_4", positive=True)
    w, kappa, a, b, rho, u = sp.symbols("w kappa theta_3 theta_4 rho u", positive=True)
    cost = w / f + kappa * f**2 + u * ((w + p) / sp.log(1 + a * p) + rho * (w + q) / sp.log(1 + b * q))
    _separate(cost, [f, p, q], [(0, 1), (0, 2), (1, 2)])
    return "the objective is a sum of one function each of f_R, p₂, p₄, and each has its own bound"


def af_separates() -> str:
    """(50)."""
    f, p, q = sp.symbols("f p_1 q", positive=True)
    w, kappa, a, b, rho, u, eta = sp.symbols("w kappa theta_1 theta_2 rho u eta", positive=True)
    snr = a * p * b * q / (1 + a * p + b * q)
    cost = w / f + kappa * f**2 + rho * u * (w / eta + p + q) / sp.log(1 + snr)
    _separate(cost, [f, p, q], [(0, 1), (0, 2)])
    return "the objective is a function of f_A plus one of (p₁, q); q = G (p₁ g₁ + σ²) is one-to-one in G"


def ratio_bends_down() -> str:
    """(44): the second derivative of (w + p)/ln(1 + theta p) is negative far out."""
    y, a, s = sp.symbols("y a s", positive=True)
    bracket = sp.log(1 + y) * (a - 2 - y) + 2 * (a + y)
    scaled = (a + y) / sp.log(1 + y)
    vanishes(sp.diff(scaled, y, 2) * (1 + y) ** 2 * sp.log(1 + y) ** 3 - bracket, "the second derivative")
    holds(sp.simplify((a - 2 - y).subs(y, 3 * a + s)).is_negative, "a − 2 − y < 0 at y = 3 a + s")
    holds(sp.expand((4 * (a - 2 - y) + 2 * (a + y)).subs(y, 3 * a + s)).is_negative, "< 0 for ln(1 + y) ≥ 4")
    holds(bool(sp.log(55).evalf(30) > 4), "ln 55 > 4")
    return "in y = θ p, a = θ w it has the sign of ln(1 + y)(a − 2 − y) + 2 (a + y) < 0 at y ≥ 3 a, y ≥ 54"


def power_is_recovered() -> str:
    """(45) at tau(p) is (44), and (46) undoes tau(p)."""
    tau, theta, B, p, w = sp.symbols("tau theta B p w", positive=True)
    time = sp.log(2) / (B * sp.log(1 + theta * p))
    cost = w * tau + tau / theta * (sp.exp(sp.log(2) / (B * tau)) - 1)
    power_form = sp.log(2) / B * (w + p) / sp.log(1 + theta * p)
    vanishes(sp.simplify(cost.subs(tau, time)) - power_form, "(45) at τ(p) is (44)")
    vanishes(sp.simplify((sp.exp(sp.log(2) / (B * time)) - 1) / theta) - p, "(46) undoes τ(p)")
    holds(sp.diff(time, p).is_negative, "τ falls with p")
    return "τ = ln 2/(B ln(1 + θ p)) is one-to-one, falls from ∞ to τ_min at P, and turns (45) into (44)"
