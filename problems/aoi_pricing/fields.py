"""Data and words of the paper's problems; the symbol table is in the package's docstring."""

import numpy as np

from mecopt.instance import Field
from mecopt.problem import Output

KEY = "aoi_pricing"
SOURCE = (
    "Kim, Jang, Choi, Yang: Age-of-Information-Aware Distributed Task Offloading and Resource Allocation in "
    "Mobile Edge Computing Networks, 2024"
)

USERS, SERVERS = ("users",), ("servers",)


def _per_user(name: str, symbol: str, unit: str, meaning: str, *, strict: bool = True) -> Field:
    return Field(name, symbol, unit, meaning, USERS, strict=strict, broadcast=True)


FIELDS = (
    Field("channel_gain", "g = |h|^2", "1", "power gain, 0: no link", ("users", "servers")),
    Field("bandwidth", "W", "Hz", "band of the network, split equally among the servers", strict=True),
    Field("noise_psd", "N0", "W/Hz", "power density of the noise", strict=True),
    _per_user("transmit_power", "P", "W", "power when sending over the whole band of a server"),
    _per_user("input_bits", "d", "bit", "data to upload"),
    _per_user("workload", "f", "flop", "operations of the task"),
    Field(
        "parallel_fraction", "rho", "1", "share of them that parallel cores can do", USERS, broadcast=True,
        maximum=1.0,
    ),
    _per_user("local_core_speed", "F_MD", "flop/s", "speed of one core of the device"),
    Field("local_cores", "Z_MD", "1", "cores of the device", USERS, minimum=1.0, broadcast=True),
    Field(
        "server_core_speed", "F_ES", "flop/s", "speed of one core of the server", SERVERS, strict=True,
        broadcast=True,
    ),
    Field("server_cores", "Z_ES", "1", "cores of the server", SERVERS, minimum=1.0, broadcast=True),
    _per_user("energy_per_flop", "delta_cp", "J/flop", "device energy of an operation", strict=False),
    _per_user("transmit_energy_factor", "delta_cm", "1", "power drawn over power sent", strict=False),
    Field(
        "battery_energy", "B", "J", "energy left in the battery, null: mains", USERS, strict=True,
        nullable=True
    ),
    Field("energy_weight", "alpha", "s", "weight of the share of the battery that is used"),
    Field(
        "memory_demand", "m", "byte", "memory of the task on a server", USERS, default=0.0, broadcast=True,
        together="memory_capacity",
    ),
    Field(
        "memory_capacity", "C", "byte", "free memory of the server", SERVERS, default=np.inf, broadcast=True,
        together="memory_demand",
    ),
)  # fmt: skip

ASSOCIATION_FIELD = Field(
    "association", "x", "1", "server of the task, -1: local", USERS, minimum=-1.0, integer=True,
    index_of="servers",
)  # fmt: skip

ASSOCIATION = Output("association", "x", "1", "server of the task, -1: local", USERS, integer=True)
SHARE = Output("association_share", "x", "1", "part of the task given to the server", ("users", "servers"))
BANDWIDTH_SHARE = Output("bandwidth_share", "y", "1", "share of the server's band", USERS)
COMPUTE_SHARE = Output("compute_share", "z", "1", "share of the server's cores", USERS)

PRICES = (
    Output("bandwidth_price", "mu", "s^(1/2)", "price of sqrt(A) on the server's band", SERVERS),
    Output("compute_price", "nu", "s^(1/2)", "price of sqrt(S) on the server's cores", SERVERS),
    Output("memory_price", "pi", "s/byte", "price of a byte of the server's memory", SERVERS),
)

RESOURCE_PRICES = (
    Output("bandwidth_price", "lambda", "s", "time that another whole band would save", SERVERS),
    Output("compute_price", "lambda", "s", "time that as many cores again would save", SERVERS),
)
