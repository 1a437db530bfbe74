r"""P1 and its relatives with the offloaded fraction given: convex in logarithms.

    min  ln(w T + E)   s.t.  ln of (T1/T), (T2/T), budgets, bands <= 0

Variables are logarithms of shares of the limits, and s_i = ln ln(1 + g_i); every time and energy is e to an
affine function of them. e^r - 1 <= g with r = e^s is relaxed to a cascade of posynomials,

    y_0 >= ln sum_{k <= n} e^(k (s - m ln 2))/k!,    y_(j+1) >= ln(e^(2 y_j) + 2 e^(y_j)),    y_m <= ln g,

because e^(2 t) - 1 = (e^t - 1)^2 + 2 (e^t - 1); with m = 6 and n = 9 it is exact to 1e-8 for r <= 25.
One programme per mode and noise model, compiled once; data and loads are its parameters.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mecopt import conic
from mecopt.handout import in_units
from mecopt.solvers import solver

from ..links import Data, Plan

if TYPE_CHECKING:
    import cvxpy as cp

HALVINGS, POWERS = 6, 9
CONES = frozenset({"ExpCone"})
TERMS = ("local", "af", "up", "edge", "down", "e_local", "e_edge", "e_p1", "e_q", "e_p2", "e_p4")
AF_TERMS = frozenset({"local", "af", "e_local", "e_p1", "e_q"})
SHARES = ("f_a", "f_r", "p1", "q", "p2", "p4", "af_band", "df_band")


class Inner(NamedTuple):
    """A plan for a given fraction, and d ln V/d ln(load of DF)."""

    plan: Plan
    elasticity: float


@dataclass(frozen=True)
class Programme:
    """A compiled programme with its handles."""

    problem: "cp.Problem"
    scale: "cp.Parameter"
    snr: "cp.Parameter"
    prelog: "cp.Parameter"
    loads: "cp.Parameter"
    copies: "cp.Constraint"
    shares: "cp.Variable"


@cache
def programme(mode: str, *, noise_grows: bool) -> Programme:
    """The programme of a mode: hybrid, half, slots, af or df."""
    import cvxpy as cp

    x = cp.Variable(len(SHARES), name="shares")
    scale, snr = cp.Parameter(len(TERMS), name="scale"), cp.Parameter(4, name="snr")
    prelog, loads = cp.Parameter(name="prelog"), cp.Parameter(2, name="loads")
    load = cp.Variable(2, name="load")
    share = dict(zip(SHARES, (x[i] for i in range(len(SHARES))), strict=True))
    log_rate = cp.Variable(3, name="log_rate")
    t: dict[str, Any] = {}
    place = {name: i for i, name in enumerate(TERMS)}

    def term(name: str, rest: Any) -> Any:
        return scale[place[name]] + load[0 if name in AF_TERMS else 1] + rest

    af_air, up_air = -share["af_band"] - log_rate[0], -share["df_band"] - log_rate[1]
    down_air = -share["df_band"] - log_rate[2]
    t["local"], t["edge"] = term("local", -share["f_a"]), term("edge", -share["f_r"])
    t["af"], t["up"], t["down"] = term("af", af_air), term("up", up_air), term("down", down_air)
    t["e_local"], t["e_edge"] = term("e_local", 2 * share["f_a"]), term("e_edge", 2 * share["f_r"])
    t["e_p1"], t["e_q"] = term("e_p1", share["p1"] + af_air), term("e_q", share["q"] + af_air)
    t["e_p2"], t["e_p4"] = term("e_p2", share["p2"] + up_air), term("e_p4", share["p4"] + down_air)

    time, slot = cp.Variable(name="time"), cp.Variable(name="slot")
    copies = load == loads
    rows = [copies, x <= 0]
    if mode == "slots":
        rows += [
            _lse(slot, t["edge"], t["down"]) <= time,
            _lse(slot + math.log(2), t["down"]) <= time,
            _lse(t["local"], slot, t["down"]) <= time,
            t["up"] <= slot,
            t["af"] + prelog <= slot,
        ]
    else:
        rows += [_lse(t["local"], t["af"] + prelog) <= time] if mode != "df" else []
        rows += [_lse(t["up"], t["edge"], t["down"]) <= time] if mode != "af" else []
    if mode in ("hybrid", "half"):
        rows += [_lse(share["p1"], share["p2"]) <= 0, _lse(share["q"], share["p4"]) <= 0]
    if mode == "hybrid":
        rows.append(_lse(share["af_band"], share["df_band"]) <= 0)
    else:
        band = math.log(0.5) if mode == "half" else 0.0
        rows += [share["af_band"] == band, share["df_band"] == band]
    spread = (share["af_band"], share["df_band"]) if noise_grows else (0.0, 0.0)
    if mode != "df":
        a, c = snr[0] + share["p1"] - spread[0], snr[1] + share["q"] - spread[0]
        top, cascade = _cascade(log_rate[0], "af")
        rows += [*cascade, _lse(-a, -c, -a - c) <= -top]
    if mode != "af":
        for i, power in ((1, "p2"), (2, "p4")):
            top, cascade = _cascade(log_rate[i], power)
            rows += [*cascade, top <= snr[i + 1] + share[power] - spread[1]]
    kept = [
        t[k]
        for k in TERMS
        if k.startswith("e_") and (mode in ("hybrid", "half", "slots") or (mode == "af") == (k in AF_TERMS))
    ]
    unused = {"af": ("f_r", "p2", "p4"), "df": ("f_a", "p1", "q")}.get(mode, ())
    rows += [share[name] == 0 for name in unused]
    if mode != "slots":
        rows.append(slot == 0)
    rows += [log_rate[i] == 0 for i in ((1, 2) if mode == "af" else (0,) if mode == "df" else ())]
    problem = cp.Problem(cp.Minimize(_lse(time, *kept)), rows)
    return Programme(problem, scale, snr, prelog, loads, copies, x)


def _lse(*parts: Any) -> Any:
    import cvxpy as cp

    return cp.log_sum_exp(cp.hstack(parts))


def _cascade(s: Any, name: str) -> tuple[Any, list[Any]]:
    """A variable at least ln(e^(e^s) - 1), and its constraints."""
    import cvxpy as cp

    y = cp.Variable(HALVINGS + 1, name=f"cascade_{name}")
    k = np.arange(1, POWERS + 1)
    factorials = np.array([math.lgamma(n + 1) for n in k])
    small = s - HALVINGS * math.log(2)
    rows = [y[0] >= cp.log_sum_exp(k * small - factorials)]
    rows += [y[j + 1] >= _lse(2 * y[j], y[j] + math.log(2)) for j in range(HALVINGS)]
    return y[HALVINGS], rows


def scales(d: Data) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Joule of every term for a whole load with everything at its limit (times weighted)."""
    w = d.weight
    return np.array(
        [
            w * d.cycles / d.user_frequency,
            w * d.down_nats,
            w * d.up_nats,
            w * d.cycles / d.relay_frequency,
            w * d.down_nats,
            d.kappa_user * d.cycles * d.user_frequency**2,
            d.kappa_relay * d.cycles * d.relay_frequency**2,
            d.user_power * d.down_nats,
            d.relay_power * d.down_nats,
            d.user_power * d.up_nats,
            d.relay_power * d.down_nats,
        ]
    )


def handed_out(d: Data, mode: str, beta: float) -> "cp.Problem":
    """The programme of this instance, a new object, its cost the exponential of the method's."""
    import cvxpy as cp

    p = programme.__wrapped__(mode, noise_grows=bool(d.nu))
    _assign(p, d, beta)
    cost = cp.Problem(cp.Minimize(cp.exp(p.problem.objective.args[0])), p.problem.constraints)
    return in_units(cost, float(np.max(scales(d))))


def _assign(p: Programme, d: Data, beta: float) -> None:
    """Hand data and loads to the programme; its objective is in units of its largest term."""
    logs = np.log(scales(d))
    values = {
        "scale": logs - np.max(logs),
        "snr": np.log(np.maximum(d.snr, 1e-300)),
        "prelog": -math.log(d.eta),
        "loads": np.log([1 - beta, beta]) if 0 < beta < 1 else np.zeros(2),
    }
    conic.assign(p.problem, values)


def solve(
    d: Data, mode: str, beta: float, *, solver_name: str = "CLARABEL", tol: float = 1e-7
) -> Inner | str:
    """The best plan for this fraction, or what the solver said."""
    p = programme(mode, noise_grows=bool(d.nu))
    _assign(p, d, beta)
    said = conic.run(p.problem, solver(solver_name, CONES), tol=tol)
    if said:
        return said
    share = dict(zip(SHARES, np.exp(np.minimum(np.asarray(p.shares.value), 0.0)), strict=True))
    total = share["af_band"] + share["df_band"] if mode == "hybrid" else 1.0
    users, relays = share["p1"] + share["p2"], share["q"] + share["p4"]
    shared = mode in ("hybrid", "half")
    u, r = (1 / max(users, 1.0), 1 / max(relays, 1.0)) if shared else (1.0, 1.0)
    plan = Plan(
        beta=beta,
        omega=share["df_band"] / total,
        user_frequency=share["f_a"] * d.user_frequency,
        relay_frequency=share["f_r"] * d.relay_frequency,
        user_af_power=share["p1"] * u * d.user_power,
        user_df_power=share["p2"] * u * d.user_power,
        relay_af_power=share["q"] * r * d.relay_power,
        relay_df_power=share["p4"] * r * d.relay_power,
    )
    return Inner(plan, -float(conic.multiplier(p.copies)[1]))
