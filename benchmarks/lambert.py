"""Time per element of the rate exponent, next to `scipy.special.lambertw`, which loses it near x = 0.

Both in one run on the same values, best of a few rounds: the ratio is what carries over to other machines.
A difference of nan means that SciPy returned nan, as it does where x - 1 rounds to -1.
Run: python benchmarks/lambert.py
"""

import os
import platform
import time
from collections.abc import Callable

import numpy as np
import scipy
from scipy.special import lambertw

from mecopt.kernels.lambert import lambert_exponent

SEED = 0
COUNT = 1_000_000
ROUNDS = 3
DECADES = ((-300, 300), (-12, 12), (-3, 0), (1, 6))


def by_scipy(x: np.ndarray) -> np.ndarray:
    """1 + W0((x - 1)/e) as one would write it."""
    return 1.0 + lambertw((x - 1.0) / np.e).real


def nanoseconds(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> float:
    """Best time per element."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function(x)
        times.append(time.perf_counter() - start)
    return min(times) / x.size * 1e9


def main() -> None:
    print(f"{platform.platform()}, {os.cpu_count()} cores, python {platform.python_version()},", end=" ")
    print(f"numpy {np.__version__}, scipy {scipy.__version__}; seed {SEED}, {COUNT} values, best of {ROUNDS}")
    print(f"{'x, log-uniform':>18} {'here ns':>9} {'scipy ns':>9} {'ratio':>7} {'largest difference':>19}")
    rng = np.random.default_rng(SEED)
    for low, high in DECADES:
        x = 10 ** rng.uniform(low, high, COUNT)
        here, there = nanoseconds(lambert_exponent, x), nanoseconds(by_scipy, x)
        difference = np.max(np.abs(by_scipy(x) / lambert_exponent(x) - 1))
        print(f"{f'1e{low} .. 1e{high}':>18} {here:9.1f} {there:9.1f} {there / here:7.1f} {difference:19.1e}")


if __name__ == "__main__":
    main()
