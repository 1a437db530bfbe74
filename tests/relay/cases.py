"""The worked instance of the paper's specification, random instances over many decades, the problems."""

from typing import Any

import numpy as np

import mecopt
from mecopt.instance import Instance

PROBLEMS = {name: mecopt.load(f"relay.{name}") for name in ("P1", "AF", "DF", "FDHR", "TDHR")}
P1 = PROBLEMS["P1"]

EXAMPLE: dict[str, Any] = {
    "input_bits": 8e5,
    "cycles_per_bit": 1000.0,
    "conversion_ratio": 0.1,
    "bandwidth": 1e6,
    "noise_psd": 4e-21,
    "af_gain_user_relay": 2.5e-13,
    "af_gain_relay_receiver": 1.5e-13,
    "df_gain_user_relay": 3e-13,
    "df_gain_relay_receiver": 1e-13,
    "max_user_power": 0.5,
    "max_relay_power": 1.0,
    "max_user_frequency": 2e8,
    "max_relay_frequency": 2.4e9,
    "user_energy_coefficient": 1e-27,
    "relay_energy_coefficient": 1e-27,
    "weight": 0.2,
    "af_prelog": 0.5,
    "noise_model": "band",
}

OPTIMUM = {
    "beta": 0.631318,
    "omega": 0.775016,
    "user_frequency": 2e8,
    "relay_frequency": 3.818958e8,
    "user_af_power": 0.0598290,
    "user_df_power": 0.0779325,
    "relay_af_power": 0.0765853,
    "relay_df_power": 0.1150978,
}

PLAN = {
    "beta": 0.5,
    "omega": 0.5,
    "user_frequency": 2e8,
    "relay_frequency": 1e9,
    "user_af_power": 0.1,
    "relay_af_power": 0.2,
    "user_df_power": 0.3,
    "relay_df_power": 0.4,
}


def example(name: str = "P1", **changes: Any) -> Instance:
    return PROBLEMS[name].instance({**EXAMPLE, **changes})


def scattered(name: str, count: int, *, seed: int, decades: float = 1.0) -> list[Instance]:
    """The worked instance with every number moved by up to so many decades, both noise models."""
    rng = np.random.default_rng(seed)
    numbers = [key for key, value in EXAMPLE.items() if isinstance(value, float) and key != "af_prelog"]
    found = []
    for i in range(count):
        moved = {key: EXAMPLE[key] * 10 ** rng.uniform(-decades, decades) for key in numbers}
        found.append(example(name, **moved, noise_model=("band", "fixed")[i % 2]))
    return found
