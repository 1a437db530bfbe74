r"""A proved lower bound on w T + E, from tangents to convex functions.

Split the task into independent loads: bbar for AF, b for DF. With weights l_k >= 0 of the five times whose
sum l_k t_k never exceeds w T, and prices mu, alpha, delta >= 0 of the band and the two power budgets,

    Phi = sum_k l_k t_k + E + mu (wbar + w - 1) + alpha (p1 + p2 - P_A) + delta (q + p4 - P_R)

is at most w T + E at every feasible point. Phi is convex in the logarithms of all variables and of the loads:
ln ln(1 + e^v) is concave, 1/g1 = 1/a + 1/c + 1/(a c) is a posynomial, everything else is a monomial. So a
tangent of Phi at any point bounds it from below over the box in which every point lies that costs at most V,
the cost of some feasible point:

    p >= load t w/(V theta), f >= load L C w/V, ...: with a tangent close to flat the box costs next to
    nothing.

As a function of the offloaded fraction beta the tangent is concave (a sum of c ln beta and c' ln(1 - beta)
with c, c' >= 0, plus constants), so over an interval it is least at an end. Intervals next to 0 and 1 are
covered by (1 - beta) V_AF and beta V_DF instead: with part of the load the branch costs at least that part.

A row of `COLUMNS` is one interval with its tangent point and weights. Weights of times are given by fractions
in [0, 1], so that their sums are exact whatever the rounding of a row.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array

from .branches import Data, af_branch, df_branch

COLUMNS = (
    *("low", "high", "kind", "beta"),
    *(
        "user_frequency",
        "relay_frequency",
        "user_af_power",
        "relay_af_power",
        "user_df_power",
        "relay_df_power",
    ),
    *("af_band", "df_band", "first", "second", "third", "band_price", "user_price", "relay_price"),
)
BOTH, AF_END, DF_END = 0.0, 1.0, 2.0

AF_VARIABLES = ("user_frequency", "user_af_power", "relay_af_power")
DF_VARIABLES = ("relay_frequency", "user_df_power", "relay_df_power")

Rows = Any
"""A namespace with one column of numbers per name in `COLUMNS`."""


class Weights(NamedTuple):
    """Weights of t_loc, t_af, t_up, t_edge, t_down."""

    local: Numbers
    af: Numbers
    up: Numbers
    edge: Numbers
    down: Numbers


def bound(ops: Arithmetic, d: Data, mode: str, rows: Array) -> Any:
    """The least of what the rows prove, if their intervals cover every beta that is possible; else nan."""
    rows = rows[~np.isnan(rows[:, 0])]
    if not _covers(d, mode, rows):
        return ops.number(np.nan)[()]
    found = []
    for kind in (BOTH, AF_END, DF_END):
        part = rows[rows[:, 2] == kind]
        if len(part):
            r = SimpleNamespace(**{name: ops.number(part[:, i]) for i, name in enumerate(COLUMNS)})
            found += list({BOTH: _tangent, AF_END: _af_end, DF_END: _df_end}[kind](ops, d, mode, r))
    least = found[0]
    for other in found[1:]:
        least = ops.minimum(least, other)
    return least


def _covers(d: Data, mode: str, rows: Array) -> bool:
    """Whether the intervals follow each other over the whole range, and every row is fit to be used."""
    first = 0.0 if d.af_works and mode != "df" else 1.0
    last = 1.0 if d.df_works and mode != "af" else 0.0
    if not len(rows) or rows[0, 0] != first or rows[-1, 1] != last or np.any(rows[1:, 0] != rows[:-1, 1]):
        return False
    fractions, prices, positive = rows[:, 12:15], rows[:, 15:], rows[:, 4:12]
    # the margin keeps the exact sum of two fractions at most 1 whatever the rounding
    apart = (rows[:, 13] == 0) | (rows[:, 12] + rows[:, 13] <= 1 - 1e-15)
    sums_hold = np.all((fractions >= 0) & (fractions <= 1)) and np.all(apart)
    inside = np.all(rows[:, 0] <= rows[:, 1]) and np.all(np.isin(rows[:, 2], (BOTH, AF_END, DF_END)))
    return bool(sums_hold and inside and np.all(prices >= 0) and np.all(positive > 0))


def band(mode: str) -> float | None:
    """The band fraction of each branch where it is given."""
    return None if mode == "hybrid" else 0.5 if mode == "half" else 1.0


def weights(ops: Arithmetic, d: Data, mode: str, r: Rows) -> Weights:
    """Weights of times that never sum to more than w T, from a row's fractions."""
    first, w, eta = r.first, d.weight, d.af_prelog
    if mode != "slots":
        af, df = w * first, w * (1 - first)
        return Weights(af, af / eta, df, df, df)
    # T >= tau + t_edge + t_down, 2 tau + t_down, t_loc + tau + t_down and tau >= t_up, t_af/eta
    slot = w * (1 + r.second)
    return Weights(
        w * (1 - first - r.second), slot * r.third / eta, slot * (1 - r.third), w * first, w + 0 * slot
    )


def _tangent(ops: Arithmetic, d: Data, mode: str, r: Rows) -> list[Numbers]:
    """Tangents of Phi over their intervals, at both ends."""
    share, fixed = 1 - r.beta, band(mode)
    if fixed is not None:
        r.af_band = r.df_band = ops.number(np.full(np.shape(r.beta), fixed))
    weight = weights(ops, d, mode, r)
    a, b = af_branch(ops, d, share, r.af_band, r), df_branch(ops, d, r.beta, r.df_band, r)
    af, af_slopes = _af_part(ops, d, r, a, weight.local, weight.af, free_band=fixed is None)
    df, df_slopes = _df_part(ops, d, r, b, weight, free_band=fixed is None)
    value = af + df
    if mode in ("hybrid", "half"):
        value = value + r.user_price * (r.user_af_power + r.user_df_power - d.max_user_power)
        value = value + r.relay_price * (r.relay_af_power + r.relay_df_power - d.max_relay_power)
        for slopes in (af_slopes, df_slopes):
            for name in slopes:
                if name.endswith("power"):
                    price = r.user_price if name.startswith("user") else r.relay_price
                    slopes[name] = slopes[name] + price * getattr(r, name)
    if mode == "hybrid":
        value = value + r.band_price * (r.af_band + r.df_band - 1)
        af_slopes["af_band"] = af_slopes["af_band"] + r.band_price * r.af_band
        df_slopes["df_band"] = df_slopes["df_band"] + r.band_price * r.df_band
    cost = _some_cost(ops, d, mode)
    ends = []
    for beta in (r.low, r.high):
        load = {"af": 1 - beta, "df": beta}
        at = value + af * ops.log(load["af"] / share) + df * ops.log(load["df"] / r.beta)
        at = at + _least_over_box(ops, d, r, af_slopes, _least_af(d, mode, load["af"], cost))
        ends.append(at + _least_over_box(ops, d, r, df_slopes, _least_df(d, load["df"], cost)))
    return [*ends[0], *ends[1]]


def _af_end(ops: Arithmetic, d: Data, mode: str, r: Rows) -> list[Numbers]:
    """(1 - high) times a bound on the cost of AF alone, in whatever band suits it best."""
    one, fixed = ops.number(np.ones(np.shape(r.beta))), band(mode)
    if fixed is not None:
        r.af_band = one * ops.number(fixed)
    a = af_branch(ops, d, one, r.af_band, r)
    value, slopes = _af_part(ops, d, r, a, d.weight, d.weight / d.af_prelog, free_band=fixed is None)
    least = _least_af(d, mode, one, _some_cost(ops, d, mode))
    return list((1 - r.high) * (value + _least_over_box(ops, d, r, slopes, least)))


def _df_end(ops: Arithmetic, d: Data, mode: str, r: Rows) -> list[Numbers]:
    """low times a bound on the cost of DF alone."""
    one = ops.number(np.ones(np.shape(r.beta)))
    r.df_band = one * ops.number(0.5 if mode == "half" else 1.0)
    b = df_branch(ops, d, one, r.df_band, r)
    w = d.weight
    value, slopes = _df_part(ops, d, r, b, Weights(w, w, w, w, w), free_band=False)
    least = _least_df(d, one, _some_cost(ops, d, mode))
    return list(r.low * (value + _least_over_box(ops, d, r, slopes, least)))


def _af_part(
    ops: Arithmetic, d: Data, r: Rows, a: Any, local: Numbers, radio: Numbers, *, free_band: bool
) -> tuple[Numbers, dict[str, Numbers]]:
    """The AF part of Phi (also its slope in the load) and its slopes in the variables' logarithms."""
    sending = radio * a.radio_time + a.user_energy + a.relay_energy
    slopes = {
        "user_frequency": 2 * a.local_energy - local * a.local_time,
        "user_af_power": a.user_energy - sending * a.user_response,
        "relay_af_power": a.relay_energy - sending * a.relay_response,
    }
    if free_band:
        gain = ops.where(d.fixed_noise, 0.0, a.user_response + a.relay_response)
        slopes["af_band"] = sending * (gain - 1)
    return local * a.local_time + a.local_energy + sending, slopes


def _df_part(
    ops: Arithmetic, d: Data, r: Rows, b: Any, weight: Weights, *, free_band: bool
) -> tuple[Numbers, dict[str, Numbers]]:
    """The DF part of Phi (also its slope in the load) and its slopes in the variables' logarithms."""
    up, down = weight.up * b.up_time + b.up_energy, weight.down * b.down_time + b.down_energy
    slopes = {
        "relay_frequency": 2 * b.edge_energy - weight.edge * b.edge_time,
        "user_df_power": b.up_energy - up * b.up_response,
        "relay_df_power": b.down_energy - down * b.down_response,
    }
    if free_band:
        gains = [ops.where(d.fixed_noise, 0.0, gain) for gain in (b.up_response, b.down_response)]
        slopes["df_band"] = up * (gains[0] - 1) + down * (gains[1] - 1)
    return weight.edge * b.edge_time + b.edge_energy + up + down, slopes


def _some_cost(ops: Arithmetic, d: Data, mode: str) -> Numbers:
    """The cost of a feasible point: a single branch with everything at its limit."""
    one = ops.number(1.0)
    full = ops.number(band(mode) or 1.0)
    x = SimpleNamespace(
        user_frequency=d.max_user_frequency,
        relay_frequency=d.max_relay_frequency,
        user_af_power=d.max_user_power,
        user_df_power=d.max_user_power,
        relay_af_power=d.max_relay_power,
        relay_df_power=d.max_relay_power,
    )
    if d.af_works and mode != "df":
        a = af_branch(ops, d, one, full, x)
        time = a.local_time + a.radio_time / d.af_prelog
        return d.weight * time + a.local_energy + a.user_energy + a.relay_energy
    b = df_branch(ops, d, one, full, x)
    return d.weight * (b.up_time + b.edge_time + b.down_time) + b.edge_energy + b.up_energy + b.down_energy


def _least_af(d: Data, mode: str, load: Numbers, cost: Numbers) -> dict[str, Numbers]:
    """No point of at most this cost has less: t_af <= eta T, and wbar ln(1 + g1) <= theta p, sqrt(wbar
    theta p)."""
    nats = load * d.conversion_ratio * d.nat_time * d.weight / (d.af_prelog * cost)
    return {
        "user_frequency": load * d.cycles * d.weight / cost,
        "user_af_power": nats / d.theta1,
        "relay_af_power": nats / d.theta2,
        "af_band": nats**2 / (d.theta1 * d.max_user_power),
    }


def _least_df(d: Data, load: Numbers, cost: Numbers) -> dict[str, Numbers]:
    """The same for DF: t_up, t_down, t_edge <= T."""
    nats = load * d.nat_time * d.weight / cost
    return {
        "relay_frequency": load * d.cycles * d.weight / cost,
        "user_df_power": nats / d.theta3,
        "relay_df_power": d.conversion_ratio * nats / d.theta4,
        "df_band": nats**2 / (d.theta3 * d.max_user_power),
    }


def _least_over_box(
    ops: Arithmetic, d: Data, r: Rows, slopes: dict[str, Numbers], least: dict[str, Numbers]
) -> Numbers:
    """The least of sum slope (ln x - ln x_row) over the box."""
    caps = {
        "user_frequency": d.max_user_frequency,
        "relay_frequency": d.max_relay_frequency,
        "user_af_power": d.max_user_power,
        "user_df_power": d.max_user_power,
        "relay_af_power": d.max_relay_power,
        "relay_df_power": d.max_relay_power,
    }
    total: Numbers = 0
    for name, slope in slopes.items():
        x = getattr(r, name)
        # one of the two is zero, or both cost next to nothing: either way concave in beta, as
        # `least` is a power
        total = total + ops.maximum(slope, 0 * slope) * ops.log(least[name] / x)
        total = total + ops.minimum(slope, 0 * slope) * ops.log(caps.get(name, 1 + 0 * x) / x)
    return total
