"""P4 to the optimum: the cost of every set of sub-channels for every user, then the best partition.

What user k pays on the set S is the water-filling of Phase 4 with the total settled anew, and as no
sub-channel is ever a burden, partitions of all of them suffice: the dynamic programme over subsets finds the
best one among K^N assignments. It takes K 2^N costs and (K - 2) 3^N sums. You et al. 2017, Problem P4.
"""

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.result import Point

from . import phases, water_filling

MOST_SUMS = 3e9
"""Limit on (K - 2) 3^N: seconds compiled, half a minute in NumPy. 8 users share up to 18 sub-channels."""

MOST_COSTS = 2**23
"""Limit on K 2^N: ten seconds, and 64 MB for the costs and as much for the tables."""

CHUNK = 2**12
"""Sets whose costs are found at once: arrays of some 10 MB."""


def solve(s: Instance) -> Point:
    """The optimal owners of one instance, or nan and a sentence where there are too many sub-channels."""
    users, channels = s.channel_gain.shape
    if not affordable(users, channels):
        largest = next(n for n in range(channels, 0, -1) if affordable(users, n))
        unknown = np.full(s.channel_gain.shape, np.nan)
        said = (
            f"exact compares all sets of sub-channels, for {users} users of up to {largest}, "
            f"and here are {channels}: use branch-and-bound"
        )
        return Point(
            {"subchannel_assignment": unknown, "offloaded_bits": unknown}, {"bit_price": unknown[:, 0]}, said
        )
    from mecopt.loops.partition import best_partition

    sets = best_partition(set_costs(s)).sets
    held = sets[:, None] >> np.arange(channels) & 1
    return phases.settled(s, np.argmax(held, axis=0))


def affordable(users: int, channels: int) -> bool:
    """Whether the programme takes a minute at most, whatever is installed."""
    return max(users - 2, 0) * 3.0**channels <= MOST_SUMS and users * 2.0**channels <= MOST_COSTS


def set_costs(s: Instance) -> Array:
    """Least cost in J of each user on each set of sub-channels, `(K, 2^N)`, bit n for sub-channel n."""
    users, channels = s.channel_gain.shape
    p = water_filling.terms(s)
    costs = np.empty((users, 2**channels))
    for start in range(0, 2**channels, CHUNK):
        sets = np.arange(start, min(start + CHUNK, 2**channels))
        held = (sets[:, None] >> np.arange(channels) & 1).astype(np.float64)
        costs[:, sets] = water_filling.cost(p, held[:, None, :]).T
    return costs
