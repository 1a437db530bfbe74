r"""What the methods make of the data of JTORA, once: phi, psi, eta and g of each user, one network at a time.

    phi = lambda beta^t d/(t^l W)   time_weight       eta = lambda beta^t f^l          compute_weight
    psi = lambda beta^e d/(E^l W)   energy_weight     g = lambda (beta^t + beta^e)     offload_gain

t^l = c/f^l, E^l = kappa (f^l)^2 c, W = B/N. Tran and Pompili 2019, (16), (19).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mecopt.instance import Array, Indices, Instance
from mecopt.problem import stack
from mecopt.result import Point

from .fields import LOCAL

Single = Callable[[Instance], Point]


@dataclass(frozen=True)
class Terms:
    """One network: users `(U,)`, gain `(U, S, N)`, servers `(S,)`; the noise is that of one sub-band."""

    gain: Array
    noise: float
    most: Array
    time_weight: Array
    energy_weight: Array
    compute_weight: Array
    offload_gain: Array
    server_frequency: Array

    @property
    def shape(self) -> tuple[int, int, int]:
        """Users, servers, sub-bands."""
        users, servers, subbands = self.gain.shape
        return users, servers, subbands


def terms(s: Instance) -> Terms:
    """The terms of a single instance of JTORA or TO."""
    width = s.bandwidth / s.sizes["subbands"]
    load = s.provider_preference * s.input_bits / width
    local_time = s.workload / s.local_frequency
    local_energy = s.energy_coefficient * s.local_frequency**2 * s.workload
    return Terms(
        gain=s.channel_gain,
        noise=float(s.noise_power),
        most=s.max_transmit_power,
        time_weight=s.time_preference * load / local_time,
        energy_weight=s.energy_preference * load / local_energy,
        compute_weight=s.provider_preference * s.time_preference * s.local_frequency,
        offload_gain=s.provider_preference * (s.time_preference + s.energy_preference),
        server_frequency=s.server_frequency,
    )


@dataclass(frozen=True)
class Decision:
    """Server and sub-band of each user, `LOCAL` for both where it computes itself; `(U,)` each."""

    server: Indices
    subband: Indices

    @classmethod
    def none(cls, users: int) -> "Decision":
        """Everybody computes locally."""
        return cls(np.full(users, LOCAL), np.full(users, LOCAL))

    @property
    def offloading(self) -> Indices:
        """The users who offload, in order."""
        who: Indices = (self.server != LOCAL).nonzero()[0]
        return who


def one_by_one(single: Single) -> Callable[[Instance, float], Point]:
    """A method for batches from one for single instances."""

    def run(s: Instance, tol: float) -> Point:
        if not s.batch_shape:
            return single(s)
        return stack([single(s[cell]) for cell in np.ndindex(s.batch_shape)], s.batch_shape)

    return run
