"""Energy-efficient computation offloading over TDMA (problems P1, P2, P3) and OFDMA (P4, P4R, P5).

C. You, K. Huang, H. Chae, B.-H. Kim, "Energy-Efficient Resource Allocation for Mobile-Edge Computation
Offloading", IEEE Trans. Wireless Commun. 16(3), 1397-1411, 2017, doi 10.1109/TWC.2016.2633522.

Reads like the paper: `scenario` (Section VII), `statement` (the problems as the referee reads them),
`model` (CVXPY), `closed_form` (Theorems 1 to 3), `algorithms` (as printed, and the baselines), `claims`;
the OFDMA half (Section VI) is the package `ofdma`.

symbol  name               unit          symbol  name                 unit
R_k     input_bits         bit           B       bandwidth            Hz
C_k     cycles_per_bit     cycle/bit     N0      noise_power          W
P_k     energy_per_cycle   J/cycle       T       slot_duration        s
F_k     local_frequency    cycle/s       F       cloud_capacity       cycle/slot (P1)
g_k     channel_gain       - (= h_k^2)   F'      cloud_frequency      cycle/s (P3)
beta_k  weight             -             l_k     offloaded_bits       bit
m_k     (required bits)    bit           t_k     offloading_time      s
lam     time_price         J/s           mu      cloud_price          J/cycle
"""

from importlib.util import find_spec

from mecopt.instance import Field, Instance
from mecopt.problem import Method, Output, Paper, Problem
from mecopt.result import Point

from . import algorithms, closed_form, model, scenario, units
from .fields import COMMON, KEY, OFFLOADED_BITS, SOURCE, TIME_PRICE, USERS
from .ofdma import P4, P4R, P5
from .statement import TdmaStatement

__all__ = ["P1", "P2", "P3", "P4", "P4R", "P5", "PAPER"]

OUTPUTS = (
    OFFLOADED_BITS,
    Output("offloading_time", "t", "s", "airtime", USERS),
)

CLOUD_PRICE = Output("cloud_price", "mu", "J/cycle", "energy that another cycle of cloud would save")

ALL_LOCAL = Method(
    "baseline:all-local", "offload nothing", lambda s, tol: algorithms.all_local(s), aim="heuristic"
)
EQUAL = Method(
    "baseline:equal",
    "equal airtime for all who want or must offload",
    lambda s, tol: algorithms.equal_allocation(s),
    aim="heuristic",
)


def _compiled(s: Instance, tol: float) -> Point:
    from . import many_users  # numba takes half a second to import

    return many_users.solve(s, tol)


COMPILED = (
    Method("closed-form-compiled", "the closed form as compiled loops, for millions of users", _compiled),
)[: find_spec("numba") is not None]
"""Offered where numba is installed; the same answers to the last digits of a double."""

P1 = Problem(
    key=f"{KEY}.P1",
    title="TDMA offloading, bounded cloud load",
    sense="min",
    unit="J",
    source=f"{SOURCE}, Problem P1",
    fields=(*COMMON, Field("cloud_capacity", "F", "cycle", "cloud cycles per slot")),
    outputs=OUTPUTS,
    multipliers=(TIME_PRICE, CLOUD_PRICE),
    statement=TdmaStatement("load"),
    own_methods=(
        Method("closed-form", "Theorem 2 by bisection of the cloud price, exact", closed_form.solve_p1),
        Method(
            "algorithm-3",
            "Algorithm 3 with cycles reserved for required bits",
            lambda s, tol: algorithms.algorithm_3(s, reserve_required=True),
            aim="heuristic",
        ),
        Method(
            "algorithm-3-printed",
            "Algorithm 3 as printed: can leave required bits unserved",
            lambda s, tol: algorithms.algorithm_3(s, reserve_required=False),
            aim="heuristic",
        ),
        Method(
            "algorithm-2-printed",
            "Algorithm 2 as printed: tests bits against F, bisects for equality",
            algorithms.one_by_one(algorithms.algorithm_2_printed),
            aim="heuristic",
        ),
        EQUAL,
        ALL_LOCAL,
    ),
    sampler=scenario.sample_with_load,
    scenarios=tuple(scenario.SCENARIOS),
    conic=model.solve,
    cones=model.CONES,
    units=units.SYSTEMS,
    model=model.of_instance,
)

P2 = Problem(
    key=f"{KEY}.P2",
    title="TDMA offloading, unlimited cloud",
    sense="min",
    unit="J",
    source=f"{SOURCE}, Problem P2",
    fields=COMMON,
    outputs=OUTPUTS,
    multipliers=(TIME_PRICE,),
    statement=TdmaStatement("none"),
    own_methods=(
        Method("closed-form", "Theorem 1 by Algorithm 1 made exact", closed_form.solve_p2),
        *COMPILED,
        Method(
            "algorithm-1-printed",
            "Algorithm 1 as printed: bisects the price for equality",
            algorithms.one_by_one(algorithms.algorithm_1_printed),
            aim="heuristic",
        ),
        EQUAL,
        ALL_LOCAL,
    ),
    sampler=scenario.sample,
    scenarios=tuple(scenario.SCENARIOS),
    conic=model.solve,
    cones=model.CONES,
    units=units.SYSTEMS,
    model=model.of_instance,
)

P3 = Problem(
    key=f"{KEY}.P3",
    title="TDMA offloading, cloud computing inside the slot",
    sense="min",
    unit="J",
    source=f"{SOURCE}, Problem P3",
    fields=(*COMMON, Field("cloud_frequency", "F'", "cycle/s", "cloud speed, shared by all", strict=True)),
    outputs=OUTPUTS,
    multipliers=(TIME_PRICE,),
    statement=TdmaStatement("time"),
    own_methods=(
        Method("closed-form", "Theorem 3 by Algorithm 1 made exact", closed_form.solve_p3),
        *COMPILED,
        ALL_LOCAL,
    ),
    sampler=scenario.sample_with_speed,
    scenarios=tuple(scenario.SCENARIOS),
    conic=model.solve,
    cones=model.CONES,
    units=units.SYSTEMS,
    model=model.of_instance,
)

PAPER = Paper(
    key=KEY,
    title="Energy-efficient resource allocation for mobile-edge computation offloading",
    source="You, Huang, Chae, Kim, IEEE Trans. Wireless Commun. 16(3), 1397-1411, 2017",
    doi="10.1109/TWC.2016.2633522",
    problems=(P1, P2, P3, P4, P4R, P5),
)
