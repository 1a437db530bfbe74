"""Fig. 2: how the energy of local computing grows as the deadline shrinks."""

from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from mecopt.claims import Mutant, agree, claim, decades
from mecopt.claims.exact import in_balls, vanishes

from .. import P1
from ..algorithms import local_energy
from ..scenario import COMMON, INPUT_BITS, path_gain
from .common import PAPER, Case


class Growth(NamedTuple):
    """The local energy of a bit when the deadline shrinks: its ratio for equal steps, or for equal
    factors.
    """

    steps: bool
    power: int


def local_law_proof() -> str:
    k, lam, D, T, c = sp.symbols("kappa lambda D T c", positive=True)
    E = k * lam**3 * D**3 / T**2
    vanishes(E.subs(T, T / c) / E - c**2, "E(T/c) = c² E(T)")
    return "E = κ(λ₀D)³/T²: E(T/c) = c² E(T), a power law; ln E is linear in ln T, not in T"


@claim(
    id="SHARED-F2c",
    source=f"{PAPER}, Section V, Fig. 2",
    statement=(
        "The local energy of a bit increases exponentially as the deadline shrinks, from 10 mJ at 0.1 s "
        "to 1000 mJ at "
        "0.01 s. (Checked: shortening T by equal steps multiplies it by equal factors.)"
    ),
    recorded="refuted",
    draws=st.fixed_dictionaries({"latency": decades(1e-2, 1.0), "step": st.sampled_from([0.25, 0.1, 0.4])}),
    subject=Growth(steps=True, power=2),
    mutants=[Mutant("by equal factors", Growth(steps=False, power=2))],
    tol=1e-9,
    tol_reason="relative to the larger side; balls are thinner than 1e-20",
    explanation=(
        "E = κ(λ₀D)³/T² is a power law. The two printed values themselves, a factor 100 over one decade "
        "of T, are "
        "those of 1/T²; an exponential through them would be 359 mJ at 0.03 s, where the formula gives "
        "111 mJ."
    ),
    corrected_by="SHARED-F2c.corrected",
)
@in_balls
def growth_of_local_energy(case: Case, subject: Growth) -> Any:
    T, share = case["latency"], case["step"]

    def energy(t: Any) -> Any:
        return 1 / t**subject.power

    first, second = (T * (1 - share), T * (1 - 2 * share)) if subject.steps else (T * share, T * share**2)
    return agree(energy(first) ** 2, energy(T) * energy(second))


@claim(
    id="SHARED-F2c.corrected",
    source=f"correction of {PAPER}, Section V, Fig. 2",
    statement=(
        "The local energy is κ Σ(λ₀Dₖ)³/T²: a c times shorter deadline takes c² times as much, 1000 mJ at "
        "0.01 s for 10 "
        "mJ at 0.1 s."
    ),
    recorded="proved",
    draws=st.fixed_dictionaries({"latency": decades(1e-3, 1.0), "factor": decades(1.0, 100.0)}),
    subject=Growth(steps=False, power=2),
    mutants=[Mutant("1/T", Growth(steps=False, power=1)), Mutant("1/T³", Growth(steps=False, power=3))],
    tol=1e-9,
    tol_reason="relative to the larger side",
    proof=local_law_proof,
)
def local_power_law(case: Case, subject: Growth) -> Any:
    gain = path_gain(0.05 * np.arange(1, 5))
    data = COMMON | {
        "input_bits": np.full(4, INPUT_BITS),
        "shared_bits": 0.0,
        "local_frequency": np.full(4, 1e9),
    }
    s = P1.instance(data | {"uplink_gain": gain, "downlink_gain": gain, "max_latency": case["latency"]})
    shorter = s.replace(max_latency=s.max_latency / case["factor"])
    ratio = float(local_energy(shorter)[0] / local_energy(s)[0])
    return agree(ratio, case["factor"] ** subject.power)
