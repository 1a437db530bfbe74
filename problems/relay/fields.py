"""Data and variables that the problems of the paper share; the symbol table is in the package's docstring."""

from mecopt.fields import Field
from mecopt.problem import Output

KEY = "relay"
SOURCE = (
    "Chen, Cai, Shi, Zhao, Champagne, Hanzo: Efficient Resource Allocation for Relay-Assisted Computation "
    "Offloading in Mobile-Edge Computing, 2020"
)

NOISE_MODELS = ("band", "fixed")
"""Noise in a sub-band: density times that band, or density times the whole bandwidth (probably the "
"paper's)."""

FIELDS = (
    Field("input_bits", "L", "bit", "raw task size", strict=True),
    Field(
        "cycles_per_bit",
        "C",
        "cycle/bit",
        "CPU cycles a bit takes, at the user and at the relay",
        strict=True,
    ),
    Field("conversion_ratio", "rho", "1", "result bits per raw bit", strict=True),
    Field("bandwidth", "B", "Hz", "bandwidth", strict=True),
    Field("noise_psd", "N0", "W/Hz", "noise density at relay and receiver", strict=True),
    Field("af_gain_user_relay", "g1", "1", "channel power gain, first hop of AF"),
    Field("af_gain_relay_receiver", "g2", "1", "channel power gain, second hop of AF"),
    Field("df_gain_user_relay", "g3", "1", "channel power gain, first hop of DF"),
    Field("df_gain_relay_receiver", "g4", "1", "channel power gain, second hop of DF"),
    Field("max_user_power", "P_A", "W", "power budget of the user", strict=True),
    Field("max_relay_power", "P_R", "W", "power budget of the relay, radiated", strict=True),
    Field("max_user_frequency", "F_A", "Hz", "CPU limit of the user", strict=True),
    Field("max_relay_frequency", "F_R", "Hz", "CPU limit of the relay", strict=True),
    Field(
        "user_energy_coefficient", "kappa_A", "J s^2", "energy per cycle over frequency squared", strict=True
    ),
    Field("relay_energy_coefficient", "kappa_R", "J s^2", "the same at the relay", strict=True),
    Field("weight", "w", "J/s", "weight of latency", strict=True),
    Field("af_prelog", "eta", "1", "share of time in which an AF hop sends", strict=True, default=0.5),
    Field("noise_model", "nu", "1", "noise in a sub-band", default="band", choices=NOISE_MODELS),
)

BETA = Output("beta", "beta", "1", "offloaded fraction")
OMEGA = Output("omega", "omega", "1", "share of the band given to DF")
USER_FREQUENCY = Output("user_frequency", "f_A", "Hz", "CPU frequency of the user")
RELAY_FREQUENCY = Output("relay_frequency", "f_R", "Hz", "CPU frequency of the relay")
USER_AF_POWER = Output("user_af_power", "p1", "W", "power of the user in the AF band")
USER_DF_POWER = Output("user_df_power", "p2", "W", "power of the user in the DF band")
RELAY_AF_POWER = Output("relay_af_power", "q", "W", "power radiated by the relay in the AF band")
RELAY_DF_POWER = Output("relay_df_power", "p4", "W", "power of the relay in the DF band")

AF_OUTPUTS = (USER_FREQUENCY, USER_AF_POWER, RELAY_AF_POWER)
DF_OUTPUTS = (RELAY_FREQUENCY, USER_DF_POWER, RELAY_DF_POWER)
HYBRID_OUTPUTS = (
    BETA,
    OMEGA,
    USER_FREQUENCY,
    RELAY_FREQUENCY,
    USER_AF_POWER,
    USER_DF_POWER,
    RELAY_AF_POWER,
    RELAY_DF_POWER,
)
