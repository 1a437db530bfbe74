r"""Algorithm 3: project powers and gain onto the linearised budgets (37), by bisection of its dual.

    x = p1/P_A,  x2 = p2/P_A,  y = G (P_A g1 + sigma^2)/P_R,  z = p4/P_R,  m = P_A g1/(P_A g1 + sigma^2)

(19e) is x + x2 <= 1, and (19h), m x y + (1 - m) y + z <= 1, linearised at (x0, y0) with delta = x0 - y0 is

    c = m [x^2/2 + y^2/2 - delta (x - y) + delta^2/2] + (1 - m) y + z - 1 <= 0                        (33)

For a price lam of c the Lagrangian splits into (x, x2), y and z, each in closed form (40); the price is
bisected until c = 0. Source: Chen et al. 2020, Section IV and Appendix C.
"""

from typing import NamedTuple

BISECTIONS = 100


class Powers(NamedTuple):
    """User powers x, x2, gain y, relay power z, all shares."""

    x: float
    x2: float
    y: float
    z: float


class Linearised(NamedTuple):
    """(33) at a point: m and delta = x0 - y0."""

    m: float
    delta: float

    def value(self, v: Powers) -> float:
        """c at a point."""
        bend = v.x * v.x / 2 + v.y * v.y / 2 - self.delta * (v.x - v.y) + self.delta * self.delta / 2
        return self.m * bend + (1 - self.m) * v.y + v.z - 1


def relay_budget(m: float, v: Powers) -> float:
    """(19h): m x y + (1 - m) y + z - 1."""
    return m * v.x * v.y + (1 - m) * v.y + v.z - 1


def simplex(u: float, v: float, wu: float = 1.0, wv: float = 1.0) -> tuple[float, float]:
    """argmin wu (x - u)^2 + wv (x2 - v)^2 over x, x2 >= 0, x + x2 <= 1 (Appendix C)."""
    x, x2 = max(u, 0.0), max(v, 0.0)
    if x + x2 <= 1:
        return x, x2
    t = (u + v - 1) / (1 / wu + 1 / wv)
    x, x2 = u - t / wu, v - t / wv
    if x < 0:
        return 0.0, 1.0
    if x2 < 0:
        return 1.0, 0.0
    return x, x2


def at_price(target: Powers, c: Linearised, lam: float) -> Powers:
    """(40): the minimiser of |v - target|^2/2 + lam c(v) over x, x2, y, z >= 0, x + x2 <= 1."""
    stiff = 1 + lam * c.m
    y = max((target.y - lam * (c.m * c.delta + 1 - c.m)) / stiff, 0.0)
    x, x2 = simplex((target.x + lam * c.m * c.delta) / stiff, target.x2, stiff, 1.0)
    return Powers(x, x2, y, max(target.z - lam, 0.0))


def project(target: Powers, c: Linearised) -> Powers:
    """The projection onto (37); the point on the feasible side of the last bracket."""
    return priced_projection(target, c)[0]


def priced_projection(target: Powers, c: Linearised) -> tuple[Powers, float]:
    """The projection and the price of c."""
    free = at_price(target, c, 0.0)
    if c.value(free) <= 0:
        return free, 0.0
    low, high = 0.0, 1.0
    while c.value(at_price(target, c, high)) > 0:
        low, high = high, 2 * high
        if high > 1e300:
            break
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if c.value(at_price(target, c, middle)) > 0:
            low = middle
        else:
            high = middle
    return at_price(target, c, high), high
