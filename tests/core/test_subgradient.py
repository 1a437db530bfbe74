"""Subgradient ascent: steps as printed, the level rule, endings; on functions whose maximum is known."""

import numpy as np
import pytest

from mecopt.loops import Answer, constant, diminishing, level, subgradient_ascent


def kinked(x: np.ndarray) -> Answer:
    """−|x|²/4 + min(0, x1 + x2 − 1): maximum −0 at the origin is cut off; best at (1/2, 1/2)·... known
    below."""
    active = np.sum(x) < 1
    value = -float(x @ x) / 4 + min(0.0, float(np.sum(x)) - 1)
    return Answer(value, (np.ones(2) if active else np.zeros(2)) - x / 2)


BEST = -0.125  # at x = (1/2, 1/2), on the kink


@pytest.mark.parametrize(
    ("rule", "steps", "within"),
    [(constant(0.01), 2000, 0.02), (diminishing(4.0, 2.0), 2000, 1e-3), (level(1.0), 4000, 1e-7)],
)
def test_reaches_the_maximum(rule, steps: int, within: float) -> None:
    found, trace = subgradient_ascent(kinked, np.zeros(2), rule=rule, max_steps=steps, precision=1e-10)
    assert BEST - within <= found.best_value <= BEST + 1e-15
    assert trace.column("best") == sorted(trace.column("best"))
    assert kinked(found.best).value == found.best_value


def test_steps_are_those_printed() -> None:
    found, trace = subgradient_ascent(kinked, np.zeros(2), rule=diminishing(4.0, 2.0), max_steps=1)
    np.testing.assert_array_equal(found.point, [2.0, 2.0])
    assert trace.ended == "max_steps"
    sizes = np.array([0.1, 0.0])
    found, _ = subgradient_ascent(kinked, np.zeros(2), rule=constant(sizes), max_steps=1)
    np.testing.assert_array_equal(found.point, [0.1, 0.0])


def test_projection_and_stationary_end() -> None:
    found, trace = subgradient_ascent(
        lambda x: Answer(-float(x[0]), np.array([-1.0])),
        np.array([3.0]),
        rule=constant(1.0),
        max_steps=10,
        project=lambda x: np.maximum(x, 0.0),
    )
    assert found.best_value == 0.0
    assert trace.steps == 10
    flat, trace = subgradient_ascent(
        lambda x: Answer(1.0, np.zeros(1)), np.zeros(1), rule=constant(1.0), max_steps=10
    )
    assert trace.ended == "stationary"
    assert flat.best_value == 1.0


def test_an_upper_bound_ends_it() -> None:
    def oracle(x: np.ndarray) -> Answer:
        return kinked(x)._replace(upper=BEST * 0.9)

    _, trace = subgradient_ascent(oracle, np.zeros(2), rule=level(1.0), max_steps=5000, precision=0.2)
    assert trace.ended == "converged"
