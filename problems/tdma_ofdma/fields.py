"""Data and words that the problems of the paper share; the symbol table is in the package's docstring."""

from mecopt.instance import Field
from mecopt.problem import Output

KEY = "tdma_ofdma"
SOURCE = (
    "You, Huang, Chae, Kim: Energy-Efficient Resource Allocation for Mobile-Edge Computation Offloading, 2017"
)

USERS = ("users",)

COMMON = (
    Field("input_bits", "R", "bit", "data to compute", USERS),
    Field("cycles_per_bit", "C", "cycle/bit", "CPU cycles a bit takes", USERS, strict=True),
    Field("energy_per_cycle", "P", "J/cycle", "energy of a local CPU cycle", USERS),
    Field("local_frequency", "F_k", "cycle/s", "local CPU speed", USERS),
    Field("channel_gain", "g = h^2", "1", "channel power gain", USERS, strict=True),
    Field("weight", "beta", "1", "weight in the sum of energies", USERS, strict=True, default=1.0),
    Field("bandwidth", "B", "Hz", "bandwidth", strict=True),
    Field("noise_power", "N0", "W", "noise power", strict=True),
    Field("slot_duration", "T", "s", "slot in which all data must be computed", strict=True),
)

TASKS = tuple(f for f in COMMON if f.name not in ("channel_gain", "bandwidth", "noise_power"))
"""What OFDMA has in common with TDMA."""

OFFLOADED_BITS = Output("offloaded_bits", "l", "bit", "data sent to the cloud", USERS)
TIME_PRICE = Output("time_price", "lam", "J/s", "energy that another second of slot would save")
