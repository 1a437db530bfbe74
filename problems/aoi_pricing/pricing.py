r"""Algorithm 1, pricing: devices answer prices, servers change them along the supergradient of the dual
value.

    mu_j += eta_1 (sum_i sqrt(A_ij) x_ij - mu_j/2),   nu_j += eta_2 (sum_i sqrt(S_ij) x_ij - nu_j/2),
    w_j  <- max(0, w_j + eta_3 scale (sum_i m_i x_ij/C_j - 1)),   w_j = pi_j C_j in s

Equation (31) with the terms that make it a supergradient step (`claims` on how it is printed). The devices'
answers are associations; the best of them is kept, and the best dual value. Ours is the last rule, `level`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mecopt.instance import Array
from mecopt.loops import Answer, Trace, subgradient_ascent
from mecopt.loops.subgradient import Rule, constant, diminishing, level

from .closed_form import Association, Loads, Prices, Terms, dual_value, loads, respond, total_cost

STEP = 0.02
STEPS = 2000
"""The paper states neither: both assumed."""

Changed = Callable[[Association], Association]


@dataclass(frozen=True)
class Outcome:
    """The best association and its cost, the last one, the best prices and their dual value, the trace."""

    best: Association
    cost: float
    last: Association
    prices: Prices
    bound: float
    trace: Trace


class Market:
    """One instance as an oracle of its dual value in mu, nu and, where memory is limited, w = pi C (s)."""

    def __init__(self, t: Terms, polish: Changed = lambda x: x) -> None:
        self.t = t
        self.limited = bool(np.isfinite(t.capacity).any())
        self.polish = polish
        self.last = self.best = np.full(len(t.local_cost), -1)
        self.cost = total_cost(t, self.best)

    def prices(self, vector: Array) -> Prices:
        n, memory = self.t.servers, np.zeros(self.t.servers)
        if self.limited:
            np.divide(vector[2 * n :], self.t.capacity, out=memory, where=self.t.capacity > 0)
        return Prices(vector[:n], vector[n : 2 * n], memory)

    def __call__(self, vector: Array) -> Answer:
        p = self.prices(vector)
        x, saved = respond(self.t, p)
        on = loads(self.t, x)
        self.last = x if not self.limited else repaired(self.t, x, saved)
        tried = self.polish(self.last)
        cost = total_cost(self.t, tried)
        if cost < self.cost:
            self.best, self.cost = tried, cost
        return Answer(dual_value(self.t, p, saved), self._supergradient(vector, on), cost)

    def _supergradient(self, vector: Array, on: Loads) -> Array:
        n = self.t.servers
        slope = np.concatenate([on.comm, on.comp]) - vector[: 2 * n] / 2
        if not self.limited:
            return slope
        full = np.ones(n)  # no memory at all: nobody is sent there, no price is needed
        np.divide(on.memory, self.t.capacity, out=full, where=self.t.capacity > 0)
        # a price of 0 stays 0 where there is room: in the length of the step it would drown the others
        stays = (vector[2 * n :] == 0) & (full < 1)
        return np.concatenate([slope, np.where(stays, 0.0, full - 1)])

    def start(self) -> Array:
        return np.zeros((3 if self.limited else 2) * self.t.servers)


def vector(t: Terms, p: Prices) -> Array:
    """Prices as Algorithm 1 moves them, that of memory in s."""
    room = [p.memory * t.capacity] if np.isfinite(t.capacity).any() else []
    return np.concatenate([p.band, p.cores, *room])


def repaired(t: Terms, x: Association, saved: Array) -> Association:
    """Send devices home from overfull servers, those first that take most memory for what they save."""
    kept = x.copy()
    for j in np.flatnonzero(loads(t, x).memory > t.capacity):
        here = np.flatnonzero(x == j)
        with np.errstate(divide="ignore"):
            order = here[np.argsort(t.memory[here] / saved[here], kind="stable")]
        used = np.cumsum(t.memory[order])
        kept[order[used > t.capacity[j]]] = -1
    return kept


def scale_of(t: Terms) -> float:
    """The largest saving that a device could make at price 0 (s)."""
    return float(np.max(t.local_cost - np.min(t.edge_cost, axis=-1), initial=0.0))


def run(
    t: Terms,
    rule: Rule,
    *,
    max_steps: int,
    start: Array | None = None,
    precision: float = 0.0,
    polish: Changed = lambda x: x,
) -> Outcome:
    """Algorithm 1 with some rule for its steps."""
    market = Market(t, polish)
    ascent, trace = subgradient_ascent(
        market,
        market.start() if start is None else start,
        rule=rule,
        max_steps=max_steps,
        project=lambda p: np.maximum(p, 0.0),
        precision=precision,
    )
    prices = market.prices(ascent.best)
    return Outcome(market.best, market.cost, market.last, prices, ascent.best_value, trace)


def paper(t: Terms, *, step: float = STEP, max_steps: int = STEPS, start: Array | None = None) -> Outcome:
    """Constant steps, as the paper has them; a memory price moves by eta scale."""
    size = np.full((3 if np.isfinite(t.capacity).any() else 2) * t.servers, step)
    size[2 * t.servers :] *= scale_of(t)
    return run(t, constant(size), max_steps=max_steps, start=start)


def decreasing(t: Terms, *, max_steps: int = STEPS) -> Outcome:
    """eta_t = 4/(t + 2): the dual value is strongly concave with modulus 1/2 in mu and nu."""
    return run(t, diminishing(4.0, 2.0), max_steps=max_steps)


def converging(
    t: Terms, *, max_steps: int = STEPS, precision: float = 1e-9, start: Array | None = None
) -> Outcome:
    """Steps that aim at a level above the best dual value."""
    rise = 0.5 * (total_cost(t, np.full(len(t.local_cost), -1)))
    return run(t, level(rise), max_steps=max_steps, precision=precision, start=start)
