"""Instances to try, and the problems restated in 60-digit arithmetic. Shares no formula with the package."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

import mecopt
from mecopt.instance import Array, Instance
from mecopt.problem import Problem

PROBLEMS: dict[str, Problem] = {name: mecopt.load(f"tdma_ofdma.{name}") for name in ("P1", "P2", "P3")}
P1, P2, P3 = PROBLEMS.values()

DIGITS = 60

EXAMPLE: dict[str, Any] = {
    "input_bits": [5e5, 8e5, 6e5],
    "cycles_per_bit": [1000, 700, 1200],
    "energy_per_cycle": [1e-10, 1.5e-10, 5e-11],
    "local_frequency": [1e9, 6e9, 8e9],
    "channel_gain": [1e-3, 4e-4, 2e-3],
    "weight": [1, 1, 2],
    "bandwidth": 1e6,
    "noise_power": 1e-9,
    "slot_duration": 0.1,
}
CLOUD = {"P1": {"cloud_capacity": 9e8}, "P2": {}, "P3": {"cloud_frequency": 2e10}}


def example(name: str, **changes: Any) -> Instance:
    """The worked example of a problem, with some data changed."""
    return PROBLEMS[name].instance(EXAMPLE | CLOUD[name] | changes)


def agrees(found: float, printed: str) -> bool:
    """Whether a number rounds to the printed one, up to half a unit of its last digit."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    half = Decimal(10) ** exponent / 2
    return abs(Decimal(float(found)) - Decimal(printed)) <= half


# ---------------------------------------------------------------------------------------- random data


def required(data: dict[str, Any]) -> Array:
    """m = max(R - F_k T/C, 0)."""
    slot = np.asarray(data["slot_duration"])[..., None]
    local = data["local_frequency"] * slot / data["cycles_per_bit"]
    bits: Array = np.maximum(data["input_bits"] - local, 0.0)
    return bits


def _decades(rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, Any]:
    """Gains over 12 decades, weights over 6, some users without data, energy or CPU."""

    def some(low: float, high: float, share: float = 1.0) -> Array:
        drawn: Array = 10 ** rng.uniform(low, high, shape) * (rng.random(shape) < share)
        return drawn

    return {
        "input_bits": some(3, 7, 0.9),
        "cycles_per_bit": some(2, 4),
        "energy_per_cycle": some(-12, -8, 0.9),
        "local_frequency": some(7, 11, 0.8),
        "channel_gain": some(-12, 0),
        "weight": some(-3, 3),
    }


def _ties(rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, Any]:
    """Few distinct values: equal priorities, equal everything."""
    return {
        "input_bits": rng.choice([0.0, 1e5, 2e5, 5e5], shape),
        "cycles_per_bit": rng.choice([500.0, 1000.0], shape),
        "energy_per_cycle": rng.choice([0.0, 1e-10, 2e-10], shape),
        "local_frequency": rng.choice([0.0, 1e9, 1e12], shape),
        "channel_gain": rng.choice([1e-3, 1e-3, 1e-6], shape),
        "weight": rng.choice([1.0, 1.0, 2.0], shape),
    }


def _same_priority(rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, Any]:
    """One priority for all, different data and cycles: any split of the slot is optimal in P2."""
    cycles = rng.choice([500.0, 1000.0, 1500.0], shape)
    return {
        "input_bits": rng.choice([1e5, 2e5, 3e5], shape),
        "cycles_per_bit": cycles,
        "energy_per_cycle": 1e-7 / cycles,
        "local_frequency": np.full(shape, 1e12),
        "channel_gain": np.broadcast_to(rng.choice([1e-3, 1e-5], (shape[0], 1)), shape),
        "weight": np.ones(shape),
    }


def _forced(rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, Any]:
    """No local CPU for most: everything must be offloaded, however little it saves."""
    data = _decades(rng, shape)
    return data | {"local_frequency": data["local_frequency"] * (rng.random(shape) < 0.3)}


FAMILIES: dict[str, Callable[..., dict[str, Any]]] = {
    "decades": _decades,
    "ties": _ties,
    "same priority": _same_priority,
    "forced": _forced,
}


def adversarial(name: str, family: str, *, batch: int, users: int, seed: int) -> Instance:
    """Feasible instances. The whole load would take 0.1 to 140 bit/s/Hz: beyond lie energies of 1e40 J."""
    rng = np.random.default_rng(seed)
    data = FAMILIES[family](rng, (batch, users))
    data["slot_duration"] = 10 ** rng.uniform(-2, 0, batch)
    data["noise_power"] = 10 ** rng.uniform(-10, -8, batch)
    need, all_bits = required(data), data["input_bits"]
    least = np.sum(data["cycles_per_bit"] * need, axis=-1)
    most = np.sum(data["cycles_per_bit"] * all_bits, axis=-1)
    airtime = np.ones(batch)
    if name == "P1":
        share = rng.choice([0.0, 1e-12, 1e-6, 0.1, 0.5, 0.9, 1.0, 10.0], batch)
        data["cloud_capacity"] = least + share * (most - least)
    if name == "P3":
        # required cycles leave this share of the slot for the radio
        airtime = rng.choice([0.01, 0.1, 0.5, 0.9], batch)
        speed = np.maximum(least, 1e-3 * most) / data["slot_duration"] / (1 - airtime)
        data["cloud_frequency"] = np.where(speed > 0, speed, 1e9)
    nats_per_second = np.sum(all_bits, axis=-1) * np.log(2) / (data["slot_duration"] * airtime)
    data["bandwidth"] = np.maximum(nats_per_second * 10 ** rng.uniform(-2, 1, batch), 1.0)
    return PROBLEMS[name].instance(data)


# ---------------------------------------------------------------------------------------- 60 digits


@dataclass(frozen=True)
class Exact:
    """One instance in `DIGITS` digits, from the problem statement alone."""

    R: list[mpf]
    C: list[mpf]
    A: list[mpf]
    v: list[mpf]
    m: list[mpf]
    s: list[mpf]
    B: mpf
    T: mpf
    F: mpf | None

    @classmethod
    def of(cls, instance: Instance) -> "Exact":
        """The exact values of the doubles of a single instance."""
        with mpmath.workdps(DIGITS):
            user = {
                f.name: [mpf(float(x)) for x in instance.data[f.name]]
                for f in instance.problem.fields
                if f.axes
            }
            one = {f.name: mpf(float(instance.data[f.name])) for f in instance.problem.fields if not f.axes}
            weight, cycles = user["weight"], user["cycles_per_bit"]
            speed = one.get("cloud_frequency")
            local = [
                f * one["slot_duration"] / c for f, c in zip(user["local_frequency"], cycles, strict=True)
            ]
            return cls(
                R=user["input_bits"],
                C=cycles,
                A=[b * one["noise_power"] / g for b, g in zip(weight, user["channel_gain"], strict=True)],
                v=[b * c * p for b, c, p in zip(weight, cycles, user["energy_per_cycle"], strict=True)],
                m=[max(r - x, mpf(0)) for r, x in zip(user["input_bits"], local, strict=True)],
                s=[c / speed if speed is not None else mpf(0) for c in cycles],
                B=one["bandwidth"],
                T=one["slot_duration"],
                F=one.get("cloud_capacity"),
            )

    def value(self, bits: list[mpf], time: list[mpf]) -> mpf:
        """J(l, t)."""
        total = mpf(0)
        for A, v, R, ell, t in zip(self.A, self.v, self.R, bits, time, strict=True):
            if ell > 0:
                total += A * t * mpmath.expm1(ell * mpmath.log(2) / (self.B * t)) if t > 0 else mpmath.inf
            total += v * (R - ell)
        return total

    def repaired(self, bits: Any, time: Any) -> tuple[list[mpf], list[mpf]]:
        """An exactly feasible point next to a float one."""
        ell = [min(max(mpf(float(x)), m), R) for x, m, R in zip(bits, self.m, self.R, strict=True)]
        if self.F is not None:
            extra = sum((c * (x - m) for c, x, m in zip(self.C, ell, self.m, strict=True)), mpf(0))
            # data that are infeasible by their rounding count as feasible
            room = max(self.F - sum((c * m for c, m in zip(self.C, self.m, strict=True)), mpf(0)), mpf(0))
            if extra > room:
                share = room / extra
                ell = [m + share * (x - m) for x, m in zip(ell, self.m, strict=True)]
        t = [max(mpf(float(x)), mpf(0)) for x in time]
        left = self.T - sum((x * s for x, s in zip(ell, self.s, strict=True)), mpf(0))
        total = sum(t, mpf(0))
        if total > left:
            t = [x * left / total for x in t]
        return ell, t

    def exponent(self, k: int, lam: mpf) -> mpf:
        """1 + W0((lam/A - 1)/e)."""
        return 1 + mpmath.lambertw((lam / self.A[k] - 1) / mpmath.e).real

    def dual(self, lam: float, mu: float = 0.0) -> mpf:
        """q(lam, mu): a lower bound on the optimum at any non-negative prices, tight at the best ones."""
        price, cloud = mpf(lam), mpf(mu) if self.F is not None else mpf(0)
        q = -price * self.T - (cloud * self.F if self.F is not None else 0)
        for k, R in enumerate(self.R):
            kappa = self.A[k] * mpmath.log(2) / self.B * mpmath.exp(self.exponent(k, price))
            slope = kappa + cloud * self.C[k] + price * self.s[k] - self.v[k]
            q += self.v[k] * R + min(self.m[k] * slope, R * slope)
        return q

    def priority(self, k: int, mu: float = 0.0) -> mpf:
        """The airtime price at which user k is indifferent, by bisection of its saving per bit; 0 if none."""

        def saving(lam: mpf) -> mpf:
            kappa = self.A[k] * mpmath.log(2) / self.B * mpmath.exp(self.exponent(k, lam))
            return self.v[k] - kappa - mpf(mu) * self.C[k] - lam * self.s[k]

        if saving(mpf(0)) <= 0:
            return mpf(0)
        low, high = mpf(0), self.A[k]
        while saving(high) > 0:
            high *= 2
        for _ in range(DIGITS * 3):
            middle = (low + high) / 2
            low, high = (middle, high) if saving(middle) > 0 else (low, middle)
        return high


def proved_gap(instance: Instance, x: Any, multipliers: Any) -> float:
    """(J - q)/J in 60 digits at an exactly feasible neighbour of the point."""
    with mpmath.workdps(DIGITS):
        exact = Exact.of(instance)
        best = exact.value(*exact.repaired(x["offloaded_bits"], x["offloading_time"]))
        bound = exact.dual(float(multipliers["time_price"]), float(multipliers.get("cloud_price", 0.0)))
        return float((best - bound) / abs(best)) if best != bound else 0.0
