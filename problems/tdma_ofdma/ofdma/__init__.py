"""OFDMA: problems P4 (whole sub-channels), P4R (its relaxation) and P5 (the averaged counterpart).

Reads like Section VI of the paper: `scenario`, `statement` (what the referee judges by), `model` (the
relaxation and outer approximation in CVXPY), `water_filling` (bits on given sub-channels), `averaged` (P5),
`phases` (the four-phase heuristic and the baselines).

symbol    name                    unit     symbol  name                    unit
g_kn      channel_gain            -        Bbar    subchannel_bandwidth    Hz
rho_kn    subchannel_assignment   -        N0bar   subchannel_noise_power  W
l_kn      offloaded_bits          bit      n_k     subchannel_share        -
theta_k   bit_price               J/bit    |N2|    num_subchannels         - (P5)
"""

from mecopt.instance import Field
from mecopt.problem import Output, Problem

from ..fields import KEY, OFFLOADED_BITS, SOURCE, TASKS, TIME_PRICE, USERS
from . import averaged, methods, model, scenario
from .statement import AveragedStatement, OfdmaStatement

BOTH = ("users", "subchannels")

SUBCHANNEL = (
    Field("subchannel_bandwidth", "Bbar", "Hz", "bandwidth of one sub-channel", strict=True),
    Field("subchannel_noise_power", "N0bar", "W", "noise power on one sub-channel", strict=True),
)

GAINS = Field("channel_gain", "g = h^2", "1", "power gain of each sub-channel", BOTH, strict=True)

POINT = (
    Output("subchannel_assignment", "rho", "1", "share of the sub-channel held", BOTH),
    Output("offloaded_bits", "l", "bit", "data sent to the cloud on the sub-channel", BOTH),
)

BIT_PRICE = Output("bit_price", "theta", "J/bit", "energy that one bit less to send would save", USERS)

P4 = Problem(
    key=f"{KEY}.P4",
    title="OFDMA offloading, whole sub-channels",
    sense="min",
    unit="J",
    source=f"{SOURCE}, Problem P4",
    fields=(*TASKS, GAINS, *SUBCHANNEL),
    outputs=POINT,
    multipliers=(BIT_PRICE,),
    statement=OfdmaStatement("whole"),
    own_methods=methods.P4_METHODS,
    sampler=scenario.sample,
    scenarios=tuple(scenario.SCENARIOS),
    sizes=scenario.SIZES,
)

P4R = Problem(
    key=f"{KEY}.P4R",
    title="OFDMA offloading, shared sub-channels (relaxation of P4)",
    sense="min",
    unit="J",
    source=f"{SOURCE}, Problem P4 relaxed",
    fields=P4.fields,
    outputs=POINT,
    multipliers=(BIT_PRICE,),
    statement=OfdmaStatement("fractional"),
    own_methods=methods.P4R_METHODS,
    sampler=scenario.sample,
    scenarios=tuple(scenario.SCENARIOS),
    conic=model.solve,
    model=model.of_instance,
    cones=model.CONES,
    sizes=scenario.SIZES,
)

P5 = Problem(
    key=f"{KEY}.P5",
    title="OFDMA offloading on averaged sub-channels (P2 in disguise)",
    sense="min",
    unit="J",
    source=f"{SOURCE}, Problem P5",
    fields=(
        *TASKS,
        Field(
            "average_channel_gain", "H^2 T", "1", "mean power gain over the sub-channels", USERS, strict=True
        ),
        Field("num_subchannels", "|N2|", "1", "sub-channels to share out", integer=True),
        *SUBCHANNEL,
    ),
    outputs=(
        OFFLOADED_BITS,
        Output("subchannel_share", "n", "1", "number of sub-channels held, a real number", USERS),
    ),
    multipliers=(TIME_PRICE,),
    statement=AveragedStatement(),
    own_methods=methods.P5_METHODS,
    sampler=scenario.sample_averaged,
    scenarios=tuple(scenario.SCENARIOS),
    conic=averaged.solve_conic,
    model=averaged.of_instance,
    cones=averaged.CONES,
    sizes=scenario.SIZES,
)
