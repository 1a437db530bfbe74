"""Rates, delays, memory, energies: equations (5) to (20) against their own definitions and units."""

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, claim, fraction, smallest
from mecopt.claims.exact import FAILS, HOLDS, in_balls, vanishes

from .common import PAPER, POSITIVE, Case, total

ROUNDING = "relative to the left side; ball arithmetic, so only what is exactly equal passes"

CHANGE = st.sampled_from([2.0, 10.0, 0.5])
"""The old second in new units of time."""

Rate = Callable[[Any, Any, Any, Any], Any]


def printed_rate(W: Any, N0: Any, P: Any, g: Any) -> Any:
    return W * (1 + g * P / N0).log() / arb(2).log()


def rate(W: Any, N0: Any, P: Any, g: Any) -> Any:
    return W * (1 + g * P / (N0 * W)).log() / arb(2).log()


LINK = st.fixed_dictionaries({"W": POSITIVE, "N0": POSITIVE, "P": POSITIVE, "g": POSITIVE, "unit": CHANGE})


def rate_in_new_units(case: Case, subject: Rate) -> Interval:
    """Hz and W shrink by k when the second becomes k units of time; W/Hz does not, a rate shrinks by k."""
    W, N0, P, g, k = (case[name] for name in ("W", "N0", "P", "g", "unit"))
    return agree(subject(W / k, N0, P / k, g) * k, subject(W, N0, P, g))  # type: ignore[no-any-return]


@claim(
    id="AOI-E5",
    source=f"{PAPER}, (5)",
    statement="R = W log2(1 + SNR) with SNR = |h|²P/N0, P the full transmission power and N0 the power "
    "density, "
    "is a bit rate (the text: a spectral efficiency): another unit of time changes it in proportion.",
    recorded="refuted",
    draws=LINK,
    subject=printed_rate,
    mutants=[Mutant("SNR = |h|²P/(N0 W)", rate)],
    tol=1e-12,
    tol_reason=ROUNDING,
    explanation="|h|²P/N0 is a number of hertz, not a ratio: W is missing below. W log2(1 + SNR) is then a "
    "rate "
    "in bit/s and no spectral efficiency, which would be bit/s/Hz.",
    corrected_by="AOI-E5.corrected",
)
@in_balls
def printed_rate_has_units(case: Case, subject: Rate) -> Any:
    return rate_in_new_units(case, subject)


@claim(
    id="AOI-E5.corrected",
    source=f"correction of {PAPER}, (5)",
    statement="R = W log2(1 + |h|²P/(N0 W)) is a rate in bit/s, right in every unit of time.",
    recorded="certified",
    draws=LINK,
    subject=rate,
    mutants=[
        Mutant("as printed", printed_rate),
        Mutant("without W in front", lambda W, N0, P, g: rate(W, N0, P, g) / W),
        Mutant("W² below", lambda W, N0, P, g: W * (1 + g * P / (N0 * W * W)).log()),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
)
@in_balls
def rate_has_units(case: Case, subject: Rate) -> Any:
    return rate_in_new_units(case, subject)


# ------------------------------------------------------------------------------------ (7), (8)

TASK = st.fixed_dictionaries(
    {"f": POSITIVE, "F": POSITIVE, "Z": st.integers(1, 8), "rho": fraction(), "delta": POSITIVE}
)

Delay = Callable[[Any, Any, Any, Any], Any]


def printed_delay(f: Any, F: Any, Z: Any, rho: Any) -> Any:
    return f / F * (1 - rho) + f / (F * Z) * rho


def amdahl(case: Case, subject: Delay, core: Any) -> Any:
    """Slack of 'Z cores are faster than one by 1/((1 - rho) + rho/Z)', (7), when a core does `core`
    flop/s."""
    f, F, Z, rho = (case[name] for name in ("f", "F", "Z", "rho"))
    return agree(subject(f, F, Z, rho), f / core * ((1 - rho) + rho / Z))


@claim(
    id="AOI-E8",
    source=f"{PAPER}, (8) with Section 3.1",
    statement="With F the total capacity of the device (Section 3.1), D = f (1 − ρ)/F + f ρ/(F Z) is "
    "Amdahl's "
    "law (7).",
    recorded="refuted",
    draws=TASK,
    subject=printed_delay,
    mutants=[Mutant("F/Z for F", lambda f, F, Z, rho: printed_delay(f, F / Z, Z, rho))],
    tol=1e-12,
    tol_reason=ROUNDING,
    explanation="If F is the speed of all Z cores together, one core does F/Z and the delay is Z times the "
    "printed one. The paper defines F in both ways; (8) needs the speed of one core (Section 3.4).",
    corrected_by="AOI-E8.corrected",
)
@in_balls
def delay_by_total_capacity(case: Case, subject: Delay) -> Any:
    return amdahl(case, subject, case["F"] / case["Z"])


@claim(
    id="AOI-E8.corrected",
    source=f"{PAPER}, (8) with Section 3.4",
    statement="With F the speed of one core, D = f (1 − ρ)/F + f ρ/(F Z) is Amdahl's law (7).",
    recorded="certified",
    draws=TASK,
    subject=printed_delay,
    mutants=[
        Mutant("ρ and 1 − ρ exchanged", lambda f, F, Z, rho: printed_delay(f, F, Z, 1 - rho)),
        Mutant("F the total capacity", lambda f, F, Z, rho: printed_delay(f, F / Z, Z, rho)),
        Mutant("parallel part only", lambda f, F, Z, rho: f * rho / (F * Z)),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
)
@in_balls
def delay_by_core_speed(case: Case, subject: Delay) -> Any:
    return amdahl(case, subject, case["F"])


# ------------------------------------------------------------------------------------ (13), (14) memory

MEMORY = st.fixed_dictionaries(
    {
        "m": st.tuples(*[st.integers(1, 8).map(lambda n: n / 8)] * 3).map(list),
        "at": st.tuples(*[st.booleans()] * 3).map(list),
        "used": st.sampled_from([0.0, 0.5, 0.25]),
    }
)

Fits = Callable[[list[float], list[bool], float], bool]


def printed_memory(m: list[float], at: list[bool], room: float) -> bool:
    return all(sum(mi for here in at if here) <= room for mi in m)


def memory(m: list[float], at: list[bool], room: float) -> bool:
    return sum(mi for mi, here in zip(m, at, strict=True) if here) <= room


def limits_memory(case: Case, subject: Fits) -> Interval:
    """The condition holds exactly where what is used fits (dyadic numbers: exact in doubles)."""
    m, at = case["m"], case["at"][: len(case["m"])]
    needed = sum(mi for mi, here in zip(m, at, strict=True) if here)
    return HOLDS if subject(m, at, 1 - case["used"]) == (needed <= 1 - case["used"]) else FAILS


@claim(
    id="AOI-E13",
    source=f"{PAPER}, (13)",
    statement="Σ_k m_i x_kj ≤ 1 − M_j for all i, j says that the tasks at server j fit its free memory.",
    recorded="refuted",
    draws=MEMORY,
    subject=printed_memory,
    mutants=[Mutant("m_k for m_i", memory)],
    tol=0.0,
    tol_reason="a condition that holds or not; exact numbers",
    explanation="The demand carries the wrong index: m_i for all i counts every task at j as if it were as "
    "large "
    "as the largest of the network, even one that is computed locally. It also compares bytes with a share.",
    corrected_by="AOI-E13.corrected",
)
def printed_memory_limit(case: Case, subject: Fits) -> Interval:
    return limits_memory(case, subject)


@claim(
    id="AOI-E13.corrected",
    source=f"correction of {PAPER}, (13)",
    statement="Σ_k m_k x_kj ≤ 1 − M_j, with m_k as a share of the memory of j, says that the tasks fit.",
    recorded="certified",
    draws=MEMORY,
    subject=memory,
    mutants=[
        Mutant("m_i for all i, as printed", printed_memory),
        Mutant(
            "the largest task only", lambda m, at, room: max(map(float.__mul__, m, map(float, at))) <= room
        ),
        Mutant("< for ≤", lambda m, at, room: sum(x for x, a in zip(m, at, strict=True) if a) < room),
    ],
    tol=0.0,
    tol_reason="a condition that holds or not; exact numbers",
    max_samples=60,
)
def memory_limit(case: Case, subject: Fits) -> Interval:
    return limits_memory(case, subject)


TRANSFORMER = st.fixed_dictionaries(
    {
        **{name: st.integers(1, 4) for name in ("s", "b", "h", "L", "a", "t")},
        "p": st.sampled_from([2, 1, 4]),
        "theta": st.integers(0, 100),
    }
)

KEPT = {
    # bytes per s b h of what a layer keeps at two bytes a number (masks: one), on each of t processors
    "layer norms, in": (4, False),
    "queries, keys and values, in": (2, False),
    "mask of the attention's dropout": (1, False),
    "feed-forward, in": (2, False),
    "mask of the feed-forward's dropout": (1, False),
    "queries and keys": (4, True),
    "values": (2, True),
    "output projection, in": (2, True),
    "activation, in and out": (16, True),
}
SCORES = {"softmax, out": 2, "mask of its dropout": 1, "dropout of scores, out": 2}

Bytes = Callable[[Case], Any]


def activations(case: Case) -> Any:
    s, b, h, L, a, t = (arb(case[name]) for name in ("s", "b", "h", "L", "a", "t"))
    return s * b * h * L * (10 + 24 / t + 5 * a * s / (h * t))


def counted(case: Case) -> Any:
    """The same added up from what is kept, and the weights."""
    s, b, h, L, a, t = (arb(case[name]) for name in ("s", "b", "h", "L", "a", "t"))
    tensors = total(s * b * h * size / (t if split else 1) for size, split in KEPT.values())
    scores = total(a * s * s * b * size / t for size in SCORES.values())
    return L * (tensors + scores) + case["p"] * case["theta"]


@claim(
    id="AOI-E14",
    source=f"{PAPER}, (14)",
    statement="A Transformer takes p (s b h L (10 + 24/t + 5 a s/(h t)) + |θ|) bytes, p bytes a number.",
    recorded="refuted",
    draws=TRANSFORMER,
    subject=lambda case: case["p"] * (activations(case) + case["theta"]),
    mutants=[Mutant("p for the weights only", lambda case: activations(case) + case["p"] * case["theta"])],
    tol=1e-12,
    tol_reason=ROUNDING,
    explanation="The formula in s, b, h, L, a, t (Korthikanti et al. 2022) is already in bytes, at two "
    "bytes a "
    "number and one for masks; times p the activations count double at p = 2. Nor are activations of all L "
    "layers kept when a model only answers.",
    corrected_by="AOI-E14.corrected",
)
@in_balls
def printed_transformer(case: Case, subject: Bytes) -> Any:
    return agree(subject(case), counted(case))


@claim(
    id="AOI-E14.corrected",
    source=f"correction of {PAPER}, (14)",
    statement="In training at two bytes a number it takes s b h L (10 + 24/t + 5 a s/(h t)) + p |θ| bytes.",
    recorded="certified",
    draws=TRANSFORMER,
    subject=lambda case: activations(case) + case["p"] * case["theta"],
    mutants=[
        Mutant("times p, as printed", lambda case: case["p"] * (activations(case) + case["theta"])),
        Mutant("without the weights", activations),
        Mutant("one layer", lambda case: activations(case) / case["L"] + case["p"] * case["theta"]),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
)
@in_balls
def transformer(case: Case, subject: Bytes) -> Any:
    return agree(subject(case), counted(case))


# ------------------------------------------------------------------------------------ (15), (18), (20)
# energies

Energy = Callable[..., Any]


def printed_power(F: Any, Z: Any, rho: Any, delta: Any) -> Any:
    return delta * (F * (1 - rho) + F * Z * rho)


@claim(
    id="AOI-E15",
    source=f"{PAPER}, (15)",
    statement="δ (F (1 − ρ) + F Z ρ) is the compute energy per unit of time: times D of (8) it is δ f of "
    "(20).",
    recorded="refuted",
    draws=TASK,
    subject=lambda f, F, Z, rho, delta: printed_power(F, Z, rho, delta) * printed_delay(f, F, Z, rho),
    mutants=[
        Mutant(
            "power of each phase times its time",
            lambda f, F, Z, rho, delta: delta * (F * (f * (1 - rho) / F) + F * Z * (f * rho / (F * Z))),
        )
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    explanation="Powers are weighted by shares of the work where shares of the time are due. The product is "
    "δ f (1 + ρ (1 − ρ) (Z − 1)²/Z): too much unless Z = 1 or ρ is 0 or 1 (1.125 times at Z = 2, ρ = 1/2).",
    corrected_by="AOI-E15.corrected",
)
@in_balls
def printed_power_times_delay(case: Case, subject: Energy) -> Any:
    f, F, Z, rho, delta = (case[name] for name in ("f", "F", "Z", "rho", "delta"))
    return agree(subject(f, F, Z, rho, delta), delta * f)


def power_proof() -> str:
    f, F, Z, rho, delta = sp.symbols("f F Z rho delta", positive=True)
    D = f * (1 - rho) / F + f * rho / (F * Z)
    product = delta * (F * (1 - rho) + F * Z * rho) * D
    vanishes(product - delta * f * (1 + rho * (1 - rho) * (Z - 1) ** 2 / Z), "excess of the printed power")
    vanishes(delta * (F * f * (1 - rho) / F + F * Z * f * rho / (F * Z)) - delta * f, "phase by phase")
    return "δF·f(1−ρ)/F + δFZ·fρ/(FZ) = δf; printed product = δf (1 + ρ(1−ρ)(Z−1)²/Z)"


@claim(
    id="AOI-E15.corrected",
    source=f"correction of {PAPER}, (15)",
    statement="(15) times D is δ f (1 + ρ (1 − ρ) (Z − 1)²/Z); one core for f (1 − ρ)/F and Z cores for f "
    "ρ/(F Z) "
    "take δ f.",
    recorded="proved",
    draws=TASK,
    subject=lambda Z, rho: 1 + rho * (1 - rho) * (Z - 1) ** 2 / Z,
    mutants=[
        Mutant("1, as printed", lambda Z, rho: arb(1)),
        Mutant("Z² for Z", lambda Z, rho: 1 + rho * (1 - rho) * (Z - 1) ** 2 / Z**2),
    ],
    tol=1e-12,
    tol_reason=ROUNDING,
    proof=power_proof,
)
@in_balls
def excess_of_printed_power(case: Case, subject: Energy) -> Any:
    f, F, Z, rho, delta = (case[name] for name in ("f", "F", "Z", "rho", "delta"))
    product = printed_power(F, arb(Z), rho, delta) * printed_delay(f, F, arb(Z), rho)
    return agree(product, delta * f * subject(arb(Z), rho))


SERVED = st.fixed_dictionaries(
    {
        "f": st.lists(POSITIVE, min_size=1, max_size=3),
        "at": st.lists(st.booleans(), min_size=3, max_size=3),
        "rho": fraction(),
        "F": POSITIVE,
        "Z": st.integers(1, 4),
        "delta": POSITIVE,
    }
)


def printed_server_energy(case: Case) -> Any:
    rho, F, Z = case["rho"], case["F"], case["Z"]
    here = [bool(a) for a in case["at"][: len(case["f"])]]
    share = arb(1) / max(sum(here), 1)
    used = [F * (1 - rho) + (F * Z * share * rho if a else arb(0)) for a in here]
    return case["delta"] * total(used)


def server_energy(case: Case) -> Any:
    here = [bool(a) for a in case["at"][: len(case["f"])]]
    return case["delta"] * total(f for f, a in zip(case["f"], here, strict=True) if a)


def phases(case: Case) -> Any:
    """Power times time of each offloaded task: one core for the serial part, its share of all for the
    rest."""
    rho, F, Z = case["rho"], case["F"], arb(case["Z"])
    here = [bool(a) for a in case["at"][: len(case["f"])]]
    share = arb(1) / max(sum(here), 1)
    done = [F * (f * (1 - rho) / F) + share * F * Z * (f * rho / (share * F * Z)) for f in case["f"]]
    return case["delta"] * total(work for work, a in zip(done, here, strict=True) if a)


def server_slack(case: Case, subject: Bytes) -> Any:
    right = phases(case)
    return agree(subject(case), right, scale=case["delta"] * total(case["f"]))


@claim(
    id="AOI-E18",
    source=f"{PAPER}, (18)",
    statement="δ Σ over all i of (F (1 − ρ) + F Z z ρ) is the energy that server j spends on the tasks "
    "offloaded "
    "to it.",
    recorded="refuted",
    draws=SERVED,
    subject=printed_server_energy,
    mutants=[Mutant("δ Σ f over the offloaded", server_energy)],
    tol=1e-12,
    tol_reason="relative to δ times all work; ball arithmetic",
    explanation="It is a power (no task size in it), and sums over all devices of the network: a server that "
    "nobody offloads to would spend δ F (1 − ρ) for each of them.",
    corrected_by="AOI-E18.corrected",
)
@in_balls
def printed_energy_of_server(case: Case, subject: Bytes) -> Any:
    return server_slack(case, subject)


@claim(
    id="AOI-E18.corrected",
    source=f"correction of {PAPER}, (18)",
    statement="The energy that server j spends on the tasks offloaded to it is δ Σ f_i x_ij, whatever the "
    "shares.",
    recorded="certified",
    draws=SERVED,
    subject=server_energy,
    mutants=[
        Mutant("as printed", printed_server_energy),
        Mutant("of all tasks", lambda case: case["delta"] * total(case["f"])),
    ],
    tol=1e-12,
    tol_reason="relative to δ times all work; ball arithmetic",
)
@in_balls
def energy_of_server(case: Case, subject: Bytes) -> Any:
    return server_slack(case, subject)


SENT = st.fixed_dictionaries(
    dict.fromkeys(("f", "d", "P", "delta_cp", "delta_cm"), POSITIVE)
    | {"R": st.lists(POSITIVE, min_size=2, max_size=2), "y": st.sampled_from([1.0, 0.5])}
)

Saving = Callable[[Case, int], Any]


def printed_saving(case: Case, j: int) -> Any:
    return case["delta_cp"] * case["f"] - case["delta_cm"] * case["d"] / case["R"][0]


def saving(case: Case, j: int) -> Any:
    return case["delta_cp"] * case["f"] - case["delta_cm"] * case["P"] * case["d"] / case["R"][j]


def saving_slack(case: Case, subject: Saving) -> Any:
    """Local energy less that of sending at the share y: power y P for d/(y R)."""
    y = case["y"]
    slacks = []
    for j in range(2):
        local = case["delta_cp"] * case["f"]
        sent = case["delta_cm"] * (y * case["P"]) * (case["d"] / (y * case["R"][j]))
        slacks.append(agree(subject(case, j), local - sent, scale=local + sent))
    return smallest(*slacks)


@claim(
    id="AOI-E20",
    source=f"{PAPER}, (20) and Table 3",
    statement="G_i = δ_cp f − δ_cm d/R is the energy that local processing costs more than offloading, "
    "δ_cm = 2.6 "
    "a factor, for whatever server.",
    recorded="refuted",
    draws=SENT,
    subject=printed_saving,
    mutants=[Mutant("δ_cm P d/R_ij for each server", saving)],
    tol=1e-12,
    tol_reason="relative to the energies; ball arithmetic",
    explanation="A factor times a time is no energy: the power P is missing (it hides at P = 1 W). R "
    "depends on the "
    "server, so G does: it is G_ij. And Table 3's δ_cp = 10⁹ 'W/flops' would cost 5·10²² J per Llama task.",
    corrected_by="AOI-E20.corrected",
)
@in_balls
def printed_saved_energy(case: Case, subject: Saving) -> Any:
    return saving_slack(case, subject)


@claim(
    id="AOI-E20.corrected",
    source=f"correction of {PAPER}, (20)",
    statement="G_ij = δ_cp f − δ_cm P d/R_ij, whatever the share of the band: power y P for a time d/(y R).",
    recorded="certified",
    draws=SENT,
    subject=saving,
    mutants=[
        Mutant("without P", printed_saving),
        Mutant("R of the first server", lambda case, j: saving(case, 0)),
        Mutant("times the share", lambda case, j: saving({**case, "P": case["P"] * case["y"]}, j)),
        Mutant("sum for difference", lambda case, j: 2 * case["delta_cp"] * case["f"] - saving(case, j)),
    ],
    tol=1e-12,
    tol_reason="relative to the energies; ball arithmetic",
)
@in_balls
def saved_energy(case: Case, subject: Saving) -> Any:
    return saving_slack(case, subject)
