"""The data of the paper's problem, what a method returns, and which data fit together."""

import numpy as np

from mecopt.errors import DataError
from mecopt.instance import Field, Instance
from mecopt.problem import Output

KEY = "shared_data"
SOURCE = (
    "He, Xing, Chen, Nallanathan: Energy-Efficient Mobile-Edge Computation Offloading for Applications with "
    "Shared Data, 2018"
)

USERS = ("users",)

FIELDS = (
    Field("input_bits", "D_k", "bit", "data to compute, the shared part included", USERS),
    Field("shared_bits", "D_S", "bit", "data that all users have in common, uploaded once"),
    Field("cycles_per_bit", "lambda_0", "cycle/bit", "CPU cycles a bit takes", strict=True),
    Field("energy_coefficient", "kappa", "J s^2/cycle^3", "capacitance coefficient of a CPU", strict=True),
    Field("max_latency", "T", "s", "deadline common to all users", strict=True),
    Field("uplink_bandwidth", "B_u", "Hz", "uplink band, 1/K of it for each user", strict=True),
    Field("downlink_bandwidth", "B_d", "Hz", "downlink band, 1/K of it for each user", strict=True),
    Field(
        "multicast_bandwidth",
        "W_m",
        "Hz",
        "band of the multicast",
        strict=True,
        default_from="downlink_bandwidth",
    ),
    Field("noise_psd", "N_0", "W/Hz", "noise power density", strict=True),
    Field("uplink_gain", "h_k", "1", "uplink power gain", USERS, strict=True),
    Field("downlink_gain", "g_k", "1", "downlink power gain", USERS, strict=True),
    Field("local_frequency", "f_k^max", "cycle/s", "highest speed of the local CPU", USERS),
    Field("max_bs_power", "P_max", "W", "power of the multicast", strict=True),
    Field("max_bs_energy", "E_max", "J", "energy the base station may spend on private results"),
    Field("output_ratio", "a_0", "1", "result bits per input bit"),
    Field("reception_power", "rho", "W", "power a user takes to receive"),
)

OUTPUTS = (
    Output("uploaded_shared_bits", "D_k^s", "bit", "shared data that the user uploads", USERS),
    Output("local_bits", "D_k^L", "bit", "private data computed locally", USERS),
    Output("shared_upload_time", "t_k^{u,S}", "s", "time for the user's part of the shared data", USERS),
    Output("private_upload_time", "t_k^{u,I}", "s", "time for the private data it offloads", USERS),
    Output("download_time", "t_k", "s", "time for its private results", USERS),
    Output("download_window", "t^dl", "s", "common bound of the download times"),
)

PRICES = (
    Output("time_price", "beta_k", "J/s", "energy that another second before the deadline saves", USERS),
    Output("download_price", "sigma_k", "J/s", "energy that a longer download window saves", USERS),
    Output("energy_price", "nu", "J/J", "energy that another joule at the base station saves"),
    Output("shared_price", "mu", "J/bit", "energy that a bit less of shared data saves"),
)


def check(s: Instance) -> None:
    """Raise `DataError` unless every user has the shared data among its own."""
    least = np.min(s.input_bits, axis=-1)
    bad = s.shared_bits > least
    if np.any(bad):
        at = tuple(np.argwhere(bad)[0])
        given = f"got {float(s.shared_bits[at])!r} where a user has only {float(least[at])!r} bits of input"
        raise DataError("shared_bits", given, "give at most the smallest of input_bits")
