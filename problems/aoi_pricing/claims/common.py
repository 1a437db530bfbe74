r"""What the claims share: small cases in terms of delays and energies, and the paper's objects in balls.

A case gives A (delay alone on the band), S (parallel delay alone on the cores), s (serial delay), D
(local delay),
the energies E_loc, E_tx, the battery B and the weight alpha: numbers around 1, from which everything follows,
independently of the code that solves the problems.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import decades

PAPER = "Kim et al. 2024"

Case = dict[str, Any]
Ball = Any
Balls = Any
"""Object arrays of balls."""

root = np.frompyfunc(arb.sqrt, 1, 1)
_ball = np.frompyfunc(arb, 1, 1)
_middle = np.frompyfunc(lambda ball: float(ball.mid()), 1, 1)

POSITIVE = decades(1e-2, 1e2)
FROM_ZERO = decades(1e-2, 1e2, special=[0.0])

FIELDS: dict[str, tuple[str, SearchStrategy[float]]] = {
    "A": ("users servers", POSITIVE),
    "S": ("users servers", POSITIVE),
    "s": ("users servers", FROM_ZERO),
    "D": ("users", decades(1e-2, 1e3)),
    "E_loc": ("users", FROM_ZERO),
    "E_tx": ("users servers", FROM_ZERO),
    "B": ("users", POSITIVE),
    "alpha": ("", FROM_ZERO),
}


def term_cases(users: Any = (1, 3), servers: Any = (1, 2), **overrides: Any) -> SearchStrategy[Case]:
    """Cases; half of them with equal devices among the users. Further overrides are drawn as they are."""

    @st.composite
    def build(draw: Callable[[SearchStrategy[Any]], Any]) -> Case:
        m, n = draw(st.integers(*users)), draw(st.integers(*servers))
        case: Case = {}
        rows = [
            {
                name: _entry(draw, axes, overrides.get(name, v), n)
                for name, (axes, v) in FIELDS.items()
                if axes
            }
            for _ in range(m)
        ]
        if m > 1 and draw(st.booleans()):
            rows[-1] = rows[0]
        for name, (axes, values) in FIELDS.items():
            case[name] = [row[name] for row in rows] if axes else draw(overrides.get(name, values))
        for name, values in overrides.items():
            if name not in FIELDS:
                case[name] = draw(values)
        return case

    return build()


def _entry(draw: Callable[[SearchStrategy[Any]], Any], axes: str, values: SearchStrategy[Any], n: int) -> Any:
    return [draw(values) for _ in range(n)] if "servers" in axes else draw(values)


def price_lists(entry: SearchStrategy[float] = FROM_ZERO) -> SearchStrategy[list[float]]:
    """Four prices, of which a claim takes as many as there are servers."""
    return st.lists(entry, min_size=2, max_size=2)


@dataclass(frozen=True)
class Data:
    """A case in balls: `(users, servers)` and `(users,)` arrays."""

    A: Balls
    S: Balls
    s: Balls
    D: Balls
    E_loc: Balls
    E_tx: Balls
    B: Balls
    alpha: Ball
    _roots: dict[int, tuple[Balls, Balls]] = field(default_factory=dict, init=False, repr=False)
    """By the identity of an array: the array, and its roots. All associations ask for the same few."""

    @property
    def users(self) -> int:
        return self.A.shape[0]  # type: ignore[no-any-return]

    @property
    def servers(self) -> int:
        return self.A.shape[1]  # type: ignore[no-any-return]

    @cached_property
    def K(self) -> Balls:  # noqa: N802 (the paper's letter)
        """Cost of local work."""
        return self.D + self.alpha * self.E_loc / self.B

    @cached_property
    def e(self) -> Balls:
        """Fixed cost of offloading."""
        return self.s + self.alpha * self.E_tx / self.B[:, None]

    @cached_property
    def c(self) -> Balls:
        """e - K."""
        return self.e - self.K[:, None]

    @cached_property
    def G(self) -> Balls:  # noqa: N802 (the paper's letter)
        """Energy that offloading saves."""
        return self.E_loc[:, None] - self.E_tx

    def roots(self, weight: Balls) -> Balls:
        """The square root of each entry."""
        if id(weight) not in self._roots:
            self._roots[id(weight)] = weight, root(weight)
        return self._roots[id(weight)][1]


def data(case: Case) -> Data:
    """The case in balls (numbers or balls)."""
    made = {}
    for name, (axes, _) in FIELDS.items():
        made[name] = _ball(np.array(case[name], dtype=object)) if axes else arb(case[name])
    return Data(**made)


Association = tuple[int, ...]


def associations(d: Data) -> Iterator[Association]:
    """All of them; -1 is local."""
    return itertools.product(range(-1, d.servers), repeat=d.users)


def at(d: Data, x: Association, j: int) -> list[int]:
    """Who is at server j."""
    return [i for i in range(d.users) if x[i] == j]


def total(balls: Any) -> Ball:
    """Their sum, 0 of none."""
    return sum(balls, arb(0))


def least(balls: Any) -> Ball:
    """The smallest of some balls."""
    found = None
    for ball in balls:
        found = ball if found is None else found.min(ball)
    return found


def load(d: Data, x: Association, j: int, weight: Balls) -> Ball:
    """sum over the devices at j of sqrt(weight)."""
    roots = d.roots(weight)
    return total([roots[i, j] for i, k in enumerate(x) if k == j])


def squares(d: Data, x: Association, *weights: Balls) -> Ball:
    """sum_j (sum_i sqrt(w_ij) x_ij)^2 for each kind of weight."""
    return total([load(d, x, j, w) ** 2 for w in weights for j in range(d.servers)])


def linear(d: Data, x: Association, cost: Balls) -> Ball:
    """sum of cost_ij over the devices that offload."""
    return total([cost[i, j] for i, j in enumerate(x) if j >= 0])


def p5(d: Data, x: Association) -> Ball:
    """P5 with the terms of the model."""
    return squares(d, x, d.A, d.S) + linear(d, x, d.c)


def cost(d: Data, x: Association) -> Ball:
    """F: delays under the best shares and what the batteries lose, from the definitions."""
    local = total(d.K[i] for i in range(d.users) if x[i] < 0)
    return local + squares(d, x, d.A, d.S) + linear(d, x, d.e)


def asked(d: Data, mu: Any, nu: Any) -> Balls:
    """q = mu sqrt(A) + nu sqrt(S) + c."""
    n = d.servers
    by_band = d.roots(d.A) * np.array(mu[:n], dtype=object)
    return by_band + d.roots(d.S) * np.array(nu[:n], dtype=object) + d.c


def charges(d: Data, mu: Any, nu: Any) -> Ball:
    """sum (mu^2 + nu^2)/4."""
    return total(p * p for p in (*mu[: d.servers], *nu[: d.servers])) / 4


def dual(d: Data, mu: Any, nu: Any) -> Ball:
    """g: devices that gain nothing stay local."""
    q = asked(d, mu, nu)
    return total(least([arb(0), *row]) for row in q) - charges(d, mu, nu)


def answer(d: Data, mu: Any, nu: Any) -> Association | None:
    """The devices' answers to prices; None where a ball cannot tell."""
    x = []
    for row in asked(d, mu, nu):
        options = [arb(0), *row]
        best = min(range(len(options)), key=lambda k: float(options[k].mid()))
        if not all(k == best or options[k] > options[best] for k in range(len(options))):
            return None
        x.append(best - 1)
    return tuple(x)


def scale(*balls: Ball) -> Ball:
    """The size of some numbers, as an exact ball; 1 if all are zero."""
    size = max(abs(float(ball.mid())) for ball in balls)
    return arb(size) if size > 0 else arb(1)


def number(values: Balls) -> Any:
    """Mid points as floats."""
    return _middle(values).astype(np.float64)
