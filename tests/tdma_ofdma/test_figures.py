"""The paper's figures and tables, on a few realisations."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mecopt import figures
from mecopt.figures import Figure
from mecopt.problems.tdma_ofdma import P1, P4, simulation

FIGURES = figures.figures_of("tdma_ofdma")


def few(key: str, points: int) -> Figure:
    """The figure with its first abscissas only."""
    figure = FIGURES[key]
    schemes = tuple(replace(s, printed=s.printed and s.printed[:points]) for s in figure.schemes)
    return replace(figure, points=figure.points[:points], schemes=schemes)


def values(data: dict, scheme: str) -> np.ndarray:
    return np.array(next(s["values"] for s in data["schemes"] if s["key"] == scheme))


def test_every_figure_and_table_is_there() -> None:
    assert list(FIGURES) == ["3a", "3b", "3c", "table-1", "table-2", "table-3", "table-4"]
    for figure in FIGURES.values():
        assert "Assumed" in figure.caption
        assert all(s.printed is None or len(s.printed) == len(figure.points) for s in figure.schemes)


@pytest.mark.parametrize("key", ["3a", "3b", "3c"])
def test_tdma_figures(key: str) -> None:
    data = figures.reproduce(few(key, 2), samples=2, seed=1)
    assert data["violations"] == []
    assert data["realisations_used"] == [2, 2]
    optimal, third, equal = (values(data, name) for name in ("optimal", "algorithm-3", "equal"))
    assert np.all(optimal <= third * (1 + 1e-9))
    assert np.all(optimal <= equal * (1 + 1e-9))
    assert np.all(np.diff(optimal, axis=0) * (1 if key == "3c" else -1) >= -1e-12)


def test_tables_share_their_measurements() -> None:
    memo: figures.Memo = {}
    ticks = []
    energy = figures.reproduce(few("table-1", 2), samples=2, seed=1, memo=memo, tick=lambda: ticks.append(1))
    measured = dict(memo)
    seconds = figures.reproduce(few("table-3", 2), samples=2, seed=1, memo=memo)
    assert memo == measured
    assert len(ticks) == len(memo) == 4
    assert energy["violations"] == seconds["violations"] == []
    bound = values(energy, "relaxation")
    best = values(energy, "best")  # the optimum: N = 8 and 16
    for scheme in ("rounding", "phases", "phases-reoptimised", "greedy"):
        assert np.all(best <= values(energy, scheme) * (1 + 1e-9))
        assert np.all(bound <= values(energy, scheme) * (1 + 1e-9))
    assert np.all(values(energy, "phases-reoptimised") <= values(energy, "phases") * (1 + 1e-9))
    assert energy["schemes"][2]["printed"] == [0.0041, 0.0013]
    assert np.all(values(seconds, "rounding") > 0)
    assert seconds["y"]["unit"] == "s"


def test_a_cut_instance_is_the_start_of_the_larger_one() -> None:
    s = P4.sample(users=3, subchannels=4, seed=0)
    small = simulation.cut(s, P4, users=2, subchannels=3)
    assert small.sizes == {"users": 2, "subchannels": 3}
    assert np.array_equal(small.channel_gain, s.channel_gain[:2, :3])
    assert small.slot_duration == s.slot_duration


@pytest.mark.parametrize(
    ("measure", "point", "meant"),
    [
        (simulation.by_duration, 70, {"slot_duration": 0.07}),
        (simulation.by_capacity, 7, {"cloud_capacity": 7e9}),
    ],
)
def test_axes_are_in_the_units_that_they_say(measure: Any, point: float, meant: dict[str, float]) -> None:
    (s,) = simulation.draw_tdma(12, 1, 0)
    changed = P1.instance(s.to_json() | meant)
    found = measure(s, point)
    for scheme, method in (
        ("optimal", "cvxpy:CLARABEL"),
        ("algorithm-3", "algorithm-3"),
        ("equal", "baseline:equal"),
    ):
        assert found[scheme].value == pytest.approx(float(P1.solve(changed, method=method).value), rel=1e-6)


def test_infeasible_instances_are_named() -> None:
    found = simulation.tdma_schemes(P1.sample(users=30, seed=0, scenario="stated"))
    assert all(np.isnan(o.value) and o.said.startswith("infeasible instance") for o in found.values())


def test_a_stranded_user_makes_a_baseline_fail_not_count() -> None:
    drawn = P4.sample(users=4, subchannels=5, batch=6, seed=0, scenario="ofdma_required")
    figure = replace(
        few("table-1", 1),
        draw=lambda samples, seed: [drawn[i] for i in range(samples)],
        measure=lambda s, x: simulation.ofdma_schemes(s),
    )
    data = figures.reproduce(figure, samples=6, seed=0)
    failed = {s["key"]: s["failed"][0] for s in data["schemes"]}
    stranded = failed["greedy"]["a user who must offload has no sub-channel"]
    assert 0 < stranded <= 6 - data["realisations_used"][0]
    assert failed["relaxation"] == {}
    assert data["violations"] == []
