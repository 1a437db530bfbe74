"""The programme (28) of Algorithm 1 in balls: its parameters at a plan, and its objective at another."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from flint import arb

from ..links import Plan
from ..model.majorants import FLOOR

Ball = Any
Balls = dict[str, Ball]

BELOW = {
    "af": ("t_af", "r1"),
    "up": ("t_up", "r2"),
    "down": ("t_down", "r3"),
    "local": ("local", "f_a"),
    "edge": ("edge", "f_r"),
    "rate_r1": ("af_band", "s1"),
    "rate_r2": ("df_band", "s2"),
    "rate_r3": ("df_band", "s3"),
}
ABOVE = {
    "e_local": ("rest", "f_a"),
    "e_edge": ("beta", "f_r"),
    "e_p1": ("t_af", "p1"),
    "e_q": ("t_af", "q"),
    "e_p2": ("t_up", "p2"),
    "e_p4": ("t_down", "p4"),
}
"""The products of (28), by the names that its parameters begin with."""


def numbers(s: Any) -> SimpleNamespace:
    """The data in balls, as the programme needs them."""
    v = {name: arb(float(array)) for name, array in s.data.items()}
    noise = v["noise_psd"] * v["bandwidth"]
    up = v["input_bits"] * arb.const_log2() / v["bandwidth"]
    cycles = v["input_bits"] * v["cycles_per_bit"]
    pa, pr = v["max_user_power"], v["max_relay_power"]
    fa, fr = v["max_user_frequency"], v["max_relay_frequency"]
    return SimpleNamespace(
        grows=not v["noise_model"] > 0,
        w=v["weight"],
        prelog=1 / v["af_prelog"],
        limits={"f_a": fa, "f_r": fr, "p1": pa, "p2": pa, "q": pr, "p4": pr},
        loads={
            **{"af": up * v["conversion_ratio"], "up": up, "down": up * v["conversion_ratio"]},
            **{"local": cycles / fa, "edge": cycles / fr},
        },
        snr=[
            v["af_gain_user_relay"] * pa / noise,
            v["af_gain_relay_receiver"] * pr / noise,
            v["df_gain_user_relay"] * pa / noise,
            v["df_gain_relay_receiver"] * pr / noise,
        ],
        factors={
            "e_local": v["user_energy_coefficient"] * cycles * fa**2,
            "e_edge": v["relay_energy_coefficient"] * cycles * fr**2,
            **{"e_p1": pa, "e_q": pr, "e_p2": pa, "e_p4": pr},
        },
    )


def shares(d: SimpleNamespace, x: Plan) -> Balls:
    """The plan as shares of its limits."""
    beta, omega = arb(x.beta), arb(x.omega)
    names = {"f_a": x.user_frequency, "f_r": x.relay_frequency, "p1": x.user_af_power, "p2": x.user_df_power}
    names |= {"q": x.relay_af_power, "p4": x.relay_df_power}
    found = {name: arb(value) / d.limits[name] for name, value in names.items()}
    return found | {"beta": beta, "rest": 1 - beta, "af_band": 1 - omega, "df_band": omega}


def gain(d: SimpleNamespace, band: Ball, power: Ball) -> Ball:
    """ln(1 + power), or band times the same where noise grows with the band."""
    if not d.grows:
        return (1 + power).log()
    return band * (1 + power / band).log() if band > 0 else arb(0)


def over(load: Ball, rate: Ball) -> Ball:
    return arb(0) if load.is_zero() else load / rate


def place(d: SimpleNamespace, x: Plan) -> Balls:
    """Every variable of the programme at a plan, times in seconds and rates in nats."""
    v = shares(d, x)
    a, c = d.snr[0] * v["p1"], d.snr[1] * v["q"]
    width = {"r1": v["af_band"], "r2": v["df_band"], "r3": v["df_band"]}
    nats = {
        "r1": gain(d, width["r1"], a) + gain(d, width["r1"], c) - gain(d, width["r1"], a + c),
        "r2": gain(d, width["r2"], d.snr[2] * v["p2"]),
        "r3": gain(d, width["r3"], d.snr[3] * v["p4"]),
    }
    v |= nats if d.grows else {name: width[name] * nat for name, nat in nats.items()}
    v |= {} if d.grows else {f"s{name[1]}": nat for name, nat in nats.items()}
    for key, (t, rate) in list(BELOW.items())[:5]:
        load = v["rest"] if key in ("af", "local") else v["beta"]
        v[t] = over(load * d.loads[key], v[rate])
    return v


def objective(d: SimpleNamespace, v: Balls) -> Ball:
    """w T + E of what `place` gives."""
    time = (v["local"] + d.prelog * v["t_af"]).max(v["t_up"] + v["t_down"] + v["edge"])
    products = {k: v[u] * (v[w] ** 2 if k in ("e_local", "e_edge") else v[w]) for k, (u, w) in ABOVE.items()}
    return d.w * time + sum((d.factors[key] * product for key, product in products.items()), arb(0))


def units(d: SimpleNamespace, at: Balls) -> Balls:
    """Units of the programme at a point: F/w seconds, and the rates' own."""
    found = dict.fromkeys(("t_af", "t_up", "t_down", "local", "edge"), objective(d, at) / d.w)
    for i, width in (("1", "af_band"), ("2", "df_band"), ("3", "df_band")):
        nats = at[f"r{i}"] / at[width] if at[f"r{i}"] > 0 else arb(1)
        found |= {f"r{i}": nats, f"s{i}": nats}
    return found


def coefficients(d: SimpleNamespace, at: Balls) -> Balls:
    """The parameters of (28) at a point, exact but for balls, named as the programme names them.

    The programme's units matter to its floors alone: factors are floored in them.
    """
    given: Balls = {}
    unit = units(d, at)

    def floored(name: str, value: Ball) -> Ball:
        one = unit.get(name, arb(1))
        return one * (value / one).max(arb(FLOOR))

    for key, (u, v) in BELOW.items():
        if u in at and v in at:
            c = (floored(v, at[v]) / floored(u, at[u])).sqrt()
            s = c * at[u] + at[v] / c
            given |= {f"{key}.u": c / arb(2).sqrt(), f"{key}.v": 1 / c / arb(2).sqrt()}
            given |= {f"{key}.slope_u": s * c, f"{key}.slope_v": s / c, f"{key}.level": s * s / 2}
    for key, (u, v) in ABOVE.items():
        squared = key in ("e_local", "e_edge")
        y = at[v] ** 2 if squared else at[v]
        c = (floored(v, y) / floored(u, at[u])).sqrt()
        level, slope = (c * at[u]) ** 2 / 2 + (y / c) ** 2 / 2, y / c**2
        if squared:
            level, slope = level + slope * y, 2 * slope * at[v]
        given |= {f"{key}.u": c / arb(2).sqrt(), f"{key}.v": 1 / c / arb(2).sqrt()}
        given |= {f"{key}.slope_u": c**2 * at[u], f"{key}.slope_v": slope, f"{key}.level": level}
    total = d.snr[0] * at["p1"] + d.snr[1] * at["q"]
    band = at["af_band"].max(arb(FLOOR)) if d.grows else arb(1)
    slope = band / (band + total)
    rest = (1 + total / band).log() - total / (band + total)
    given |= {"tangent_a": slope * d.snr[0], "tangent_c": slope * d.snr[1]}
    return given | {"tangent_band" if d.grows else "tangent_level": rest}


def least_time(p: Balls, key: str, load: Ball, rate: Ball) -> Ball | None:
    """The least time that (27) allows a load at a rate; None where it allows none.

    The smaller root t of load + (u t)² + (v r)² = slope_u t + slope_v r − level.
    """
    r = rate.min(p[f"{key}.slope_v"] / (2 * p[f"{key}.v"] ** 2))  # more would count for less
    rest = load + (p[f"{key}.v"] * r) ** 2 - p[f"{key}.slope_v"] * r + p[f"{key}.level"]
    square, slope = p[f"{key}.u"] ** 2, p[f"{key}.slope_u"]
    room = slope**2 - 4 * square * rest
    if load.is_zero() and p[f"{key}.level"].is_zero():
        return arb(0)
    if not (r >= 0 and room >= 0):
        return None
    return (2 * rest / (slope + room.sqrt())).max(arb(0))


def majorised(d: SimpleNamespace, p: Balls, x: Plan) -> Ball | None:
    """The objective of (28) at a plan, its auxiliary variables chosen feasible; None where none are found."""
    v = shares(d, x)
    a, c = d.snr[0] * v["p1"], d.snr[1] * v["q"]
    width = {"r1": v["af_band"], "r2": v["df_band"], "r3": v["df_band"]}
    hops = p["tangent_a"] * v["p1"] + p["tangent_c"] * v["q"]
    off = p["tangent_band"] * width["r1"] if d.grows else p["tangent_level"]
    nats = {
        "r1": gain(d, width["r1"], a) + gain(d, width["r1"], c) - off - hops,
        "r2": gain(d, width["r2"], d.snr[2] * v["p2"]),
        "r3": gain(d, width["r3"], d.snr[3] * v["p4"]),
    }
    for name, nat in nats.items():
        v[name] = nat
        if not d.grows:
            k = f"rate_{name}"
            s = nat.min(p[f"{k}.slope_v"] / (2 * p[f"{k}.v"] ** 2))
            line = p[f"{k}.slope_u"] * width[name] + p[f"{k}.slope_v"] * s - p[f"{k}.level"]
            v[name] = line - (p[f"{k}.u"] * width[name]) ** 2 - (p[f"{k}.v"] * s) ** 2
    for key, (t, rate) in list(BELOW.items())[:5]:
        load = (v["rest"] if key in ("af", "local") else v["beta"]) * d.loads[key]
        found = least_time(p, key, load, v[rate])
        if found is None:
            return None
        v[t] = found
    time = (v["local"] + d.prelog * v["t_af"]).max(v["t_up"] + v["t_down"] + v["edge"])
    return d.w * time + sum((d.factors[key] * bound for key, bound in energies(p, v)), arb(0))


def energies(p: Balls, v: Balls) -> Iterator[tuple[str, Ball]]:
    """The bounds of the products in the objective."""
    for key, (u, w) in ABOVE.items():
        inner = v[w] ** 2 if key in ("e_local", "e_edge") else v[w]
        square = (p[f"{key}.u"] * v[u] + p[f"{key}.v"] * inner) ** 2
        yield key, square - p[f"{key}.slope_u"] * v[u] - p[f"{key}.slope_v"] * v[w] + p[f"{key}.level"]
