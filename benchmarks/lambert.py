"""Time per element of the rate exponent in both its faces, next to `scipy.special.lambertw`.

All on the same values, in turns, least processor time of a few rounds: the ratio is what carries over to
other machines. SciPy loses the function near x = 0 (and returns nan where x - 1 rounds to -1); the
largest error of the faces is against ball arithmetic, on fewer values. Run: python benchmarks/lambert.py
"""

from collections.abc import Callable

import numpy as np
from flint import arb, ctx
from record import Record
from scipy.special import lambertw
from timing import in_turns

from mecopt.kernels import compiled, lambert

SEED = 0
COUNT = 1_000_000
CHECKED = 5_000
DECADES = ((-300, 300), (-12, 12), (-3, 0), (1, 6))


def by_scipy(x: np.ndarray) -> np.ndarray:
    """1 + W0((x - 1)/e) as one would write it."""
    return 1.0 + lambertw((x - 1.0) / np.e).real


def ulps(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> float:
    """Largest distance from ball arithmetic, in units in the last place."""
    worst = 0.0
    for value, at in zip(function(x).tolist(), x.tolist(), strict=True):
        ctx.prec = 160 + 2 * max(0, int(-np.log2(at)))  # near x = 0 half the digits cancel
        true = 1 + ((arb(at) - 1) / arb(1).exp()).lambertw()
        worst = max(worst, float((abs(arb(value) - true) / arb(float(np.spacing(value)))).upper()))
    return worst


def main() -> None:
    """Measure, print, store."""
    record = Record("lambert", "python benchmarks/lambert.py", SEED, None)
    rng = np.random.default_rng(SEED)
    faces = {"NumPy": lambert.lambert_exponent, "compiled": compiled.lambert_exponent}
    for low, high in DECADES:
        x = 10 ** rng.uniform(low, high, COUNT)
        times = in_turns({"SciPy": by_scipy, **faces}, x)
        where = f"x in 1e{low} .. 1e{high}"
        record.add("scipy.special.lambertw", times["SciPy"] / COUNT * 1e9, where, unit="ns")
        for name, face in faces.items():
            record.add(f"{name} face", times[name] / COUNT * 1e9, where, unit="ns")
            record.add(f"{name} face, times faster", times["SciPy"] / times[name], where)
            record.add(f"{name} face, largest error", ulps(face, x[:CHECKED]), where, unit="ulp")
    record.save()


if __name__ == "__main__":
    main()
