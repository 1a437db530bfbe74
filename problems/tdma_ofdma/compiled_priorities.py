"""What the compiled policies know of each user before a price: required bits, energy scale, priority.

Source: You et al. 2017, Definition 1 and Lemma 6.
"""

import math
from typing import NamedTuple

from mecopt.compiled import internal, jit
from mecopt.instance import Array
from mecopt.kernels.compiled import psi_of, shared_time_excess_of

BLOCK = 512
"""Users whose times are summed at once: they stay in the fastest cache."""

LOG_LIMIT = 700.0
"""Prices beyond e^700 J/s overflow; the referee rejects what comes of them."""

LN2 = math.log(2.0)
TINY, LARGE = math.exp(-LOG_LIMIT), math.exp(LOG_LIMIT)


class Data(NamedTuple):
    """Fields of a batch: users `(instances, users)`, numbers `(instances,)`, slowness 1/F' (0 but in P3)."""

    input_bits: Array
    cycles_per_bit: Array
    energy_per_cycle: Array
    local_frequency: Array
    channel_gain: Array
    weight: Array
    bandwidth: Array
    noise_power: Array
    slot_duration: Array
    slowness: Array


@jit
def prepare(data: Data, i: int, least: Array, scale: Array, priority: Array) -> None:
    """m, A and the priority of an instance's users."""
    for first in range(
        0, least.size, BLOCK
    ):  # loop by loop, each over few arrays, while they are in the cache
        part = slice(first, min(first + BLOCK, least.size))
        required(data, i, part, least[part])
        priced(data, i, part, scale[part], priority[part])
        if data.slowness[i] > 0.0:
            shared(data, i, part, priority[part])
        ranked(data.input_bits[i, part], least[part], scale[part], priority[part])


@internal
def required(data: Data, i: int, part: slice, least: Array) -> None:
    """m, the bits that a user cannot compute itself."""
    bits, cycles, slot = data.input_bits[i, part], data.cycles_per_bit[i, part], data.slot_duration[i]
    frequency = data.local_frequency[i, part]
    for k in range(least.size):
        least[k] = max(bits[k] - frequency[k] * slot / cycles[k], 0.0)


@internal
def priced(data: Data, i: int, part: slice, scale: Array, excess: Array) -> None:
    """A, and by how much the local cost of a bit exceeds its cheapest radio cost."""
    weight, gain = data.weight[i, part], data.channel_gain[i, part]
    cycles, energy = data.cycles_per_bit[i, part], data.energy_per_cycle[i, part]
    noise, bandwidth = data.noise_power[i], data.bandwidth[i]
    for k in range(scale.size):
        scale[k] = weight[k] * noise / gain[k]
    for k in range(scale.size):
        value = weight[k] * cycles[k] * energy[k]
        excess[k] = min(value * bandwidth / (scale[k] * LN2) - 1.0, LARGE)


@internal
def shared(data: Data, i: int, part: slice, excess: Array) -> None:
    """What is left of the excess where cloud time takes its part of the slot (Lemma 6)."""
    cycles, bandwidth, slowness = data.cycles_per_bit[i, part], data.bandwidth[i], data.slowness[i]
    for k in range(excess.size):
        if excess[k] > 0.0:
            excess[k] = shared_time_excess_of(excess[k], LN2 / (bandwidth * (cycles[k] * slowness)))


@internal
def ranked(bits: Array, least: Array, scale: Array, priority: Array) -> None:
    """The priority A psi(1 + excess) in place of the excess; 0 for users without a choice."""
    for k in range(priority.size):
        priority[k] = scale[k] * psi_of(priority[k])
    for k in range(priority.size):
        priority[k] = priority[k] if bits[k] > least[k] else 0.0
