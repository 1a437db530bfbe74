"""Relay-assisted computation offloading, hybrid of amplify-and-forward (AF) and decode-and-forward (DF).

X. Chen, Y. Cai, Q. Shi, M. Zhao, B. Champagne, L. Hanzo, "Efficient Resource Allocation for Relay-Assisted
Computation Offloading in Mobile-Edge Computing", IEEE Internet of Things Journal 7(3), 2452-2468, 2020.

User A delivers the results of a task to user B through a relay that owns a server. A fraction beta of the raw
bits goes to the relay by DF in the band omega B, is computed there, and its results go on to B; the rest is
computed at A and its results go over AF in the rest of the band.

Reads like the paper: `scenario` (Section VI), `statement` with `branches`, `cuts` and `cut_search` (the
problems as the referee reads them), `model` (CVXPY: the surrogate (28), the problem with loads given, the
special cases), `closed_form` (Section V), `algorithms` (1 and 2), `smoothing`, `projection` (3), `exact`,
`scip`, `nlp`, `claims`.

symbol    name                        unit      symbol    name                      unit
L         input_bits                  bit       P_A, P_R  max_user_power, ...       W
C         cycles_per_bit              cycle/bit F_A, F_R  max_user_frequency, ...   Hz
rho       conversion_ratio            1         kappa     ..._energy_coefficient    J s^2
B         bandwidth                   Hz        w         weight                    J/s
N0        noise_psd                   W/Hz      eta       af_prelog                 1
g1, g2    af_gain_user_relay, ...     1         nu        noise_model               "band" or "fixed"
g3, g4    df_gain_user_relay, ...     1         beta      offloaded fraction        1
"""

from collections.abc import Callable
from typing import Any

from mecopt.instance import Instance
from mecopt.problem import Method, Output, Paper, Problem, Units
from mecopt.result import Point

from . import methods, scenario
from .fields import AF_OUTPUTS, DF_OUTPUTS, FIELDS, HYBRID_OUTPUTS, KEY, OMEGA, SOURCE
from .model import single, units
from .statement import Mode, RelayStatement

__all__ = ["AF", "DF", "FDHR", "P1", "PAPER", "TDHR"]

Conic = Callable[[Instance, str, float], Point]


def _problem(
    name: str,
    title: str,
    mode: Mode,
    outputs: tuple[Output, ...],
    own: tuple[Method, ...],
    *,
    source: str,
    conic: Conic | None = None,
    model: Callable[[Instance], Any] | None = None,
    other_units: tuple[Units, ...] = (),
) -> Problem:
    return Problem(
        key=f"{KEY}.{name}",
        title=title,
        sense="min",
        unit="J",
        source=f"{SOURCE}, {source}",
        fields=FIELDS,
        outputs=outputs,
        multipliers=(),
        statement=RelayStatement(mode),
        own_methods=own,
        sampler=scenario.sample,
        scenarios=scenario.SCENARIOS,
        conic=conic,
        model=model,
        units=other_units,
        cones=single.CONES,
        sizes={},
    )


WITHOUT_BAND = tuple(output for output in HYBRID_OUTPUTS if output is not OMEGA)

P1 = _problem(
    "P1",
    "weighted delay and energy, hybrid relaying",
    "hybrid",
    HYBRID_OUTPUTS,
    methods.HYBRID,
    source="(19)",
)
AF = _problem(
    "AF",
    "AF only",
    "af",
    AF_OUTPUTS,
    methods.AF,
    source="Section V-B",
    conic=single.solve_af,
    model=single.af_of_instance,
)
DF = _problem(
    "DF",
    "DF only",
    "df",
    DF_OUTPUTS,
    methods.DF,
    source="(41)",
    conic=single.solve_df,
    model=single.df_of_instance,
    other_units=units.DF,
)
FDHR = _problem(
    "FDHR",
    "hybrid, half the band for each branch",
    "half",
    WITHOUT_BAND,
    methods.FDHR,
    source="baseline FDHR",
)
TDHR = _problem(
    "TDHR", "hybrid, full band in disjoint slots", "slots", WITHOUT_BAND, methods.TDHR, source="baseline TDHR"
)

PAPER = Paper(
    key=KEY,
    title="Relay-assisted computation offloading by hybrid AF and DF relaying",
    source="Chen, Cai, Shi, Zhao, Champagne, Hanzo, IEEE Internet of Things J. 7(3), 2452-2468, 2020",
    doi="10.48550/arXiv.1909.00478",
    problems=(P1, AF, DF, FDHR, TDHR),
)
