r"""P1, P2 and P3 as one disciplined (DPP) convex model with a shifted exponential cone.

In SI units no free solver survives these models, so the variables are dimensionless and each user's cone
is rotated by a reference exponent ybar_k, close to the exponent y_k = l_k ln 2/(B t_k) of the optimum:

    u_k    local share: l_k = R_k (1 - a_k u_k)           a_k  chosen so that u_k costs about one energy unit
    tau_k that_k = t_k/T                                  tau_k about the expected share of the slot
    zhat_k >= that_k exp(x_k/that_k - ybar_k),            x_k = (eta_k/tau_k)(1 - a_k u_k), eta = R ln 2/(B T)

    min  sum_k (A_k T tau_k e^ybar_k/e0) zhat_k - (A_k T tau_k/e0) that_k + (v_k R_k a_k/e0) u_k
    s.t. sum_k tau_k that_k + sum_k (C_k R_k/(F' T)) (1 - a_k u_k) <= 1       (the second sum in P3 only)
         sum_k (C_k R_k/F) (1 - a_k u_k) <= 1                                 (P1 only)
         0 <= a_k u_k <= 1 - m_k/R_k.

Any ybar, tau, a and e0 give the same optimum; good ones let a solver find it. Users without data, and
users that must not and need not offload, stay out of the model unless `keep_all`.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from mecopt import conic, watch
from mecopt.errors import DataError
from mecopt.handout import in_units
from mecopt.instance import Array, Instance, Mask
from mecopt.kernels.lambert import lambert_exponent
from mecopt.kernels.rate import rotated_exponential_cone
from mecopt.result import Point
from mecopt.solvers import solver

CONES = frozenset({"ExpCone"})

TIME_ROW, CLOUD_ROW = 2, 3
"""Places of the coupling constraints among the model's rows."""

LEAST_EXPONENT = 1e-9
"""Floor of the reference exponent and of the time unit: users far above the others need some scale."""

LEAST_LOCAL_UNIT = 1e-2
"""Floor of a_k: without it ECOS breaks down on some instances and SCS loses digits on P3. The ceiling is 1,
so that u_k reaches 1: without it all solvers fail where radio energy dwarfs local energy."""

TIME_UNITS = (3.0, 1.0)
"""Time units tried, in expected times. At 1, where all is as expected, ECOS now and then breaks down."""

LOG_SPAN = 650.0
"""The reference price is searched over this many e-foldings around the power scales."""

REFERENCE_GRID, REFERENCE_ROUNDS = 16, 5
"""Prices of a grid, and how often the next lies between two of it: to 2e-3 e-foldings. It is only a scale."""


@dataclass(frozen=True)
class Scaling:
    """Units of one instance, arrays over the users in the model."""

    active: Mask
    exponent: Array
    time_unit: Array
    local_unit: Array
    energy_unit: float
    cloud_unit: float


@cache
def build(users: int, has_load: bool, has_speed: bool) -> Any:
    """The compiled-once CVXPY problem for this many users; data enter as parameters."""
    import cvxpy as cp

    def data(name: str, size: int | None = users) -> cp.Parameter:
        return cp.Parameter(() if size is None else size, name=name, nonneg=True)

    u = cp.Variable(users, name="local_share", nonneg=True)
    time = cp.Variable(users, name="scaled_time")
    receive = cp.Variable(users, name="scaled_receive_energy")
    bits = data("load_per_time") - cp.multiply(data("load_per_local_share"), u)
    cost = data("receive_cost") @ receive - data("time_gain") @ time + data("local_cost") @ u
    spent = data("time_unit") @ time
    if has_speed:
        spent = spent + data("cloud_time_all", None) - data("cloud_time_slope") @ u
    rows = [
        rotated_exponential_cone(bits, time, receive, shift=data("reference_exponent")),
        u <= data("largest_local_share"),
        spent <= 1,
    ]
    if has_load:
        cycles = data("cloud_load_all", None) - data("cloud_load_slope") @ u
        rows.append(cycles <= data("cloud_bound", None))
    return cp.Problem(cp.Minimize(cost), rows)


def of_instance(s: Instance) -> Any:
    """A CVXPY problem of one instance, in scaled units and with its parameters set; all users with data."""
    d = terms(s)
    scaling = scale(s, d, keep_all=True)
    users = int(np.sum(scaling.active))
    if not users:
        raise DataError("input_bits", "are all 0", "give a user data: there is nothing to model")
    model = build.__wrapped__(users, "cloud_capacity" in s.data, "cloud_frequency" in s.data)
    _set(model, s, d, scaling)
    return in_units(model, scaling.energy_unit)


def airtime_budget(s: Instance) -> Array:
    """Seconds to share out: the slot, or that of several sub-channels (P5)."""
    return s.data.get("airtime_budget", s.slot_duration)


def solve(s: Instance, solver_name: str, tol: float, *, keep_all: bool = False) -> Point:
    """Scale one instance, solve it, map the answer back and make it feasible to rounding.

    Where the solver returns nothing the point is nan and its message says what the solver said.
    """
    d = terms(s)
    expected = scale(s, d, keep_all=keep_all)
    on = expected.active
    if not on.any():
        return _constant_point(s, 0.0)
    model = build(int(np.sum(on)), "cloud_capacity" in s.data, "cloud_frequency" in s.data)
    for unit in TIME_UNITS:
        scaling = replace(expected, time_unit=np.minimum(unit * expected.time_unit, 1.0))
        _set(model, s, d, scaling)
        said = conic.run(model, solver(solver_name, CONES), tol=tol)
        if not said:
            break
        watch.discard()
    if said:
        return replace(_constant_point(s, np.nan), message=said)
    values = {variable.name(): variable.value for variable in model.variables()}
    bits, time = np.zeros_like(s.input_bits), np.zeros_like(s.input_bits)
    bits[on] = s.input_bits[on] * (1 - scaling.local_unit * values["local_share"])
    slot = float(airtime_budget(s))
    time[on] = slot * scaling.time_unit * values["scaled_time"]
    prices = {"time_price": _price(model, TIME_ROW, scaling.energy_unit / slot)}
    if "cloud_capacity" in s.data:
        prices["cloud_price"] = _price(model, CLOUD_ROW, scaling.energy_unit / scaling.cloud_unit)
    return Point(feasible(s, d, scaling, bits, time), prices)


def _constant_point(s: Instance, number: float) -> Point:
    """The same number everywhere: 0 where nobody is in the model, nan where a solver gave nothing."""
    users = np.full_like(s.input_bits, number)
    prices = {output.name: np.array(number) for output in s.problem.multipliers}
    return Point({"offloaded_bits": users, "offloading_time": users}, prices)


def _price(model: Any, row: int, unit: float) -> Array:
    return np.asarray(unit * float(conic.multiplier(model.constraints[row])))


def terms(s: Instance) -> dict[str, Array]:
    """A, v, m, u = v B/(A ln 2) and C/F' (0 but in P3) of each user."""
    power_scale = s.weight * s.noise_power / s.channel_gain
    bit_value = s.weight * s.cycles_per_bit * s.energy_per_cycle
    required = np.maximum(s.input_bits - s.local_frequency * s.slot_duration / s.cycles_per_bit, 0.0)
    return {
        "power_scale": power_scale,
        "bit_value": bit_value,
        "required": required,
        "ratio": bit_value * s.bandwidth / (power_scale * np.log(2)),
        "cloud_time": s.cycles_per_bit / s.data.get("cloud_frequency", np.inf),
    }


def scale(s: Instance, d: dict[str, Array], *, keep_all: bool) -> Scaling:
    """Units from a reference price of airtime and the bits expected at it."""
    active = (s.input_bits > 0) & ((d["ratio"] > 1) | (d["required"] > 0) | keep_all)
    if not active.any():
        return Scaling(active, *(np.zeros(0),) * 3, 0.0, 0.0)
    scale, value = d["power_scale"][active], d["bit_value"][active]
    bits, slot = s.input_bits[active], airtime_budget(s)
    price, expected = _reference(s, d, active)
    nats = expected * np.log(2) / (s.bandwidth * slot)  # of a slot, at the expected load
    exponent = np.maximum(lambert_exponent(price / scale), LEAST_EXPONENT)
    all_nats = bits * np.log(2) / (s.bandwidth * slot)
    time_unit = np.clip(all_nats / exponent, LEAST_EXPONENT, 1.0)
    radio = np.sum(scale * slot * np.minimum(1.0, nats / exponent) * np.expm1(exponent))
    energy = float(radio + np.sum(value * (bits - expected))) or 1.0
    local = bits * value
    with np.errstate(divide="ignore"):
        local_unit = np.where(local > 0, np.clip(energy / local, LEAST_LOCAL_UNIT, 1.0), 1.0)
    cloud_unit = float(np.sum(s.cycles_per_bit * s.input_bits))
    if "cloud_capacity" in s.data and s.cloud_capacity > 0:
        cloud_unit = float(s.cloud_capacity)
    return Scaling(active, exponent, time_unit, local_unit, energy, cloud_unit)


def _reference(s: Instance, d: dict[str, Array], active: Mask) -> tuple[float, Array]:
    """The airtime price at which the bits that still pay fill the slot (cloud load apart), and these bits."""
    scale, value = d["power_scale"][active], d["bit_value"][active]
    all_bits, required, cloud = s.input_bits[active], d["required"][active], d["cloud_time"][active]
    per_nat, slot = np.log(2) / s.bandwidth, float(airtime_budget(s))

    def at(log_prices: Array) -> tuple[Array, Array]:
        """Bits `(prices, users)` and what they take of the slot."""
        price = np.exp(log_prices)[:, None]
        exponent = lambert_exponent(price / scale)
        with np.errstate(over="ignore", divide="ignore"):
            cost, airtime = per_nat * scale * np.exp(exponent), per_nat / exponent
        bits = np.where(value > cost + price * cloud, all_bits, required)
        return bits, np.sum(bits * (airtime + cloud), axis=-1, where=bits > 0)

    low = float(np.log(np.min(scale))) - LOG_SPAN
    high = min(float(np.log(np.max(scale))) + LOG_SPAN, LOG_SPAN)
    for _ in range(REFERENCE_ROUNDS):
        grid = np.linspace(low, high, REFERENCE_GRID)
        place = min(max(int(np.sum(at(grid)[1] > slot)), 1), REFERENCE_GRID - 1)
        low, high = float(grid[place - 1]), float(grid[place])
    (more, few), (long, short) = at(np.array([low, high]))
    share = (slot - short) / (long - short) if long > short else 0.0
    return float(np.exp(high)), few + min(max(share, 0.0), 1.0) * (more - few)


def _set(model: Any, s: Instance, d: dict[str, Array], scaling: Scaling) -> None:
    """Hand the instance's numbers to the compiled model."""
    on, slot = scaling.active, float(airtime_budget(s))
    bits, share = s.input_bits[on], d["required"][on] / s.input_bits[on]
    radio = d["power_scale"][on] * slot * scaling.time_unit / scaling.energy_unit
    load = bits * np.log(2) / (s.bandwidth * slot) / scaling.time_unit
    cycles = s.cycles_per_bit[on] * bits
    values = {
        "receive_cost": radio * np.exp(scaling.exponent),
        "time_gain": radio,
        "local_cost": d["bit_value"][on] * bits * scaling.local_unit / scaling.energy_unit,
        "time_unit": scaling.time_unit,
        "reference_exponent": scaling.exponent,
        "load_per_time": load,
        "load_per_local_share": load * scaling.local_unit,
        "largest_local_share": np.maximum(1 - share, 0.0) / scaling.local_unit,
    }
    if "cloud_frequency" in s.data:
        share_of_slot = cycles / (s.cloud_frequency * slot)
        values |= {
            "cloud_time_all": np.sum(share_of_slot),
            "cloud_time_slope": share_of_slot * scaling.local_unit,
        }
    if "cloud_capacity" in s.data:
        share_of_cloud = cycles / scaling.cloud_unit
        values |= {
            "cloud_load_all": np.sum(share_of_cloud),
            "cloud_load_slope": share_of_cloud * scaling.local_unit,
            "cloud_bound": float(s.cloud_capacity) / scaling.cloud_unit,
        }
    conic.assign(model, values)


def feasible(
    s: Instance, d: dict[str, Array], scaling: Scaling, bits: Array, time: Array
) -> dict[str, Array]:
    """Undo the solver's constraint violations: clip bits, give stragglers time, shrink what is too much."""
    bits = np.clip(bits, d["required"], s.input_bits)
    if "cloud_capacity" in s.data:
        least = float(np.sum(s.cycles_per_bit * d["required"]))
        excess = float(np.sum(s.cycles_per_bit * bits)) - least
        if excess > s.cloud_capacity - least:
            bits = d["required"] + max(float(s.cloud_capacity) - least, 0.0) / excess * (bits - d["required"])
    expected = np.zeros_like(bits)
    expected[scaling.active] = bits[scaling.active] * np.log(2) / (s.bandwidth * scaling.exponent)
    # a few stray bits in no time would cost any energy; their fair time is as negligible as they are
    stray = (bits > 0) & (bits <= 1e-6 * s.input_bits) & (time < expected)
    time = np.where(stray, expected, np.where(bits > 0, np.maximum(time, 0.0), 0.0))
    left = float(airtime_budget(s))
    if "cloud_frequency" in s.data:
        left -= float(np.sum(s.cycles_per_bit * bits)) / float(s.cloud_frequency)
    total = float(np.sum(time))
    return {"offloaded_bits": bits, "offloading_time": time * min(1.0, left / total) if total > 0 else time}
