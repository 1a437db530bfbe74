"""Bracketed roots of falling functions, smooth, flat or jumping; each element as if it were alone."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mecopt.rootfind import EPS, SPARE, falling_root

quick = settings(max_examples=200, deadline=None, derandomize=True, database=None)

Fall = Callable[[np.ndarray], np.ndarray]


def steps(edges: np.ndarray, heights: np.ndarray) -> Fall:
    """A staircase: at x the value heights[j], j the number of edges at or below x."""
    return lambda x: np.take_along_axis(heights, np.sum(edges <= x[..., None], axis=-1)[..., None], -1)[
        ..., 0
    ]


def check(fall: Fall, low: np.ndarray, high: np.ndarray, precision: float) -> None:
    """What the docstring promises of the bracket."""
    a, b = falling_root(fall, low, high, precision=precision)
    assert np.all(a >= low)
    assert np.all(b <= high)
    crosses = (fall(low) > 0) & (fall(high) <= 0)
    assert np.all(fall(a)[crosses] > 0)
    assert np.all(fall(b)[crosses] <= 0)
    narrow = np.maximum(precision, 2 * EPS * np.maximum(np.abs(a), np.abs(b)))
    assert np.all((b - a)[crosses] <= narrow[crosses])
    early, late = fall(low) <= 0, fall(high) > 0
    assert np.array_equal(a[early], low[early])
    assert np.array_equal(b[early], low[early])
    assert np.array_equal(a[late], high[late])
    assert np.array_equal(b[late], high[late])


FUNCTIONS: dict[str, tuple[Fall, float]] = {
    # a falling function and its root on [-750, 50]
    "line": (lambda x: 1.5 - x, 1.5),
    "cubic, flat at the root": (lambda x: -((x - 3.0) ** 3), 3.0),
    "exponential": (lambda x: np.exp(-np.maximum(x, -700.0)) - 1e100, -100 * np.log(10)),
    "arctan": (lambda x: np.arctan(7.25 - x), 7.25),
    "clipped line": (lambda x: np.clip(-200.0 - x, -1.0, 1.0), -200.0),
    "sign": (lambda x: np.where(x < np.pi, 1.0, -1.0), np.pi),
    "jump after a slope": (lambda x: np.where(x < 40.0, 1e-9 * (50.0 - x) + 1e-12, -700.0), 40.0),
    "zero at once": (lambda x: np.where(x < 0.1, 1.0, 0.0), 0.1),
    "very small values": (lambda x: 1e-300 * (2.0 - x), 2.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("precision", [1e-3, 2e-14])
def test_roots(name: str, precision: float) -> None:
    fall, root = FUNCTIONS[name]
    low, high = np.array([-750.0]), np.array([50.0])
    check(fall, low, high, precision)
    a, b = falling_root(fall, low, high, precision=precision)
    allowed = max(precision, 4 * EPS * abs(root))
    assert a[0] - allowed <= root <= b[0] + allowed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_never_much_slower_than_bisection(name: str) -> None:
    fall, _ = FUNCTIONS[name]
    calls = 0

    def counted(x: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        return fall(x)

    falling_root(counted, np.array([-750.0]), np.array([50.0]), precision=2e-14)
    assert calls <= 2 + np.ceil(np.log2(800 / 2e-14)) + SPARE + 1  # the two ends, and the promised steps
    if name in ("line", "arctan", "clipped line"):  # smooth: superlinear
        assert calls <= 20  # of the 58 that bisection needs


def test_ends_that_do_not_bracket() -> None:
    low, high = np.array([0.0, 0.0, 1.0]), np.array([1.0, 1.0, 1.0])
    check(lambda x: np.array([-1.0, 1.0, 0.0]) - 0 * x, low, high, 1e-12)


@quick
@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=4),
    st.lists(st.floats(1e-300, 1e300), min_size=5, max_size=5),
    st.integers(0, 4),
    st.sampled_from([1e-2, 1e-9, 2e-14]),
)
def test_staircases(edges: list[float], drops: list[float], positive: int, precision: float) -> None:
    """Any falling staircase: `positive` of its levels are above zero."""
    count = len(edges) + 1
    above, below = np.sort(drops)[::-1][:positive], -np.sort(drops)[: max(count - positive, 0)]
    heights = np.concatenate([above, below])[:count]
    if heights.size < count:
        heights = np.concatenate([heights, np.full(count - heights.size, heights[-1])])
    fall = steps(np.sort(edges)[None, :], heights[None, :])
    check(fall, np.array([-2e3]), np.array([2e3]), precision)


def test_elements_do_not_feel_their_neighbours() -> None:
    rng = np.random.default_rng(0)
    root, scale = rng.uniform(-700, 40, 50), 10 ** rng.uniform(-3, 3, 50)

    def fall(x: np.ndarray, i: slice = slice(None)) -> np.ndarray:
        smooth = np.arctan(scale[i] * (root[i] - x))
        return np.where(np.arange(50)[i] % 2 == 0, smooth, np.sign(smooth))

    low, high = np.full(50, -750.0), np.full(50, 50.0)
    together = falling_root(fall, low, high, precision=2e-14)
    for k in range(50):
        i = slice(k, k + 1)
        alone = falling_root(lambda x, i=i: fall(x, i), low[i], high[i], precision=2e-14)
        assert (together[0][k], together[1][k]) == (alone[0][0], alone[1][0])


def test_shapes() -> None:
    root = np.arange(6.0).reshape(2, 3)
    a, b = falling_root(lambda x: root - x, np.full((2, 3), -1.0), np.full((2, 3), 9.0), precision=1e-12)
    assert a.shape == (2, 3)
    assert np.all(np.abs(b - root) <= 1e-12)
    nothing, _ = falling_root(lambda x: x, np.zeros((0, 1)), np.ones((0, 1)), precision=1e-12)
    assert nothing.shape == (0, 1)
