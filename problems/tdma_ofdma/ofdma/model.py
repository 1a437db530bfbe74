r"""The relaxation of P4 as a disciplined (DPP) convex model with rotated exponential cones.

Shares in units of what a user may expect, nats l/w (w = B T/ln 2) at the rate it may expect, energies in
units of e0, and one cone per user and sub-channel, turned by a reference exponent ybar that is close to the
exponent l/(w rho) of the optimum where the user is served:

    rho = tau r,   l/w = tau y_k x,   z >= r e^(y_k x/r - ybar),   local share a_k u_k

    min  sum_{k,n} (A tau e^ybar/e0) z - (A tau/e0) r  +  sum_k (v_k R_k a_k/e0) u_k
    s.t. sum_n (tau y_k w/R_k) x_{k,n} = 1 - a_k u_k,   sum_k tau r_{k,n} <= 1,
         x, r, u >= 0,   a_k u_k <= 1 - m_k/R_k.

Any tau, y, ybar, a and e0 give the same optimum; good ones let a solver find it. They come from the price of
airtime of P5 on the mean gains. Users that must not and need not offload stay out. You et al. 2017, P4.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mecopt import conic, watch
from mecopt.errors import DataError
from mecopt.handout import in_units
from mecopt.instance import Array, Instance, Mask
from mecopt.kernels.lambert import lambert_argument, lambert_exponent
from mecopt.kernels.rate import rotated_exponential_cone
from mecopt.result import Point
from mecopt.solvers import Solver, solver

from ..model import LEAST_LOCAL_UNIT

CONES = frozenset({"ExpCone"})

LOAD_ROW = 1
"""Place of the users' loads among the model's rows: their duals are the prices of a bit."""

LEAST_EXPONENT = 0.05
"""Floor of the reference exponents: they are positive where it matters."""

LEAST_PAIR = 1e-2
"""Floor of a pair's share unit relative to its user's: smaller units for sub-channels so bad that even the
user's whole share of them costs more than e0 save ECOS over 12 decades of gain, and lose digits elsewhere."""

REFERENCE_STEPS = 40
"""Halvings of the reference price's bracket: only a scale, but a good one."""

LEAST_RATE = 1e-9
"""Floor of the units of rates and shares: users far below the others need some scale."""

TRUSTED = 0.1
"""A user's nats and its local share may contradict each other by this much of the nats."""

SMALL_SHARE = 1e-4
"""Below it a solver's x/rho is noise over noise, and the rate follows from the price of a bit instead."""


@dataclass(frozen=True)
class Scaling:
    """Units of one instance for its users in the model: ybar and tau `(K, N)`, y and a `(K,)`."""

    active: Mask
    energy_scale: Array
    exponent: Array
    share_unit: Array
    rate_unit: Array
    local_unit: Array
    energy_unit: float


@cache
def build(users: int, subchannels: int, redundant: bool) -> Any:
    """The compiled-once CVXPY problem of this size; data enter as parameters.

    That shares are not negative follows from the cones; `redundant` says it again.
    """
    import cvxpy as cp

    both = (users, subchannels)

    def data(name: str, shape: Any = both) -> cp.Parameter:
        return cp.Parameter(shape, name=name, nonneg=True)

    share = cp.Variable(both, name="share", nonneg=redundant)
    nats = cp.Variable(both, name="nats", nonneg=True)
    receive = cp.Variable(both, name="receive_energy")
    u = cp.Variable(users, name="local_share", nonneg=True)
    radio = cp.sum(cp.multiply(data("receive_cost"), receive) - cp.multiply(data("share_gain"), share))
    all_bits = 1 - cp.multiply(data("local_unit", users), u)
    rows = [
        rotated_exponential_cone(
            cp.multiply(data("rate_unit"), nats), share, receive, shift=data("reference_exponent")
        ),
        all_bits == cp.sum(cp.multiply(data("load"), nats), axis=1),
        cp.sum(cp.multiply(data("share_unit"), share), axis=0) <= 1,
        u <= data("largest_local_share", users),
    ]
    return cp.Problem(cp.Minimize(radio + data("local_cost", users) @ u), rows)


def of_instance(s: Instance) -> Any:
    """A CVXPY problem of one instance, in scaled units and with its parameters set."""
    d = _terms(s)
    scaling = _scale(s, d)
    if not scaling.active.any():
        raise DataError("input_bits", "nobody offloads", "give a user data that pays to offload")
    model = build.__wrapped__(len(scaling.local_unit), s.sizes["subchannels"], redundant=True)
    _set(model, s, d, scaling)
    others = float(np.sum((d["bit_value"] * s.input_bits)[~scaling.active]))
    return in_units(model, scaling.energy_unit, offset=others)


def solve(s: Instance, solver_name: str, tol: float) -> Point:
    """Scale one instance, solve it, map the answer back and make it feasible to rounding.

    Where the solver returns nothing the point is nan and its message says what the solver said.
    """
    d = _terms(s)
    scaling = _scale(s, d)
    on = scaling.active
    point = _all_local(s, d)
    if not on.any():
        return point
    model, said = _solved(s, d, scaling, solver(solver_name, CONES), tol)
    if model is None:
        unknown = {name: np.full_like(array, np.nan) for name, array in point.x.items()}
        return Point(unknown, {"bit_price": np.full_like(s.input_bits, np.nan)}, said)
    values = {variable.name(): variable.value for variable in model.variables()}
    bits = s.input_bits[on]
    prices = np.maximum(conic.multiplier(model.constraints[LOAD_ROW]), 0.0) * scaling.energy_unit / bits
    point.multipliers["bit_price"][on] = prices
    nat, least = d["bits_per_nat"], d["required"][on] / bits
    shares, nats = _feasible(values, scaling, prices * nat, bits / nat, least)
    point.x["subchannel_assignment"][on] = shares
    point.x["offloaded_bits"][on] = nats * nat
    return point


def _solved(
    s: Instance, d: dict[str, Array], scaling: Scaling, row: Solver, tol: float
) -> tuple[Any | None, str]:
    """A solved model, or None and what the solver said.

    To say rho >= 0 twice saves CLARABEL now and then, and breaks ECOS now and then: whoever is not sure of
    its answer is asked again in the other words.
    """
    usable, said = None, ""
    for redundant in (True, False):
        model = build(len(scaling.local_unit), s.sizes["subchannels"], redundant)
        _set(model, s, d, scaling)
        said = conic.run(model, row, tol=tol)
        if said:
            watch.discard()
        elif usable is not None:
            watch.discard(back=2)
        usable = usable if said else model
        if not said and model.status == "optimal":
            break
    return usable, said


def _all_local(s: Instance, d: dict[str, Array]) -> Point:
    """Nobody offloads; a bit is then worth what it costs locally."""
    x = {name: np.zeros_like(s.channel_gain) for name in ("subchannel_assignment", "offloaded_bits")}
    return Point(x, {"bit_price": np.where(s.input_bits > 0, d["bit_value"], 0.0)})


def _terms(s: Instance) -> dict[str, Array]:
    """A (J, of each sub-channel), v, m and w."""
    slot = s.slot_duration
    required = np.maximum(s.input_bits - s.local_frequency * slot / s.cycles_per_bit, 0.0)
    return {
        "energy_scale": (s.weight * slot * s.subchannel_noise_power)[:, None] / s.channel_gain,
        "bit_value": s.weight * s.cycles_per_bit * s.energy_per_cycle,
        "required": required,
        "bits_per_nat": np.asarray(s.subchannel_bandwidth * slot / np.log(2)),
    }


def _scale(s: Instance, d: dict[str, Array]) -> Scaling:
    """Units from P5's reference price: everybody who wants to offload does, on sub-channels of mean gain."""
    nat, value = d["bits_per_nat"], d["bit_value"]
    most = (
        value * nat / np.min(d["energy_scale"], axis=-1)
    )  # local cost of a bit over its cheapest radio cost
    active = (s.input_bits > 0) & ((most > 1) | (d["required"] > 0))
    if not active.any():
        return Scaling(active, *(np.zeros(0),) * 5, 0.0)
    every, bits, least = d["energy_scale"][active], s.input_bits[active], d["required"][active] / nat
    value, count = value[active], every.shape[1]
    mean = 1 / np.mean(1 / every, axis=-1)
    nats = np.where(most[active] > 1, bits / nat, least)
    y = lambert_exponent(_reference_price(mean, nats / count) / mean)
    # whoever need not offload never pays more than the local cost of a bit
    y = np.where(least > 0, y, np.minimum(y, np.log(np.maximum(most[active], 1.0))))
    y = np.maximum(y, LEAST_RATE)
    exponent = np.maximum(y[:, None] + np.log(mean[:, None] / every), LEAST_EXPONENT)
    radio = np.sum(mean * np.minimum(count, nats / y) * np.expm1(y))
    energy = float(radio + np.sum(value * (bits - nats * nat)))
    share_unit = np.clip(nats / y, LEAST_RATE, 1.0)[:, None]
    share_unit = share_unit * np.clip(energy / (every * share_unit * np.exp(exponent)), LEAST_PAIR, 1.0)
    with np.errstate(divide="ignore"):
        local_unit = np.where(value > 0, np.clip(energy / (value * bits), LEAST_LOCAL_UNIT, 1.0), 1.0)
    return Scaling(active, every, exponent, share_unit, y, local_unit, energy)


def _set(model: Any, s: Instance, d: dict[str, Array], scaling: Scaling) -> None:
    """Hand the instance's numbers to the compiled model."""
    on = scaling.active
    bits = s.input_bits[on]
    radio = scaling.energy_scale * scaling.share_unit / scaling.energy_unit
    values = {
        "receive_cost": radio * np.exp(scaling.exponent),
        "share_gain": radio,
        "local_cost": d["bit_value"][on] * bits * scaling.local_unit / scaling.energy_unit,
        "reference_exponent": scaling.exponent,
        "rate_unit": np.broadcast_to(scaling.rate_unit[:, None], scaling.exponent.shape),
        "load": scaling.share_unit * (scaling.rate_unit * d["bits_per_nat"] / bits)[:, None],
        "share_unit": scaling.share_unit,
        "local_unit": scaling.local_unit,
        "largest_local_share": np.maximum(1 - d["required"][on] / bits, 0.0) / scaling.local_unit,
    }
    for parameter in model.parameters():
        parameter.value = values[parameter.name()]


def _feasible(
    values: dict[str, Array], scaling: Scaling, price: Array, load: Array, least: Array
) -> tuple[Array, Array]:
    """Undo the solver's constraint violations: shares within 1, noise replaced, totals met. `(K, N)` both.

    `price` of a nat and `load` R/w in nats, `least` m/R. The result is shares and nats.
    """
    held, carried = np.maximum(values["share"], 0.0), np.maximum(values["nats"], 0.0)
    # at its price a nat is sent at this exponent
    rate = np.log(np.maximum(price[:, None] / scaling.energy_scale, 1.0))
    nats = np.where(held < SMALL_SHARE, held * rate, carried * scaling.rate_unit[:, None])
    nats = nats * scaling.share_unit
    share = held * scaling.share_unit
    share = share / np.maximum(np.sum(share, axis=0), 1.0)
    # the local share says more precisely than a sum of nats what is sent, unless both are noise
    sent = np.sum(nats, axis=-1)
    total = load * (1 - scaling.local_unit * values["local_share"])
    total = np.where(np.abs(total - sent) <= TRUSTED * sent, total, sent)
    total = np.clip(total, least * load, load)
    return share, nats * (total / np.where(sent > 0, sent, 1.0))[:, None]


def _reference_price(scale: Array, nats: Array) -> float:
    """The price at which the expected load fills the slot: sum_k nats_k/y_k(price) = 1, by bisection."""
    y = min(float(np.sum(nats)), 600.0)
    if y <= 0:
        return float(np.min(scale)) * LEAST_RATE
    sends = nats > 0
    at_mean = np.log(lambert_argument(y))
    # the user with the smallest (largest) scale would send faster (slower) than the mean
    low, high = (at_mean + float(np.log(bound(scale[sends]))) for bound in (np.min, np.max))
    for _ in range(REFERENCE_STEPS):
        middle = (low + high) / 2
        spent = float(np.sum(nats[sends] / lambert_exponent(np.exp(middle) / scale[sends])))
        low, high = (middle, high) if spent > 1 else (low, middle)
    return float(np.exp(high))
