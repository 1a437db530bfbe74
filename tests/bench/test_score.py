"""Scores against values worked by hand."""

import math
from typing import Any

import numpy as np
import pytest

from mecopt.bench import score

LIMIT = 100.0


def row(method: str, instance: str, seconds: float, status: str = "optimal", **more: Any) -> dict[str, Any]:
    given = {"units": "scaled", "accuracy": "low", "error": 1e-5, "infeasibility": 0.0, "value": 1.0}
    given |= {"claimed": "optimal", "allowed": 1e-3, "time_limit": LIMIT, "first": seconds}
    given |= {"contender": method, "version": "1"}
    return {"method": f"cvxpy:{method}", "instance": instance, "status": status, **given, **more}


ROWS = [
    *(row("A", "i", 1.0), row("A", "j", 8.0), row("A", "k", 3.0, "wrong", error=0.5)),
    *(row("B", "i", 4.0), row("B", "j", 2.0), row("B", "k", 5.0)),
]


def test_shifted_geometric_mean() -> None:
    assert score.shifted_mean([1.0, 7.0], 1.0) == pytest.approx(3.0, rel=1e-14)  # sqrt(2 * 8) - 1
    assert score.shifted_mean([5.0, 5.0, 5.0], 0.3) == pytest.approx(5.0, rel=1e-14)
    times = np.random.default_rng(0).uniform(0, 9, 50)
    assert score.shifted_mean(list(times), 2.0) == pytest.approx(
        np.prod(times + 2.0) ** (1 / 50) - 2.0, rel=1e-12
    )
    assert math.isnan(score.shifted_mean([], 1.0))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [((0.0031,), 2e-3), ((0.0034,), 5e-3), ((0.9,), 1.0), ((1e-3, 2e-3, 9.0), 2e-3), ((math.inf,), 1e-3)],
)
def test_the_shift_fits_the_median_solve(seconds: tuple[float, ...], expected: float) -> None:
    table = {"A": {str(k): t for k, t in enumerate(seconds)}}
    assert score.fitted_shift(table) == pytest.approx(expected, rel=1e-12)


def test_leaderboard() -> None:
    b, a = score.leaderboard(ROWS, "first")
    assert [(s.contender, s.solved, s.instances, s.wrong) for s in (b, a)] == [("B", 3, 3, 0), ("A", 2, 3, 1)]
    assert (a.worst_error, b.worst_error) == (0.5, 1e-5)
    shift = score.fitted_shift(score.times(ROWS, "first"))
    assert shift == pytest.approx(5.0)  # the solved times are 1, 2, 4, 5, 8: their median is 4
    charged = ((1 + 5) * (8 + 5) * (LIMIT + 5)) ** (1 / 3) - 5  # the wrong answer counts as the limit
    assert a.mean == pytest.approx(charged, rel=1e-12)
    fastest = ((1 + 5) * (2 + 5) * (5 + 5)) ** (1 / 3) - 5
    assert a.ratio == pytest.approx(charged / fastest, rel=1e-12)
    assert a.statuses == {"optimal": 2, "wrong": 1}


def test_profiles() -> None:
    curves = score.profile(score.times(ROWS, "first"))
    assert curves["A"] == [(1.0, pytest.approx(1 / 3)), (4.0, pytest.approx(2 / 3))]
    assert curves["B"] == [(1.0, pytest.approx(1 / 3)), (1.0, pytest.approx(2 / 3)), (4.0, 1.0)]


def test_duels() -> None:
    table = score.times(ROWS, "first")
    duel = score.duel(table, "A", "B")
    assert (duel.both, duel.only_first, duel.only_second) == (2, 0, 1)
    assert duel.factor == pytest.approx(1.0, rel=1e-12)  # sqrt(1/4 * 8/2)
    assert math.isnan(score.duel({"A": {"i": math.inf}, "B": {"i": 1.0}}, "A", "B").factor)


def test_whatever_gets_there_first() -> None:
    """Asked for more than needed, B is right and still fast; A gets there in no way."""
    rows = [
        row("A", "i", 1.0, "wrong", error=0.5),
        row("A", "i", 9.0, "failed", accuracy="high", allowed=1e-9, error=0.1, claimed="error"),
        row("B", "i", 1.0, "inaccurate", error=2e-3),
        row("B", "i", 2.0, accuracy="high", allowed=1e-9, error=1e-10),
        row("B", "i", 3.0, "inaccurate", accuracy="medium", allowed=1e-6, error=1e-5),
    ]
    a, b = sorted(score.whatever_it_takes(rows, "low", "first"), key=lambda r: r["method"])
    assert (b["first"], b["status"], b["allowed"]) == (2.0, "optimal", 1e-3)
    assert (a["first"], a["status"]) == (9.0, "failed")
    assert [r["first"] for r in score.as_asked(rows, "high", "first")] == [9.0, 2.0]


def test_ranking_is_about_the_scaled_models() -> None:
    rows = [row("A", "i", 1.0), row("A", "i", 1.0, units="si"), row("A", "j", 1.0, "infeasible")]
    rows += [row("B", "i", 1.0, units="none")]
    assert [r["units"] for r in score.ranked(score.ran(rows))] == ["scaled", "none"]
    assert score.main_units([row("A", "i", 1.0, units="si")]) == "si"


def test_several_versions_are_several_contenders() -> None:
    rows = [row("A", "i", 1.0), row("A", "i", 2.0, version="2"), row("B", "i", 1.0)]
    assert [r["contender"] for r in score.ran(rows)] == ["A 1", "A 2", "B"]
    limited = [row("A", "i", 1.0), row("A", "i", 2.0, time_limit=5.0)]
    assert [r["contender"] for r in score.ran(limited)] == ["A, 100 s", "A, 5 s"]
