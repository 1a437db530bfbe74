r"""Coefficients fitted for `mecopt/kernels/lambert.py` and `compiled.py`; run it to print them.

y(x) solves (y - 1) e^y + 1 = x. Both are interpolated at Chebyshev points in 80-digit arithmetic:

    near    (p - y)/p^2,  p = sqrt(2 x), on 0 <= x <= 1.5: analytic in p up to the branch cut at p <= -sqrt 2
    far     y as a function of L = ln x, on 1.5 <= x <= e^710: only a start, so the points are Chebyshev in
            ln L, which makes the error relative

Two series of the compiled kernels, polynomials in the square of s, are cut shorter than Taylor's:

    log     (2 atanh(s) - 2 s)/s^3 on 0 <= s <= 3 - 2 sqrt 2, for ln x between sqrt(1/2) and sqrt 2
    atanh   (atanh(s) - s)/s^3 on 0 <= s <= 1/3, for ln(1 + d) with d <= 1
"""

from collections.abc import Callable, Sequence

import mpmath as mp

SPLIT = 1.5
NEAR_DEGREES = (6, 6)
FAR_DEGREES = (5, 4)
LOG_DEGREE, ATANH_DEGREE = 6, 10
DIGITS = 80

Coefficients = tuple[float, ...]


def exponent(x: mp.mpf) -> mp.mpf:
    """y(x) to the working precision."""
    return 1 + mp.lambertw((x - 1) / mp.e).real


def chebyshev(low: mp.mpf, high: mp.mpf, count: int) -> list[mp.mpf]:
    """Zeros of the Chebyshev polynomial of degree `count`, moved to [low, high]."""
    angles = [mp.pi * (2 * i + 1) / (2 * count) for i in range(count)]
    return [(low + high) / 2 - (high - low) / 2 * mp.cos(angle) for angle in angles]


def interpolate(
    f: Callable[[mp.mpf], mp.mpf], points: Sequence[mp.mpf], degrees: tuple[int, int]
) -> tuple[Coefficients, Coefficients]:
    """Numerator and denominator (lowest coefficient 1) through the points, highest power first."""
    top, bottom = degrees
    rows, values = [], []
    for t in points:
        value = f(t)
        rows.append([t**j for j in range(top + 1)] + [-value * t**j for j in range(1, bottom + 1)])
        values.append(value)
    solution = list(mp.lu_solve(mp.matrix(rows), mp.matrix(values)))
    numerator, denominator = solution[: top + 1], [mp.mpf(1), *solution[top + 1 :]]
    return tuple(map(float, reversed(numerator))), tuple(map(float, reversed(denominator)))


def fit() -> dict[str, Coefficients]:
    """The four coefficient tuples by the names they have in the kernel."""
    with mp.workdps(DIGITS):
        split, largest = mp.mpf(SPLIT), mp.mpf(710)
        near = interpolate(
            lambda p: (p - exponent(p * p / 2)) / p**2,
            chebyshev(mp.mpf(0), mp.sqrt(2 * split), sum(NEAR_DEGREES) + 1),
            NEAR_DEGREES,
        )
        logs = chebyshev(mp.log(mp.log(split)), mp.log(largest), sum(FAR_DEGREES) + 1)
        far = interpolate(lambda L: exponent(mp.exp(L)), [mp.exp(t) for t in logs], FAR_DEGREES)
        log, _ = interpolate(
            lambda z: 2 * series(z),
            chebyshev(mp.mpf(0), (3 - 2 * mp.sqrt(2)) ** 2, LOG_DEGREE + 1),
            (LOG_DEGREE, 0),
        )
        atanh, _ = interpolate(
            series, chebyshev(mp.mpf(0), mp.mpf(1) / 9, ATANH_DEGREE + 1), (ATANH_DEGREE, 0)
        )
    rational = {"NEAR_TOP": near[0], "NEAR_BOTTOM": near[1], "FAR_TOP": far[0], "FAR_BOTTOM": far[1]}
    return rational | {"LOG_SERIES": log, "ATANH_FIT": atanh}


def series(z: mp.mpf) -> mp.mpf:
    """(atanh(s) - s)/s^3 at z = s^2 > 0."""
    s = mp.sqrt(z)
    return (mp.atanh(s) - s) / s**3


if __name__ == "__main__":
    for name, coefficients in fit().items():
        print(f"{name} = (", *(f"    {c!r}," for c in coefficients), ")", sep="\n")
