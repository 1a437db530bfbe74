"""Section III: P2, and the convex programme (28)."""

from functools import cache
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades

from ..model import surrogate
from .common import EXACT, FAILS, HOLDS, PAPER, Case, plan_of, with_plan

Ball = Any

# ------------------------------------------------------------------------------- P1 and P2

LOOSE = st.integers(0, 10).map(lambda n: 1 + n / 10)
EQUIVALENCE = st.builds(
    lambda case, loose: {**case, "loose": loose},
    with_plan(),
    st.fixed_dictionaries(
        dict.fromkeys(("af", "up", "down", "local", "edge", "rate_af", "rate_up", "rate_down"), LOOSE)
    ),
)


def loads_and_rates(case: Case) -> dict[str, Ball]:
    """What P2's products hold: loads over rates, all in balls."""
    s, x = {k: arb(v) for k, v in case["data"].items() if not isinstance(v, str)}, plan_of(case)
    grows = case["data"]["noise_model"] == "band"
    beta, omega = arb(x.beta), arb(x.omega)
    rest, band = 1 - beta, 1 - omega
    noise = s["noise_psd"] * s["bandwidth"]
    af_noise, df_noise = (noise * band, noise * omega) if grows else (noise, noise)
    a = arb(x.user_af_power) * s["af_gain_user_relay"] / af_noise
    c = arb(x.relay_af_power) * s["af_gain_relay_receiver"] / af_noise
    up = arb(x.user_df_power) * s["df_gain_user_relay"] / df_noise
    down = arb(x.relay_df_power) * s["df_gain_relay_receiver"] / df_noise
    unit = s["bandwidth"] / arb.const_log2()
    bits, cycles = s["input_bits"], s["input_bits"] * s["cycles_per_bit"]
    return {
        "af": s["conversion_ratio"] * rest * bits,
        "up": beta * bits,
        "down": s["conversion_ratio"] * beta * bits,
        "local": rest * cycles,
        "edge": beta * cycles,
        "rate_af": band * unit * (a * c / (1 + a + c)).log1p(),
        "rate_up": omega * unit * up.log1p(),
        "rate_down": omega * unit * down.log1p(),
        "f_a": arb(x.user_frequency),
        "f_r": arb(x.relay_frequency),
    }


def cost(case: Case, times: dict[str, Ball], *, skip: str = "", prelog: bool = True) -> Ball:
    """The objective of P2 at given times; `skip` leaves one energy out."""
    s, x = {k: arb(v) for k, v in case["data"].items() if not isinstance(v, str)}, plan_of(case)
    eta = s["af_prelog"] if prelog else arb(1)
    cycles = s["input_bits"] * s["cycles_per_bit"]
    energies = {
        "local": s["user_energy_coefficient"] * (1 - arb(x.beta)) * cycles * arb(x.user_frequency) ** 2,
        "edge": s["relay_energy_coefficient"] * arb(x.beta) * cycles * arb(x.relay_frequency) ** 2,
        "af": (arb(x.user_af_power) + arb(x.relay_af_power)) * times["af"],
        "up": arb(x.user_df_power) * times["up"],
        "down": arb(x.relay_df_power) * times["down"],
    }
    one, other = times["local"] + times["af"] / eta, times["up"] + times["edge"] + times["down"]
    return s["weight"] * one.max(other) + sum((e for k, e in energies.items() if k != skip), arb(0))


@claim(
    id="RACO-EQ",
    source=f"{PAPER}, (19), (20)",
    statement="P1 and P2 have the same global optimal solution in the original variables: P2 costs at "
    "least P1 whatever its times and "
    "rates, and as much when its product constraints are tight.",
    recorded="certified",
    draws=EQUIVALENCE,
    subject={},
    mutants=[
        Mutant("energy of the second DF hop left out", {"skip": "down"}),
        Mutant("energy of AF left out", {"skip": "af"}),
        Mutant("AF not half-duplex", {"prelog": False}),
    ],
    tol=EXACT,
    tol_reason="relative to the cost in P1",
)
def same_optimum(case: Case, form: dict[str, Any]) -> Interval:
    with ball_arithmetic():
        v, k = loads_and_rates(case), {name: arb(t) for name, t in case["loose"].items()}
        pairs = (
            ("af", "rate_af"),
            ("up", "rate_up"),
            ("down", "rate_down"),
            ("local", "f_a"),
            ("edge", "f_r"),
        )
        tight = {name: v[name] / v[rate] for name, rate in pairs}
        # feasible in P2: slower rates, longer times
        loose = {name: k[name] * v[name] / (v[rate] / k.get(rate, arb(1))) for name, rate in pairs}
        printed = cost(case, tight)
        more = (cost(case, loose, **form) - printed) / printed
        same = -abs(cost(case, tight, **form) - printed) / printed
        return Interval.from_arb(more.min(same))


# ------------------------------------------------------------------------------- (28) is convex

NUMBER = decades(1e-2, 1e2)
NAMES = ("x", "u", "v", "w", "z")
SEGMENT = st.fixed_dictionaries(
    {
        "one": st.fixed_dictionaries(dict.fromkeys(NAMES, NUMBER)),
        "other": st.fixed_dictionaries(dict.fromkeys(NAMES, NUMBER)),
        "at": st.fixed_dictionaries(dict.fromkeys(NAMES, NUMBER)),
    }
)


def perspective(u: Ball, x: Ball) -> Ball:
    """u ln(1 + x/u)."""
    return u * (x / u).log1p()


def rows(p: dict[str, Ball], q: dict[str, Ball], misprint: str) -> list[tuple[Ball, Ball]]:
    """The kinds of constraint functions of (28), each with its size: all convex."""
    k = q["v"] / q["u"]
    squares = k * p["u"] ** 2 / 2 + p["v"] ** 2 / k / 2
    line = q["v"] * p["u"] + q["u"] * p["v"]
    product = p["x"] + squares - 2 * line if misprint != "product" else p["x"] - p["u"] * p["v"]
    slope = q["u"] / (q["u"] + q["w"] + q["z"])
    total = slope * (p["w"] + p["z"]) + ((q["w"] + q["z"]) / q["u"]).log1p() * p["u"]
    if misprint == "rate":
        total = perspective(p["u"], p["w"] + p["z"])
    gains = perspective(p["u"], p["w"]) + perspective(p["u"], p["z"])
    inner = p["v"] ** 2 if misprint != "cpu" else p["v"] ** 2 - p["u"] ** 2
    energy = (k * p["u"] ** 2 + 2 * p["u"] * inner + inner**2 / k) / 2 - 2 * q["u"] * q["v"] * p["v"]
    return [(product, p["x"] + squares + 2 * line), (total - gains, total + gains), (energy, abs(energy) + 1)]


@claim(
    id="RACO-C28",
    source=f"{PAPER}, (28)",
    statement="(28), products and the concave part of the AF rate linearised, is a convex problem.",
    recorded="certified",
    draws=SEGMENT,
    subject="",
    mutants=[
        Mutant("the product itself", "product"),
        Mutant("the AF rate not linearised", "rate"),
        Mutant("a difference in the CPU energy", "cpu"),
    ],
    tol=EXACT,
    tol_reason="relative to the terms of the constraint",
)
def surrogate_is_convex(case: Case, misprint: str) -> Interval:
    """Every constraint function lies below its chords; CVXPY agrees that the programme is disciplined."""
    with ball_arithmetic():
        p, o, q = ({k: arb(v) for k, v in case[name].items()} for name in ("one", "other", "at"))
        middle = {k: (p[k] + o[k]) / 2 for k in p}
        found = []
        for (a, sa), (b, sb), (m, sm) in zip(
            rows(p, q, misprint), rows(o, q, misprint), rows(middle, q, misprint), strict=True
        ):
            found.append(((a + b) / 2 - m) / (sa + sb + sm))
        worst = Interval.from_arb(min(found, key=lambda x: float(x.mid())))
    return worst if disciplined() else FAILS


@cache
def disciplined() -> bool:
    """Whether CVXPY takes both programmes for convex, with parameters."""
    return all(surrogate.build(noise_grows=grows)[1].is_dcp(dpp=True) for grows in (True, False))


# ------------------------------------------------------------------------------- how large (28) is

ORIGINALS = ("beta", "omega", "f_A", "f_R", "p1", "p2", "G", "p4")
AUXILIARIES = (*("t1", "t2", "t3", "r1", "r2", "r3", "s1", "s2", "s3"), "q", *("T", "t_loc", "t_edge"))
PRODUCTS = (
    *("bbar <= t1 r1", "beta <= t2 r2", "beta <= t3 r3", "bbar <= t_loc f_A", "beta <= t_edge f_R"),
    *("r1 <= wbar s1", "r2 <= omega s2", "r3 <= omega s3", "u <= p1 y", "p1 y <= v of (19h)"),
)
"""Product constraints of P2 in gain form, one quotient, rate or budget each."""

DIMENSION = 4
"""x + (c u)^2/2 + (v/c)^2/2 <= a line is |(c u, v/c, (l - 1)/sqrt(2))| <= (l + 1)/sqrt(2): four "
"components."""


def sizes() -> tuple[int, int, int]:
    """Variables, second-order cones of (27), their dimension."""
    return len(ORIGINALS) + len(AUXILIARIES), len(PRODUCTS), DIMENSION


NOTHING_DRAWN = st.fixed_dictionaries({"form": st.sampled_from(["gain", "gain, again"])})


@claim(
    id="RACO-N28",
    source=f"{PAPER}, (28)",
    statement="(28) has 21 variables and 7 second-order cone constraints of dimension 3 (counted in P2 "
    "rebuilt in gain form).",
    recorded="refuted",
    draws=NOTHING_DRAWN,
    subject=(21, 7, 3),
    mutants=[Mutant("10 cones of dimension 4", (21, 10, 4))],
    tol=0.0,
    tol_reason="a count",
    explanation="21 variables it is, but P2 has ten product constraints: three airtimes, two computing "
    "times, three rates, the SNR of AF "
    "and (19h). Each is linearised to two squares under a line, a cone of dimension 4. The displayed "
    "(28) is lost; no choice of which "
    "products to keep gives two squares in a cone of dimension 3.",
    corrected_by="RACO-N28.corrected",
)
def size_of_surrogate(case: Case, printed: tuple[int, int, int]) -> Interval:
    return HOLDS if sizes() == printed else FAILS


@claim(
    id="RACO-N28.corrected",
    source=f"correction of {PAPER}, (28)",
    statement="With the radiated power in place of the gain the compiled programme has 5 product "
    "constraints where noise grows with the band "
    "and 8 where it does not, two squares each, and 6 products in the objective; 19 and 22 variables "
    "(both complements among them).",
    recorded="certified",
    draws=st.fixed_dictionaries({"noise_model": st.sampled_from(["band", "fixed"])}),
    subject={"band": (19, 5, 6), "fixed": (22, 8, 6)},
    mutants=[
        Mutant("seven products", {"band": (19, 7, 6), "fixed": (22, 7, 6)}),
        Mutant("21 variables", {"band": (21, 5, 6), "fixed": (21, 8, 6)}),
    ],
    tol=0.0,
    tol_reason="a count",
)
def size_as_compiled(case: Case, counts: dict[str, tuple[int, int, int]]) -> Interval:
    m, _ = surrogate.build(noise_grows=case["noise_model"] == "band")
    return HOLDS if (len(m.variables), len(m.below), len(m.above)) == counts[case["noise_model"]] else FAILS
