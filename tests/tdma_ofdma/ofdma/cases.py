"""Instances of P4, P4R and P5 to try, and P4 restated in 50 digits. Shares no formula with the package."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

import mecopt
from mecopt.instance import Array, Instance
from mecopt.problem import Problem

P4: Problem = mecopt.load("tdma_ofdma.P4")
P4R: Problem = mecopt.load("tdma_ofdma.P4R")
P5: Problem = mecopt.load("tdma_ofdma.P5")
PROBLEMS = {"P4": P4, "P4R": P4R, "P5": P5}

DIGITS = 50

EXAMPLE: dict[str, Any] = {
    "input_bits": [5e5, 8e5, 6e5],
    "cycles_per_bit": [1000, 700, 1200],
    "energy_per_cycle": [1e-10, 1.5e-10, 5e-11],
    "local_frequency": [1e9, 6e9, 8e9],
    "weight": [1, 1, 2],
    "subchannel_bandwidth": 1e6,
    "subchannel_noise_power": 1e-9,
    "slot_duration": 0.1,
    "channel_gain": [[1e-3, 2e-4, 6e-4, 9e-4], [4e-4, 1.1e-3, 3e-4, 5e-4], [2e-3, 7e-4, 1.5e-3, 1e-4]],
}
AVERAGED = {key: value for key, value in EXAMPLE.items() if key != "channel_gain"} | {
    "average_channel_gain": [5.666666666666667e-4, 6.333333333333333e-4, 7.666666666666667e-4],
    "num_subchannels": 3,
}


def example(name: str = "P4", **changes: Any) -> Instance:
    """The worked example of a problem, with some data changed."""
    return PROBLEMS[name].instance((AVERAGED if name == "P5" else EXAMPLE) | changes)


def data(family: str, *, users: int, subchannels: int, rng: np.random.Generator) -> dict[str, Any]:
    """One instance's data. The whole load takes 0.01 to 30 nats on every sub-channel."""

    def some(low: float, high: float, shape: Any = users, share: float = 1.0) -> Array:
        drawn: Array = 10 ** rng.uniform(low, high, shape) * (rng.random(shape) < share)
        return drawn

    found: dict[str, Any] = {
        "input_bits": some(3, 7, share=0.9),
        "cycles_per_bit": some(2, 4),
        "energy_per_cycle": some(-12, -8, share=0.9),
        "local_frequency": some(7, 11, share=0.8),
        "weight": some(-3, 3),
        "channel_gain": some(-9, 0, (users, subchannels)),
    }
    if family == "ties":
        found |= {
            "input_bits": rng.choice([0.0, 1e5, 2e5, 5e5], users),
            "cycles_per_bit": rng.choice([500.0, 1000.0], users),
            "energy_per_cycle": rng.choice([0.0, 1e-10, 2e-10], users),
            "local_frequency": rng.choice([0.0, 1e9, 1e12], users),
            "weight": rng.choice([1.0, 2.0], users),
            "channel_gain": rng.choice([1e-3, 1e-3, 1e-5], (users, subchannels)),
        }
    if family == "free":
        found["local_frequency"] = np.full(users, 1e15)
    if family == "forced":
        found["local_frequency"] = found["local_frequency"] * (rng.random(users) < 0.3)
    found["slot_duration"] = 10 ** rng.uniform(-2, 0)
    found["subchannel_noise_power"] = 10 ** rng.uniform(-10, -8)
    nats = np.sum(found["input_bits"]) * np.log(2) / (found["slot_duration"] * subchannels)
    found["subchannel_bandwidth"] = max(nats / 10 ** rng.uniform(-2, 1.5), 1.0)
    return found


FAMILIES = ("decades", "ties", "free", "forced")


def small(count: int, *, users: int = 4, subchannels: int = 5, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Data of all families up to these sizes, P4 feasible or not."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        K, N = int(rng.integers(1, users + 1)), int(rng.integers(1, subchannels + 1))
        yield data(FAMILIES[i % len(FAMILIES)], users=K, subchannels=N, rng=rng)


def feasible(count: int, **sizes: int) -> list[Instance]:
    """Feasible instances of P4 of all families."""
    found = (P4.instance(d) for d in small(2 * count, **sizes))
    return [s for s in found if P4.infeasible(s) == ""][:count]


def owned(owners: Any, users: int) -> Array:
    """The assignment (K, N) of a list that names each sub-channel's owner."""
    held: Array = (np.arange(users)[:, None] == np.asarray(owners)).astype(float)
    return held


@dataclass(frozen=True)
class Exact:
    """One instance in `DIGITS` digits, from the problem statement alone."""

    R: list[mpf]
    m: list[mpf]
    v: list[mpf]
    A: list[list[mpf]]
    w: mpf

    @classmethod
    def of(cls, s: Instance) -> "Exact":
        """The exact values of the doubles of a single instance."""
        with mpmath.workdps(DIGITS):
            user = {
                key: [mpf(float(x)) for x in s.data[key]]
                for key in ("input_bits", "cycles_per_bit", "energy_per_cycle", "local_frequency", "weight")
            }
            T, noise = mpf(float(s.slot_duration)), mpf(float(s.subchannel_noise_power))
            cycles = user["cycles_per_bit"]
            local = [f * T / c for f, c in zip(user["local_frequency"], cycles, strict=True)]
            return cls(
                R=user["input_bits"],
                m=[max(r - x, mpf(0)) for r, x in zip(user["input_bits"], local, strict=True)],
                v=[
                    b * c * p
                    for b, c, p in zip(user["weight"], cycles, user["energy_per_cycle"], strict=True)
                ],
                A=[
                    [b * T * noise / mpf(float(g)) for g in row]
                    for b, row in zip(user["weight"], s.channel_gain, strict=True)
                ],
                w=mpf(float(s.subchannel_bandwidth)) * T / mpmath.log(2),
            )

    def value(self, share: Any, bits: Any) -> mpf:
        """The objective at any point."""
        total = mpf(0)
        for k, R in enumerate(self.R):
            sent = mpf(0)
            for A, rho, ell in zip(self.A[k], share[k], bits[k], strict=True):
                rho, ell = mpf(rho), mpf(ell)
                if ell > 0:
                    total += A * rho * mpmath.expm1(ell / (self.w * rho)) if rho > 0 else mpmath.inf
                sent += ell
            total += (R - sent) * self.v[k]
        return total

    def user_cost(self, k: int, shares: Any, total: mpf | None = None) -> mpf:
        """The least cost of one user on its shares, by bisection of the price of a bit."""
        held = [(self.A[k][n], mpf(float(rho))) for n, rho in enumerate(shares) if rho > 0]
        low, high = (self.m[k], self.R[k]) if total is None else (total, total)
        if not held:
            return mpmath.inf if self.m[k] > 0 else self.R[k] * self.v[k]

        def sent(theta: mpf) -> mpf:
            return sum((self.w * rho * max(mpmath.log(theta * self.w / A), 0) for A, rho in held), mpf(0))

        theta = self.v[k] if self.v[k] > 0 else mpf("1e-300")
        wanted = min(max(sent(theta), low), high)
        below, above = mpf(-1000), mpf(2000)  # of log(theta)
        for _ in range(4 * DIGITS):
            middle = (below + above) / 2
            below, above = (middle, above) if sent(mpmath.exp(middle)) < wanted else (below, middle)
        bits = [self.w * rho * max(mpmath.log(mpmath.exp(above) * self.w / A), 0) for A, rho in held]
        radio = sum(
            (A * rho * mpmath.expm1(x / (self.w * rho)) for (A, rho), x in zip(held, bits, strict=True)),
            mpf(0),
        )
        return radio + (self.R[k] - wanted) * self.v[k]

    def optimum(self) -> mpf:
        """P4 by trying every assignment."""
        users, channels = len(self.R), len(self.A[0])
        costs = {
            (k, held): self.user_cost(k, held)
            for k in range(users)
            for held in product((0, 1), repeat=channels)
        }
        best = mpmath.inf
        for owners in product(range(users), repeat=channels):
            parts = (costs[k, tuple(int(o == k) for o in owners)] for k in range(users))
            best = min(best, sum(parts, mpf(0)))
        return best
