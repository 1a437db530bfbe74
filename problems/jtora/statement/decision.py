r"""JTORA as the referee reads it: who offloads to which server on which sub-band, with what power and share.

    max  sum_u lambda_u [ beta^t (t^l - t)/t^l + beta^e (E^l - E)/E^l ]   over users u that offload,
    t = d/R + c/f,   E = p d/R,   R = W log2(1 + p h/(I + sigma^2)),   W = B/N,

    s.t. a user has at most one slot (server, sub-band), a slot at most one user, 0 < p <= P, sum f <= f_s.

I is the power received from users of other servers on the same sub-band: as they send (`exact`, problem
JTORA), or as if they sent at full power (`full-power`, problem TO). With g = lambda (beta^t + beta^e) a
user's part is

    g - (phi + psi p)/log2(1 + p h/(I + sigma^2)) - eta/f,
    phi = lambda beta^t d/(t^l W),  psi = lambda beta^e d/(E^l W),  eta = lambda beta^t f^l.

Tran and Pompili 2019, (1) to (12), (21), (30).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array, Indices, Instance, Mask
from mecopt.result import Names

from . import elements, patterns
from .computing import computing_cost, fit, loads

Interference = Literal["exact", "full-power"]
Data = SimpleNamespace
Variables = Mapping[str, Any]


@dataclass(frozen=True)
class DecisionStatement:
    """JTORA (`exact` interference) or TO (interferers at `full-power`)."""

    interference: Interference

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """The data and phi, psi, eta, g; `root` is sqrt(eta_u/f_s), `(*batch, users, servers)`."""
        d = Data(**{name: ops.number(array) for name, array in s.data.items()})
        width = _column(d.bandwidth) / s.sizes["subbands"]
        local_time = d.workload / d.local_frequency
        local_energy = d.energy_coefficient * d.local_frequency * d.local_frequency * d.workload
        load = d.provider_preference * d.input_bits / width
        d.time_weight = d.time_preference * load / local_time
        d.energy_weight = d.energy_preference * load / local_energy
        d.compute_weight = d.provider_preference * d.time_preference * d.local_frequency
        d.offload_gain = d.provider_preference * (d.time_preference + d.energy_preference)
        d.root = ops.sqrt(_column(d.compute_weight) / d.server_frequency[..., None, :])
        d.interference = self.interference
        return d

    def infeasible(self, s: Instance) -> Names:
        """Everybody can compute locally."""
        return np.full(s.batch_shape, "", dtype=object)

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The utility, `(*batch,)`; -inf where an upload or a computation never ends."""
        slot = _slots(d, x)
        power, off = ops.number(x["transmit_power"]), slot.off
        gain = np.take_along_axis(d.channel_gain.reshape(*slot.shape, -1), slot.place[..., None], -1)[..., 0]
        noise = _column(d.noise_power) + self._received(ops, d, slot, power)
        still = ops.is_zero(power)
        sent = ops.where(still, 1.0, power)
        deaf = off & ops.is_zero(gain)
        theta = ops.where(off & ~deaf, gain / noise, 1.0)
        cost = (d.time_weight + d.energy_weight * sent) * ops.ln2 / ops.log1p(theta * sent)
        limit = ops.where(ops.is_zero(d.time_weight), d.energy_weight * ops.ln2 / theta, np.inf)
        cost = ops.where(deaf, np.inf, ops.where(still, limit, cost))
        computing = computing_cost(ops, d.compute_weight, x["compute_allocation"])
        total = ops.sum(ops.where(off, d.offload_gain - cost - computing, 0.0))
        return total + ops.where(_unknown(x), np.nan, 0.0)

    def _received(self, ops: Arithmetic, d: Data, slot: "Slots", power: Numbers) -> Numbers:
        """Interference at each offloading user's server on its sub-band, `(*batch, users)`."""
        sent = power if self.interference == "exact" else d.max_transmit_power
        flat = d.channel_gain.reshape(*slot.shape, -1)
        place = np.broadcast_to(slot.place[..., None, :], (*slot.shape, slot.shape[-1]))
        at_server = np.take_along_axis(flat, place, -1)  # of row user at column user's server
        off, server, subband = slot.off, slot.server, slot.subband
        heard = off[..., :, None] & off[..., None, :]
        heard &= subband[..., :, None] == subband[..., None, :]
        heard &= server[..., :, None] != server[..., None, :]
        return ops.sum(np.swapaxes(ops.where(heard, _column(sent) * at_server, 0.0), -1, -2))

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """Powers relative to P, shares to the server's speed, the rest as counts; `(*batch,)`."""
        slot = _slots(d, x)
        power, off = x["transmit_power"], slot.off
        most = d.max_transmit_power
        servers, subbands = d.channel_gain.shape[-2:]
        share, f = x["compute_allocation"], d.server_frequency
        at = _at(slot, servers)
        taken = slot.off[..., None, :] & (slot.place[..., None, :] == np.arange(servers * subbands)[:, None])
        return {
            "a server or none": _outside(x["offload_server"], servers),
            "a sub-band or none": _outside(x["offload_subband"], subbands),
            "both or none": np.max(
                np.abs((x["offload_server"] >= 0).astype(float) - (x["offload_subband"] >= 0)), axis=-1
            ),
            "a slot taken once": np.maximum(np.max(np.sum(taken, axis=-1), axis=-1) - 1.0, 0.0),
            "power at most P": np.max(np.where(off, (power - most) / most, 0.0), axis=-1),
            "power not negative": np.max(np.where(off, -power / most, 0.0), axis=-1),
            "shares of a server within its speed": np.max(np.maximum(loads(at, share) / f - 1, 0.0), axis=-1),
            "share not negative": np.max(
                np.where(at, -share[..., None, :], 0.0) / f[..., None], axis=(-2, -1)
            ),
        }

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """Whole numbers, powers clipped to [0, P], shares scaled to fit."""
        slot = _slots(d, x)
        power = ops.number(x["transmit_power"])
        nothing = ops.number(np.zeros(power.shape))
        at = _at(slot, d.channel_gain.shape[-2])
        return {
            "offload_server": np.where(slot.off, slot.server, -1.0),
            "offload_subband": np.where(slot.off, slot.subband, -1.0),
            "transmit_power": ops.minimum(ops.maximum(power, nothing), d.max_transmit_power),
            "compute_allocation": fit(ops, at, x["compute_allocation"], d.server_frequency),
        }

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """Exact for small networks, else without interference, `(*batch,)`."""
        bound = patterns.bound if patterns.affordable(d) else elements.bound
        return bound(ops, d, ops.number(prices["user_price"]), ops.number(prices["server_price"]))

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Prices that make the bound small."""
        search = patterns.best_prices if patterns.affordable(d) else elements.best_prices
        return search(d)


@dataclass(frozen=True)
class Slots:
    """Where each user is, `(*batch, users)`; users that are nowhere have `off` False and slot 0."""

    off: Mask
    server: Indices
    subband: Indices
    place: Indices

    @property
    def shape(self) -> tuple[int, ...]:
        """`(*batch, users)`."""
        return self.off.shape


def _slots(d: Data, x: Variables) -> Slots:
    servers, subbands = d.channel_gain.shape[-2:]
    known = (np.where(np.isnan(x[name]), -1.0, x[name]) for name in ("offload_server", "offload_subband"))
    server, subband = (np.rint(place) for place in known)
    off = (server >= 0) & (server < servers) & (subband >= 0) & (subband < subbands)
    s, j = (np.where(off, a, 0).astype(np.intp) for a in (server, subband))
    return Slots(off, s, j, s * subbands + j)


def _at(slot: Slots, servers: int) -> Mask:
    """Who is at which server, `(*batch, servers, users)`."""
    return np.asarray(slot.off[..., None, :] & (slot.server[..., None, :] == np.arange(servers)[:, None]))


def _outside(number: Array, count: int) -> Array:
    """How far the worst of these is from a whole number in -1 .. count - 1; nan for nan."""
    return np.asarray(np.max(np.abs(number - np.clip(np.rint(number), -1, count - 1)), axis=-1))


def _unknown(x: Variables) -> Mask:
    """Where some number of the point is nan: powers and shares of users who offload count."""
    decision = np.isnan(x["offload_server"]) | np.isnan(x["offload_subband"])
    return np.asarray(np.any(decision, axis=-1))


def _column(a: Numbers) -> Numbers:
    return np.asarray(a)[..., None]
