"""The OFDMA scenario of the paper's simulations (Section VII), as assumed and as stated.

`ofdma_scaled`    assumed: 1 KB = 8000 bit and local CPUs so fast that nothing must be offloaded, so that
                  every baseline is feasible.
`ofdma_required`  assumed: data counts in units of 1000 bit, local CPUs ten times faster than stated: some
                  users must offload, and baselines can fail.
`stated`          as printed, with 1 KB = 8000 bit.

All: unit weights, T = 100 ms, 1 MHz and 1e-9 W of noise per sub-channel, independent Rayleigh fading of mean
power 1e-3, 100 to 500 KB of data, 500 to 1500 cycles per bit, energy per cycle uniform in (0, 2e-10) J.
Tables I and III: 8 users, 8 to 256 sub-channels; Tables II and IV: 128 sub-channels, 4 to 20 users.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scenario:
    """Bits per kilobyte, and the step of the local CPU speeds in cycle/s (None: speed without end)."""

    kilobyte: float
    frequency_unit: float | None


SCENARIOS = {
    "ofdma_scaled": Scenario(kilobyte=8e3, frequency_unit=None),
    "ofdma_required": Scenario(kilobyte=1e3, frequency_unit=1e9),
    "stated": Scenario(kilobyte=8e3, frequency_unit=1e8),
}

AMPLE_FREQUENCY = 1e15

SIZES = {"users": 8, "subchannels": 64}


def sample(
    name: str, *, users: int, subchannels: int, batch: int | None, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw the data of P4 and its relaxation; arrays have the shape `(*batch, users[, subchannels])`."""
    scenario = SCENARIOS[name]
    shape = (users,) if batch is None else (batch, users)
    unit = scenario.frequency_unit
    return {
        "input_bits": rng.uniform(100, 500, shape) * scenario.kilobyte,
        "cycles_per_bit": rng.uniform(500, 1500, shape),
        "energy_per_cycle": rng.uniform(0, 20e-11, shape),
        "local_frequency": np.full(shape, AMPLE_FREQUENCY)
        if unit is None
        else rng.integers(1, 11, shape) * unit,
        "channel_gain": rng.exponential(1e-3, (*shape, subchannels)),
        "subchannel_bandwidth": 1e6,
        "subchannel_noise_power": 1e-9,
        "slot_duration": 0.1,
    }


def sample_averaged(
    name: str, *, users: int, subchannels: int, batch: int | None, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw P5: the same with the gains averaged over all sub-channels."""
    drawn = sample(name, users=users, subchannels=subchannels, batch=batch, rng=rng)
    gain = drawn.pop("channel_gain")
    return drawn | {"average_channel_gain": np.mean(gain, axis=-1), "num_subchannels": subchannels}
