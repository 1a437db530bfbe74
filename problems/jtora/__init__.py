"""Task offloading in a network of many servers: decisions (JTORA, TO), uplink powers (UPA), CPU shares (CRA).

T. X. Tran and D. Pompili, "Joint Task Offloading and Resource Allocation for Multi-Server Mobile-Edge
Computing Networks", IEEE Trans. Vehicular Technology 68(1), 856-868, 2019, doi 10.1109/TVT.2018.2881191.

Reads like the paper: `scenario`, `statement` (the problems as the referee reads them), `model` (CVXPY),
`closed_form` ((23), (27) to (29)), `algorithms` (Algorithms 1 and 2, baselines, searches of our own, the
exact optimum), `claims`. JTORA counts interference as it is, TO, the problem the paper solves, as if all
interferers sent at full power: its value is never above that of JTORA at the same point.

symbol     name                   unit           symbol     name                  unit
h          channel_gain           -              beta^t     time_preference       -
B          bandwidth              Hz             beta^e     energy_preference     -
sigma^2    noise_power            W              lambda     provider_preference   -
P          max_transmit_power     W              s, j       offload_server, offload_subband (-1: local)
d          input_bits             bit            p          transmit_power        W
c          workload               cycle          f_us       compute_allocation    cycle/s
f^l        local_frequency        cycle/s        phi        time_weight           -
kappa      energy_coefficient     J s^2/cycle^3  psi        energy_weight         1/W
f_s        server_frequency       cycle/s        eta        compute_weight        cycle/s
theta      sinr_per_watt          1/W            pi, mu     user_price, server_price
"""

from mecopt.fields import Field
from mecopt.problem import Method, Output, Paper, Problem

from . import closed_form, model, scenario
from .fields import DECISION, KEY, NETWORK, PRICES, SERVERS, SOURCE, USERS, check_preferences
from .methods import JTORA_METHODS, TO_METHODS, upa_methods
from .model import pattern_program, units
from .statement import ComputingStatement, DecisionStatement, PowerStatement

__all__ = ["CRA", "JTORA", "PAPER", "TO", "UPA"]

JTORA = Problem(
    key=f"{KEY}.JTORA",
    title="Joint offloading and resource allocation",
    sense="max",
    unit="1",
    source=f"{SOURCE}, (12)",
    fields=NETWORK,
    outputs=DECISION,
    multipliers=PRICES,
    statement=DecisionStatement("exact"),
    own_methods=JTORA_METHODS,
    model=pattern_program.jtora_of_instance,
    sampler=scenario.sample,
    scenarios=tuple(scenario.SCENARIOS),
    sizes=scenario.SIZES,
    check=check_preferences,
)

TO = Problem(
    key=f"{KEY}.TO",
    title="Task offloading, interferers at full power",
    sense="max",
    unit="1",
    source=f"{SOURCE}, (30)",
    fields=NETWORK,
    outputs=DECISION,
    multipliers=PRICES,
    statement=DecisionStatement("full-power"),
    own_methods=TO_METHODS,
    model=pattern_program.to_of_instance,
    sampler=scenario.sample,
    scenarios=tuple(scenario.SCENARIOS),
    sizes=scenario.SIZES,
    check=check_preferences,
)

UPA = Problem(
    key=f"{KEY}.UPA",
    title="Uplink powers against given interference",
    sense="min",
    unit="1",
    source=f"{SOURCE}, (23)",
    fields=(
        Field("time_weight", "phi", "1", "price of time", USERS, broadcast=True),
        Field("energy_weight", "psi", "1/W", "price of energy", USERS, broadcast=True),
        Field("sinr_per_watt", "theta", "1/W", "signal to interference and noise per watt", USERS),
        Field("max_transmit_power", "P", "W", "power budget", USERS, strict=True, broadcast=True),
    ),
    outputs=(Output("transmit_power", "p", "W", "uplink power, 0 where only the limit is best", USERS),),
    multipliers=(Output("rate_price", "v", "1", "least cost of the user", USERS),),
    statement=PowerStatement(),
    own_methods=upa_methods(),
    sampler=scenario.sample_uploads,
    scenarios=tuple(scenario.SCENARIOS),
    conic=model.solve_power,
    model=model.power_of_instance,
    units=units.UPLOADS,
    cones=model.CONES,
)

CRA = Problem(
    key=f"{KEY}.CRA",
    title="Computing shares of given users",
    sense="min",
    unit="1",
    source=f"{SOURCE}, (25)",
    fields=(
        Field("compute_weight", "eta", "cycle/s", "price of a second of computing", USERS, broadcast=True),
        Field(
            "offload_server",
            "s",
            "1",
            "server of the user, -1 for local",
            USERS,
            minimum=-1.0,
            integer=True,
            index_of="servers",
            default=0.0,
        ),
        Field("server_frequency", "f_s", "cycle/s", "CPU speed of a server", SERVERS, strict=True),
    ),
    outputs=(Output("compute_allocation", "f_us", "cycle/s", "share of the server's CPU", USERS),),
    multipliers=(Output("server_price", "mu", "s^2/cycle^2", "price of a cycle per second", SERVERS),),
    statement=ComputingStatement(),
    own_methods=(Method("closed-form", "shares by the square roots, (27)", closed_form.solve_computing),),
    sampler=scenario.sample_computing,
    scenarios=tuple(scenario.SCENARIOS),
    conic=model.solve_computing,
    model=model.computing_of_instance,
    units=units.COMPUTING,
    cones=model.COMPUTING_CONES,
    sizes={"users": 30, "servers": 7},
)

PAPER = Paper(
    key=KEY,
    title="Joint task offloading and resource allocation for multi-server mobile-edge computing networks",
    source="Tran, Pompili, IEEE Trans. Vehicular Technology 68(1), 856-868, 2019",
    doi="10.1109/TVT.2018.2881191",
    problems=(JTORA, TO, UPA, CRA),
)
