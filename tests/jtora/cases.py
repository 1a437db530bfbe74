"""The worked example of the specification, and small random networks."""

from typing import Any

import numpy as np

import mecopt
from mecopt.instance import Instance

JTORA, TO, UPA, CRA = (mecopt.load(f"jtora.{name}") for name in ("JTORA", "TO", "UPA", "CRA"))

EXAMPLE: dict[str, Any] = {
    "problem": "jtora",
    "channel_gain": [
        [[2e-12, 1e-12], [4e-13, 3e-13]],
        [[5e-12, 4e-12], [6e-13, 8e-13]],
        [[3e-13, 2e-13], [3e-12, 6e-12]],
    ],
    "bandwidth": 2e7,
    "noise_power": 1e-13,
    "max_transmit_power": [0.1] * 3,
    "input_bits": [3440640] * 3,
    "workload": [1e9] * 3,
    "local_frequency": [1e9] * 3,
    "energy_coefficient": [5e-27] * 3,
    "server_frequency": [2e10, 2e10],
    "time_preference": [0.2] * 3,
    "energy_preference": [0.8] * 3,
    "provider_preference": [1.0] * 3,
}

OPTIMUM = 2.8328496248


def rough(
    seed: int, *, users: int = 4, servers: int = 2, subbands: int = 2, time: float = 0.3
) -> dict[str, Any]:
    """Gains that differ on every sub-band, users that differ, some dead channels, strong interference."""
    rng = np.random.default_rng(seed)
    gain = 10 ** rng.uniform(-13, -10, (users, servers, subbands))
    gain[rng.random(gain.shape) < 0.1] = 0.0
    return {
        **EXAMPLE,
        "channel_gain": gain,
        "max_transmit_power": 10 ** rng.uniform(-1, 1, users),
        "input_bits": rng.uniform(1e6, 8e6, users),
        "workload": rng.uniform(5e8, 2e9, users),
        "local_frequency": rng.uniform(5e8, 2e9, users),
        "energy_coefficient": 10 ** rng.uniform(-28, -26, users),
        "server_frequency": rng.uniform(1e10, 3e10, servers),
        "time_preference": time,
        "energy_preference": 1 - time,
        "provider_preference": rng.uniform(0.3, 1, users),
    }


def both(data: dict[str, Any]) -> tuple[Instance, Instance]:
    """The same data in JTORA and TO."""
    return JTORA.instance(data), TO.instance(data)
