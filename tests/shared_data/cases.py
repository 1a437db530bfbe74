"""The worked example of the specification, and P1' restated in 50-digit arithmetic. Shares no code with
the package.
"""

from decimal import Decimal
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

import mecopt
from mecopt.instance import Instance
from mecopt.problem import Problem

P1: Problem = mecopt.load("shared_data.P1")

EXAMPLE: dict[str, Any] = {
    "input_bits": [40000.0, 60000.0, 50000.0],
    "shared_bits": 15000.0,
    "cycles_per_bit": 1000.0,
    "energy_coefficient": 1e-28,
    "max_latency": 0.02,
    "uplink_bandwidth": 1e7,
    "downlink_bandwidth": 1e7,
    "multicast_bandwidth": 1e7,
    "noise_psd": 1.2589254e-20,
    "uplink_gain": [6e-11, 5.5e-11, 1e-11],
    "downlink_gain": [6e-11, 5.5e-11, 1e-11],
    "local_frequency": [1e9, 5e8, 1e9],
    "max_bs_power": 1.0,
    "max_bs_energy": 1e-3,
    "output_ratio": 1.0,
    "reception_power": 0.625,
}


def example(**changes: Any) -> Instance:
    """The worked example with some data changed."""
    return P1.instance(EXAMPLE | changes)


def agrees(found: float, printed: str) -> bool:
    """Whether a number rounds to the printed one, up to a unit of its last digit."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    return abs(Decimal(float(found)) - Decimal(printed)) <= Decimal(10) ** exponent


def exact_energy(s: Instance, x: dict[str, Any]) -> float:
    """The objective of one point with 50 digits."""
    with mpmath.workdps(50):
        users = s.sizes["users"]
        band, noise = mpf(float(s.uplink_bandwidth)) / users, mpf(float(s.noise_psd))

        def sending(bits: Any, time: Any, gain: Any) -> Any:
            return (
                mpf(0) if bits == 0 else time * noise * band / gain * (mpf(2) ** (bits / (time * band)) - 1)
            )

        wide = mpf(float(s.multicast_bandwidth))
        slowest = min(
            wide * mpmath.log(1 + mpf(float(s.max_bs_power)) * mpf(float(g)) / (noise * wide), 2)
            for g in s.downlink_gain
        )
        multicast = mpf(float(s.output_ratio)) * mpf(float(s.shared_bits)) / slowest
        total = users * mpf(float(s.reception_power)) * multicast
        for k in range(users):
            local = mpf(float(x["local_bits"][k]))
            bits = mpf(float(s.input_bits[k])) - mpf(float(s.shared_bits)) - local
            gain = mpf(float(s.uplink_gain[k]))
            total += sending(
                mpf(float(x["uploaded_shared_bits"][k])), mpf(float(x["shared_upload_time"][k])), gain
            )
            total += sending(bits, mpf(float(x["private_upload_time"][k])), gain)
            cycles = mpf(float(s.cycles_per_bit)) * local
            total += mpf(float(s.energy_coefficient)) * cycles**3 / mpf(float(s.max_latency)) ** 2
            total += mpf(float(s.reception_power)) * mpf(float(x["download_time"][k]))
        return float(total)


def natural(*, batch: int, users: int, seed: int) -> Instance:
    """Data around 1 over a few decades: ties, zero shares, CPUs that are too slow, no reception power."""
    rng = np.random.default_rng(seed)

    def some(low: float, high: float, *shape: int) -> Any:
        return 10 ** rng.uniform(low, high, (batch, *shape))

    bits = some(-1, 1, users)
    return P1.instance(
        {
            "input_bits": bits,
            "shared_bits": rng.choice([0.0, 0.25, 0.5, 1.0], batch) * bits.min(axis=-1),
            "cycles_per_bit": some(-1, 1),
            "energy_coefficient": some(-2, 2),
            "max_latency": some(0.3, 2),
            "uplink_bandwidth": some(0, 1),
            "downlink_bandwidth": some(0, 1),
            "noise_psd": some(-2, 0),
            "uplink_gain": np.where(rng.random((batch, users)) < 0.3, 1.0, some(-1, 1, users)),
            "downlink_gain": some(-1, 1, users),
            "local_frequency": some(-1, 1, users) * (rng.random((batch, users)) < 0.8),
            "max_bs_power": some(0, 2),
            "max_bs_energy": some(-1, 2) * (rng.random(batch) < 0.9),
            "output_ratio": rng.choice([0.0, 0.1, 1.0], batch),
            "reception_power": rng.choice([0.0, 0.1, 1.0], batch),
        }
    )
