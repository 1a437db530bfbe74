"""Instances to try and the problem restated from the specification, device by device. Shares no code with
the package."""

import itertools
import math
from typing import Any

import numpy as np

import mecopt
from mecopt.instance import Instance
from mecopt.problem import Problem

P1: Problem = mecopt.load("aoi_pricing.P1")
P5: Problem = mecopt.load("aoi_pricing.P5")
P5R: Problem = mecopt.load("aoi_pricing.P5R")
RA: Problem = mecopt.load("aoi_pricing.RA")

EXAMPLE: dict[str, Any] = {
    "channel_gain": [[2e-10, 1e-11], [5e-11, 3e-11], [1e-12, 4e-10]],
    "bandwidth": 1e7,
    "noise_psd": 3.98107e-21,
    "transmit_power": [1.0, 1.0, 1.0],
    "input_bits": [6e6, 3.2e7, 9.6e7],
    "workload": [5e13, 8e12, 7.2e13],
    "parallel_fraction": [0.99, 0.95, 0.98],
    "local_core_speed": [5.8e11, 3.4e11, 3.2e11],
    "local_cores": [6, 5, 8],
    "server_core_speed": [4.3e11, 2.2e11],
    "server_cores": [82, 46],
    "energy_per_flop": [1e-11, 1e-11, 1e-11],
    "transmit_energy_factor": [2.6, 2.6, 2.6],
    "battery_energy": [20000.0, 5000.0, None],
    "energy_weight": 100.0,
}
OPTIMUM, P5_OPTIMUM, DUAL = 19.052699793, -37.843065927, -38.452123


def example(problem: Problem = P1, **changes: Any) -> Instance:
    """The worked example, with some data changed."""
    return problem.instance(EXAMPLE | changes)


def small(count: int, *, users: int = 4, servers: int = 2, seed: int = 0) -> list[Instance]:
    """Instances over many decades, some with missing links, mains, ties, little memory, or nothing to
    gain."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(count):
        m, n = int(rng.integers(1, users + 1)), int(rng.integers(1, servers + 1))
        data: dict[str, Any] = {
            "channel_gain": 10 ** rng.uniform(-13, -8, (m, n)) * (rng.random((m, n)) < 0.9),
            "bandwidth": 10 ** rng.uniform(5, 8),
            "noise_psd": 4e-21,
            "transmit_power": 10 ** rng.uniform(-1, 1, m),
            "input_bits": 10 ** rng.uniform(3, 8, m),
            "workload": 10 ** rng.uniform(9, 14, m),
            "parallel_fraction": rng.choice([0.0, 0.5, 0.99, 1.0], m),
            "local_core_speed": 10 ** rng.uniform(10, 12, m),
            "local_cores": rng.integers(1, 9, m).astype(float),
            "server_core_speed": 10 ** rng.uniform(11, 12, n),
            "server_cores": rng.integers(1, 90, n).astype(float),
            "energy_per_flop": 1e-11 * (rng.random(m) < 0.8),
            "transmit_energy_factor": rng.uniform(1, 3, m),
            "battery_energy": np.where(rng.random(m) < 0.3, np.inf, 10 ** rng.uniform(2, 5, m)),
            "energy_weight": rng.choice([0.0, 1.0, 100.0]),
        }
        if k % 3 == 0 and m > 1:
            data |= {key: np.repeat(v[:1], m, axis=0) for key, v in data.items() if np.shape(v)[:1] == (m,)
                     and key != "server_core_speed" and key != "server_cores"}  # fmt: skip
        if k % 4 == 1:
            data |= {
                "memory_demand": rng.integers(1, 6, m) * 1e9,
                "memory_capacity": rng.integers(0, 9, n) * 1e9,
            }
        found.append(P1.instance(data))
    return found


def cost(s: Instance, x: Any, y: Any = None, z: Any = None) -> float:
    """F of an association, by default under square-root shares; inf where it is not allowed."""
    m, n = s.channel_gain.shape
    d = dict(s.data)
    A, S = np.zeros((m, n)), np.zeros((m, n))
    band = float(d["bandwidth"]) / n
    for i, j in itertools.product(range(m), range(n)):
        snr = d["channel_gain"][i, j] * d["transmit_power"][i] / (float(d["noise_psd"]) * band)
        rate = band * math.log1p(snr) / math.log(2)
        A[i, j] = d["input_bits"][i] / rate if rate > 0 else math.inf
        whole = d["server_core_speed"][j] * d["server_cores"][j]
        S[i, j] = d["workload"][i] * d["parallel_fraction"][i] / whole
    total = 0.0
    for i, j in enumerate(x):
        f, rho, alpha = d["workload"][i], d["parallel_fraction"][i], float(d["energy_weight"])
        serial = f * (1 - rho)
        if j < 0:
            speed = d["local_core_speed"][i]
            total += serial / speed + f * rho / (speed * d["local_cores"][i])
            total += alpha * d["energy_per_flop"][i] * f / d["battery_energy"][i]
            continue
        if not math.isfinite(A[i, j]):
            return math.inf
        energy = d["transmit_energy_factor"][i] * d["transmit_power"][i] * A[i, j]
        total += serial / d["server_core_speed"][j] + alpha * energy / d["battery_energy"][i]
        here = [k for k in range(m) if x[k] == j]
        if y is None:
            total += math.sqrt(A[i, j]) * sum(math.sqrt(A[k, j]) for k in here)
            total += math.sqrt(S[i, j]) * sum(math.sqrt(S[k, j]) for k in here)
        else:
            total += A[i, j] / y[i] + (S[i, j] / z[i] if S[i, j] else 0.0)
        if sum(d["memory_demand"][k] for k in here) > d["memory_capacity"][j]:
            return math.inf
    return total


def best(s: Instance) -> float:
    """The optimum by enumeration."""
    m, n = s.channel_gain.shape
    return min(cost(s, x) for x in itertools.product(range(-1, n), repeat=m))
