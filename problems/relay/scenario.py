"""The paper's scenario (Section VI), as stated and as assumed.

Stated: result ratio 0.1, Rayleigh channels (independent exponential gains), user and receiver 180 m apart.
Assumed, because the numbers were lost: average gain 2e-13 on all four links, B = 1 MHz, N0 = 4e-21 W/Hz,
budgets of 0.5 W and 1 W, CPUs of 100 MHz and 2.4 GHz, 1000 cycles per bit, 1e-27 J s^2, L uniform in
0.5e6 to 1.5e6 bit, and weights log-uniform in 1e-4 to 10 J/s.

`relay`        noise grows with the band
`relay_fixed`  noise of the whole band in every sub-band
`segment`      gains by distance: relay half-way, g0 = -60 dB at 1 m, exponent 3.5
"""

from typing import Any

import numpy as np

GAINS = (
    "af_gain_user_relay",
    "af_gain_relay_receiver",
    "df_gain_user_relay",
    "df_gain_relay_receiver",
)
AVERAGE_GAIN = 2e-13
WEIGHTS = (1e-4, 10.0)
SCENARIOS = ("relay", "relay_fixed", "segment")

DISTANCE, REFERENCE_GAIN, EXPONENT = 180.0, 1e-6, 3.5


def path_gain(distance: float) -> float:
    """Average gain at a distance in metres."""
    return float(REFERENCE_GAIN * distance**-EXPONENT)


def sample(name: str, *, batch: int | None, rng: np.random.Generator) -> dict[str, Any]:
    """Draw instances; the same seed gives the same tasks, fadings and weights in every scenario."""
    shape = () if batch is None else (batch,)
    fading = {gain: rng.exponential(1.0, shape) for gain in GAINS}
    average = path_gain(DISTANCE / 2) if name == "segment" else AVERAGE_GAIN
    return {
        "input_bits": rng.uniform(0.5e6, 1.5e6, shape),
        "cycles_per_bit": 1000.0,
        "conversion_ratio": 0.1,
        "bandwidth": 1e6,
        "noise_psd": 4e-21,
        **{gain: average * factor for gain, factor in fading.items()},
        "max_user_power": 0.5,
        "max_relay_power": 1.0,
        "max_user_frequency": 100e6,
        "max_relay_frequency": 2400e6,
        "user_energy_coefficient": 1e-27,
        "relay_energy_coefficient": 1e-27,
        "weight": np.exp(rng.uniform(float(np.log(WEIGHTS[0])), float(np.log(WEIGHTS[1])), shape)),
        "noise_model": "fixed" if name == "relay_fixed" else "band",
    }
