"""The paper's simulation scenario (Section V): what its text states, and what had to be assumed.

stated     one bandwidth of 10 MHz, noise of -169 dBm/Hz, 0.625 J/s to receive, equal input for all users
assumed    K = 4 users, path loss 128.1 + 37.6 log10(km) dB, 1 W and 1 mJ at the base station, a_0 = 1, 1 GHz
           CPUs; 63 kbit each, 1000 cycles per bit and kappa = 1e-28, which give the 1000 mJ at 10 ms and
           10 mJ at 100 ms that the paper reads off its local-only scheme

`placed`     users at 50, 100, 150, 200 m (and so on for more), T = 50 ms, 30 % of the data shared
`dropped`    users dropped at 30 to 250 m uniformly, T from 10 to 100 ms, 5 to 95 % of the data shared
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mecopt.instance import Array

NOISE_PSD = 1.2589254e-20
"""-169 dBm/Hz in W/Hz."""

INPUT_BITS = 6.3e4
SHARE = 0.3
MAX_LATENCY = 0.05

COMMON = {
    "cycles_per_bit": 1e3,
    "energy_coefficient": 1e-28,
    "uplink_bandwidth": 1e7,
    "downlink_bandwidth": 1e7,
    "multicast_bandwidth": 1e7,
    "noise_psd": NOISE_PSD,
    "max_bs_power": 1.0,
    "max_bs_energy": 1e-3,
    "output_ratio": 1.0,
    "reception_power": 0.625,
}

SCENARIOS = ("placed", "dropped")


def path_gain(distance_km: ArrayLike) -> Array:
    """Power gain at a distance, 128.1 + 37.6 log10(d/km) dB of loss."""
    return np.asarray(10 ** (-(128.1 + 37.6 * np.log10(np.asarray(distance_km))) / 10))


def sample(name: str, *, users: int, batch: int | None, rng: np.random.Generator) -> dict[str, Any]:
    """Draw a scenario, user arrays of shape `(*batch, users)`."""
    shape = () if batch is None else (batch,)
    each = (*shape, users)
    if name == "placed":
        distance = np.broadcast_to(0.05 * np.arange(1, users + 1), each)
        latency, share = np.full(shape, MAX_LATENCY), np.full(shape, SHARE)
    else:
        distance = rng.uniform(0.03, 0.25, each)
        latency, share = 10 ** rng.uniform(-2, -1, shape), rng.uniform(0.05, 0.95, shape)
    gain = path_gain(distance)
    return COMMON | {
        "input_bits": np.full(each, INPUT_BITS),
        "shared_bits": share * INPUT_BITS,
        "max_latency": latency,
        "uplink_gain": gain,
        "downlink_gain": gain,
        "local_frequency": np.full(each, 1e9),
    }
