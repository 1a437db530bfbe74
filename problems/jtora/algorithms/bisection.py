r"""Algorithm 1 as printed: the power of each upload by bisection of Omega, the sign of the slope of Gamma.

    Omega(p) = psi log2(1 + theta p) - theta (phi + psi p)/(ln 2 (1 + theta p))

If Omega(P) <= 0 the power is P; otherwise [0, P] is halved until it is no longer than epsilon, and the
middle is returned. Tran and Pompili 2019, (24), Algorithm 1.
"""

import numpy as np

from mecopt.instance import Array, Instance
from mecopt.result import Point

PRECISION = 1e-6
"""Of the final interval, relative to P: the error of the value is about its square."""


def omega(power: Array, phi: Array, psi: Array, theta: Array) -> Array:
    """Omega times ln 2 (1 + theta p): finite, and of the same sign."""
    y = theta * power
    return np.asarray(psi * (1 + y) * np.log1p(y) - theta * (phi + psi * power))


def bisect(phi: Array, psi: Array, theta: Array, most: Array, *, epsilon: Array) -> tuple[Array, int]:
    """Powers, and how many times Omega was evaluated for the slowest user."""
    low, high = np.zeros(np.shape(most)), np.array(most, dtype=np.float64)
    full = omega(high, phi, psi, theta) <= 0
    evaluations, active = 1, ~full & (high - low > epsilon)
    while np.any(active):
        middle = (low + high) / 2
        rises = omega(middle, phi, psi, theta) <= 0
        low = np.where(active & rises, middle, low)
        high = np.where(active & ~rises, middle, high)
        active = active & (high - low > epsilon)
        evaluations += 1
    return np.where(full, most, (low + high) / 2), evaluations


def solve(s: Instance, tol: float) -> Point:
    """UPA, any batch."""
    data = (s.time_weight, s.energy_weight, s.sinr_per_watt, s.max_transmit_power)
    power, _ = bisect(*data, epsilon=PRECISION * s.max_transmit_power)
    return Point({"transmit_power": power})
