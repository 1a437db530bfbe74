r"""The schemes that the paper compares with. A user's home is the server that it hears best on average
(assumed).

Each picks a decision; powers and shares are then allocated for all users together, as for the paper's own
scheme. Tran and Pompili 2019, Section V.
"""

from dataclasses import replace

import numpy as np

from mecopt.instance import Indices

from ..terms import Decision, Terms
from . import incremental
from .network import network


def home(t: Terms) -> Indices:
    """The home server of each user."""
    return np.asarray(np.argmax(np.mean(t.gain, axis=-1), axis=-1))


def greedy(t: Terms) -> Decision:
    """GOJRA: in each cell the home user and free sub-band of largest gain, until one of them runs out."""
    x, homes = Decision.none(t.shape[0]), home(t)
    for s in range(t.shape[1]):
        gain = np.where((homes == s)[:, None], t.gain[:, s, :], -1.0)
        while gain.size and np.max(gain) > 0:
            u, j = np.unravel_index(int(np.argmax(gain)), gain.shape)
            x.server[u], x.subband[u] = s, j
            gain[u, :] = gain[:, j] = -1.0
    return x


def independent(t: Terms, rng: np.random.Generator) -> Decision:
    """IOJRA: in each cell, home users in random order take random free sub-bands if that alone pays."""
    x, homes = Decision.none(t.shape[0]), home(t)
    alone = incremental.single_values(network(t))
    for s in range(t.shape[1]):
        users = rng.permutation(np.flatnonzero(homes == s))
        for u, j in zip(users, rng.permutation(t.shape[2]), strict=False):
            if alone[u, s, j] > 0:
                x.server[u], x.subband[u] = s, j
    return x


def distributed(t: Terms, *, epsilon: float = 1.0) -> Decision:
    """DORA: Algorithm 2 in each cell, among home users, as if the other cells were silent."""
    x, homes = Decision.none(t.shape[0]), home(t)
    for s in range(t.shape[1]):
        users = np.flatnonzero(homes == s)
        if users.size:
            found = incremental.search(cell(t, s, users), epsilon=epsilon).decision
            here = users[found.offloading]
            x.server[here], x.subband[here] = s, found.subband[found.offloading]
    return x


def cell(t: Terms, s: int, users: Indices) -> Terms:
    """One server and some users."""
    return replace(
        t,
        gain=np.ascontiguousarray(t.gain[users][:, [s], :]),
        most=t.most[users],
        time_weight=t.time_weight[users],
        energy_weight=t.energy_weight[users],
        compute_weight=t.compute_weight[users],
        offload_gain=t.offload_gain[users],
        server_frequency=t.server_frequency[[s]],
    )
