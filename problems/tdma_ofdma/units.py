r"""P1, P2 and P3 as conic models in other units than `model`'s, to see what units do to solvers.

With bits in units of b_k, seconds in s, joules in e, cycles in c, and exponents shifted by ybar_k:

    min  sum_k (A_k s/e) (e^ybar_k z_k - t_k) + (v_k b_k/e) (R_k/b_k - l_k)
    s.t. t_k exp(x_k/t_k - ybar_k) <= z_k,  x_k = (b_k ln 2/(B s)) l_k,       m_k <= b_k l_k <= R_k,
         sum_k t_k + sum_k (C_k b_k/(F' s)) l_k <= T/s                        (the second sum in P3 only)
         sum_k (C_k b_k/c) l_k <= F/c                                         (P1 only)

All users stay in. Every system states the same problem, and points are mapped back and made feasible as
`model` does it, so what differs is what the solver makes of the numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from mecopt import conic
from mecopt.instance import Array, Instance
from mecopt.kernels.rate import rotated_exponential_cone
from mecopt.problem import Units
from mecopt.result import Point
from mecopt.solvers import solver

from . import model

BANDWIDTH_CHANGE, TIME_CHANGE, POWER_CHANGE = 1e-3, 1e3, 1e9
"""kbit for bit, ms for s, and gains and noise in units of 1e-9, for `scaled-kilo`."""


@dataclass(frozen=True)
class System:
    """Sizes of the units in SI, bit per user, and the shift of each user's exponent."""

    bit: Array
    second: float
    joule: float
    cycle: float
    shift: Array


def si(s: Instance) -> System:
    """Bit, second, joule, cycle: the model as one would first write it."""
    return System(np.ones_like(s.input_bits), 1.0, 1.0, 1.0, np.zeros_like(s.input_bits))


def engineering(s: Instance) -> System:
    """Mbit, ms, mJ, Gcycle: what an engineer would pick to have readable numbers."""
    return System(np.full_like(s.input_bits, 1e6), 1e-3, 1e-3, 1e9, np.zeros_like(s.input_bits))


def normalised(s: Instance) -> System:
    """Shares of each user's data, of the slot, of the energy that all-local computing takes."""
    local = float(np.sum(s.weight * s.cycles_per_bit * s.energy_per_cycle * s.input_bits)) or 1.0
    bit = np.where(s.input_bits > 0, s.input_bits, 1.0)
    cycles = float(np.sum(s.cycles_per_bit * s.input_bits)) or 1.0
    return System(bit, float(s.slot_duration), local, cycles, np.zeros_like(bit))


def shifted(s: Instance) -> System:
    """As normalised, the cones rotated by ln of the local-to-radio cost ratio."""
    ratio = model.terms(s)["ratio"]
    return replace(normalised(s), shift=np.log(np.maximum(ratio, 1.0)))


@cache
def build(users: int, has_load: bool, has_speed: bool) -> Any:
    """The CVXPY problem for this many users; units and data enter as parameters."""
    import cvxpy as cp

    def data(name: str, size: int | None = users) -> cp.Parameter:
        return cp.Parameter(() if size is None else size, name=name, nonneg=True)

    bits, time = cp.Variable(users, name="bits"), cp.Variable(users, name="time")
    receive = cp.Variable(users, name="receive")
    radio = data("receive_cost") @ receive - data("time_gain") @ time
    local = data("all_local", None) - data("local_cost") @ bits
    spent = cp.sum(time)
    if has_speed:
        spent = spent + data("cloud_time") @ bits
    load = cp.multiply(data("nats"), bits)
    rows = [
        rotated_exponential_cone(load, time, receive, shift=data("shift")),
        bits >= data("least_bits"),
        spent <= data("slot", None),
        bits <= data("most_bits"),
    ]
    if has_load:
        rows.append(data("cycles") @ bits <= data("capacity", None))
    return cp.Problem(cp.Minimize(radio + local), rows)


def solve_in(system: Callable[[Instance], System], s: Instance, solver_name: str, tol: float) -> Point:
    """Solve one instance in these units; SI in, SI out. nan and what the solver said where it failed."""
    d, units = model.terms(s), system(s)
    program = build(s.sizes["users"], "cloud_capacity" in s.data, "cloud_frequency" in s.data)
    _set(program, s, d, units)
    said = conic.run(program, solver(solver_name, model.CONES), tol=tol)
    if said:
        nan = np.full_like(s.input_bits, np.nan)
        return Point({"offloaded_bits": nan, "offloading_time": nan}, message=said)
    values = {variable.name(): variable.value for variable in program.variables()}
    scaling = model.scale(s, d, keep_all=True)
    bits, time = units.bit * values["bits"], units.second * values["time"]
    return Point(model.feasible(s, d, scaling, bits, time))


def _set(program: Any, s: Instance, d: dict[str, Array], units: System) -> None:
    radio = d["power_scale"] * units.second / units.joule
    values = {
        "receive_cost": radio * np.exp(units.shift),
        "time_gain": radio,
        "local_cost": d["bit_value"] * units.bit / units.joule,
        "all_local": np.sum(d["bit_value"] * s.input_bits) / units.joule,
        "nats": units.bit * np.log(2) / (s.bandwidth * units.second),
        "shift": units.shift,
        "least_bits": d["required"] / units.bit,
        "most_bits": s.input_bits / units.bit,
        "slot": s.slot_duration / units.second,
        "cloud_time": d["cloud_time"] * units.bit / units.second,
        "cycles": s.cycles_per_bit * units.bit / units.cycle,
        "capacity": s.data.get("cloud_capacity", np.inf) / units.cycle,
    }
    conic.assign(program, values)


def scaled_kilo(s: Instance, solver_name: str, tol: float) -> Point:
    """The scaled model handed kbit, ms and gains and noise 1e9 times as large: the optimum is the same."""
    data = dict(s.data)
    factors = {
        "input_bits": BANDWIDTH_CHANGE,
        "cycles_per_bit": 1 / BANDWIDTH_CHANGE,
        "bandwidth": BANDWIDTH_CHANGE / TIME_CHANGE,
        "slot_duration": TIME_CHANGE,
        "local_frequency": 1 / TIME_CHANGE,
        "cloud_frequency": 1 / TIME_CHANGE,
        "noise_power": POWER_CHANGE / TIME_CHANGE,
        "channel_gain": POWER_CHANGE,
    }
    changes = {name: data[name] * factor for name, factor in factors.items() if name in data}
    point = model.solve(s.replace(**changes), solver_name, tol)
    x = {
        "offloaded_bits": point.x["offloaded_bits"] / BANDWIDTH_CHANGE,
        "offloading_time": point.x["offloading_time"] / TIME_CHANGE,
    }
    return Point(x, message=point.message)


def _units(name: str, summary: str, system: Callable[[Instance], System]) -> Units:
    return Units(name, summary, lambda s, solver_name, tol: solve_in(system, s, solver_name, tol))


SYSTEMS = (
    Units("scaled-kilo", "the scaled model, handed kbit, ms, and gains and noise in 1e-9", scaled_kilo),
    _units("shifted", "shares of data, slot and all-local energy; cones rotated by ln upsilon", shifted),
    _units("normalised", "shares of data, slot and all-local energy; no rotation", normalised),
    _units("engineering", "Mbit, ms, mJ, Gcycle; no rotation", engineering),
    _units("si", "bit, s, J, cycle; no rotation", si),
)
