"""The paper's simulation scenario (Section VII), as stated and as assumed.

`tdma_scaled`  assumed: the stated point leaves every P1 instance infeasible (see `required_load` in the
               claims), so data counts in units of 1000 bit, local CPUs are ten times faster, T = 60 ms,
               F = 9e9 cycles per slot.
`stated`       as printed, with 1 KB = 8000 bit.

Both: K = 30 users, unit weights, Rayleigh fading of mean power 1e-3, noise 1e-9 W, B = 10 MHz, energy per
cycle uniform in (0, 2e-10) J, 500 to 1500 cycles per bit. P3 has no printed cloud speed: F' = F/T is
assumed, so that the cloud could work through F cycles in a slot.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scenario:
    """What distinguishes one set of assumptions from another; bit, Hz, s, cycle."""

    kilobyte: float
    frequency_unit: float
    slot_duration: float
    cloud_capacity: float


SCENARIOS = {
    "tdma_scaled": Scenario(kilobyte=1e3, frequency_unit=1e9, slot_duration=0.06, cloud_capacity=9e9),
    "stated": Scenario(kilobyte=8e3, frequency_unit=1e8, slot_duration=0.1, cloud_capacity=6e9),
}


def sample(name: str, *, users: int, batch: int | None, rng: np.random.Generator) -> dict[str, Any]:
    """Draw the data common to P1, P2 and P3, user arrays of shape `(*batch, users)`."""
    scenario = SCENARIOS[name]
    shape = (users,) if batch is None else (batch, users)
    return {
        "input_bits": rng.uniform(100, 500, shape) * scenario.kilobyte,
        "cycles_per_bit": rng.uniform(500, 1500, shape),
        "energy_per_cycle": rng.uniform(0, 20e-11, shape),
        "local_frequency": rng.integers(1, 11, shape) * scenario.frequency_unit,
        "channel_gain": rng.exponential(1e-3, shape),
        "bandwidth": 10e6,
        "noise_power": 1e-9,
        "slot_duration": scenario.slot_duration,
    }


def sample_with_load(name: str, *, users: int, batch: int | None, rng: np.random.Generator) -> dict[str, Any]:
    """P1: the cloud takes F cycles per slot."""
    return sample(name, users=users, batch=batch, rng=rng) | {
        "cloud_capacity": SCENARIOS[name].cloud_capacity
    }


def sample_with_speed(
    name: str, *, users: int, batch: int | None, rng: np.random.Generator
) -> dict[str, Any]:
    """P3: the cloud works at F' = F/T cycles per second."""
    scenario = SCENARIOS[name]
    speed = scenario.cloud_capacity / scenario.slot_duration
    return sample(name, users=users, batch=batch, rng=rng) | {"cloud_frequency": speed}
