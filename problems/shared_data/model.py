r"""P1' as one disciplined (DPP) convex program with shifted exponential cones.

Bits count in units of D0 = max(max M, D_S), upload times in tau0 = T - t_mc, download times in t0 with
sum_k t0 G_k (e^(a0 M_k/(2 w_d t0)) - 1) = E_max (or tau0). With reference exponents y_u = D0/(w_u tau0) and
y_d = min{30, a0 max M/(2 w_d t0)} an energy A tau0 e^(y_u) ehat of sending dhat D0 bits in that tau0 s obeys

    that exp(y_u dhat/that - y_u) <= ehat + e^(-y_u) that,

and alike for the download. Without the shift a cone holds signal-to-noise ratios of 1e4 next to 1 and
solvers are
off by percents. Any references give the same optimum; good ones let a solver find it.

`equal` adds what the paper calls offloading with equal time length: t_k^{u,S}, t_k^{u,I} and t_k alike for
all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mecopt import conic
from mecopt.handout import in_units
from mecopt.instance import Array, Instance
from mecopt.kernels.rate import rotated_exponential_cone
from mecopt.result import Point
from mecopt.solvers import solver

from . import repair

CONES = frozenset({"ExpCone", "SOC"})

STEEPEST = 30.0
"""Largest reference exponent of the download."""

LN2 = float(np.log(2.0))


@cache
def build(users: int, has_download: bool, has_private: bool, equal: bool) -> Any:
    """The compiled-once CVXPY problem for this many users; data enter as parameters."""
    import cvxpy as cp

    def data(name: str, size: int | None = users) -> cp.Parameter:
        return cp.Parameter(() if size is None else size, name=name, nonneg=True)

    def variable(name: str) -> cp.Variable:
        return cp.Variable(users, name=name, nonneg=True)

    shared, local = variable("shared"), variable("local")
    shared_time, private_time = variable("shared_time"), variable("private_time")
    download, window = variable("download"), cp.Variable(name="window", nonneg=True)
    shared_receive, private_receive = variable("shared_receive"), variable("private_receive")
    sent = variable("sent_energy")
    load, shift = data("load", None), data("exponent", None)
    # ehat + e^-y that is the receive energy of the rotated cone
    energy = data("radio") @ (shared_receive + private_receive) - data("pause") @ (shared_time + private_time)
    cost = (
        energy
        + data("computing", None) * cp.sum(cp.power(local, 3))
        + data("reception", None) * cp.sum(download)
    )
    latency = shared_time + private_time + data("window_unit", None) * window <= data("left", None)
    waits = download <= window
    rows = [
        latency,
        waits,
        cp.sum(shared) == data("shared_total", None),
        local <= data("most_local"),
        rotated_exponential_cone(load * shared, shared_time, shared_receive, shift=shift),
    ]
    if has_private:
        # products of parameters are parameters of their own: DPP
        nats = data("private_load") - load * local
        rows.append(rotated_exponential_cone(nats, private_time, private_receive, shift=shift))
    else:
        rows += [private_receive == 0, private_time == 0]
    if has_download:
        z, rate = data("download_exponent", None), data("download_load", None)
        epigraph = sent + data("download_shrink", None) * download
        nats = data("private_download_load") - rate * local
        rows.append(rotated_exponential_cone(nats, download, epigraph, shift=z))
        rows.append(data("budget_share") @ sent <= data("budget", None))
    else:
        rows += [download == 0, sent == 0, window == 0]
    if equal:
        rows += [a == a[0] for a in (shared_time, private_time) if users > 1]
        rows.append(download == window)
    return cp.Problem(cp.Minimize(cost), rows)


@dataclass(frozen=True)
class Scaling:
    """Units of one instance."""

    bits: float
    left: float
    download: float
    energy: float
    upload_exponent: float
    download_exponent: float
    multicast: float


def of_instance(s: Instance) -> Any:
    """A CVXPY problem of one instance, in scaled units and with its parameters set."""
    d = _terms(s)
    scaling = _scale(s, d)
    has_private, has_download = _parts(s, d)
    model = build.__wrapped__(s.sizes["users"], has_download, has_private, equal=False)
    conic.assign(model, _values(s, d, scaling))
    fixed = float(s.reception_power) * s.sizes["users"] * scaling.multicast
    if d["closed"]:  # nothing can be sent back: all private bits stay, outside of the model
        fixed += float(np.sum(d["local_scale"] * d["private"] ** 3))
    return in_units(model, scaling.energy, offset=fixed)


def _parts(s: Instance, d: dict[str, Any]) -> tuple[bool, bool]:
    """Whether there are private bits to offload, and results of them to send back."""
    has_private = bool(np.any(d["private"] > 0)) and not d["closed"]
    return has_private, has_private and float(s.output_ratio) > 0


def solve(
    s: Instance,
    solver_name: str,
    tol: float,
    *,
    equal: bool = False,
    change: Callable[[Scaling], Scaling] = lambda u: u,
) -> Point:
    """Scale one instance, solve it, map the answer back and make it feasible to rounding.

    Where the solver returns nothing the point is nan and its message says what the solver said. `change`
    gives the solver other units.
    """
    d = _terms(s)
    expected = _scale(s, d)
    scaling = change(expected)
    has_private, has_download = _parts(s, d)
    model = build(s.sizes["users"], has_download, has_private, equal)
    values = _values(s, d, scaling)
    for parameter in model.parameters():
        parameter.value = values[parameter.name()]
    said = conic.run(model, solver(solver_name, CONES), tol=tol)
    if said:
        return _nothing(s, said)
    found = {variable.name(): np.asarray(variable.value) for variable in model.variables()}
    found = _in_units_of(expected, scaling, found)
    point = repair.feasible(s, d, expected, found, equal=equal)
    return Point(point, _duals(s, model, scaling, has_download=has_download))


def _in_units_of(u: Scaling, other: Scaling, found: dict[str, Array]) -> dict[str, Array]:
    """What a solver found in other units, in these."""
    bits, left, download = other.bits / u.bits, other.left / u.left, other.download / u.download
    factors = {"shared": bits, "local": bits, "shared_time": left, "private_time": left}
    factors |= {"download": download, "window": download}
    return found | {name: factor * found[name] for name, factor in factors.items()}


def _nothing(s: Instance, said: str) -> Point:
    def blank(outputs: Any) -> dict[str, Array]:
        return {o.name: np.full((s.sizes["users"],) if o.axes else (), np.nan) for o in outputs}

    return Point(blank(s.problem.outputs), blank(s.problem.multipliers), said)


def _terms(s: Instance) -> dict[str, Any]:
    users = s.sizes["users"]
    up, down = float(s.uplink_bandwidth) / users, float(s.downlink_bandwidth) / users
    noise, band = float(s.noise_psd), float(s.multicast_bandwidth)
    rate = band * np.log1p(s.max_bs_power * s.downlink_gain / (noise * band)) / LN2
    multicast = float(np.max(s.output_ratio * s.shared_bits / rate))
    private = np.maximum(s.input_bits - s.shared_bits, 0.0)
    closed = bool(s.max_bs_energy == 0 and s.output_ratio > 0)
    most = np.minimum(private, s.max_latency * s.local_frequency / s.cycles_per_bit)
    return {
        "up_scale": noise * up / s.uplink_gain,
        "up_nat": up / LN2,
        "down_scale": noise * down / s.downlink_gain,
        "down_nat": down / LN2,
        "multicast": multicast,
        "left": float(s.max_latency) - multicast,
        "private": private,
        "most_local": most,
        "local_scale": float(s.energy_coefficient * s.cycles_per_bit**3 / s.max_latency**2),
        "closed": closed,
    }


def _energy(scale: Array, nat: float, bits: Any, time: float) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(scale * time * np.expm1(bits / (nat * time)))


def _download_unit(s: Instance, d: dict[str, Any]) -> float:
    """The time in which half of the private results take the whole budget, at most all there is."""
    low, high = d["left"] * 1e-12, d["left"]

    def over(time: float) -> bool:
        half = s.output_ratio * d["private"] / 2
        return float(np.sum(_energy(d["down_scale"], d["down_nat"], half, time))) > float(s.max_bs_energy)

    if over(high) or s.output_ratio == 0 or not np.any(d["private"] > 0):
        return float(high)
    for _ in range(60):  # only a unit, but a good one
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if over(middle) else (low, middle)
    return float(high)


def _scale(s: Instance, d: dict[str, Any]) -> Scaling:
    users, left, private = s.sizes["users"], d["left"], d["private"]
    bits = float(max(np.max(private), float(s.shared_bits))) or 1.0
    unit = _download_unit(s, d)
    steep = float(s.output_ratio) * float(np.max(private)) / (2 * d["down_nat"] * unit)
    local = float(np.sum(d["local_scale"] * s.input_bits**3))
    sending = _energy(d["up_scale"], d["up_nat"], private + s.shared_bits / users, 0.9 * left)
    receive = float(s.reception_power) * users
    energy = max(min(local, float(np.sum(sending))), 0.1 * receive * unit, 1e-3 * receive * d["multicast"])
    return Scaling(
        bits, left, unit, energy or 1.0, bits / (d["up_nat"] * left), min(STEEPEST, steep), d["multicast"]
    )


def _values(s: Instance, d: dict[str, Any], u: Scaling) -> dict[str, Any]:
    """The compiled model's parameters."""
    pause = d["up_scale"] * u.left / u.energy
    at_reference = d["down_scale"] * u.download * np.exp(u.download_exponent)
    budget = float(s.max_bs_energy)
    # the energies that the budget is shared out to, in units of the largest
    most = float(np.max(at_reference))
    most_local = d["private"] if d["closed"] else d["most_local"]
    load = u.bits / (d["up_nat"] * u.left)
    download_load = float(s.output_ratio) * u.bits / (d["down_nat"] * u.download)
    private = d["private"] / u.bits * (0.0 if d["closed"] else 1.0)
    return {
        "radio": pause * np.exp(u.upload_exponent),
        "pause": pause,
        "load": load,
        "exponent": u.upload_exponent,
        "private_load": load * private,
        "most_local": (0.0 if d["closed"] else 1.0) * most_local / u.bits,
        "computing": d["local_scale"] * u.bits**3 / u.energy,
        "reception": float(s.reception_power) * u.download / u.energy,
        "window_unit": u.download / u.left,
        "left": d["left"] / u.left,
        "shared_total": float(s.shared_bits) / u.bits,
        "download_load": download_load,
        "private_download_load": download_load * private,
        "download_exponent": u.download_exponent,
        "download_shrink": np.exp(-u.download_exponent),
        "budget_share": at_reference / max(budget, most),
        "budget": budget / max(budget, most),
    }


def _duals(s: Instance, model: Any, u: Scaling, *, has_download: bool) -> dict[str, Array]:
    """The solver's multipliers in SI units; the referee tries them as prices."""
    latency, waits, total = (conic.multiplier(model.constraints[row]) for row in range(3))
    users = s.sizes["users"]
    nu = 0.0
    if has_download:
        budget = next(row for row in model.constraints[5:] if row.shape == () and "budget" in str(row))
        values = {p.name(): p.value for p in model.parameters()}
        nu = float(conic.multiplier(budget)) * float(values["budget"]) * u.energy / float(s.max_bs_energy)
    return {
        "time_price": np.maximum(latency, 0.0) * u.energy / u.left,
        "download_price": np.maximum(np.broadcast_to(waits, users), 0.0) * u.energy / u.download,
        "energy_price": np.array(max(nu, 0.0)),
        "shared_price": np.array(abs(float(total)) * u.energy / u.bits if s.shared_bits > 0 else 0.0),
    }
