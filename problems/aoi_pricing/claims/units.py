"""Rates, delays and memory: equations (5) to (14) against their own definitions and units."""

from collections.abc import Callable
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, claim, fraction
from mecopt.claims.exact import FAILS, HOLDS, in_balls

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
