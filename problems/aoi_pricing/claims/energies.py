"""Energies: equations (15) to (20) against their own definitions."""

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Mutant, agree, claim, fraction, smallest
from mecopt.claims.exact import in_balls, vanishes

from .common import PAPER, POSITIVE, Case, total
from .units import ROUNDING, TASK, Bytes, printed_delay

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
