"""Data and words that the problems of the paper share; the symbol table is in the package's docstring."""

import numpy as np

from mecopt.errors import DataError
from mecopt.fields import Field
from mecopt.instance import Instance
from mecopt.problem import Output

KEY = "jtora"
SOURCE = (
    "Tran, Pompili: Joint Task Offloading and Resource Allocation for Multi-Server Mobile-Edge Computing "
    "Networks, 2019"
)

USERS, SERVERS = ("users",), ("servers",)
SLOTS = ("users", "servers", "subbands")

LOCAL = -1
"""Server and sub-band of a user who computes locally."""


def _per_user(name: str, symbol: str, unit: str, meaning: str, *, maximum: float = np.inf) -> Field:
    return Field(name, symbol, unit, meaning, USERS, strict=True, broadcast=True, maximum=maximum)


NETWORK = (
    Field("channel_gain", "h", "1", "uplink power gain to each server on each sub-band", SLOTS),
    Field("bandwidth", "B", "Hz", "bandwidth of all sub-bands together", strict=True),
    Field("noise_power", "sigma^2", "W", "noise power on one sub-band", strict=True),
    _per_user("max_transmit_power", "P", "W", "power budget"),
    _per_user("input_bits", "d", "bit", "data of the task"),
    _per_user("workload", "c", "cycle", "CPU cycles of the task"),
    _per_user("local_frequency", "f^l", "cycle/s", "local CPU speed"),
    _per_user("energy_coefficient", "kappa", "J s^2/cycle^3", "local energy per cycle is kappa f^2"),
    Field(
        "server_frequency", "f_s", "cycle/s", "CPU speed of a server", SERVERS, strict=True, broadcast=True
    ),
    Field("time_preference", "beta^t", "1", "weight of time", USERS, broadcast=True, maximum=1.0),
    Field("energy_preference", "beta^e", "1", "weight of energy", USERS, broadcast=True, maximum=1.0),
    _per_user("provider_preference", "lambda", "1", "weight of the user", maximum=1.0),
)

DECISION = (
    Output("offload_server", "s", "1", "server of the task, -1 for local", USERS, integer=True),
    Output("offload_subband", "j", "1", "sub-band of the upload, -1 for local", USERS, integer=True),
    Output("transmit_power", "p", "W", "uplink power, 0 for local", USERS),
    Output("compute_allocation", "f_us", "cycle/s", "share of the server's CPU, 0 for local", USERS),
)

PRICES = (
    Output("user_price", "pi", "1", "utility that a user adds", USERS),
    Output("server_price", "mu", "1", "twice the root of a server's computing cost", SERVERS),
)

ROUNDING = 1e-12
"""The preferences of a user must add up to 1 within this."""


def check_preferences(s: Instance) -> None:
    """Raise `DataError` where the preferences of a user do not add up to 1."""
    total = s.time_preference + s.energy_preference
    wrong = ~(np.abs(total - 1.0) <= ROUNDING)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = at[0] if len(at) == 1 else at
        given = f"adds up to {float(total[at])!r} with energy_preference at position {place}"
        raise DataError("time_preference", given, "give preferences of each user that add up to 1")
