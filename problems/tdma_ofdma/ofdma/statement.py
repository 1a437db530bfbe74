r"""What P4, its relaxation P4R, and P5 ask for, as the referee reads them.

    min  sum_k [ sum_n A_{k,n} rho_{k,n} (e^(l_{k,n}/(w rho_{k,n})) - 1) + (R_k - sum_n l_{k,n}) v_k ]
    s.t. sum_k rho_{k,n} <= 1,   m_k <= sum_n l_{k,n} <= R_k,   l >= 0,
         rho in {0, 1} (P4) or 0 <= rho <= 1 (P4R),

with A = beta T N0/g (J), w = B T/ln 2 (bit per nat), v = beta C P (J/bit), m = max(R - F_k T/C, 0); a
sub-channel nobody holds carries no bits: 0 at l = rho = 0, inf at l > 0 = rho. You et al. 2017, P4 and P5.

Bounds: see `bounds`. The one by prices, theta >= 0 in J/bit for each user, holds for both problems and is
the optimum of P4R at the best prices; for P4 with few sub-channels the one by partitions is its optimum. A
method that hands in the tree of its search has it checked by `tree_bound`.

P5 is P2 with the means of the gains over the free sub-channels and t_k = n_k T of their airtime. Nothing
here shares code with the closed forms or the models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers
from mecopt.errors import DataError
from mecopt.instance import Array, Instance
from mecopt.result import Names

from ..statement import TdmaStatement
from . import bounds, dual_search, tree_bound

ROUNDING = 1e-15
"""A user that sends this part of its bits less or more than all of them sends all of them."""

SLICE = 1e-15
"""Share given to a user whose bits on a sub-channel are zero up to rounding: costs a gap of this order."""

Data = SimpleNamespace
Variables = Mapping[str, Any]


@dataclass(frozen=True)
class OfdmaStatement:
    """P4 (`shares="whole"`: each sub-channel has one owner at most) or P4R (`shares="fractional"`)."""

    shares: Literal["whole", "fractional"]

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """The data and what follows from it: users `(*batch, K)`, `energy_scale` A `(*batch, K, N)`."""
        d = Data(**{name: ops.number(array) for name, array in s.data.items()})
        slot = _column(d.slot_duration)
        d.energy_scale = _column(d.weight * slot * _column(d.subchannel_noise_power)) / d.channel_gain
        d.bit_value = d.weight * d.cycles_per_bit * d.energy_per_cycle
        local = d.local_frequency * slot / d.cycles_per_bit
        d.required_bits = ops.maximum(d.input_bits - local, ops.number(np.zeros(s.input_bits.shape)))
        d.bits_per_nat = _column(d.subchannel_bandwidth) * slot / ops.ln2
        return d

    def infeasible(self, s: Instance) -> Names:
        """The condition that fails, "" where there is none (P4: more users in need than sub-channels)."""
        reasons = np.full(s.batch_shape, "", dtype=object)
        if self.shares == "fractional":
            return reasons  # any positive share carries any number of bits
        local = s.local_frequency * s.slot_duration[..., None] / s.cycles_per_bit
        need = np.sum(s.input_bits > local, axis=-1)
        count = s.sizes["subchannels"]
        for cell in np.argwhere(need > count):
            at = tuple(cell)
            reasons[at] = f"{need[at]} users must offload and there are only {count} subchannels"
        return reasons

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective in joule, `(*batch,)`; inf where bits are sent on a sub-channel not held."""
        bits, share = ops.number(x["offloaded_bits"]), ops.number(x["subchannel_assignment"])
        idle, silent = np.asarray(share <= 0, dtype=bool), ops.is_zero(bits)
        held = ops.where(idle, 1.0, share)
        radio = d.energy_scale * held * ops.expm1(bits / (_column(d.bits_per_nat) * held))
        radio = ops.where(silent, 0.0, ops.where(idle, np.inf, radio))
        local = d.input_bits - ops.sum(bits)
        if ops is FLOAT:  # the sum of doubles is uncertain by that much, and v may be huge
            local = np.where(np.abs(local) <= ROUNDING * d.input_bits, 0.0, local)
        return ops.sum(ops.sum(radio) + local * d.bit_value)

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """How far each constraint is missed, relative to its bound (bits to the user's R), `(*batch,)`."""
        bits, share = x["offloaded_bits"], x["subchannel_assignment"]
        total = np.sum(bits, axis=-1)
        found = {
            "each sub-channel given away once": np.max(np.sum(share, axis=-2) - 1.0, axis=-1),
            "share not negative": np.max(-share, axis=(-2, -1)),
            "bits not negative": _worst(np.max(-bits, axis=-1), d.input_bits),
            "bits at most R": _worst(total - d.input_bits, d.input_bits),
            "bits at least m": _worst(d.required_bits - total, d.input_bits),
        }
        if self.shares == "whole":
            found["share 0 or 1"] = np.max(np.minimum(np.abs(share), np.abs(share - 1.0)), axis=(-2, -1))
        return found

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """An exactly feasible point within rounding of a feasible-looking one: round shares, scale bits."""
        share, bits = ops.number(x["subchannel_assignment"]), ops.number(x["offloaded_bits"])
        bits = ops.maximum(bits, ops.number(np.zeros(bits.shape)))
        if self.shares == "whole":
            share = ops.number(np.round(x["subchannel_assignment"]))
            bits = ops.where(ops.is_zero(share), 0.0, bits)
        else:
            share = ops.maximum(share, ops.number(np.zeros(share.shape)))
            # bits that vanish in doubles need not vanish exactly: give them a sliver
            share = ops.where(ops.is_zero(share) & ~ops.is_zero(bits), SLICE, share)
            used = np.expand_dims(ops.sum(np.swapaxes(share, -1, -2)), -2)
            fits = np.asarray(used <= 1, dtype=bool)
            share = share / ops.where(fits, 1.0, used)
        total = _column(ops.sum(bits))
        none = ops.is_zero(total)
        most = _column(d.input_bits)
        complete = np.asarray(total >= most * (1 - ROUNDING), dtype=bool)
        wanted = ops.where(complete, most, ops.maximum(total, _column(d.required_bits)))
        # a user without a bit who must send some is beyond repair: an infinite value says so
        lost = np.asarray(none & ~ops.is_zero(_column(d.required_bits)), dtype=bool)
        bits = bits * (wanted / ops.where(none, 1.0, total))
        return {"offloaded_bits": bits + ops.where(lost, np.inf, 0.0), "subchannel_assignment": share}

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """By `bit_price`, or in P4 with few sub-channels by partitions where that is better, `(*batch,)`."""
        found = bounds.by_prices(ops, d, ops.number(prices["bit_price"]))
        if self.shares == "whole" and bounds.partitions_affordable(d):
            found = ops.maximum(found, bounds.by_partitions(ops, d))
        return found

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Prices that maximise the float dual bound; see `dual_search`."""
        return {"bit_price": dual_search.best_prices(d)}

    def searched_bound(self, ops: Arithmetic, d: Data, found: tree_bound.Tree) -> Numbers:
        """The least bound over the leaves of a tree of parts; see `tree_bound`.

        Raises `DataError` for P4R: the parts hold whole sub-channels only, and shares may cost less.
        """
        if self.shares == "fractional":
            raise DataError(
                "evidence", "a tree bounds whole sub-channels, not shares", "leave it out, or ask P4"
            )
        return tree_bound.by_tree(ops, d, found)


@dataclass(frozen=True)
class AveragedStatement(TdmaStatement):
    """P5: P2 in airtime t = n T of `num_subchannels` T seconds in all, of which m does not know."""

    cloud: Literal["none"] = "none"

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """P2's data under P2's names."""
        data = {
            **s.data,
            "channel_gain": s.average_channel_gain,
            "bandwidth": s.subchannel_bandwidth,
            "noise_power": s.subchannel_noise_power,
        }
        d = super().lift(ops, Instance(s.problem, data, s.batch_shape, s.sizes))
        d.budget = d.num_subchannels * d.slot_duration
        return d

    def infeasible(self, s: Instance) -> Names:
        """Somebody must offload and there is no sub-channel."""
        local = s.local_frequency * s.slot_duration[..., None] / s.cycles_per_bit
        need = np.sum(s.input_bits > local, axis=-1)
        reasons = np.full(s.batch_shape, "", dtype=object)
        for cell in np.argwhere((need > 0) & (s.num_subchannels == 0)):
            reasons[tuple(cell)] = f"{need[tuple(cell)]} users must offload and num_subchannels = 0"
        return reasons

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective in joule, `(*batch,)`."""
        return super().value(ops, d, self._in_airtime(ops, d, x))

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """How far each constraint is missed, relative to its bound, `(*batch,)`."""
        return super().violations(d, self._in_airtime(FLOAT, d, x))

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """An exactly feasible point within rounding of a feasible-looking one."""
        near = super().feasible_neighbour(ops, d, self._in_airtime(ops, d, x))
        share = near["offloading_time"] / d.slot_duration
        return {"offloaded_bits": near["offloaded_bits"], "subchannel_share": share}

    def _in_airtime(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        time = ops.number(x["subchannel_share"]) * d.slot_duration
        return {"offloaded_bits": x["offloaded_bits"], "offloading_time": time}


def _column(a: Numbers) -> Numbers:
    return np.expand_dims(np.asarray(a), -1)


def _worst(excess: Array, unit: Array) -> Array:
    """Largest excess over its unit; an excess over a zero bound is infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(excess > 0, excess / unit, np.where(np.isnan(excess), np.nan, 0.0))
    return np.asarray(np.max(relative, axis=-1))
