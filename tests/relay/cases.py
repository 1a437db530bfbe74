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


def odd(**changes: Any) -> Instance:
    """The worked instance with budgets that are not 1: a quotient is not a product."""
    return example(**{"max_user_power": 0.4, "max_relay_power": 1.7, "af_prelog": 0.6, **changes})


def scattered(name: str, count: int, *, seed: int, decades: float = 1.0) -> list[Instance]:
    """The worked instance with every number moved by up to so many decades, both noise models."""
    rng = np.random.default_rng(seed)
    numbers = [key for key, value in EXAMPLE.items() if isinstance(value, float) and key != "af_prelog"]
    found = []
    for i in range(count):
        moved = {key: EXAMPLE[key] * 10 ** rng.uniform(-decades, decades) for key in numbers}
        found.append(example(name, **moved, noise_model=("band", "fixed")[i % 2]))
    return found


def costs_by_hand(s: Instance, x: dict[str, float], mode: str) -> tuple[tuple[float, ...], float]:
    """Delays and energy, written out with base-2 logarithms and the amplification gain; T is the longest."""
    v = {name: float(a) for name, a in s.data.items()}
    width = {"half": 0.5, "slots": 1.0}.get(mode, x.get("omega", 0.5))
    rest = {"half": 0.5, "slots": 1.0}.get(mode, 1 - width)
    fixed = v["noise_model"] == 1
    noise_af = v["noise_psd"] * v["bandwidth"] * (1 if fixed else rest)
    noise_df = v["noise_psd"] * v["bandwidth"] * (1 if fixed else width)
    gain = x["relay_af_power"] / (x["user_af_power"] * v["af_gain_user_relay"] + noise_af)
    g2 = v["af_gain_relay_receiver"]
    signal = x["user_af_power"] * v["af_gain_user_relay"] * gain * g2
    snr = signal / (noise_af * gain * g2 + noise_af)
    bits, share = v["input_bits"], x["beta"]
    t1 = v["conversion_ratio"] * bits * (1 - share) / (rest * v["bandwidth"] * np.log2(1 + snr))
    up = x["user_df_power"] * v["df_gain_user_relay"] / noise_df
    down = x["relay_df_power"] * v["df_gain_relay_receiver"] / noise_df
    t2 = bits * share / (width * v["bandwidth"] * np.log2(1 + up))
    t3 = v["conversion_ratio"] * bits * share / (width * v["bandwidth"] * np.log2(1 + down))
    cycles = bits * v["cycles_per_bit"]
    local, edge = (1 - share) * cycles / x["user_frequency"], share * cycles / x["relay_frequency"]
    energy = v["user_energy_coefficient"] * (1 - share) * cycles * x["user_frequency"] ** 2
    energy += v["relay_energy_coefficient"] * share * cycles * x["relay_frequency"] ** 2
    energy += (
        (x["user_af_power"] + x["relay_af_power"]) * t1 + x["user_df_power"] * t2 + x["relay_df_power"] * t3
    )
    hop = t1 / v["af_prelog"]
    if mode == "slots":
        slot = max(t2, hop)
        return (float(max(slot + edge, max(slot, local) + slot) + t3),), float(energy)
    return (float(local + hop), float(t2 + edge + t3)), float(energy)


def by_hand(s: Instance, x: dict[str, float], mode: str) -> float:
    """The objective by the same formulas."""
    delays, energy = costs_by_hand(s, x, mode)
    return float(s.weight) * max(delays) + energy
