"""What Algorithm 3 costs, counted: evaluations of Lambert's W and comparisons of priorities.

Three searches halve a bracket [0, top], each until it is eps * top wide: for the price of airtime in P2
(Step 1), for the priority down to which the cycles last (Step 2), for the price of airtime of the bits so
chosen (Step 3). A halving costs one W per user, one comparison per user, or both. Step 2 asks for descending
order, but only the user at whom the cycles run out has to be found: no need to sort, at K log K comparisons.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_least, claim, smallest
from mecopt.claims.exact import HOLDS
from mecopt.instance import Array, Instance
from mecopt.kernels.lambert import lambert_argument, lambert_exponent

from ..closed_form import Terms, fill_in_order, priorities, terms
from .common import P1, PAPER, Case
from .threshold import airtime, finely, mobiles

LN2 = float(np.log(2.0))

Bracket = tuple[float, float]


@dataclass
class Count:
    """Operations so far."""

    lambert: int = 0
    comparisons: int = 0


@dataclass(frozen=True)
class Search:
    """How brackets shrink, and how the user is found at whom the cycles run out."""

    kept: float = 0.5
    by_repeated_maximum: bool = False

    def shrink(self, too_low: Callable[[float], bool], top: float, eps: float) -> Bracket:
        """The bracket of the sign change, eps * top wide."""
        low, high = 0.0, top
        for _ in range(int(np.ceil(np.log(eps) / np.log(self.kept) - 1e-9))):
            middle = high - self.kept * (high - low)
            low, high = (middle, high) if too_low(middle) else (low, middle)
        return low, high


@dataclass(frozen=True)
class Run:
    """One run of Algorithm 3 on a single instance: the bits it settles on and the bracket of their price."""

    s: Instance
    eps: float
    search: Search
    count: Count = field(default_factory=Count)

    @property
    def data(self) -> Terms:
        """Users' terms."""
        return terms(self.s)

    def airtime(self, price: float, bits: Array) -> float:
        """Seconds that the bits take at this price."""
        p = self.data
        self.count.lambert += bits.size
        each = LN2 / (p.bandwidth * np.maximum(lambert_exponent(price / p.power_scale), 1e-300))
        return float(np.sum(np.where(bits > 0, bits * each, 0.0)))

    def load(self, bits: Array) -> float:
        """Cycles of the bits."""
        return float(np.sum(self.s.cycles_per_bit * bits))

    def above(self, level: float, phi: Array) -> Array:
        """Everything from the users above the level, the required bits from the others."""
        self.count.comparisons += phi.size
        return np.where(phi > level, self.data.input_bits, self.data.required_bits)

    def ceiling(self, bits: Array) -> float:
        """A price at which these bits fit the slot: everybody at the mean rate or a higher one."""
        p = self.data
        y = float(np.sum(bits)) * LN2 / (float(self.s.bandwidth) * float(self.s.slot_duration))
        return float(np.max(np.where(bits > 0, p.power_scale * lambert_argument(np.float64(y)), 0.0)))

    def bits(self) -> Array:
        """Steps 1 and 2."""
        p, slot, capacity = self.data, float(self.s.slot_duration), float(self.s.cloud_capacity)
        phi = priorities(p)
        top = max(float(np.max(phi)), self.ceiling(p.required_bits))
        low, _ = self.search.shrink(lambda lam: self.airtime(lam, self.above(lam, phi)) > slot, top, self.eps)
        free = self.above(low, phi)
        if self.load(free) <= capacity:
            return free
        if self.search.by_repeated_maximum:
            self.count.comparisons += phi.size * (phi.size - 1) // 2
            surely, rank = p.required_bits, phi
        else:
            top = float(np.max(phi))
            low, high = self.search.shrink(
                lambda cut: self.load(self.above(cut, phi)) > capacity, top, self.eps
            )
            surely, rank = self.above(high, phi), (phi > low).astype(np.float64)  # as good as equal: by index
        wanted = np.where((phi > 0) & (rank > 0), p.input_bits - surely, 0.0) * self.s.cycles_per_bit
        granted = fill_in_order(rank, wanted, np.array([capacity - self.load(surely)]))
        return np.minimum(surely + granted / self.s.cycles_per_bit, p.input_bits)

    def price(self, bits: Array) -> tuple[Bracket, float]:
        """Step 3: the bracket of the price at which the bits fill the slot, and its start."""
        top, slot = self.ceiling(bits), float(self.s.slot_duration)
        return self.search.shrink(lambda lam: self.airtime(lam, bits) > slot, top, self.eps), top


@finely
def correct(run: Run, bits: Array, bracket: Bracket, top: float) -> Any:
    """Slack of 'the bits keep their bounds and the bracket, eps * top wide, holds the price of airtime'."""
    us, (low, high) = mobiles(run.s), bracket
    sending = [(u, arb(float(b))) for u, b in zip(us, bits, strict=True) if b > 0]
    load = sum((u.C * b for u, b in sending), arb(0))
    over, under = (
        sum((b * airtime(u, arb(price)) for u, b in sending), arb(0)) if price > 0 else None
        for price in (low, high)
    )
    return smallest(
        at_least(arb(float(run.s.cloud_capacity)), load),
        *(at_least(arb(float(b)), u.m, scale=u.R) for u, b in zip(us, bits, strict=True)),
        at_least(arb(run.eps) * arb(top), arb(high) - arb(low), scale=arb(top)) if top > 0 else None,
        HOLDS if over is None else at_least(over, us[0].T),
        HOLDS if under is None else at_least(us[0].T, under),
    )


@claim(
    id="TDMA-A3c",
    source=f"{PAPER}, Section V-B",
    statement="Algorithm 3 costs O(K log(1/ε)) (tested as: at most 5 K (1 + log₂(1/ε)) evaluations of W and "
    "comparisons of priorities bring each price to ε of its first bracket; users whose priorities differ by "
    "less than ε max φ are not ordered, so that Step 2 need not sort).",
    recorded="certified",
    draws=st.fixed_dictionaries(
        {
            "users": st.sampled_from([3, 1, 10, 30, 100]),
            "halvings": st.integers(1, 40),
            "seed": st.integers(0, 999),
        }
    ),
    subject=Search(),
    mutants=[
        Mutant("a third cut off instead of a half", Search(kept=2 / 3)),
        Mutant("order by repeated maximum", Search(by_repeated_maximum=True)),
    ],
    tol=1e-9,
    tol_reason="relative to the bound; counts are exact, times are sums of doubles",
    max_samples=60,
)
def cost(case: Case, search: Search) -> Any:
    users, eps = case["users"], 2.0 ** -case["halvings"]
    s = P1.sample(users=users, seed=case["seed"])
    s = s.replace(cloud_capacity=2e8 * users)
    if P1.infeasible(s):
        return None
    run = Run(s, eps, search)
    bits = run.bits()
    bracket, top = run.price(bits)
    bound = 5 * users * (1 + case["halvings"])
    spare = (bound - run.count.lambert - run.count.comparisons) / bound
    return smallest(Interval(spare, spare), correct(run, bits, bracket, top))
