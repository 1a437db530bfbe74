r"""What P1' asks for, as the referee reads it: objective, constraints, dual bound.

    min  sum_k [ E(s_k, t_k^uS) + E(I_k, t_k^uI) + kappa' (D_k^L)^3 + rho t_k ] + K rho t_mc
    s.t. t_k^uS + t_k^uI + t_mc + t_dl <= T,  t_k <= t_dl,  sum_k G_k t_k (e^(a0 I_k/(w_d t_k)) - 1) <= E_max,
         0 <= D_k^L <= min(M_k, T f_k/lambda_0),   sum_k s_k = D_S,   all >= 0

with private bits M = D - D_S of which I = M - D^L are offloaded, E(x, t) = A t (e^(x/(w_u t)) - 1) closed by
E(0, t) = 0 and E(x > 0, 0) = inf, A = N0 W_u/h, G = N0 W_d/g, w = W/ln 2, kappa' = kappa lambda_0^3/T^2.
Source: He et al. 2018, (12), (14), (15).

Dual bound. By Fenchel and Young A t (e^(x/(w t)) - 1) >= (A/w) e^y x - A ((y - 1) e^y + 1) t for all y >= 0.
So any exponents y_k (upload) and z_k (download) and any nu >= 0 give prices

    beta_k = A ((y - 1) e^y + 1),  c_k = (A/w_u) e^y,  sigma_k = [nu G ((z - 1) e^z + 1) - rho]+,
    d_k = (nu G/w_d) e^z

and the optimum is at least, with any mu <= min_k c_k,

    q = K rho t_mc - nu E_max - tau sum_k beta_k + tau min{0, sum_k (beta_k - sigma_k)} + D_S mu
        + sum_k min{ kappa' x^3 + (M_k - x) (c_k + a0 d_k): 0 <= x <= D_k^L,max },    tau = T - t_mc.

Nothing here evaluates Lambert's W: exponents slightly off cost a slightly weaker bound, never a wrong one.
The
sigma handed in are scaled to the sum of the beta first, without which q would lose their difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from mecopt.arithmetic import FLOAT, Arithmetic, Numbers
from mecopt.exponents import exponents
from mecopt.instance import Array, Instance
from mecopt.result import Names

from . import dual_search

SLICE = 1e-15
"""Share of the deadline given to bits that are zero up to rounding: costs a gap of this order."""

REPAIR = 1e-6
"""A neighbour changes no time or amount by more than this share."""

Data = SimpleNamespace
Variables = Mapping[str, Any]


@dataclass(frozen=True)
class SharedDataStatement:
    """P1' for the referee; with `senders`, P1' in which only these users upload shared data."""

    senders: tuple[int, ...] | None = None

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """The data and what follows from it, user arrays `(*batch, users)`, scalars `(*batch, 1)`."""
        d = Data(**{name: ops.number(array) for name, array in s.data.items()})
        for name, array in s.data.items():
            if array.ndim == len(s.batch_shape):
                setattr(d, name, np.expand_dims(getattr(d, name), -1))
        users = s.sizes["users"]
        up, down = d.uplink_bandwidth / users, d.downlink_bandwidth / users
        d.up_scale, d.up_nat = d.noise_psd * up / d.uplink_gain, up / ops.ln2
        d.down_scale, d.down_nat = d.noise_psd * down / d.downlink_gain, down / ops.ln2
        snr = d.max_bs_power * d.downlink_gain / (d.noise_psd * d.multicast_bandwidth)
        per_bit = ops.ln2 / (d.multicast_bandwidth * ops.log1p(snr))
        d.multicast_time = _column(ops.largest(d.output_ratio * d.shared_bits * per_bit))
        d.window = d.max_latency - d.multicast_time
        zero = ops.number(np.zeros(s.input_bits.shape))
        d.private_bits = ops.maximum(d.input_bits - d.shared_bits, zero)
        d.most_local = ops.minimum(d.private_bits, d.max_latency * d.local_frequency / d.cycles_per_bit)
        d.least_offloaded = d.private_bits - d.most_local
        d.local_scale = d.energy_coefficient * d.cycles_per_bit**3 / d.max_latency**2
        d.fixed_energy = d.reception_power * d.multicast_time * users
        return d

    def infeasible(self, s: Instance) -> Names:
        """The condition that fails, "" where there is none."""
        d = self.lift(FLOAT, s)
        late = (d.window <= 0)[..., 0]
        need = _energy(FLOAT, d.down_scale, d.down_nat, d.output_ratio * d.least_offloaded, d.window)
        least, budget = FLOAT.sum(need), d.max_bs_energy[..., 0]
        forced = np.any((d.output_ratio * d.least_offloaded) > 0, axis=-1)
        short = forced & ~(least < budget)
        reasons = np.full(least.shape, "", dtype=object)
        for cell in np.argwhere(late | short):
            at = tuple(cell)
            if late[at]:
                multicast, deadline = d.multicast_time[at][0], d.max_latency[at][0]
                reasons[at] = (
                    f"the multicast takes {multicast:.6g} s and max_latency = {deadline:.6g} leaves no "
                    f"time to upload"
                )
            else:
                reasons[at] = (
                    f"results that must be sent take more than {least[at]:.6g} J, max_bs_energy is "
                    f"{budget[at]:.6g}"
                )
        return reasons

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective in joule, `(*batch,)`; inf where bits are sent in no time, or in less than none."""
        local = ops.number(x["local_bits"])
        sent = _energy(ops, d.up_scale, d.up_nat, x["uploaded_shared_bits"], x["shared_upload_time"])
        own = _energy(ops, d.up_scale, d.up_nat, d.private_bits - local, x["private_upload_time"])
        computed = d.local_scale * local**3
        return (
            ops.sum(sent + own + computed + d.reception_power * ops.number(x["download_time"]))
            + (d.fixed_energy[..., 0])
        )

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """How far each constraint is missed, relative to its bound (bits to the user's input),
        `(*batch,)`.
        """
        sent, window = x["uploaded_shared_bits"], np.expand_dims(x["download_window"], -1)
        busy = x["shared_upload_time"] + x["private_upload_time"] + d.multicast_time + window
        offloaded = np.maximum(d.private_bits - x["local_bits"], 0.0)
        spent = _energy(FLOAT, d.down_scale, d.down_nat, d.output_ratio * offloaded, x["download_time"])
        times = ("shared_upload_time", "private_upload_time", "download_time")
        return {
            "latency at most T": np.max((busy - d.max_latency) / d.max_latency, axis=-1),
            "download time at most the window": np.max(
                (x["download_time"] - window) / d.max_latency, axis=-1
            ),
            "energy of the base station": _worst(
                _column(np.sum(spent, axis=-1)) - d.max_bs_energy, d.max_bs_energy
            ),
            "local bits at most what fits": _worst(x["local_bits"] - d.most_local, d.input_bits),
            "local bits not negative": _worst(-x["local_bits"], d.input_bits),
            "shared bits not negative": _worst(-sent, d.shared_bits),
            "shared bits from those who may send": self._misplaced(sent, d.shared_bits),
            "shared bits all sent": _worst(
                np.abs(_column(np.sum(sent, axis=-1)) - d.shared_bits), d.shared_bits
            ),
            "times not negative": np.maximum.reduce(
                [np.max(-time / d.max_latency, axis=-1) for time in (*(x[name] for name in times), window)]
            ),
        }

    def _misplaced(self, sent: Array, unit: Array) -> Array:
        """Shared bits of users who may not send any."""
        if self.senders is None:
            return np.zeros(sent.shape[:-1])
        others = [k for k in range(sent.shape[-1]) if k not in self.senders]
        return _worst(np.abs(sent[..., others]), unit) if others else np.zeros(sent.shape[:-1])

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """An exactly feasible point within rounding of a feasible-looking one; nan where that fails."""
        zero = ops.number(np.zeros(d.private_bits.shape))
        local = ops.minimum(ops.maximum(ops.number(x["local_bits"]), zero), d.most_local)
        sent = ops.maximum(ops.number(x["uploaded_shared_bits"]), zero)
        total = _column(ops.sum(sent))
        sent = sent * (d.shared_bits / ops.where(ops.is_zero(total), 1.0, total))
        bits = d.private_bits - local
        time = _lasting(ops, x["download_time"], d.output_ratio * bits, d)
        bits, time = self._within_energy(ops, d, bits, time)
        span = ops.maximum(ops.number(np.expand_dims(x["download_window"], -1)), _column(ops.largest(time)))
        shared = _lasting(ops, x["shared_upload_time"], sent, d)
        private = _lasting(ops, x["private_upload_time"], bits, d)
        fits = np.asarray(shared + private <= d.window - span, dtype=bool)
        shrink = ops.where(fits, 1.0, (d.window - span) / ops.where(fits, 1.0, shared + private))
        return {
            "uploaded_shared_bits": sent,
            "local_bits": d.private_bits - bits,
            "shared_upload_time": shared * shrink,
            "private_upload_time": private * shrink,
            "download_time": time,
            "download_window": span[..., 0],
        }

    def _within_energy(
        self, ops: Arithmetic, d: Data, bits: Numbers, time: Numbers
    ) -> tuple[Numbers, Numbers]:
        """Meet the base station's budget: offload a little less where that is possible, else send a little
        longer.

        The energy is convex in the bits, so that going the share x of the way to the least bits takes at
        least x of the way to their energy.
        """

        def spent(bits: Numbers, time: Numbers) -> Numbers:
            energy = _energy(ops, d.down_scale, d.down_nat, d.output_ratio * bits, time)
            return _column(ops.sum(energy))

        energy, least = spent(bits, time), spent(d.least_offloaded, time)
        within = np.asarray(energy <= d.max_bs_energy, dtype=bool)
        gain = np.asarray(energy - least, dtype=np.float64)
        excess = np.asarray(energy - d.max_bs_energy, dtype=np.float64) * (1 + 1e-9)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(within | ~(gain > 0), 0.0, excess / gain)
        share = np.where(share <= REPAIR, share, 0.0)
        bits = d.least_offloaded + (bits - d.least_offloaded) * (1 - ops.number(share))
        longer = ops.where(within | (share > 0), 1.0, 1.0 + REPAIR * 1e-4)
        time = time * longer
        done = within | np.asarray(spent(bits, time) <= d.max_bs_energy, dtype=bool)
        return bits, ops.where(np.broadcast_to(done, bits.shape), time, np.nan)

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """The dual bound q at prices near those given, `(*batch,)`; see the module."""
        y = _exponents(ops, ops.number(prices["time_price"]) / d.up_scale)
        beta = d.up_scale * _argument(ops, y)
        nu = ops.number(np.expand_dims(prices["energy_price"], -1))
        free = ops.is_zero(nu)
        wanted = ops.number(prices["download_price"])
        target, asked = _column(ops.sum(beta)), _column(ops.sum(wanted))
        idle = ops.is_zero(asked)
        wanted = wanted * (target / ops.where(idle, 1.0, asked))
        per_second = ops.where(free, 1.0, nu) * d.down_scale
        z = _exponents(
            ops,
            ops.where(np.broadcast_to(free, wanted.shape), 0.0, (d.reception_power + wanted) / per_second),
        )
        zero = ops.number(np.zeros(wanted.shape))
        charged = ops.maximum(nu * d.down_scale * _argument(ops, z) - d.reception_power, zero)
        sigma = ops.where(np.broadcast_to(free, wanted.shape), wanted, charged)
        sending = d.up_scale / d.up_nat * ops.exp(y)
        cost = sending + d.output_ratio * nu * d.down_scale / d.down_nat * ops.exp(z)
        x = ops.minimum(d.most_local, ops.sqrt(cost / (3 * d.local_scale)))
        private = ops.sum(d.local_scale * x**3 + (d.private_bits - x) * cost)
        chosen = sending if self.senders is None else sending[..., list(self.senders)]
        cheapest = -ops.largest(-chosen)
        shared = d.shared_bits[..., 0] * ops.minimum(cheapest, ops.number(prices["shared_price"]))
        slope = ops.minimum(ops.sum(beta) - ops.sum(sigma), zero[..., 0])
        fixed = (d.fixed_energy - nu * d.max_bs_energy)[..., 0]
        return fixed + shared + private + d.window[..., 0] * (slope - ops.sum(beta))

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Prices that maximise the float dual bound, by nested searches of its saddle point."""
        return dual_search.best_prices(d)


def _energy(ops: Arithmetic, scale: Any, nat: Any, bits: Any, time: Any) -> Numbers:
    """scale t (e^(x/(nat t)) - 1): 0 without bits, inf for bits in no time or less."""
    bits, time = np.broadcast_arrays(ops.number(bits), ops.number(time))
    idle, silent = np.asarray(time <= 0, dtype=bool), ops.is_zero(bits)
    span = ops.where(idle, 1.0, time)
    energy = scale * span * ops.expm1(bits / (nat * span))
    return ops.where(silent, 0.0, ops.where(idle, np.inf, energy))


def _lasting(ops: Arithmetic, time: Any, bits: Numbers, d: Data) -> Numbers:
    """Times that are not negative, and not zero where there are bits."""
    time = ops.maximum(ops.number(time), ops.number(np.zeros(np.shape(time))))
    return ops.where(ops.is_zero(time) & ~ops.is_zero(bits), SLICE * d.max_latency, time)


def _exponents(ops: Arithmetic, ratio: Numbers) -> Numbers:
    """Exponents y >= 0 with (y - 1) e^y + 1 close to the ratio."""
    start = exponents(np.asarray(ratio, dtype=np.float64))
    y = ops.number(start)
    if ops is FLOAT:
        return y
    slope = ops.where(start == 0, 1.0, y * ops.exp(y))
    refined = ops.where(start == 0, y, y - (_argument(ops, y) - ratio) / slope)
    return ops.centre(ops.maximum(refined, ops.number(np.zeros(start.shape))))


def _argument(ops: Arithmetic, y: Numbers) -> Numbers:
    """(y - 1) e^y + 1, in a form that loses half as many digits for small y."""
    return y * ops.exp(y) - ops.expm1(y)


def _column(a: Numbers) -> Numbers:
    return np.expand_dims(np.asarray(a), -1)


def _worst(excess: Array, unit: Array) -> Array:
    """Largest excess over its unit; an excess over a zero bound is infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(excess > 0, excess / unit, np.where(np.isnan(excess), np.nan, 0.0))
    return np.asarray(np.max(relative, axis=-1))
