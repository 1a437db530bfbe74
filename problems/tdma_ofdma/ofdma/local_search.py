"""Improve who holds what in P4 by single sub-channels: give one to somebody else, or exchange two.

The best of all K N gifts and N^2 exchanges is made until none saves energy; what a user pays for a set is the
water-filling of Phase 4 with the total settled anew. Not in You et al. 2017.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.loops import Ended, Trace, iterate
from mecopt.result import Point

from . import phases, water_filling
from .phases import Owners

SAVES = 1e-12
"""A change that saves less than this part of the energy is rounding."""

MAX_STEPS = 10_000
"""Never reached: some dozen changes are usual."""


class State(NamedTuple):
    """Owners and their energy in J; `over` once no change saves any."""

    owners: Owners
    value: float
    over: bool = False


def solve(s: Instance, relax: Callable[[Instance], Point]) -> Point:
    """From the rounded relaxation and from the four phases, whichever ends better; one instance."""
    p = water_filling.terms(s)
    starts = [phases.heuristic(s, keep_total=False), phases.rounded(s, relax)]
    usable = [start for start in starts if not np.isnan(start.x["subchannel_assignment"]).any()]
    found = [improve(p, np.argmax(start.x["subchannel_assignment"], axis=0)) for start in usable]
    best, trace = min(found, key=lambda each: each[0].value)
    point = phases.settled(s, best.owners)
    return Point(point.x, point.multipliers, point.message, trace)


def energy(p: water_filling.Terms, owners: Owners) -> float:
    """Least energy with these owners in J; inf where required bits have no sub-channel."""
    return float(np.sum(water_filling.cost(p, held_by(owners, len(p.input_bits)))))


def held_by(owners: Owners, users: int) -> Array:
    """The assignment `(K, N)` of these owners."""
    held: Array = (owners == np.arange(users)[:, None]).astype(np.float64)
    return held


def improve(p: water_filling.Terms, owners: Owners) -> tuple[State, Trace]:
    """Make the best change until none saves energy, from owners of finite energy."""

    def stop(state: State) -> Ended | None:
        return "stationary" if state.over else None

    return iterate(
        lambda state: _best_change(p, state),
        State(owners, energy(p, owners)),
        stop=stop,
        record=lambda state: {"value": state.value},
        max_steps=MAX_STEPS,
    )


def _best_change(p: water_filling.Terms, state: State) -> State:
    owners = state.owners
    gift, exchange = _savings(p, owners)
    n, k = np.unravel_index(np.argmax(gift), gift.shape)
    m, q = np.unravel_index(np.argmax(exchange), exchange.shape)
    changed = owners.copy()
    if gift[n, k] >= exchange[m, q]:
        changed[n] = k
    else:
        changed[[m, q]] = owners[[q, m]]
    value = energy(p, changed)
    if not value < state.value * (1 - SAVES):
        return state._replace(over=True)
    return State(changed, value)


def _savings(p: water_filling.Terms, owners: Owners) -> tuple[Array, Array]:
    """What it saves to give sub-channel n to user k, `(N, K)`, and to exchange n and m, `(N, N)`."""
    users, channels = len(p.input_bits), len(owners)
    held, single = held_by(owners, users), np.eye(channels)
    pays = water_filling.cost(p, held)
    with_one = water_filling.cost(p, np.maximum(held, single[:, None, :]))
    without = water_filling.cost(p, held * (1 - single[:, None, :]))[np.arange(channels), owners]
    gift = (pays - with_one) + (pays[owners] - without)[:, None]
    gift[np.arange(channels), owners] = 0.0
    # the owner of n with m in its place
    own = water_filling.Terms(
        p.input_bits[owners],
        p.required_bits[owners],
        p.bit_value[owners],
        p.energy_scale[owners],
        p.bits_per_nat,
        p.order[owners],
    )
    other = np.maximum((held[owners] * (1 - single))[None], single[:, None, :])  # (m, n, N)
    saved = pays[owners][:, None] - water_filling.cost(own, other).T
    exchange = np.where(owners[:, None] == owners, 0.0, saved + saved.T)
    return gift, exchange
