r"""The convex programme (28) that Algorithm 1 solves at every iterate, compiled once, in scaled variables.

P2 (20) has a product in place of every quotient, x <= u v, and products in the objective. With S = c u0 +
v0/c

    x <= u v        is implied by   x + (c u)^2/2 + (v/c)^2/2 <= S (c u + v/c) - S^2/2             (27)
    u v             is at most      (c u + v/c)^2/2 + c^2 u0^2/2 + v0^2/(2 c^2) - c^2 u0 u - v0 v/c^2
    x f^2           is at most      the same with v = f^2, - f^2 <= f0^2 - 2 f0 f

tight at (u0, v0) for every c > 0. The balanced c^2 = v0/u0 makes both squares alike and the split independent
of units; `balance` multiplies it, to study what an unbalanced split costs. Rates, with h(u, x) = u ln(1 +
x/u):

    band   r1 <= h(wbar, a) + h(wbar, c) - h(wbar, a + c),  the last linearised; r2 <= h(w, .), r3 <= h(w, .)
    fixed  r_i <= (band) s_i as products, s1 <= ln(1 + a) + ln(1 + c) - ln(1 + a + c), the last linearised

Those of AF are the `Form` POWERS; `gain_surrogate` has them in the relay's gain, all else being the same.

Powers are shares of budgets, frequencies of limits. Times are in units of F/w and energies in units of F, the
objective at the point, rates in units of those at the point: a solver's residuals are relative to the
largest number it meets, and in units of the task (L C/(F_A + F_R) seconds, nats) a weak link makes airtimes
of 1e7 out of rates of 1e-7. Source: Chen et al. 2020, Section III.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mecopt import conic
from mecopt.solvers import EXPONENTIAL, solver

from ..links import Data, Plan, costs, objective, over, spectral
from .building import Form, Surrogate
from .majorants import Values, above, below, scaled, tangent

if TYPE_CHECKING:
    import cvxpy as cp

NOTHING = 1e-7
"""A load below this share of all bits is what the solver's residuals leave of none."""

CONES = EXPONENTIAL

SOLVERS = ("CLARABEL", "ECOS")
"""Tried in turn."""


def radiated(m: Surrogate) -> None:
    """The AF rate in the powers that user and relay radiate, ln(1 + a + c) linearised."""
    import cvxpy as cp

    p1, q = m.variables["p1"], m.variables["q"]
    a, c = m.p("snr1") * p1, m.p("snr2") * q
    hops = m.p("tangent_a") * p1 + m.p("tangent_c") * q
    if m.noise_grows:
        band = m.variables["af_band"]
        gains = -cp.rel_entr(band, band + a) - cp.rel_entr(band, band + c)
        m.rows.append(m.p("r1.nats") * m.variables["r1"] <= gains - m.p("tangent_band") * band - hops)
    else:
        gains = cp.log1p(a) + cp.log1p(c)
        m.rows.append(m.p("r1.nats") * m.variables["s1"] <= gains - m.p("tangent_level") - hops)


POWERS = Form(
    rows=radiated,
    values=lambda d, at: {},
    parameters=lambda m, d, at: tangent(d, at, noise_grows=m.noise_grows),
    relay_power=lambda d, found: found["q"],
)


@cache
def build(*, noise_grows: bool, form: Form = POWERS) -> "tuple[Surrogate, cp.Problem]":
    """The compiled programme for a noise model."""
    return make(noise_grows=noise_grows, form=form)


def make(*, noise_grows: bool, form: Form = POWERS) -> "tuple[Surrogate, cp.Problem]":
    """A fresh programme for a noise model."""
    import cvxpy as cp

    m = Surrogate(noise_grows, form)
    beta, rest, band, df_band = m.variable("beta", "rest", "af_band", "df_band")
    f_a, f_r, p1, p2, q, p4 = m.variable("f_a", "f_r", "p1", "p2", "q", "p4")
    time, t_af, t_up, t_down, local, edge = m.variable("time", "t_af", "t_up", "t_down", "local", "edge")
    rates = dict(zip(("r1", "r2", "r3"), m.variable("r1", "r2", "r3"), strict=True))
    m.rows += [beta + rest == 1, band + df_band <= 1, f_a <= 1, f_r <= 1, p1 + p2 <= 1, q + p4 <= 1]
    m.rows += [local + m.p("prelog") * t_af <= time, t_up + t_down + edge <= time]
    m.product_below("af", m.p("af.load") * rest, "t_af", "r1")
    m.product_below("up", m.p("up.load") * beta, "t_up", "r2")
    m.product_below("down", m.p("down.load") * beta, "t_down", "r3")
    m.product_below("local", m.p("local.load") * rest, "local", "f_a")
    m.product_below("edge", m.p("edge.load") * beta, "edge", "f_r")
    m.product_above("e_local", "rest", "f_a", squared=True)
    m.product_above("e_edge", "beta", "f_r", squared=True)
    for key, airtime, power in (
        ("e_p1", "t_af", "p1"),
        ("e_q", "t_af", "q"),
        ("e_p2", "t_up", "p2"),
        ("e_p4", "t_down", "p4"),
    ):
        m.product_above(key, airtime, power)
    up, down = m.p("snr3") * p2, m.p("snr4") * p4
    nats = {name: m.p(f"{name}.nats") for name in rates}
    if noise_grows:
        form.rows(m)
        m.rows += [
            nats["r2"] * rates["r2"] <= -cp.rel_entr(df_band, df_band + up),
            nats["r3"] * rates["r3"] <= -cp.rel_entr(df_band, df_band + down),
        ]
    else:
        _, s2, s3 = m.variable("s1", "s2", "s3")
        form.rows(m)
        m.rows += [nats["r2"] * s2 <= cp.log1p(up), nats["r3"] * s3 <= cp.log1p(down)]
        for key, width, s in (("r1", "af_band", "s1"), ("r2", "df_band", "s2"), ("r3", "df_band", "s3")):
            m.product_below(f"rate_{key}", rates[key], width, s)
    return m, cp.Problem(cp.Minimize(time + sum(m.costs)), m.rows)


class Units(NamedTuple):
    """Units of the programme at a plan: seconds, and nats per second and hertz of the three rates."""

    time: float
    nats: tuple[float, float, float]


def units(d: Data, x: Plan) -> Units:
    """The plan's own; 1 for a rate that is 0."""
    af, up, down = (rate if rate > 0 else 1.0 for rate in spectral(d, x))
    return Units(objective(d, x) / d.weight, (af, up, down))


def point_values(d: Data, x: Plan, unit: Units, *, noise_grows: bool, form: Form = POWERS) -> Values:
    """Every variable of the programme at a plan, auxiliaries tight."""
    found = costs(d, x)
    rates = [rate / one for rate, one in zip(spectral(d, x), unit.nats, strict=True)]
    rest, band = 1 - x.beta, 1 - x.omega
    local, edge = over(rest * d.cycles, x.user_frequency), over(x.beta * d.cycles, x.relay_frequency)
    values = {
        "beta": x.beta,
        "rest": rest,
        "af_band": band,
        "df_band": x.omega,
        "f_a": x.user_frequency / d.user_frequency,
        "f_r": x.relay_frequency / d.relay_frequency,
        "p1": x.user_af_power / d.user_power,
        "p2": x.user_df_power / d.user_power,
        "q": x.relay_af_power / d.relay_power,
        "p4": x.relay_df_power / d.relay_power,
        "time": max(found.af_time, found.df_time) / unit.time,
        "t_af": found.af_airtime / unit.time,
        "t_up": found.up_airtime / unit.time,
        "t_down": found.down_airtime / unit.time,
        "local": local / unit.time,
        "edge": edge / unit.time,
        "r1": band * rates[0],
        "r2": x.omega * rates[1],
        "r3": x.omega * rates[2],
    }
    if not noise_grows:
        values |= dict(zip(("s1", "s2", "s3"), rates, strict=True))
    return values | form.values(d, values)


def parameters(m: Surrogate, d: Data, x: Plan, *, balance: float = 1.0) -> Values:
    """The parameters at a plan."""
    unit = units(d, x)
    at = point_values(d, x, unit, noise_grows=m.noise_grows, form=m.form)
    given = {
        "prelog": 1 / d.eta,
        "af.load": d.down_nats / unit.time / unit.nats[0],
        "up.load": d.up_nats / unit.time / unit.nats[1],
        "down.load": d.down_nats / unit.time / unit.nats[2],
        "local.load": d.cycles / d.user_frequency / unit.time,
        "edge.load": d.cycles / d.relay_frequency / unit.time,
    }
    given |= {f"r{i}.nats": nats for i, nats in enumerate(unit.nats, start=1)}
    given |= {f"snr{i}": snr for i, snr in enumerate(d.snr, start=1)}
    energy = d.weight * unit.time
    factors = {
        "e_local": d.kappa_user * d.cycles * d.user_frequency**2 / energy,
        "e_edge": d.kappa_relay * d.cycles * d.relay_frequency**2 / energy,
        "e_p1": d.user_power / d.weight,
        "e_q": d.relay_power / d.weight,
        "e_p2": d.user_power / d.weight,
        "e_p4": d.relay_power / d.weight,
    }
    for key, (u, v) in m.below.items():
        given |= {f"{key}.{name}": value for name, value in below(at[u], at[v], balance).items()}
    for key, (u, v) in m.above.items():
        line = above(at[u], at[v], balance, squared=key in ("e_local", "e_edge"))
        factor = factors.get(key, 1.0)  # 1 for a product of the form's own: it has no price
        given |= {f"{key}.{name}": value for name, value in scaled(line, factor).items()}
    return given | m.form.parameters(m, d, at)


def minimise(
    d: Data,
    x: Plan,
    *,
    solvers: tuple[str, ...] = SOLVERS,
    tol: float = 1e-4,
    balance: float = 1.0,
    fresh: bool = False,
    form: Form = POWERS,
    alter: Callable[[Values], Values] = lambda values: values,
) -> Plan | None:
    """The minimiser of the surrogate at a plan, within the limits; None when every solver failed.

    `alter` changes the parameters on their way: claims try misprints.
    """
    m, problem = (make if fresh else build)(noise_grows=bool(d.nu), form=form)
    values = alter(parameters(m, d, x, balance=balance))
    if not all(math.isfinite(value) for value in values.values()):
        return None
    conic.assign(problem, values)
    from mecopt.solvers import installed

    here = {row.name for row in installed(CONES)}
    for name in solvers:
        if name in here and conic.run(problem, solver(name, CONES), tol=tol, valued=False) == "":
            found = {key: float(v.value) for key, v in m.variables.items()}
            found["q"] = form.relay_power(d, found)
            return _settled(d, _plan(d, found | _idle(x)))
    return None


def _idle(x: Plan) -> Values:
    """The load that (27) keeps at exactly 0: at a branch without load and power both factors of its products
    are 0, and so is the right side. A solver leaves some of its residual there."""
    if x.beta == 1 and x.user_af_power == x.relay_af_power == 0:
        return {"beta": 1.0}
    return {"beta": 0.0} if x.beta == x.user_df_power == x.relay_df_power == 0 else {}


def _plan(d: Data, v: Values) -> Plan:
    """A plan within the limits, from shares."""

    def clip(name: str) -> float:
        return min(max(v[name], 0.0), 1.0)

    users, relays = max(clip("p1") + clip("p2"), 1.0), max(clip("q") + clip("p4"), 1.0)
    return Plan(
        beta=clip("beta"),
        omega=max(clip("df_band"), 1 - clip("af_band")),  # what AF leaves: more noise may cost AF its rate
        user_frequency=clip("f_a") * d.user_frequency,
        relay_frequency=clip("f_r") * d.relay_frequency,
        user_af_power=clip("p1") / users * d.user_power,
        user_df_power=clip("p2") / users * d.user_power,
        relay_af_power=clip("q") / relays * d.relay_power,
        relay_df_power=clip("p4") / relays * d.relay_power,
    )


def _settled(d: Data, x: Plan) -> Plan:
    """The plan, or the same with a branch of next to no load off where that costs no more.

    A load and a rate that are both rounding leave any airtime between them, however long. And (27) would hold
    an idle branch to the rate it has, band and power with it: without power that is none.
    """
    if NOTHING < x.beta < 1 - NOTHING:
        return x
    if x.beta < 0.5:
        off = x._replace(beta=0.0, user_df_power=0.0, relay_df_power=0.0)
    else:
        off = x._replace(beta=1.0, user_af_power=0.0, relay_af_power=0.0)
    return off if objective(d, off) <= objective(d, x) * (1 + NOTHING) else x
