"""Which server each device offloads its AI task to, and what share of it the device gets: pricing-based
association.

M. Kim, J. Jang, Y. Choi, H. J. Yang, "Age-of-Information-Aware Distributed Task Offloading and Resource
Allocation in Mobile Edge Computing Networks", arXiv 2404.03154, 2024. (Its "age" is the delay of the
service.)

Reads like the paper: `scenario` (Section 6), `statement` (the problems as the referee reads them), `model`
(CVXPY),
`closed_form` (shares, answers to prices, dual value), `pricing` (Algorithm 1), `exact`, `improvement`,
`large`,
`baselines`, `simulation` (slot by slot), `claims`.

symbol    name                    unit      symbol     name                        unit
g_ij      channel_gain            -         F', Z'     local_core_speed, _cores    flop/s, -
W, N0     bandwidth, noise_psd    Hz, W/Hz  F, Z       server_core_speed, _cores   flop/s, -
P_i       transmit_power          W         delta_cp   energy_per_flop             J/flop
d_i, f_i  input_bits, workload    bit, flop delta_cm   transmit_energy_factor      -
rho_i     parallel_fraction       -         B_i        battery_energy (inf: mains) J
alpha     energy_weight           s         m_i, C_j   memory_demand, _capacity    byte
x, y, z   association, bandwidth_share, compute_share
mu, nu    bandwidth_price, compute_price (s^(1/2)), pi memory_price (s/byte)
"""

from mecopt.problem import Paper, Problem

from . import methods, model, scenario
from .fields import (
    ASSOCIATION,
    ASSOCIATION_FIELD,
    BANDWIDTH_SHARE,
    COMPUTE_SHARE,
    FIELDS,
    KEY,
    PRICES,
    RESOURCE_PRICES,
    SHARE,
    SOURCE,
)
from .statement import AllocationStatement, AssociationStatement, RelaxedStatement

__all__ = ["P1", "P5", "P5R", "PAPER", "RA"]

P1 = Problem(
    key=f"{KEY}.P1",
    title="Association and shares of least total cost",
    sense="min",
    unit="s",
    source=f"{SOURCE}, Problem P1",
    fields=FIELDS,
    outputs=(ASSOCIATION, BANDWIDTH_SHARE, COMPUTE_SHARE),
    multipliers=PRICES,
    statement=AssociationStatement("free"),
    own_methods=methods.association_methods(with_shares=True),
    model=model.of_association_and_shares,
    sampler=scenario.sample,
    scenarios=scenario.SCENARIOS,
    sizes=scenario.SIZES,
)

P5 = Problem(
    key=f"{KEY}.P5",
    title="Association alone, shares at their best: binary quadratic program",
    sense="min",
    unit="s",
    source=f"{SOURCE}, Problem P5",
    fields=FIELDS,
    outputs=(ASSOCIATION,),
    multipliers=PRICES,
    statement=AssociationStatement("best"),
    own_methods=methods.association_methods(with_shares=False),
    model=model.of_association,
    sampler=scenario.sample,
    scenarios=scenario.SCENARIOS,
    sizes=scenario.SIZES,
)

P5R = Problem(
    key=f"{KEY}.P5R",
    title="Parts of tasks to servers: the relaxation of P5",
    sense="min",
    unit="s",
    source=f"{SOURCE}, Problem P5 relaxed, the dual of P7",
    fields=FIELDS,
    outputs=(SHARE,),
    multipliers=PRICES,
    statement=RelaxedStatement(),
    own_methods=(),
    sampler=scenario.sample,
    scenarios=scenario.SCENARIOS,
    conic=model.solve_relaxation,
    model=model.of_relaxation,
    cones=model.CONES,
    sizes=scenario.SIZES,
)

RA = Problem(
    key=f"{KEY}.RA",
    title="Shares of bandwidth and cores for a given association",
    sense="min",
    unit="s",
    source=f"{SOURCE}, Problems P3 and P4",
    fields=(*FIELDS, ASSOCIATION_FIELD),
    outputs=(BANDWIDTH_SHARE, COMPUTE_SHARE),
    multipliers=RESOURCE_PRICES,
    statement=AllocationStatement(),
    own_methods=methods.RA_METHODS,
    sampler=scenario.sample_associated,
    scenarios=scenario.SCENARIOS,
    conic=model.solve_shares,
    model=model.of_shares,
    cones=model.CONES,
    sizes=scenario.SIZES,
)

PAPER = Paper(
    key=KEY,
    title="Age-of-information-aware task offloading by pricing-based association",
    source="Kim, Jang, Choi, Yang, arXiv 2404.03154, 2024",
    doi="10.48550/arXiv.2404.03154",
    problems=(P1, P5, P5R, RA),
)
