r"""What P1, P2 and P3 ask for, as the referee reads it: objective, constraints, dual bound.

    min  sum_k beta_k [ E_k(l_k, t_k) + (R_k - l_k) C_k P_k ]
    s.t. sum_k t_k (+ sum_k C_k l_k / F' in P3) <= T,   sum_k C_k l_k <= F (P1),
         m_k <= l_k <= R_k,   t_k >= 0,

with beta E(l, t) = A t (2^(l/(B t)) - 1), A = beta N0/g, E(0, t) = 0, E(l > 0, 0) = inf, and
m = max(R - F_k T/C, 0). Source: You et al. 2017, problems P1, P2 and Section V-C.

Dual bound. By Fenchel and Young A t (e^(x/t) - 1) >= A (e^y x - ((y - 1) e^y + 1) t) for every y >= 0.
So any exponents y_k give a price of airtime lam = max_k A_k ((y_k - 1) e^(y_k) + 1) and prices of a
bit kappa_k = (A_k ln 2/B) e^(y_k) with E_k(l, t) + lam t >= kappa_k l, and for every mu >= 0

    q = sum_k min{ v_k (R_k - m_k) + m_k c_k,  R_k c_k } - lam T - mu F,
    c_k = kappa_k + mu C_k + lam C_k/F',   v_k = beta_k C_k P_k

bounds the optimum from below. Nothing here evaluates Lambert's W: exponents that are slightly off cost
a slightly weaker bound, never a wrong one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers
from mecopt.exponents import exponents
from mecopt.instance import Array, Instance
from mecopt.result import Names

from . import dual_search

ROUNDING = 1e-12
"""Slack of the feasibility test of P1: sums of a few thousand doubles agree to this."""

SLICE = 1e-15
"""Share of the slot given to a user whose bits are zero up to rounding: costs a gap of this order."""

Data = SimpleNamespace
Variables = Mapping[str, Any]


@dataclass(frozen=True)
class TdmaStatement:
    """P2 (`cloud="none"`), P1 (`cloud="load"`, at most F cycles) or P3 (`cloud="time"`, F' cycles/s)."""

    cloud: Literal["none", "load", "time"]

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """The data and what follows from it, user arrays `(*batch, users)`, scalars `(*batch, 1)`."""
        d = Data(**{name: ops.number(array) for name, array in s.data.items()})
        for name, array in s.data.items():
            if array.ndim == len(s.batch_shape):
                setattr(d, name, np.expand_dims(getattr(d, name), -1))
        d.power_scale = d.weight * d.noise_power / d.channel_gain
        d.bit_value = d.weight * d.cycles_per_bit * d.energy_per_cycle
        zero = ops.number(np.zeros(s.input_bits.shape))
        local = d.local_frequency * d.slot_duration / d.cycles_per_bit
        d.required_bits = ops.maximum(d.input_bits - local, zero)
        # s/bit that a bit spends in the cloud; only P3 counts it
        d.cloud_time = d.cycles_per_bit / d.cloud_frequency if self.cloud == "time" else zero
        d.bits_per_nat = d.bandwidth / ops.ln2
        d.budget = d.slot_duration  # of airtime; P5 has that of several sub-channels
        return d

    def infeasible(self, s: Instance) -> Names:
        """The condition that fails, "" where there is none (Section III and V-C of the paper)."""
        local = s.local_frequency * s.slot_duration[..., None] / s.cycles_per_bit
        load = np.sum(s.cycles_per_bit * np.maximum(s.input_bits - local, 0.0), axis=-1)
        if self.cloud == "load":
            bad, text = load > s.cloud_capacity * (1 + ROUNDING), "cycles exceed cloud_capacity"
            limit = s.cloud_capacity
        elif self.cloud == "time":
            limit = s.cloud_frequency * s.slot_duration
            bad = (load >= limit) & (load > 0)
            text = "cycles leave no airtime: they must stay below cloud_frequency * slot_duration"
        else:
            bad, text, limit = np.zeros(load.shape, dtype=bool), "", load
        reasons = np.full(load.shape, "", dtype=object)
        for cell in np.argwhere(bad):
            at = tuple(cell)
            reasons[at] = f"the {load[at]:.6g} required {text} = {limit[at]:.6g}"
        return reasons

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective in joule, `(*batch,)`; inf where bits are sent in no time, or in less than none."""
        bits, time = ops.number(x["offloaded_bits"]), ops.number(x["offloading_time"])
        idle, silent = np.asarray(time <= 0, dtype=bool), ops.is_zero(bits)
        span = ops.where(idle, 1.0, time)
        radio = d.power_scale * span * ops.expm1(bits / (d.bits_per_nat * span))
        radio = ops.where(silent, 0.0, ops.where(idle, np.inf, radio))
        return ops.sum(radio + (d.input_bits - bits) * d.bit_value)

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """How far each constraint is missed, relative to its bound (bits to the user's R), `(*batch,)`."""
        bits, time = x["offloaded_bits"], x["offloading_time"]
        budget = d.budget[..., 0]
        spent = np.sum(time + bits * d.cloud_time, axis=-1)
        load = np.sum(d.cycles_per_bit * bits, axis=-1)
        found = {
            "sum of airtime at most T": (spent - budget)
            / np.where(budget > 0, budget, d.slot_duration[..., 0]),
            "airtime not negative": np.max(-time / d.slot_duration, axis=-1),
            "bits at most R": _worst(bits - d.input_bits, d.input_bits),
            "bits at least m": _worst(d.required_bits - bits, d.input_bits),
        }
        if self.cloud == "load":
            capacity = d.cloud_capacity[..., 0]
            unit = np.where(capacity > 0, capacity, np.sum(d.cycles_per_bit * d.input_bits, axis=-1))
            found["cloud load at most F"] = _worst((load - capacity)[..., None], unit[..., None])
        return found

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """An exactly feasible point within rounding of a feasible-looking one: clip bits, shrink times."""
        bits = ops.minimum(ops.maximum(ops.number(x["offloaded_bits"]), d.required_bits), d.input_bits)
        if self.cloud == "load":
            bits = self._within_load(ops, d, bits)
        time = ops.number(x["offloading_time"])
        # bits that vanish in doubles need not vanish exactly: give them a sliver of time
        time = ops.maximum(time, ops.number(np.zeros(time.shape)))
        time = ops.where(ops.is_zero(time) & ~ops.is_zero(bits), SLICE * d.slot_duration, time)
        budget = d.budget - _column(ops.sum(bits * d.cloud_time))
        total = _column(ops.sum(time))
        fits = np.asarray(total <= budget, dtype=bool)
        shrink = ops.where(fits, 1.0, budget / ops.where(fits, 1.0, total))
        return {"offloaded_bits": bits, "offloading_time": time * shrink}

    def _within_load(self, ops: Arithmetic, d: Data, bits: Numbers) -> Numbers:
        """Take the cycles beyond F from the users whose cycles save least."""
        worth = np.asarray(d.bit_value / d.cycles_per_bit, dtype=np.float64)
        order = np.argsort(worth, axis=-1, kind="stable")
        spare = np.take_along_axis(d.cycles_per_bit * (bits - d.required_bits), order, axis=-1)
        excess = _column(ops.sum(d.cycles_per_bit * bits)) - d.cloud_capacity
        taken_before = np.add.accumulate(spare, axis=-1) - spare
        zero = ops.number(np.zeros(worth.shape))
        cut = ops.minimum(ops.maximum(excess - taken_before, zero), spare)
        back = np.argsort(order, axis=-1, kind="stable")
        return bits - np.take_along_axis(cut, back, axis=-1) / d.cycles_per_bit

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """The dual bound q at airtime price `time_price` (and `cloud_price`), `(*batch,)`; see the module."""
        wanted = np.expand_dims(prices["time_price"], -1)
        exponent = self._exponents(ops, d, wanted)
        charge = d.power_scale * _airtime_price(ops, exponent)
        lam = wanted if ops is FLOAT else _column(ops.largest(charge))
        cost = d.power_scale / d.bits_per_nat * ops.exp(exponent) + lam * d.cloud_time
        q = -lam[..., 0] * d.budget[..., 0]
        if self.cloud == "load":
            mu = ops.number(np.expand_dims(prices["cloud_price"], -1))
            cost = cost + mu * d.cycles_per_bit
            q = q - (mu * d.cloud_capacity)[..., 0]
        least = d.bit_value * (d.input_bits - d.required_bits) + d.required_bits * cost
        return q + ops.sum(ops.minimum(least, d.input_bits * cost))

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Prices that maximise the float dual bound, by bisection on its slope."""
        return dual_search.best_prices(d, cloud_load=self.cloud == "load")

    def _exponents(self, ops: Arithmetic, d: Data, wanted: Array) -> Numbers:
        """Exponents y >= 0 with A ((y - 1) e^y + 1) close to the wanted airtime price."""
        ratio = ops.number(wanted) / d.power_scale
        start = exponents(np.asarray(ratio, dtype=np.float64))
        y = ops.number(start)
        if ops is FLOAT:
            return y
        slope = ops.where(start == 0, 1.0, y * ops.exp(y))
        return ops.centre(ops.where(start == 0, y, y - (_airtime_price(ops, y) - ratio) / slope))


def _airtime_price(ops: Arithmetic, y: Numbers) -> Numbers:
    """(y - 1) e^y + 1, in a form that loses half as many digits for small y."""
    return y * ops.exp(y) - ops.expm1(y)


def _column(a: Numbers) -> Numbers:
    return np.expand_dims(np.asarray(a), -1)


def _worst(excess: Array, unit: Array) -> Array:
    """Largest excess over its unit; an excess over a zero bound is infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(excess > 0, excess / unit, np.where(np.isnan(excess), np.nan, 0.0))
    return np.asarray(np.max(relative, axis=-1))
