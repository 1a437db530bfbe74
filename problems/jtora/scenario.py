"""The paper's simulation scenario, whose numbers are lost: layout as stated, values as assumed.

Hexagonal cells, a base station in the middle of each, neighbours 1 km apart, counted in a spiral from the
centre; users uniform over all cells. Path loss 140.7 + 36.7 log10(d in km) dB beyond 10 m, log-normal
shadowing of 8 dB per user and base station, the same on all sub-bands. 20 dBm, 20 MHz, -100 dBm of noise per
sub-band, servers of 20 GHz, users of 1 GHz at 5e-27 J s^2/cycle^3, 420 KB (of 1024 byte) and 1000 Megacycles
a task, every user of weight 1. Of these only the layout, the shadowing's law and the uniform drop are
stated.

`energy`    assumed: preferences 0.2 for time and 0.8 for energy, the values that give the paper's order of
            the baselines.
`balanced`  assumed: 0.5 and 0.5.

The small network has 6 users, 4 cells and 2 sub-bands (4 and 2 recalled, 6 assumed), the large one 7 cells.
"""

from typing import Any

import numpy as np

from mecopt.instance import Array

SCENARIOS = {"energy": 0.2, "balanced": 0.5}
"""Time preference by scenario."""

SIZES = {"users": 6, "servers": 4, "subbands": 2}

KILOBYTE = 8 * 1024.0
"""Bits."""

SPACING, NEAREST = 1.0, 0.01
"""Kilometres between neighbouring base stations, and the least that counts for the path loss."""

SHADOWING_DB = 8.0

COMMON = {
    "bandwidth": 20e6,
    "noise_power": 1e-13,
    "max_transmit_power": 0.1,
    "input_bits": 420 * KILOBYTE,
    "workload": 1e9,
    "local_frequency": 1e9,
    "energy_coefficient": 5e-27,
    "server_frequency": 20e9,
    "provider_preference": 1.0,
}


def sample(
    name: str, *, users: int, servers: int, subbands: int, batch: int | None, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw a network; gains have the shape `(*batch, users, servers, subbands)`."""
    shape = (users,) if batch is None else (batch, users)
    gain = channel_gain(drop(shape, servers, rng), rng)
    time = SCENARIOS[name]
    spread = np.broadcast_to(gain[..., None], (*gain.shape, subbands))
    return {**COMMON, "channel_gain": spread, "time_preference": time, "energy_preference": 1 - time}


def drop(shape: tuple[int, ...], servers: int, rng: np.random.Generator) -> Array:
    """Users uniform over the cells: their distances to the base stations in km, `(*shape, servers)`."""
    stations = base_stations(servers)
    cell = rng.integers(servers, size=shape)
    # a hexagon is three rhombi around its centre, each spanned by the ways to two of its corners
    turn = rng.integers(3, size=shape)
    corner = SPACING / np.sqrt(3) * np.exp(1j * (np.pi / 6 + 2 * np.pi / 3 * np.arange(4)))
    place = (
        stations[cell] + rng.uniform(size=shape) * corner[turn] + rng.uniform(size=shape) * corner[turn + 1]
    )
    return np.asarray(np.abs(place[..., None] - stations))


def channel_gain(distance: Array, rng: np.random.Generator) -> Array:
    """Path loss and shadowing of each link."""
    loss = 140.7 + 36.7 * np.log10(np.maximum(distance, NEAREST))
    return np.asarray(10.0 ** (-(loss + rng.normal(scale=SHADOWING_DB, size=distance.shape)) / 10))


def base_stations(count: int) -> Any:
    """Centres of the cells in km, as complex numbers: a spiral of rings around the first."""
    centres = [0j]
    ring = 0
    while len(centres) < count:
        ring += 1
        place = ring * np.exp(0j)
        for side in range(6):
            for _ in range(ring):
                centres.append(complex(place))
                place += np.exp(1j * np.pi / 3 * (side + 2))
    return SPACING * np.array(centres[:count])


def sample_uploads(name: str, *, users: int, batch: int | None, rng: np.random.Generator) -> dict[str, Any]:
    """Draw UPA: uploads to the best of seven servers, each alone on a band of 10 MHz."""
    shape = (users,) if batch is None else (batch, users)
    gain = np.max(channel_gain(drop(shape, 7, rng), rng), axis=-1)
    time = SCENARIOS[name]
    load = COMMON["input_bits"] / (COMMON["bandwidth"] / 2)
    seconds = COMMON["workload"] / COMMON["local_frequency"]
    joules = COMMON["energy_coefficient"] * COMMON["local_frequency"] ** 2 * COMMON["workload"]
    return {
        "time_weight": np.full(shape, time * load / seconds),
        "energy_weight": np.full(shape, (1 - time) * load / joules),
        "sinr_per_watt": gain / COMMON["noise_power"],
        "max_transmit_power": COMMON["max_transmit_power"],
    }


def sample_computing(
    name: str, *, users: int, servers: int, batch: int | None, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw CRA: users of 0.5 to 2 GHz at random servers."""
    shape = (users,) if batch is None else (batch, users)
    return {
        "compute_weight": SCENARIOS[name] * rng.uniform(0.5e9, 2e9, shape),
        "offload_server": rng.integers(servers, size=shape),
        "server_frequency": np.full(servers, COMMON["server_frequency"]),
    }
