"""Shares for a given association: (22) to (24), their KKT conditions and multipliers in the supplement."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import FLOAT, ball_arithmetic, lower
from mecopt.claims import Interval, Mutant, agree, claim, fraction, smallest
from mecopt.claims.exact import in_balls, vanishes

from .. import RA
from .common import PAPER, POSITIVE, Ball, Case, Data, associations, at, data, term_cases, total

TASKS = st.fixed_dictionaries(
    {
        "f": st.lists(POSITIVE, min_size=1, max_size=4),
        "d": st.lists(POSITIVE, min_size=4, max_size=4),
        "R": st.lists(POSITIVE, min_size=4, max_size=4),
        "rho": fraction(open_ends="0"),
        "F": POSITIVE,
        "Z": st.integers(1, 8),
    }
)
"""Devices at one server."""

Shares = Callable[[Case], list[Ball]]

OPTIMAL = "relative to the optimum; ball arithmetic on both sides"


def normalised(roots: list[Ball]) -> list[Ball]:
    return [r / total(roots) for r in roots]


def band_weights(case: Case) -> list[Ball]:
    """d/R of each device."""
    return [d / R for d, R, _ in zip(case["d"], case["R"], case["f"], strict=False)]


def core_weights(case: Case) -> list[Ball]:
    """f rho/(F Z) of each device."""
    return [f * case["rho"] / (case["F"] * case["Z"]) for f in case["f"]]


def band_shares(case: Case) -> list[Ball]:
    return normalised([w.sqrt() for w in band_weights(case)])


def core_shares(case: Case) -> list[Ball]:
    return normalised([w.sqrt() for w in core_weights(case)])


def optimal(weights: list[Ball], shares: list[Ball]) -> Any:
    """Slack of 'these shares of one resource are the best': 2 √λ Σ√w − λ bounds all others, for any λ."""
    used = total(shares)
    delay = total(w / y for w, y in zip(weights, shares, strict=True))
    load = total(w.sqrt() for w in weights)
    price = arb(load.mid()) ** 2  # near the best; any is valid
    bound = 2 * price.sqrt() * load - price
    over = arb(0).max(used - 1)
    return Interval.from_arb(-arb(0).max((delay - bound) / bound) - over)


def proof_of_shares() -> str:
    a, b, y = sp.symbols("a b y", positive=True)
    delay = a**2 / y + b**2 / (1 - y)
    best = sp.simplify(delay.subs(y, a / (a + b)))
    vanishes(best - (a + b) ** 2, "value at the shares")
    vanishes(delay - (a + b) ** 2 - (a * (1 - y) - b * y) ** 2 / (y * (1 - y)), "what other shares cost")
    return "a²/y + b²/(1−y) = (a + b)² + (a(1−y) − by)²/(y(1−y)); more devices: one against the rest"


@claim(
    id="AOI-E22",
    source=f"{PAPER}, (22)",
    statement="The best shares of the band are y_i = √(d_i/R_i)/Σ_k √(d_k/R_k) over the devices of the "
    "server.",
    recorded="proved",
    draws=TASKS,
    subject=band_shares,
    mutants=[
        Mutant("without roots", lambda case: normalised(band_weights(case))),
        Mutant("equal shares", lambda case: [arb(1) / len(case["f"])] * len(case["f"])),
        Mutant("d R for d/R", lambda case: normalised([(d * R).sqrt() for d, R, _ in
                                                         zip(case["d"], case["R"], case["f"],
                                                         strict=False)])),
        Mutant("more than all of it", lambda case: [y * (1 + arb(1e-6)) for y in band_shares(case)]),
    ],
    tol=1e-12,
    tol_reason=OPTIMAL,
    proof=proof_of_shares,
)  # fmt: skip
@in_balls
def best_band_shares(case: Case, subject: Shares) -> Any:
    return optimal(band_weights(case), subject(case))


@claim(
    id="AOI-E24",
    source=f"{PAPER}, (24)",
    statement="The best shares of the cores are z_i = √(f_i ρ_i/(F Z))/Σ √(f_k ρ_k/(F Z)) x_k.",
    recorded="proved",
    draws=TASKS,
    subject=core_shares,
    mutants=[
        Mutant("without roots", lambda case: normalised(core_weights(case))),
        Mutant("fourth roots", lambda case: normalised([w.sqrt().sqrt() for w in core_weights(case)])),
        Mutant("half of the cores idle", lambda case: [z / 2 for z in core_shares(case)]),
    ],
    tol=1e-12,
    tol_reason=OPTIMAL,
    proof=proof_of_shares,
)
@in_balls
def best_core_shares(case: Case, subject: Shares) -> Any:
    return optimal(core_weights(case), subject(case))


def by_indicator(d: Data, x: tuple[int, ...], i: int) -> Ball:
    """√A_ij/Σ over all k of √A_kj x_kj."""
    j = x[i]
    return d.A[i, j].sqrt() / total(d.A[k, j].sqrt() * (1 if x[k] == j else 0) for k in range(d.users))


@claim(
    id="AOI-E23",
    source=f"{PAPER}, (23)",
    statement="(22) is √(d_i/R_ij)/Σ over all k of √(d_k/R_kj) x_kj.",
    recorded="certified",
    draws=term_cases(),
    subject=by_indicator,
    mutants=[
        Mutant("without x", lambda d, x, i: d.A[i, x[i]].sqrt() / total(a.sqrt() for a in d.A[:, x[i]])),
        Mutant(
            "first server's rates", lambda d, x, i: by_indicator(d, tuple(0 if k >= 0 else k for k in x), i)
        ),
    ],
    tol=1e-12,
    tol_reason="relative to the share; ball arithmetic",
    max_samples=80,
)
@in_balls
def indicator_form(case: Case, subject: Callable[..., Ball]) -> Any:
    d, slacks = data(case), []
    for x in associations(d):
        for j in range(d.servers):
            here = at(d, x, j)
            shares = normalised([d.A[i, j].sqrt() for i in here])
            slacks += [agree(subject(d, x, i), share) for i, share in zip(here, shares, strict=True)]
    return smallest(*slacks)


NETWORKS = st.fixed_dictionaries(
    {"seed": st.integers(0, 999), "users": st.integers(1, 8), "servers": st.integers(1, 3)}
)


def squared_roots(weights: Any) -> Any:
    return np.sqrt(weights)


@claim(
    id="AOI-O51",
    source=f"{PAPER}, Section 5.1",
    statement="(22) and (24) together are globally optimal for a given association: no optimality is lost.",
    recorded="certified",
    draws=NETWORKS,
    subject=squared_roots,
    mutants=[Mutant("in proportion to the delays", lambda w: w), Mutant("equal shares", np.ones_like)],
    tol=1e-12,
    tol_reason="the referee's proved gap, relative to the cost",
    max_samples=40,
)
def no_loss(case: Case, subject: Callable[[Any], Any]) -> Interval:
    """The referee's ball certificate of the shares on the paper's snapshot."""
    s = RA.sample(users=case["users"], servers=case["servers"], seed=case["seed"])
    d = RA.statement.lift(FLOAT, s)
    x = {}
    for name, delay in (("bandwidth_share", d.comm_delay), ("compute_share", d.parallel_delay)):
        weight = np.where(d.on, subject(delay), 0.0)
        used = np.sum(weight, axis=0)
        x[name] = np.sum(weight / np.where(used > 0, used, 1.0), axis=-1)
    found = RA.certify(s, x)
    if not (found.rigorous and found.infeasibility <= 1e-9):
        return Interval(-np.inf, np.inf)
    with ball_arithmetic():
        # the optimum is at least the bound and at most the point's own value
        low = (arb(float(found.bound)) - arb(float(found.upper))) / abs(arb(float(found.value)))
        return Interval(min(lower(low), 0.0), 0.0)


# ------------------------------------------------------------------------------------ supplement: KKT

Stationarity = Callable[[Case, int, Ball], tuple[Ball, Ball]]


def printed_kkt(case: Case, i: int, share: Ball) -> tuple[Ball, Ball]:
    """The first terms of (S4a) and (S4b) at a share."""
    d, R, f, F, Z = case["d"][i], case["R"][i], case["f"][i], case["F"], case["Z"]
    return -d * R / (R * share) ** 2, -f * F * Z / (F * Z * share) ** 2 * case["rho"]


def kkt_proof() -> str:
    d, R, f, F, Z, rho, y = sp.symbols("d R f F Z rho y", positive=True)
    vanishes(sp.diff(d / (R * y), y) + d * R / (R * y) ** 2, "(S4a)")
    vanishes(sp.diff(f * rho / (F * Z * y), y) + f * F * Z / (F * Z * y) ** 2 * rho, "(S4b)")
    return "∂/∂y d/(R y) = −dR/(R y)², ∂/∂z fρ/(F Z z) = −fFZρ/(F Z z)²"


@claim(
    id="AOI-S4",
    source=f"{PAPER}, supplement (S4)",
    statement="At the best shares −d R/(R y)² + λ − λ³ = 0 and −f F Z ρ/(F Z z)² + λ − λ³ = 0, one λ for "
    "all devices "
    "of a server and λ³ = 0.",
    recorded="proved",
    draws=TASKS,
    subject=printed_kkt,
    mutants=[
        Mutant("R for R²", lambda case, i, share: (-case["d"][i] / (case["R"][i] * share),
                                                    printed_kkt(case, i, share)[1])),
        Mutant("without ρ", lambda case, i, share: (printed_kkt(case, i, share)[0],
                                                    printed_kkt(case, i, share)[1] / case["rho"])),
        Mutant("sign", lambda case, i, share: tuple(-t for t in printed_kkt(case, i, share))),
    ],
    tol=1e-12,
    tol_reason="relative to the multiplier; ball arithmetic",
    proof=kkt_proof,
)  # fmt: skip
@in_balls
def stationarity(case: Case, subject: Stationarity) -> Any:
    slacks = []
    for k, (weights, shares) in enumerate(
        ((band_weights(case), band_shares(case)), (core_weights(case), core_shares(case)))
    ):
        multiplier = total(w.sqrt() for w in weights) ** 2
        terms = [subject(case, i, share)[k] for i, share in enumerate(shares)]
        slacks += [Interval.from_arb(-abs(term + multiplier) / multiplier) for term in terms]
    return smallest(*slacks)


@claim(
    id="AOI-S16",
    source=f"{PAPER}, supplement (S16)",
    statement="The multiplier of the cores is λ = (Σ √(f ρ/(F Z)))²: what another whole set of cores would "
    "save at "
    "the margin.",
    recorded="certified",
    draws=TASKS,
    subject=lambda case: total(w.sqrt() for w in core_weights(case)) ** 2,
    mutants=[
        Mutant("not squared", lambda case: total(w.sqrt() for w in core_weights(case))),
        Mutant("without ρ", lambda case: total(w.sqrt() for w in core_weights(case)) ** 2 / case["rho"]),
        Mutant("sum of delays", lambda case: total(core_weights(case))),
    ],
    tol=1e-12,
    tol_reason="relative to the multiplier; ball arithmetic",
)
@in_balls
def core_multiplier(case: Case, subject: Callable[[Case], Ball]) -> Any:
    """At shares of a budget b the delay is V/b: its slope at b = 1 is −V, from −w/z² at the best shares."""
    weights, shares = core_weights(case), core_shares(case)
    slopes = [w / z**2 for w, z in zip(weights, shares, strict=True)]
    return smallest(*(agree(subject(case), slope) for slope in slopes))


def printed_s17(case: Case) -> list[Ball]:
    fz = case["F"] * case["Z"]
    bottom = total((f / fz).sqrt() for f in case["f"])
    return [(f * case["rho"] / fz).sqrt() / bottom for f in case["f"]]


def sums_to_one(case: Case, shares: Shares) -> Any:
    return Interval.from_arb(-abs(total(shares(case)) - 1))


@claim(
    id="AOI-S17",
    source=f"{PAPER}, supplement (S17)",
    statement="The best shares of the cores √(f_i ρ/(F Z))/Σ √(f_k/(F Z)) sum to 1.",
    recorded="refuted",
    draws=TASKS,
    subject=printed_s17,
    mutants=[Mutant("ρ below as well", core_shares)],
    tol=1e-12,
    tol_reason="relative to all cores; ball arithmetic",
    explanation="ρ is missing below: the shares sum to √ρ (with one ρ for all) and leave cores idle. (24) "
    "has it.",
    corrected_by="AOI-S17.corrected",
)
@in_balls
def printed_core_shares(case: Case, subject: Shares) -> Any:
    return sums_to_one(case, subject)


@claim(
    id="AOI-S17.corrected",
    source=f"correction of {PAPER}, supplement (S17)",
    statement="√(f_i ρ_i/(F Z))/Σ √(f_k ρ_k/(F Z)) sum to 1.",
    recorded="certified",
    draws=TASKS,
    subject=core_shares,
    mutants=[
        Mutant("without ρ below, as printed", printed_s17),
        Mutant("without roots above", lambda case: [
            w / total(v.sqrt() for v in core_weights(case)) for w in core_weights(case)
        ]),
    ],
    tol=1e-12,
    tol_reason="relative to all cores; ball arithmetic",
)  # fmt: skip
@in_balls
def core_shares_sum(case: Case, subject: Shares) -> Any:
    return sums_to_one(case, subject)
