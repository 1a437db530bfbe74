r"""Powers and computing shares in closed form: UPA (23), CRA (27), (28), and the value J* of a decision (29).

    J*(X) = sum_off g - sum_off Gamma - sum_s (sum_{u at s} sqrt eta_u)^2/f_s

Gamma is the least cost of an upload against interferers at full power, `mecopt.kernels.ratio` in base-2
rates. Tran and Pompili 2019.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.kernels.ratio import least_ratio
from mecopt.kernels.sharing import sharing_cost, sharing_roots, sharing_shares
from mecopt.result import Point

from .terms import Decision, Terms

LN2 = float(np.log(2.0))


def solve_power(s: Instance, tol: float) -> Point:
    """UPA, any batch."""
    found = least_ratio(s.time_weight, s.energy_weight, s.sinr_per_watt, s.max_transmit_power)
    value = np.asarray(LN2 * found.value)
    message = np.where(
        np.all(found.attained, axis=-1), "", "where time has no weight the infimum is reached as p falls to 0"
    )
    return Point(
        {"transmit_power": np.asarray(found.power)}, {"rate_price": value}, message.astype(object)[()]
    )


def solve_computing(s: Instance, tol: float) -> Point:
    """CRA, any batch: shares by (27), equal where no task on a server weighs anything."""
    at = s.offload_server[..., None, :] == np.arange(s.sizes["servers"])[:, None]
    weight = s.compute_weight[..., None, :] / s.server_frequency[..., None]
    share = sharing_shares(weight, where=at)
    idle = np.sum(share, axis=-1, keepdims=True) == 0
    equal = at / np.maximum(np.sum(at, axis=-1, keepdims=True), 1)
    share = np.where(idle, equal, share)
    price = sharing_cost(weight, where=at) / s.server_frequency
    allocation = np.sum(share * s.server_frequency[..., None], axis=-2)
    return Point({"compute_allocation": allocation}, {"server_price": np.asarray(price)})


class Allocation(NamedTuple):
    """Powers and shares of a decision, 0 for local users, `(U,)`; the least cost Gamma of each upload."""

    power: Array
    share: Array
    cost: Array


def sinr_per_watt(t: Terms, x: Decision) -> Array:
    """theta of the offloading users against interferers at full power, 0 for the others, `(U,)`."""
    who = x.offloading
    server, subband = x.server[who], x.subband[who]
    received = (
        t.gain[who[:, None], server, subband] * t.most[who][:, None]
    )  # from row user to column's server
    heard = (subband[:, None] == subband) & (server[:, None] != server)
    theta = np.zeros(len(x.server))
    theta[who] = t.gain[who, server, subband] / (np.sum(np.where(heard, received, 0.0), axis=0) + t.noise)
    return theta


def computing_cost(t: Terms, x: Decision) -> float:
    """(28), the CPU part of the cost."""
    who = x.offloading
    total = np.bincount(x.server[who], weights=np.sqrt(t.compute_weight[who]), minlength=t.shape[1])
    return float(np.sum(total**2 / t.server_frequency))


def allocate(t: Terms, x: Decision) -> Allocation:
    """Powers by (23) and shares by (27)."""
    return allocate_all([(t, x)])[0]


def allocate_all(decisions: Sequence[tuple[Terms, Decision]]) -> list[Allocation]:
    """The same for many decisions, their uploads in one go."""
    uploads = [
        np.array([t.time_weight[who], t.energy_weight[who], sinr_per_watt(t, x)[who], t.most[who]])
        for t, x in decisions
        for who in [x.offloading]
    ]
    found = least_ratio(*np.concatenate(uploads, axis=1))
    ends = np.cumsum([u.shape[1] for u in uploads])[:-1]
    columns = zip(np.split(found.power, ends), np.split(LN2 * found.value, ends), strict=True)
    return [_placed(t, x, *column) for (t, x), column in zip(decisions, columns, strict=True)]


def _placed(t: Terms, x: Decision, powers: Array, costs: Array) -> Allocation:
    """The powers and costs of the uploads at their users, and everybody's share."""
    who = x.offloading
    power, share, cost = (np.zeros(len(x.server)) for _ in range(3))
    power[who], cost[who] = powers, costs
    server, root = x.server[who], sharing_roots(t.compute_weight[who])
    total, alike = np.bincount(server, weights=root), np.bincount(server)
    share[who] = t.server_frequency[server] * np.where(
        total[server] > 0, root / np.where(total > 0, total, 1.0)[server], 1 / alike[server]
    )
    return Allocation(power, share, cost)


def utility(t: Terms, x: Decision) -> float:
    """J*(X), -inf where an upload is not heard."""
    cost = allocate_cost(t, x)
    return float(np.sum(t.offload_gain[x.offloading])) - cost - computing_cost(t, x)


def allocate_cost(t: Terms, x: Decision) -> float:
    """The sum of Gamma over the uploads."""
    who = x.offloading
    theta = sinr_per_watt(t, x)[who]
    return LN2 * float(
        np.sum(least_ratio(t.time_weight[who], t.energy_weight[who], theta, t.most[who]).value)
    )


def point(t: Terms, x: Decision, message: str = "") -> Point:
    """The decision with its powers and shares."""
    return Point(entries(x, allocate(t, x)), {}, message)


def entries(x: Decision, found: Allocation) -> dict[str, Array]:
    """A decision with powers and shares, by output name."""
    return {
        "offload_server": x.server.astype(np.float64),
        "offload_subband": x.subband.astype(np.float64),
        "transmit_power": found.power,
        "compute_allocation": found.share,
    }
