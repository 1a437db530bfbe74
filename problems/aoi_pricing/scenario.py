"""Where the data come from: one snapshot of the paper's network (Section 6), in two sets of assumptions.

`snapshot`   the paper's tables with what they leave open assumed: 200 m x 200 m, servers uniform, two
thirds of
             the devices in two clusters of radius 20 m, no shadowing, W = 10 MHz split among the servers,
             rho uniform in 0.95 .. 0.999, batteries 20 to 100 % full, one GPU core per "core".
`authors`    figures read in the authors' public code (mwkim00/mec_uara): 10 MHz per server, 10 dB of wall and
             5 dB of shadowing, fixed clusters, rho = 0.99, devices and servers as one core of their whole
             speed, batteries 60 to 100 % full.

Each with three mixes of tasks: plain (balanced), `-communication`, `-computation`. `snapshot-memory` adds the
memory of the models (all of it assumed). Common: P = 30 dBm, N0 = -174 dBm/Hz, path loss 41 + 28 log10(d) dB,
delta_cm = 2.6, alpha = 1 s.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mecopt.instance import Array

NOISE_PSD = 10 ** (-174 / 10) * 1e-3
TRANSMIT_POWER = 1.0
TRANSMIT_ENERGY_FACTOR = 2.6
WATT_HOUR = 3600.0
SIZES = {"users": 40, "servers": 4}


@dataclass(frozen=True)
class Task:
    """A row of Table 4: bit, flop; bytes of memory (assumed)."""

    bits: float
    flop: float
    memory: float


TASKS = {
    "Llama-7B": Task(4.1e3, 5.0e13, 13.5e9),
    "ResNet18": Task(6.0e6, 4.2e9, 0.2e9),
    "ResNet50": Task(6.0e6, 1.8e9, 0.2e9),
    "MobileNetV2": Task(3.2e7, 3.0e8, 0.2e9),
    "MobileNetV3": Task(3.2e7, 8.0e12, 0.2e9),
    "SAN": Task(9.6e7, 7.2e13, 2e9),
    "PSPNet": Task(3.2e7, 5.2e13, 1e9),
}

AUTHORS_TASKS = TASKS | {
    "ResNet18": Task(6.0e6, 1.8e9, 0.2e9),
    "ResNet50": Task(6.0e6, 4.2e9, 0.2e9),
    "SAN": Task(9.6e7, 7.23e13, 2e9),
}

VISION = [name for name in TASKS if name != "Llama-7B"]

MIXES = {
    "": dict.fromkeys(TASKS, 1 / 7),
    "-communication": dict.fromkeys(VISION, 1 / 6),
    "-computation": {"Llama-7B": 2 / 3, "SAN": 1 / 6, "PSPNet": 1 / 6},
}

CODE_ORDER = ("ResNet50", "ResNet18", "MobileNetV2", "Llama-7B", "SAN", "PSPNet", "MobileNetV3")

AUTHORS_MIXES = {
    "": dict(zip(CODE_ORDER, (0.2, 0.1, 0.1, 0.1, 0.2, 0.2, 0.1), strict=True)),
    "-communication": dict(zip(CODE_ORDER, (0.1, 0.1, 0.7, 0.025, 0.025, 0.025, 0.025), strict=True)),
    "-computation": dict(zip(CODE_ORDER, (0.1, 0.1, 0.025, 0.7, 0.025, 0.025, 0.025), strict=True)),
}


@dataclass(frozen=True)
class Chips:
    """Parallel columns: number of cores, flop/s of one, and Wh of battery (inf: mains) or bytes of memory."""

    cores: tuple[float, ...]
    speed: tuple[float, ...]
    store: tuple[float, ...]


DEVICES = Chips((6, 4, 5, 8), (5.8e11, 5.8e11, 3.42e11, 3.25e11), (15.1, 18.4, 12.68, np.inf))
"""Galaxy S23, Mate 60, iPhone 14, iMac M1."""

SERVERS = Chips((46, 82, 84), (2.19e11, 4.34e11, 4.61e11), (8e9, 24e9, 48e9))
"""RTX 2080, RTX 3090, RTX A6000."""

AUTHORS_DEVICES = Chips((1,) * 4, (3.681e12, 2.06e12, 2.0e12, 2.6e12), (15.1, 18.4, 12.7, np.inf))
AUTHORS_SERVERS = Chips((1,) * 3, (11.2e12, 35.6e12, 38.7e12), (8e9, 24e9, 48e9))

SCENARIOS = tuple([f"{base}{mix}" for base in ("snapshot", "authors") for mix in MIXES] + ["snapshot-memory"])


def sample(
    name: str, *, users: int, servers: int, batch: int | None, rng: np.random.Generator
) -> dict[str, Any]:
    """Draw a network with one task for each device; user arrays `(*batch, users)`."""
    lead = () if batch is None else (batch,)
    authors = name.startswith("authors")
    mix = name.removeprefix("authors").removeprefix("snapshot").removesuffix("-memory")
    tasks = AUTHORS_TASKS if authors else TASKS
    chances = (AUTHORS_MIXES if authors else MIXES)[mix]
    kinds = rng.choice(len(chances), (*lead, users), p=list(chances.values()))
    drawn = [tasks[kind] for kind in chances]
    devices, chips = (AUTHORS_DEVICES, AUTHORS_SERVERS) if authors else (DEVICES, SERVERS)
    owned = rng.integers(len(devices.cores), size=(*lead, users))
    racked = authors_rack(servers) if authors else rng.integers(len(chips.cores), size=(*lead, servers))
    gains = authors_gains if authors else snapshot_gains
    charge = rng.uniform(0.6 if authors else 0.2, 1.0, (*lead, users))
    found = {
        "channel_gain": gains(lead, users, servers, rng),
        "bandwidth": 10e6 * (servers if authors else 1),
        "noise_psd": NOISE_PSD,
        "transmit_power": TRANSMIT_POWER,
        "input_bits": np.array([task.bits for task in drawn])[kinds],
        "workload": np.array([task.flop for task in drawn])[kinds],
        "parallel_fraction": 0.99 if authors else rng.uniform(0.95, 0.999, (*lead, users)),
        "local_core_speed": np.array(devices.speed)[owned],
        "local_cores": np.array(devices.cores, dtype=np.float64)[owned],
        "server_core_speed": np.array(chips.speed)[racked],
        "server_cores": np.array(chips.cores, dtype=np.float64)[racked],
        "energy_per_flop": 1e-10 if authors else 1e-11,
        "transmit_energy_factor": 1.0 if authors else TRANSMIT_ENERGY_FACTOR,
        "battery_energy": charge * np.array(devices.store)[owned] * WATT_HOUR,
        "energy_weight": 1.0,
    }
    if name.endswith("-memory"):
        free = 1 - rng.uniform(0.0, 0.5, (*lead, servers))
        found["memory_demand"] = np.array([task.memory for task in drawn])[kinds]
        found["memory_capacity"] = free * np.array(chips.store)[racked]
    return found


def path_gain(distance: Array) -> Array:
    """Power gain of 41 + 28 log10(d) dB of path loss, d in m."""
    return np.asarray(10 ** -((41 + 28 * np.log10(distance)) / 10))


def snapshot_gains(lead: tuple[int, ...], users: int, servers: int, rng: np.random.Generator) -> Array:
    """Servers uniform, a third of the devices around each of two centres, the rest uniform; 200 m x 200 m."""
    place = rng.uniform(0, 200, (*lead, users, 2))
    centre = rng.uniform(0, 200, (*lead, 2, 2))
    radius, angle = 20 * np.sqrt(rng.random((*lead, users))), rng.uniform(0, 2 * np.pi, (*lead, users))
    around = radius[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    for cluster in range(2):
        part = slice(cluster * users // 3, (cluster + 1) * users // 3)
        place[..., part, :] = centre[..., cluster, None, :] + around[..., part, :]
    masts = rng.uniform(0, 200, (*lead, servers, 2))
    apart = np.linalg.norm(place[..., :, None, :] - masts[..., None, :, :], axis=-1)
    return path_gain(np.maximum(apart, 1.0))


def authors_gains(lead: tuple[int, ...], users: int, servers: int, rng: np.random.Generator) -> Array:
    """Clusters around (-100, -100) and (282, 0), 10 m of height, 10 dB of wall, 5 dB of shadowing."""
    shadow = 5 * rng.standard_normal((*lead, users, servers))
    return authors_path(lead, users, servers, rng) * 10 ** (-shadow / 10)


def authors_path(lead: tuple[int, ...], users: int, servers: int, rng: np.random.Generator) -> Array:
    """The same without shadowing."""
    place = rng.uniform(-200, 200, (*lead, users, 2))
    for cluster, centre in enumerate(((-100.0, -100.0), (282.0, 0.0))):
        part = slice(cluster * users // 3, (cluster + 1) * users // 3)
        size = place[..., part, :].shape
        place[..., part, :] = np.array(centre) + 20 * rng.standard_normal(size)
    masts = rng.uniform(-200, 200, (*lead, servers, 2))
    apart = np.sum((place[..., :, None, :] - masts[..., None, :, :]) ** 2, axis=-1)
    return path_gain(np.sqrt(apart + 100.0)) / 10


def authors_rack(servers: int) -> Array:
    """Kinds of the servers: 4 = 1 + 1 + 2, 8 = 2 + 3 + 3, 12 = 4 + 4 + 4 of the three."""
    base, extra = divmod(servers, 3)
    counts = [base + (kind >= 3 - extra) for kind in range(3)]
    return np.repeat(np.arange(3), counts)


def sample_associated(
    name: str, *, users: int, servers: int, batch: int | None, rng: np.random.Generator
) -> dict[str, Any]:
    """The same with everybody somewhere: a fifth local, the rest at any server; without memory."""
    found = sample(name, users=users, servers=servers, batch=batch, rng=rng)
    for unused in ("memory_demand", "memory_capacity"):
        found.pop(unused, None)
    shape = (users,) if batch is None else (batch, users)
    away = rng.random(shape) >= 0.2
    return found | {"association": np.where(away, rng.integers(servers, size=shape), -1)}
