r"""The paper's four-phase heuristic for P4 as printed, and the baselines it is compared with.

    Phase 1  each user that must offload gets its best sub-channel, best pair first        (Algorithm 4)
    Phase 2  P5 on the mean gains of what is left: n_k sub-channels and l_k bits per user
    Phase 3  floor(n_k) sub-channels each, best pair first; the rest to whoever is best    (Algorithm 5)
    Phase 4  water-filling of l_k, or of a re-optimised total, over the sub-channels held  (Proposition 3)

"Best" is the priority phi_{k,n} of user k on sub-channel n; ties, phi = 0 above all, go to the larger gain,
then the lower user, then the lower sub-channel. Greedy gives every sub-channel to its best user; relaxation
and rounding to whoever holds most of it in the relaxed optimum. You et al. 2017, Section VI.
"""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from mecopt.instance import Array, Indices, Instance, Mask
from mecopt.kernels.priority import offloading_priority
from mecopt.result import Point

from . import averaged, water_filling

FREE = -1
"""Owner of a sub-channel that nobody holds."""

FLOOR_SLACK = 1e-9
"""A number of sub-channels this close below a whole one counts as whole: P5 is solved in doubles."""

Owners = Indices
"""The user who holds each sub-channel, `(N,)`, or `FREE`."""


def heuristic(s: Instance, *, keep_total: bool, printed_stop: bool = False) -> Point:
    """Phases 1 to 4 on one instance.

    `keep_total` spreads exactly the bits of Phase 2 over the sub-channels, as printed; otherwise the total
    is re-optimised for them, which never costs more. `printed_stop` ends Algorithm 5's first step for a user
    by the printed test, which counts the sub-channel of Phase 1.
    """
    p = water_filling.terms(s)
    rank = ranks(s)
    owners = phase_1(rank, p.required_bits > 0)
    count, bits = phase_2(s, owners)
    owners, said = phase_3(rank, owners, count, printed_stop=printed_stop)
    return settled(s, owners, bits if keep_total else None, said)


def ranks(s: Instance) -> Indices:
    """Place of each pair (k, n) in the order of descending priority, `(K, N)`; no two are equal."""
    gain, users = s.channel_gain, np.arange(s.sizes["users"])
    scale = (s.weight * s.subchannel_noise_power)[:, None] / gain
    value = s.weight * s.cycles_per_bit * s.energy_per_cycle
    priority = offloading_priority(value[:, None], power_scale=scale, bandwidth=s.subchannel_bandwidth)
    user, channel = np.broadcast_arrays(users[:, None], np.arange(gain.shape[1]))
    order = np.lexsort([a.ravel() for a in (channel, user, -gain, -priority)])
    place = np.empty(order.size, dtype=np.intp)
    place[order] = np.arange(order.size)
    return place.reshape(gain.shape)


def _best_pair(rank: Indices, users: Mask, channels: Mask) -> tuple[int, int]:
    """The pair of lowest rank among these users and sub-channels."""
    allowed = np.where(users[:, None] & channels, rank, rank.size)
    user, channel = np.unravel_index(np.argmin(allowed), rank.shape)
    return int(user), int(channel)


def phase_1(rank: Indices, required: Mask) -> Owners:
    """Algorithm 4: one sub-channel for every user with required bits, best remaining pair first.

    There must be at least as many sub-channels as such users: P4 is infeasible otherwise.
    """
    owners = np.full(rank.shape[1], FREE)
    waiting = required.copy()
    while waiting.any():
        user, channel = _best_pair(rank, waiting, owners == FREE)
        owners[channel] = user
        waiting[user] = False
    return owners


def phase_2(s: Instance, owners: Owners) -> tuple[Array, Array]:
    """P5 on the free sub-channels: real numbers n_k of them, and bits l_k. `(K,)` both."""
    free = owners == FREE
    if not free.any():
        required = water_filling.terms(s).required_bits
        return np.zeros_like(required), required
    data = {
        **s.data,
        "average_channel_gain": np.mean(s.channel_gain[:, free], axis=-1),
        "num_subchannels": np.array(float(np.sum(free))),
    }
    point = averaged.solve(Instance(s.problem, MappingProxyType(data), (), s.sizes), 0.0)
    return point.x["subchannel_share"], point.x["offloaded_bits"]


def phase_3(rank: Indices, owners: Owners, count: Array, *, printed_stop: bool = False) -> tuple[Owners, str]:
    """Algorithm 5: floor(n_k) of the free sub-channels to each user, best pair first, then the rest.

    A user leaves the first step once it has received floor(n_k) sub-channels in this phase. The printed test
    asks that it *hold* as many, Phase 1 included: with `printed_stop` the step can run out of sub-channels,
    which the second result then says ("" otherwise).
    """
    owners = owners.copy()
    whole = np.floor(count + FLOOR_SLACK).astype(np.intp)
    had = np.bincount(owners[owners != FREE], minlength=len(whole)) if printed_stop else np.zeros_like(whole)
    active, got = whole > 0, had.copy()
    while active.any() and (owners == FREE).any():
        user, channel = _best_pair(rank, active, owners == FREE)
        owners[channel] = user
        got[user] += 1
        active[user] = got[user] != whole[user]
    rest = owners == FREE
    owners[rest] = np.argmin(rank, axis=0)[rest]
    short = ", ".join(str(k + 1) for k in np.flatnonzero(active))
    said = f"Algorithm 5 as printed does not stop for user {short}: no sub-channel is left" if short else ""
    return owners, said


def greedy(s: Instance) -> Point:
    """Baseline: every sub-channel to the user with the highest priority on it, then the best bits."""
    return settled(s, np.argmin(ranks(s), axis=0))


def rounded(s: Instance, relax: Callable[[Instance], Point]) -> Point:
    """Baseline: every sub-channel to whoever holds most of it in the relaxation, then the best bits."""
    relaxed = relax(s)
    shares = relaxed.x["subchannel_assignment"]
    if np.isnan(shares).any():
        return Point(relaxed.x, relaxed.multipliers, relaxed.message)
    return settled(s, np.argmax(shares, axis=0))


def all_local(s: Instance) -> Point:
    """Baseline: offload nothing."""
    return settled(s, np.full(s.sizes["subchannels"], FREE))


def settled(s: Instance, owners: Owners, total: Array | None = None, said: str = "") -> Point:
    """Phase 4 on these owners; nan, and who it is, where a user that must offload holds no sub-channel."""
    p = water_filling.terms(s)
    held = owners == np.arange(s.sizes["users"])[:, None]
    filled = water_filling.fill(p, held, total)
    shares, bits = held.astype(np.float64), filled.bits
    price = np.where(np.isnan(filled.bit_price), p.bit_value, filled.bit_price)
    stranded = np.flatnonzero((p.required_bits > 0) & ~held.any(axis=-1))
    if stranded.size:
        shares, bits, price = (np.full_like(array, np.nan) for array in (shares, bits, price))
        who = ", ".join(str(k + 1) for k in stranded)
        said = f"no sub-channel left for user {who}, who must offload"
    return Point({"subchannel_assignment": shares, "offloaded_bits": bits}, {"bit_price": price}, said)
