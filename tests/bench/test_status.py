"""What a solve is called."""

import math

import pytest

from mecopt.bench.status import ROUGH, accuracy, relative_error, true_status
from mecopt.errors import DataError, UnknownName

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("claimed", "error", "infeasibility", "expected"),
    [
        ("optimal", 1e-6, 0.0, "optimal"),
        ("optimal_inaccurate", 1e-6, 1e-6, "optimal"),  # modest, but right
        ("infeasible", 0.0, 0.0, "optimal"),  # whatever it said: the point is right
        ("optimal", 1.1e-6, 0.0, "inaccurate"),
        ("optimal", 0.0, 1.1e-6, "inaccurate"),
        ("optimal", ROUGH, ROUGH, "inaccurate"),
        ("optimal", 1.01 * ROUGH, 0.0, "wrong"),
        ("optimal", 0.0, 1.01 * ROUGH, "wrong"),
        ("optimal", INF, 0.0, "wrong"),
        ("optimal", NAN, 0.0, "wrong"),
        ("optimal", 0.0, NAN, "wrong"),
        ("infeasible", NAN, NAN, "wrong"),
        ("unbounded", NAN, NAN, "wrong"),
        ("optimal_inaccurate", 0.5, 0.0, "failed"),
        ("user_limit", NAN, NAN, "failed"),
        ("error", NAN, NAN, "failed"),
        ("infeasible_inaccurate", NAN, NAN, "failed"),  # it is not sure
    ],
)
def test_true_status(claimed: str, error: float, infeasibility: float, expected: str) -> None:
    assert true_status(claimed, error, infeasibility, 1e-6) == expected


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (2.0, 2.0, 2.0, 0.0),
        (3.0, 2.0, 2.0, 0.5),
        (1.0, 2.0, 2.0, 0.5),  # better than the optimum is as wrong
        (2.0, 1.0, 2.0, 0.5),  # the optimum may be at the other end
        (-3.0, -2.0, -2.0, 0.5),
        (0.0, 0.0, 0.0, 0.0),
        (1e-300, 0.0, 0.0, INF),
        (INF, 1.0, 1.0, INF),
        (NAN, 1.0, 1.0, NAN),
        (1.0, NAN, NAN, NAN),
    ],
)
def test_relative_error(value: float, low: float, high: float, expected: float) -> None:
    assert relative_error(value, low, high) == pytest.approx(expected, nan_ok=True, rel=1e-15, abs=0)


def test_accuracies() -> None:
    assert (accuracy("medium").error, accuracy("medium").tolerance) == (1e-6, pytest.approx(1e-7))
    assert (accuracy("1e-4").error, accuracy("1e-4").tolerance) == (1e-4, None)
    with pytest.raises(UnknownName, match="Choose from: low, medium, high"):
        accuracy("perfect")
    for wrong in ("0", "-1", "inf", "nan"):
        with pytest.raises(DataError, match="accuracy"):
            accuracy(wrong)
