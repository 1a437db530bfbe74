r"""Theorem 1 as printed, in ball arithmetic, and the price of airtime it needs.

    υ = B C P g/(N0 ln 2),        φ = (β N0/g)(υ ln υ − υ + 1) for υ ≥ 1, else 0           (7), (8)
    ℓ = m if φ < λ,  R if φ > λ,  anything between at equality;        Σ t = T              Theorem 1
    t = ℓ ln 2/(B [W0((λ g/β − N0)/(N0 e)) + 1])

The dual function of P2 rises in λ while the airtime that the policy asks for exceeds T and falls once it is
below. `airtime_price` finds the change of sign and confirms it on both sides in ball arithmetic, so that λ*
provably lies in the ball it returns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from flint import arb, ctx
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import decades
from mecopt.instance import Array, Instance

from .common import FREE, NATURAL, Case, p2_cases

Ball = Any
Params = ParamSpec("Params")
Answer = TypeVar("Answer")

PRECISION = 320
"""Bits: 1 + W0 keeps half of them next to its branch point, where weak channels live."""

LARGEST_EXPONENT = 2**31
"""A search that has not found the logarithm of a price by then will not."""

STEPS = 100
"""Secant steps; a dozen suffice."""

WIDTH = arb(2) ** -60
"""Half the relative width of the ball around a price: beyond the last digit of a double."""

OPTIMA = "relative to the optimum, which is used only where it is proved to 1e-9; points are doubles"

WITH_DATA = decades(1e-3, 1e3)
"""Bits per mobile. One without data (R = 0) sends nothing, whatever its priority: no statement means it."""

MIXED_SPEEDS = st.one_of(NATURAL["local_frequency"], FREE["local_frequency"])
"""Local CPUs that may be too slow, and ones that finish everything in time."""


def contested(*, users: tuple[int, int] = (1, 5), **overrides: SearchStrategy[Any]) -> SearchStrategy[Case]:
    """Cases in which many want the slot and many must have it: every relation between φ and λ* is common."""
    fields = {
        "input_bits": WITH_DATA,
        "energy_per_cycle": decades(1e-2, 1e6, special=[0.0]),
        "local_frequency": MIXED_SPEEDS,
    }
    return p2_cases(users=users, **(fields | overrides))


def renamed(cases: SearchStrategy[Case], old: str, new: str) -> SearchStrategy[Case]:
    """The same cases with one entry under another name."""
    return cases.map(lambda case: {new if name == old else name: value for name, value in case.items()})


def finely(function: Callable[Params, Answer]) -> Callable[Params, Answer]:
    """Run with balls of `PRECISION` bits."""

    @wraps(function)
    def run(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
        with ctx.workprec(PRECISION):
            return function(*args, **kwargs)

    return run


@dataclass(frozen=True)
class Mobile:
    """One mobile's data (and the system's) as exact balls, in the letters of the paper; g = h²."""

    R: Ball
    C: Ball
    P: Ball
    F: Ball
    g: Ball
    beta: Ball
    B: Ball
    N0: Ball
    T: Ball

    @property
    def m(self) -> Ball:
        """Bits that must be offloaded."""
        return (self.R - self.F * self.T / self.C).max(arb(0))

    @property
    def v(self) -> Ball:
        """Weighted local energy of a bit."""
        return self.beta * self.C * self.P

    @property
    def A(self) -> Ball:  # noqa: N802 - the paper's letter
        """Weighted power scale."""
        return self.beta * self.N0 / self.g


def mobiles(s: Instance) -> list[Mobile]:
    """The mobiles of a single instance."""
    system = {"B": arb(float(s.bandwidth)), "N0": arb(float(s.noise_power)), "T": arb(float(s.slot_duration))}
    arrays = (s.input_bits, s.cycles_per_bit, s.energy_per_cycle, s.local_frequency, s.channel_gain, s.weight)
    rows = zip(*arrays, strict=True)
    return [Mobile(*(arb(float(x)) for x in row), **system) for row in rows]


def ratio(u: Mobile) -> Ball:
    """υ, the local cost of a bit over its cheapest radio cost."""
    return u.B * u.C * u.P * u.g / (u.N0 * arb.const_log2())


def priority(u: Mobile) -> Ball:
    """φ of (7), the price of airtime up to which offloading pays."""
    x = ratio(u)
    return u.beta * u.N0 / u.g * (x * x.log() - x + 1) if x >= 1 else arb(0)


def exponent(u: Mobile, price: Ball, *, branch: int = 0, added: int = 1) -> Ball:
    """W0((λ g/β − N0)/(N0 e)) + 1, the rate in nats per second and hertz; the keywords are for misprints."""
    return ((price * u.g / u.beta - u.N0) / (u.N0 * arb.const_e())).lambertw(branch) + added


def airtime(u: Mobile, price: Ball, *, branch: int = 0, added: int = 1) -> Ball:
    """Seconds per offloaded bit in Theorem 1."""
    return arb.const_log2() / (u.B * exponent(u, price, branch=branch, added=added))


def bit_price(u: Mobile, price: Ball) -> Ball:
    """Least energy of an offloaded bit with its airtime paid for: (β N0 ln 2/(g B)) e^y."""
    return u.A * arb.const_log2() / u.B * exponent(u, price).exp()


def complete_if_above(phi: Ball, price: Ball) -> bool:
    """The printed rule."""
    return bool(phi > price)


@dataclass(frozen=True)
class Policy:
    """Theorem 1: its priority, rule, airtime and the share of the slot that is used."""

    priority: Callable[[Mobile], Ball] = priority
    offloads_all: Callable[[Ball, Ball], bool] = complete_if_above
    airtime: Callable[[Mobile, Ball], Ball] = airtime
    share_of_slot: float = 1.0


THEOREM_1 = Policy()


@dataclass(frozen=True)
class Decision:
    """What a policy does with an instance: λ*, bits, and seconds per bit of each mobile, as balls."""

    price: Ball
    bits: list[Ball]
    seconds_per_bit: list[Ball]

    @property
    def point(self) -> tuple[Array, Array]:
        """Bits and airtimes as doubles."""
        time = (b * s if b > 0 else arb(0) for b, s in zip(self.bits, self.seconds_per_bit, strict=True))
        return as_floats(self.bits), as_floats(time)


def as_floats(balls: Any) -> Array:
    """The middles of balls."""
    return np.array([float(ball.mid()) for ball in balls])


def has_reason(u: Mobile) -> bool:
    """The condition of Theorem 1, for a mobile with data: υ > 1 or m > 0."""
    return bool(u.R > 0) and bool(ratio(u) > 1 or u.m > 0)


def bounds(u: Mobile, phi: Ball, price: Ball, policy: Policy) -> tuple[Ball, Ball]:
    """Fewest and most bits of a mobile at a price; they differ at the threshold, phi = price."""
    if phi.overlaps(price):
        return u.m, u.R
    bits = u.R if policy.offloads_all(phi, price) else u.m
    return bits, bits


def asked(us: Sequence[Mobile], phis: Sequence[Ball], price: Ball, policy: Policy) -> tuple[Ball, Ball]:
    """Least and most airtime that the policy asks for at a price."""
    least = most = arb(0)
    for u, phi in zip(us, phis, strict=True):
        low, high = bounds(u, phi, price, policy)
        if not high.is_zero():
            seconds = policy.airtime(u, price)
            least, most = least + low * seconds, most + high * seconds
    return least, most


def airtime_price(us: Sequence[Mobile], policy: Policy = THEOREM_1) -> Ball:
    """A ball that holds λ*. Raises ValueError where no price makes the policy fill the slot."""
    phis = [policy.priority(u) for u in us]
    slot = us[0].T * policy.share_of_slot

    def excess(log_price: Ball) -> Ball:
        """Logarithm of the airtime asked for, in slots, away from thresholds."""
        return (asked(us, phis, log_price.exp(), policy)[0] / slot).log()

    too_low, too_high = [], []
    for phi in (phi for phi in phis if phi > 0):
        least, most = asked(us, phis, phi, policy)
        if least <= slot <= most:
            return phi
        if least > slot:
            too_low.append((phi * (1 + WIDTH)).log().mid())
        else:
            too_high.append((phi * (1 - WIDTH)).log().mid())
    start = max(u.A for u in us).log().mid()
    low = max(too_low) if too_low else _reach(excess, start, -1)
    high = min(too_high) if too_high else _reach(excess, start, 1)
    price = _root(excess, low, high).exp()
    ends = price * (1 - WIDTH), price * (1 + WIDTH)
    if not (asked(us, phis, ends[0], policy)[0] > slot and asked(us, phis, ends[1], policy)[1] < slot):
        raise ValueError("no price of airtime fills the slot")
    return ends[0].union(ends[1])


def _reach(falling: Callable[[Ball], Ball], start: Ball, direction: int) -> Ball:
    """Go up (1) until `falling` is negative, or down (-1) until it is positive."""
    step = 1
    while not falling(start + direction * step) * direction < 0:
        step *= 2
        if step > LARGEST_EXPONENT:
            raise ValueError("no price of airtime fills the slot")
    return start + direction * step


def _root(falling: Callable[[Ball], Ball], low: Ball, high: Ball) -> Ball:
    """The sign change of a smooth function: false position, an end kept twice counting half (Illinois)."""
    above, below = falling(low).mid(), falling(high).mid()
    root, kept = low, 0
    for _ in range(STEPS):
        previous, root = root, (low + (high - low) * above / (above - below)).mid()
        value = falling(root).mid()
        if abs(root - previous) < WIDTH * WIDTH:
            break
        if value > 0:
            low, above, below, kept = root, value, below / 2 if kept == 1 else below, 1
        else:
            high, below, above, kept = root, value, above / 2 if kept == -1 else above, -1
    return root


def decide(us: Sequence[Mobile], policy: Policy = THEOREM_1) -> Decision:
    """The policy at its price; mobiles at the threshold fill the slot one after the other."""
    price = airtime_price(us, policy)
    seconds = [policy.airtime(u, price) for u in us]
    ranges = [bounds(u, policy.priority(u), price, policy) for u in us]
    left = us[0].T * policy.share_of_slot
    left -= sum((low * s for (low, _), s in zip(ranges, seconds, strict=True) if low > 0), arb(0))
    bits = []
    for (low, high), s in zip(ranges, seconds, strict=True):
        more = (left / s).min(high - low) if high > low and left > 0 else arb(0)
        bits.append(low + more)
        left -= more * s
    return Decision(price, bits, seconds)
