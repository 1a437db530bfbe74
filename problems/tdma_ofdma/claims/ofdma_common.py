r"""P4 in ball arithmetic, as its claims need it: energies of points and a bound on all of them.

    E = ∑ A ρ (e^(ℓ/(w ρ)) − 1) + ∑ v (R − ∑ ℓ),     A = β T N0/g (J),  w = B T/ln 2 (bit/nat),  v = β C P

For any prices θ ≥ 0 of a bit, no point of P4 or of its relaxation takes less than

    D(θ) = ∑ [v R + min{(θ − v) m, (θ − v) R}] − ∑_n max_k S_{k,n},     S = A ψ(θ w/A),

ψ(u) = u ln u − u + 1 for u ≥ 1, else 0: S is what a whole sub-channel n saves user k at the price θ.
Written from the problem, without the code that solves it. g = h² is the power gain.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mecopt.claims import Interval, decades, instances
from mecopt.instance import Array, Instance

from ..ofdma import P4
from .common import FREE, NATURAL, Case

Ball = Any

OFDMA_NATURAL: dict[str, SearchStrategy[Any]] = {
    **{
        name: NATURAL[name]
        for name in ("energy_per_cycle", "cycles_per_bit", "local_frequency", "weight", "slot_duration")
    },
    "input_bits": decades(1e-2, 1e2),
    "channel_gain": decades(1e-3, 1e3),
    "subchannel_bandwidth": decades(1e-1, 1e3),
    "subchannel_noise_power": decades(1e-3, 1e3),
}
"""Dimensionless data around 1. Rates stay below 10⁴ bit/s/Hz, which balls (not doubles) can raise 2 to."""

OFDMA_FREE: dict[str, SearchStrategy[Any]] = {"local_frequency": FREE["local_frequency"]}
"""Nothing must be offloaded."""

OFDMA_PLAIN: dict[str, SearchStrategy[Any]] = {
    "cycles_per_bit": st.just(1.0),
    "weight": st.just(1.0),
    "slot_duration": st.just(1.0),
    "subchannel_bandwidth": st.just(1.0),
    "energy_per_cycle": st.sampled_from([1.0, 10.0, 100.0, 2.0, 0.0]),
    "channel_gain": st.sampled_from([1.0, 10.0, 100.0, 0.1, 2.0]),
    "input_bits": st.sampled_from([1.0, 10.0, 2.0, 0.1]),
    "subchannel_noise_power": st.sampled_from([1.0, 0.1, 0.01]),
}
"""Small numbers from which counterexamples are read off at once."""


def p4_cases(
    *, users: tuple[int, int] = (1, 3), subchannels: tuple[int, int] = (1, 4), **overrides: Any
) -> SearchStrategy[Case]:
    """Cases of P4 and its relaxation."""
    sizes = {"subchannels": subchannels}
    return instances(P4, users=users, sizes=sizes, **(OFDMA_NATURAL | overrides))


@dataclass(frozen=True)
class Exact:
    """The data of one instance of P4 as balls: a list over users, rows of sub-channels for `A`."""

    R: list[Ball]
    m: list[Ball]
    v: list[Ball]
    A: list[list[Ball]]
    w: Ball

    def local(self) -> Ball:
        """Energy of computing everything locally."""
        return sum((v * R for v, R in zip(self.v, self.R, strict=True)), arb(0))


def exact(s: Instance) -> Exact:
    """The balls of a single instance."""
    column = {name: [arb(float(x)) for x in np.ravel(array)] for name, array in s.data.items()}
    T, B, N0 = (column[x][0] for x in ("slot_duration", "subchannel_bandwidth", "subchannel_noise_power"))
    beta, C, R = column["weight"], column["cycles_per_bit"], column["input_bits"]
    rows = s.channel_gain
    return Exact(
        R=R,
        m=[(r - f * T / c).max(arb(0)) for r, f, c in zip(R, column["local_frequency"], C, strict=True)],
        v=[b * c * p for b, c, p in zip(beta, C, column["energy_per_cycle"], strict=True)],
        A=[[b * T * N0 / arb(float(g)) for g in row] for b, row in zip(beta, rows, strict=True)],
        w=B * T / arb.const_log2(),
    )


def energy_of(d: Exact, share: Array, bits: Array, *, sent: list[Ball] | None = None) -> Ball:
    """E of a point with doubles for shares and bits; None where bits are sent without a share.

    `sent`: the totals of the bits, where these are known better than their rounded sum.
    """
    radio = arb(0)
    for A, rhos, ells in zip(d.A, share, bits, strict=True):
        for a, rho, ell in zip(A, rhos, ells, strict=True):
            if rho <= 0 and ell != 0:
                return None
            if ell != 0:
                radio += a * arb(float(rho)) * (arb(float(ell)) / (d.w * arb(float(rho)))).expm1()
    totals = [sum((arb(float(x)) for x in row), arb(0)) for row in bits] if sent is None else sent
    return radio + sum((v * (R - L) for v, R, L in zip(d.v, d.R, totals, strict=True)), arb(0))


def saved(d: Exact, k: int, n: int, price: Ball) -> Ball:
    """S_{k,n}, what sub-channel n saves user k who pays `price` for a bit sent elsewhere."""
    u = (price * d.w / d.A[k][n]).max(arb(1))
    return d.A[k][n] * (u * u.log() - u + 1)


def largest(balls: list[Ball]) -> Ball:
    """The largest of some balls."""
    top = balls[0]
    for ball in balls[1:]:
        top = top.max(ball)
    return top


def least(d: Exact, k: int, price: Ball) -> Ball:
    """What user k pays at least when bits can be sent at a price."""
    slope = price - d.v[k]
    return d.v[k] * d.R[k] + (slope * d.m[k]).min(slope * d.R[k])


def pooled(d: Exact, n: int, prices: list[Ball]) -> Ball:
    """Most that sub-channel n saves, however it is shared."""
    return largest([saved(d, k, n, price) for k, price in enumerate(prices)])


def dual(d: Exact, prices: list[Ball], pool: Callable[[Exact, int, list[Ball]], Ball] = pooled) -> Ball:
    """D(θ). Another `pool` bounds the points that share each sub-channel n as it says."""
    bits = sum((least(d, k, price) for k, price in enumerate(prices)), arb(0))
    return bits - sum((pool(d, n, prices) for n in range(len(d.A[0]))), arb(0))


def as_prices(prices: Array) -> list[Ball]:
    """Prices in doubles as balls, those that are no numbers as 0."""
    return [arb(float(x)) if np.isfinite(x) and x > 0 else arb(0) for x in prices]


def beyond(value: Ball, bound: Ball, unit: Ball) -> Interval:
    """Enclosure of (value − bound)/unit."""
    return Interval.from_arb((value - bound) / unit)


NAN = Interval(-np.inf, np.inf)
"""A slack of which nothing is known."""
