"""Section IV and Appendix C: the linearised budget, its projection and the dual of it."""

from collections.abc import Callable
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades, fraction

from .. import projection
from ..projection import Linearised, Powers
from .common import EXACT, PAPER, Case

Ball = Any

# ---------------------------------------------------------------------- (32), (33) and the projection

SHARE = st.integers(0, 20).map(lambda n: n / 20)
CONVEX = st.fixed_dictionaries(
    {
        "m": st.integers(1, 19).map(lambda n: n / 20),
        **dict.fromkeys(("x0", "y0", "x1", "y1", "z1", "x2", "y2", "z2"), SHARE),
    }
)


def budget(m: Ball, x: Ball, y: Ball, z: Ball) -> Ball:
    """(19h), scaled."""
    return m * x * y + (1 - m) * y + z - 1


def linearised(m: Ball, delta: Ball, x: Ball, y: Ball, z: Ball) -> Ball:
    """(33)."""
    return m * (x * x / 2 + y * y / 2 - delta * (x - y) + delta * delta / 2) + (1 - m) * y + z - 1


@claim(
    id="RACO-E32",
    source=f"{PAPER}, (32), (33)",
    statement="(19h) is non-convex; (33) is convex, implies (19h) and is tight at the current point.",
    recorded="certified",
    draws=CONVEX,
    subject=linearised,
    mutants=[
        Mutant("without δ²/2", lambda m, e, x, y, z: linearised(m, e, x, y, z) - m * e * e / 2),
        Mutant("sign of δ", lambda m, e, x, y, z: linearised(m, -e, x, y, z)),
        Mutant("(19h) itself", lambda m, e, x, y, z: budget(m, x, y, z)),
    ],
    tol=EXACT,
    tol_reason="relative to P_R",
)
def budget_is_convexified(case: Case, c: Callable[..., Ball]) -> Interval:
    with ball_arithmetic():
        v = {k: arb(x) for k, x in case.items()}
        m, delta = v["m"], v["x0"] - v["y0"]
        # two points of (19h) at its rim, their middle outside
        top = 1 / (1 - m)
        non_convex = budget(m, arb(1) / 2, (1 + top) / 2, arb(0))
        one, other = (v["x1"], v["y1"], v["z1"]), (v["x2"], v["y2"], v["z2"])
        middle = [(a + b) / 2 for a, b in zip(one, other, strict=True)]
        convex = (c(m, delta, *one) + c(m, delta, *other)) / 2 - c(m, delta, *middle)
        across = (c(m, delta, arb(1), arb(0), arb(0)) + c(m, delta, arb(0), arb(1), arb(0))) / 2
        convex = convex.min(across - c(m, delta, arb(1) / 2, arb(1) / 2, arb(0)))
        inner = c(m, delta, *one) - budget(m, *one)
        tight = -abs(c(m, delta, v["x0"], v["y0"], v["z1"]) - budget(m, v["x0"], v["y0"], v["z1"]))
        return Interval.from_arb(non_convex.min(convex).min(inner).min(tight))


NUMBER = st.one_of(
    st.integers(-20, 40).map(lambda n: n / 10), decades(1e-3, 10).map(lambda x: -x), decades(1e-3, 10)
)
TARGET = st.fixed_dictionaries(
    {
        "m": st.one_of(st.integers(1, 19).map(lambda n: n / 20), fraction(open_ends="01")),
        "x0": SHARE,
        "y0": SHARE,
        **dict.fromkeys(("x", "x2", "y", "z"), NUMBER),
        "price": decades(1e-3, 1e3),
    }
)


def read_target(case: Case) -> tuple[Powers, Linearised]:
    return Powers(case["x"], case["x2"], case["y"], case["z"]), Linearised(case["m"], case["x0"] - case["y0"])


def lagrangian_slope(case: Case, v: Powers, lam: float) -> list[Ball]:
    """Gradient of |v - target|^2/2 + lam c at v."""
    m, delta, price = arb(case["m"]), arb(case["x0"]) - arb(case["y0"]), arb(lam)
    x, y = arb(v.x), arb(v.y)
    return [
        x - arb(case["x"]) + price * m * (x - delta),
        arb(v.x2) - arb(case["x2"]),
        y - arb(case["y"]) + price * (m * (y + delta) + 1 - m),
        arb(v.z) - arb(case["z"]) + price,
    ]


def optimality(case: Case, v: Powers, lam: float) -> Ball:
    """Slack of 'v minimises the Lagrangian over x, x2, y, z >= 0, x + x2 <= 1': first-order conditions."""
    g = lagrangian_slope(case, v, lam)
    scale = 1 + sum((abs(e) for e in g), arb(0)) + abs(arb(case["x"])) + abs(arb(case["y"])) + arb(lam)
    corners = ((0, 0), (1, 0), (0, 1))
    simplex = min(
        (g[0] * (a - arb(v.x)) + g[1] * (b - arb(v.x2)) for a, b in corners), key=lambda t: float(t.mid())
    )
    worst = simplex
    for slope, value in ((g[2], v.y), (g[3], v.z)):
        worst = worst.min(slope).min(-abs(slope * arb(value)))
    feasible = arb(min(v)).min(1 - arb(v.x) - arb(v.x2))
    return worst.min(feasible) / scale


@claim(
    id="RACO-E40",
    source=f"{PAPER}, (40)",
    statement="For a price λ, (40) decomposes into two independent linearly constrained convex quadratic "
    "problems, in the user "
    "powers and in the relay variables, each with a closed form.",
    recorded="certified",
    draws=TARGET,
    subject=projection.at_price,
    mutants=[
        Mutant(
            "no projection of the user powers",
            lambda t, c, p: projection.at_price(t, c, p)._replace(x=max(t.x, 0.0)),
        ),
        Mutant(
            "equal weights of x and x2",
            lambda t, c, p: projection.at_price(t, c._replace(m=0.0), p)._replace(
                y=projection.at_price(t, c, p).y
            ),
        ),
        Mutant("z not clipped", lambda t, c, p: projection.at_price(t, c, p)._replace(z=t.z - p)),
        Mutant("sign of δ", lambda t, c, p: projection.at_price(t, c._replace(delta=-c.delta), p)),
    ],
    tol=1e-11,
    tol_reason="relative to slopes, target and price; the point is in doubles",
)
def closed_form_at_a_price(case: Case, f: Callable[..., Powers]) -> Interval:
    target, c = read_target(case)
    v = f(target, c, case["price"])
    with ball_arithmetic():
        return Interval.from_arb(optimality(case, v, case["price"]))


def _bisect(target: Powers, c: Linearised, steps: int) -> tuple[Powers, float]:
    """The dual's bisection, ended early."""
    low, high = 0.0, 1.0
    if c.value(projection.at_price(target, c, 0.0)) <= 0:
        return projection.at_price(target, c, 0.0), 0.0
    while c.value(projection.at_price(target, c, high)) > 0:
        low, high = high, 2 * high
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if c.value(projection.at_price(target, c, middle)) > 0 else (low, middle)
    return projection.at_price(target, c, high), high


@claim(
    id="RACO-E37",
    source=f"{PAPER}, (37), Algorithm 3",
    statement="The projection (37) is a convex problem and is solved by bisection on its one-dimensional "
    "dual.",
    recorded="certified",
    draws=TARGET,
    subject=projection.priced_projection,
    mutants=[
        Mutant("ten bisections", lambda t, c: _bisect(t, c, 10)),
        Mutant("without the constraint", lambda t, c: (projection.at_price(t, c, 0.0), 0.0)),
        Mutant("the price of the first bracket", lambda t, c: _bisect(t, c, 0)),
    ],
    tol=1e-9,
    tol_reason="relative to slopes, target and price; the point is in doubles",
)
def projection_by_bisection(case: Case, f: Callable[..., tuple[Powers, float]]) -> Interval:
    target, c = read_target(case)
    v, lam = f(target, c)
    with ball_arithmetic():
        m, delta = arb(case["m"]), arb(case["x0"]) - arb(case["y0"])
        height = linearised(m, delta, arb(v.x), arb(v.y), arb(v.z))
        scale = 1 + arb(lam) + sum((abs(arb(case[k])) for k in ("x", "x2", "y", "z")), arb(0))
        kept = -height / scale
        complementary = -abs(height) * arb(lam) / scale
        return Interval.from_arb(optimality(case, v, lam).min(kept).min(complementary))


@claim(
    id="RACO-E39",
    source=f"{PAPER}, (39)",
    statement="(40) has a unique solution, the dual function is differentiable and its derivative is the "
    "constraint's value.",
    recorded="certified",
    draws=TARGET,
    subject=lambda c, v: c,
    mutants=[
        Mutant("half the value", lambda c, v: c / 2),
        Mutant("sign", lambda c, v: -c),
        Mutant("plus z", lambda c, v: c + arb(v.z)),
    ],
    tol=1e-10,
    tol_reason="relative to target, price and the dual's terms; the minimisers are in doubles",
)
def derivative_of_the_dual(case: Case, derivative: Callable[..., Ball]) -> Interval:
    """Between two prices the concave dual rises by no more and no less than its end slopes, and these
    are close."""
    target, c = read_target(case)
    lam = case["price"]
    other = lam * (1 + 1e-3)
    points = [projection.at_price(target, c, p) for p in (lam, other)]
    with ball_arithmetic():
        m, delta = arb(case["m"]), arb(case["x0"]) - arb(case["y0"])
        c_at = [linearised(m, delta, arb(v.x), arb(v.y), arb(v.z)) for v in points]

        def dual(v: Powers, height: Ball, price: float) -> Ball:
            far = sum(((arb(a) - arb(b)) ** 2 for a, b in zip(v, target, strict=True)), arb(0))
            return far / 2 + arb(price) * height

        rise = dual(points[1], c_at[1], other) - dual(points[0], c_at[0], lam)
        step = arb(other) - arb(lam)
        slopes = [derivative(h, v) for h, v in zip(c_at, points, strict=True)]
        scale = 1 + abs(rise) + abs(dual(points[0], c_at[0], lam)) + step * (abs(c_at[0]) + abs(c_at[1]))
        below, above = rise - step * slopes[1], step * slopes[0] - rise
        return Interval.from_arb(below.min(above) / scale)


OUTSIDE = st.fixed_dictionaries({"x": NUMBER, "x2": NUMBER})


@claim(
    id="RACO-E68",
    source=f"{PAPER}, Appendix C",
    statement="When the point is not inside the feasible region of the user powers, its projection lies "
    "on the boundary; in other "
    "words (19e) holds with equality, p₁ + p₂ = P_A.",
    recorded="refuted",
    draws=OUTSIDE,
    subject=lambda x, x2: True,
    mutants=[
        Mutant("only where the clipped point exceeds the budget", lambda x, x2: max(x, 0) + max(x2, 0) >= 1)
    ],
    tol=1e-12,
    tol_reason="relative to P_A",
    explanation="A point with a negative coordinate is outside, too: (−1, 0) is projected to (0, 0), on "
    "the boundary of p ≥ 0 "
    "and far from p₁ + p₂ = P_A.",
    corrected_by="RACO-E68.corrected",
)
def on_the_budget(case: Case, applies: Callable[[float, float], bool]) -> Interval | None:
    x, x2 = case["x"], case["x2"]
    inside = x >= 0 and x2 >= 0 and x + x2 <= 1
    if inside or not applies(x, x2):
        return None if inside else Interval(0.0, 0.0)
    with ball_arithmetic():
        v = projected_exactly(arb(x), arb(x2))
        return Interval.from_arb(-abs(v[0] + v[1] - 1))


def projected_exactly(x: Ball, x2: Ball) -> tuple[Ball, Ball]:
    """The projection on {x, x2 >= 0, x + x2 <= 1} by cases."""
    zero = arb(0)
    a, b = x.max(zero), x2.max(zero)
    if a + b <= 1:
        return a, b
    t = (x + x2 - 1) / 2
    if x - t < 0:
        return zero, arb(1)
    if x2 - t < 0:
        return arb(1), zero
    return x - t, x2 - t


@claim(
    id="RACO-E68.corrected",
    source=f"correction of {PAPER}, Appendix C",
    statement="Clip the point at 0; if the budget then holds this is the projection, else (19e) holds "
    "with equality at it.",
    recorded="certified",
    draws=OUTSIDE,
    subject=projection.simplex,
    mutants=[
        Mutant("always on the budget", lambda x, x2: (x - (x + x2 - 1) / 2, x2 - (x + x2 - 1) / 2)),
        Mutant(
            "scaled down",
            lambda x, x2: tuple(max(v, 0.0) / max(1.0, max(x, 0.0) + max(x2, 0.0)) for v in (x, x2)),
        ),
    ],
    tol=1e-12,
    tol_reason="relative to 1 + the point's size; the projection is in doubles",
)
def clip_first(case: Case, f: Callable[..., tuple[float, float]]) -> Interval:
    a, b = f(case["x"], case["x2"])
    with ball_arithmetic():
        x, x2, u, v = (arb(t) for t in (case["x"], case["x2"], a, b))
        scale = 1 + abs(x) + abs(x2)
        worst = u.min(v).min(1 - u - v)
        for p, q in ((0, 0), (1, 0), (0, 1)):  # no corner lies closer: (v - target)(corner - v) >= 0
            worst = worst.min(((u - x) * (p - u) + (v - x2) * (q - v)) / scale)
        clipped = x.max(arb(0)) + x2.max(arb(0))
        on_budget = -abs(u + v - 1) if clipped > 1 else arb(0)
        return Interval.from_arb(worst.min(on_budget) / scale)
