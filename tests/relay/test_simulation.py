"""What the figures measure: each number from the instance and the point that it claims to belong to."""

from typing import Any

import numpy as np
import pytest

from mecopt.instance import Instance
from mecopt.problems.relay import simulation
from tests.relay.cases import P1, PROBLEMS, by_hand, costs_by_hand, example

LOOPS = {"cccp": "cccp:blend-0.5", "ibcd": "ibcd:blend-0.5"}
"""Figures start the loops from the blend; P1 knows these as methods of their own."""


def point(s: Instance, key: str) -> dict[str, float]:
    return {name: float(a) for name, a in P1.run(s, method=LOOPS[key]).x.items()}


def is_of(found: Any, s: Instance, keys: set[str]) -> None:
    """Whether outcomes are those of this instance: optima as certified, loops by the objective by hand."""
    assert set(found) == keys
    optimum = P1.solve(s)
    assert optimum.status == "optimal"
    assert found["optimum"].value == pytest.approx(float(optimum.value), rel=1e-9)
    assert found["optimum"].bound == pytest.approx(float(optimum.value), rel=1e-6)
    for key in LOOPS:
        assert found[key].value == pytest.approx(by_hand(s, point(s, key), "hybrid"), rel=1e-9)
        assert found[key].bound == pytest.approx(float(optimum.value), rel=1e-6)
        assert found[key].seconds > 0
    for key in keys & {"af", "df", "fdhr", "tdhr"}:
        problem = PROBLEMS[key.upper()]
        best = problem.solve(problem.instance(s.given))
        assert best.status == "optimal"
        assert found[key].value == pytest.approx(float(best.value), rel=1e-9)
        assert found[key].bound == pytest.approx(float(best.value), rel=1e-6)


ALL = {"optimum", "cccp", "ibcd", "af", "df", "fdhr", "tdhr"}


def test_draws() -> None:
    drawn, segment = simulation.draw(400, 3), simulation.draw_segment(400, 3)
    assert {float(s.weight) for s in (*drawn, *segment)} == {0.1}
    gains = np.array([float(s.df_gain_relay_receiver) for s in drawn])
    ratio = [float(b.df_gain_relay_receiver) / a for a, b in zip(gains, segment, strict=True)]
    assert ratio == pytest.approx([1e-6 * 90**-3.5 / 2e-13] * 400, rel=1e-12)
    assert gains.mean() == pytest.approx(2e-13, rel=0.2)
    assert len(set(gains)) == 400


def test_schemes_by_size_and_weight() -> None:
    s = example(weight=0.1)
    is_of(simulation.by_size(s, 1.5, weight=0.3), example(weight=0.3, input_bits=1.2e6), ALL)
    is_of(simulation.by_weight(s, 0.02), example(weight=0.02), ALL)


def test_by_distance() -> None:
    """Fadings of 1, 2, 3 and 4 with the relay 40 m from the user, 140 m from the receiver."""
    fading = {
        "af_gain_user_relay": 1.0,
        "af_gain_relay_receiver": 2.0,
        "df_gain_user_relay": 3.0,
        "df_gain_relay_receiver": 4.0,
    }
    middle = example(weight=0.1, **{name: f * 1e-6 * 90**-3.5 for name, f in fading.items()})
    metres = {name: 40 if name.endswith("user_relay") else 140 for name in fading}
    moved = example(weight=0.1, **{name: f * 1e-6 * metres[name] ** -3.5 for name, f in fading.items()})
    is_of(simulation.by_distance(middle, 40.0), moved, {"optimum", *LOOPS})


@pytest.mark.parametrize("noise", ["band", "fixed"])
def test_objectives_along_the_iterations(noise: str) -> None:
    s = example(weight=0.1, noise_model=noise)
    start = simulation.algorithms.start(s, "blend-0.5")._asdict()
    delays, energy = costs_by_hand(s, start, "hybrid")
    first, last = simulation.at_iteration(s, 0), simulation.at_iteration(s, 1000)
    for key in LOOPS:
        assert first[key].value == pytest.approx(by_hand(s, start, "hybrid"), rel=1e-9)
        assert last[key].value == pytest.approx(by_hand(s, point(s, key), "hybrid"), rel=1e-9)
        trace = P1.run(s, method=LOOPS[key]).trace
        assert trace is not None
        third = trace.column("unsmoothed" if key == "ibcd" else "objective")[3]
        assert simulation.at_iteration(s, 3)[key].value == third
    soft = np.log(np.sum(np.exp(10 * np.array(delays)))) / 10
    assert first["ibcd-smoothed"].value == pytest.approx(0.1 * soft + energy, rel=1e-9)
    assert np.isnan(first["cccp"].bound)
    assert first["ibcd-smoothed"].bound == first["ibcd-smoothed"].value


def test_iterations_of_table_2() -> None:
    found = simulation.iterations(example(weight=0.1), 0.5)
    s = example(weight=0.5)
    for key, method in LOOPS.items():
        trace = P1.run(s, method=method).trace
        assert trace is not None
        assert found[key].value == trace.steps > 1
        assert 0 < found[key].seconds < 1


def test_energy_against_delay() -> None:
    found = simulation.energy_against_delay(example(weight=0.1), 0.7)
    assert set(found) == {f"{key}-{speed}" for key in LOOPS for speed in ("1.2", "2.4", "4.8")}
    for key in LOOPS:
        for speed in (1.2, 2.4, 4.8):
            s = example(weight=0.7, max_relay_frequency=speed * 1e9)
            delays, energy = costs_by_hand(s, point(s, key), "hybrid")
            outcome = found[f"{key}-{speed}"]
            assert outcome.value == pytest.approx(energy, rel=1e-9)
            assert outcome.across == pytest.approx(max(delays), rel=1e-9)


def test_what_has_no_point_has_no_value() -> None:
    dead = example(af_gain_user_relay=0.0, df_gain_user_relay=0.0)
    found = simulation.judged(dead, P1, "exact")
    assert np.isnan(found.value)
    assert "both chains are dead" in found.said
