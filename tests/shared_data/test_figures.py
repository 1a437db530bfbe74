"""Figures 2 and 3: what is drawn, and every curve against P1' written down once more (`plain`)."""

from dataclasses import replace

import numpy as np
import pytest

from mecopt.figures import figures_of, reproduce
from mecopt.instance import Instance
from mecopt.problems.shared_data import figures
from tests.shared_data.cases import P1
from tests.shared_data.plain import Model, in_other_units

FIGURES = figures_of("shared_data")

pytestmark = pytest.mark.filterwarnings("ignore:Solution may be inaccurate")

STATED = {
    "uplink_bandwidth": 1e7,
    "downlink_bandwidth": 1e7,
    "multicast_bandwidth": 1e7,
    "noise_psd": 1.2589254e-20,
    "reception_power": 0.625,
    "cycles_per_bit": 1e3,
    "energy_coefficient": 1e-28,
    "max_bs_power": 1.0,
    "max_bs_energy": 1e-3,
    "output_ratio": 1.0,
}
"""The table of the specification; the arrays and what a figure varies aside."""


def loss(metres: float) -> float:
    return float(10 ** (-12.81 - 3.76 * np.log10(metres / 1000)))


def of_scenario(s: Instance) -> None:
    for name, value in STATED.items():
        assert s.data[name] == pytest.approx(np.full(s.batch_shape, value), rel=1e-12), name
    assert np.all(s.input_bits == 63000)
    assert np.all(s.local_frequency == 1e9)
    assert np.array_equal(s.uplink_gain, s.downlink_gain)


def test_scenarios() -> None:
    placed = P1.sample(users=4, scenario="placed")
    of_scenario(placed)
    assert placed.uplink_gain == pytest.approx([loss(d) for d in (50, 100, 150, 200)], rel=1e-12)
    assert (float(placed.max_latency), float(placed.shared_bits)) == pytest.approx((0.05, 18900))
    dropped = P1.sample(users=3, batch=1000, seed=1, scenario="dropped")
    of_scenario(dropped)
    metres = 1000 * 10 ** ((-np.log10(dropped.uplink_gain) - 12.81) / 3.76)
    assert (metres.min(), metres.mean(), metres.max()) == pytest.approx((30, 140, 250), rel=0.02)
    latency, share = np.log10(dropped.max_latency), dropped.shared_bits / 63000
    assert (latency.min(), latency.mean(), latency.max()) == pytest.approx((-2, -1.5, -1), rel=0.02)
    assert (share.min(), share.max()) == pytest.approx((0.05, 0.95), rel=0.03)


def test_what_is_drawn() -> None:
    first, *others = figures.draw(60, 5)
    of_scenario(first)
    assert first.uplink_gain == pytest.approx([loss(d) for d in (50, 100, 150, 200)], rel=1e-12)
    gains = np.array([s.uplink_gain for s in others])
    assert gains.shape == (59, 4)
    assert (gains.max() / loss(30), gains.min() / loss(250)) == pytest.approx((1, 1), rel=0.1)
    for s in others:
        of_scenario(s)
        assert (float(s.max_latency), float(s.shared_bits)) == pytest.approx((0.05, 18900))
    assert np.array_equal(figures.draw(3, 5)[2].uplink_gain, others[1].uplink_gain)


def curves(s: Instance) -> dict[str, float]:
    """The schemes by their models; computing everything locally in closed form."""
    unit = 1e-4
    s = in_other_units(s, bit=63000.0, second=float(s.max_latency), joule=unit)
    cycles = s.cycles_per_bit * s.input_bits
    values = {
        "proposed": Model(s).value,
        "no-shared-data": Model(s.replace(shared_bits=0.0)).value,
        "full-offloading": Model(s, local="forbidden").value,
        "equal-time": Model(s, times="equal").value,
        "local-only": float(np.sum(s.energy_coefficient * cycles**3)),
    }
    return {key: unit * value for key, value in values.items()}


@pytest.mark.parametrize(
    ("measure", "x", "changes"),
    [
        (figures.by_deadline, 20.0, {"max_latency": 0.02}),
        (figures.by_deadline, 100.0, {"max_latency": 0.1}),
        (FIGURES["3"].measure, 80.0, {"max_latency": 0.05, "shared_bits": 50400.0}),
        (FIGURES["3-long"].measure, 10.0, {"max_latency": 0.1, "shared_bits": 6300.0}),
    ],
    ids=["20 ms", "100 ms", "80 %", "10 %"],
)
def test_curves(measure: object, x: float, changes: dict[str, float]) -> None:
    for s in figures.draw(2, 4):
        found = measure(s, x)  # type: ignore[operator]
        expected = curves(s.replace(**changes))
        assert set(found) == set(expected)
        for key, value in expected.items():
            assert found[key].value == pytest.approx(value, rel=1e-5), key
            assert found[key].bound <= found[key].value * (1 + 1e-9)
        for key in ("proposed", "no-shared-data", "local-only"):
            assert found[key].bound == pytest.approx(found[key].value, rel=1e-9)
        # what bounds a baseline is the optimum of its problem: P1' without a CPU, and P1' itself
        assert found["full-offloading"].bound == pytest.approx(expected["full-offloading"], rel=1e-6)
        assert found["equal-time"].bound == pytest.approx(expected["proposed"], rel=1e-6)


def test_what_cannot_be_done_says_so() -> None:
    s = figures.draw(1, 0)[0].replace(max_bs_energy=1e-9)
    found = figures.schemes(s)
    assert np.isnan(found["full-offloading"].value)
    assert found["full-offloading"].said == "infeasible"
    assert np.isfinite(found["proposed"].value)
    late = figures.schemes(s.replace(max_latency=1e-4))
    assert np.isnan(late["proposed"].value)
    assert late["proposed"].said == "infeasible"


@pytest.mark.parametrize("key", FIGURES)
def test_what_is_provable_holds(key: str) -> None:
    figure = replace(FIGURES[key], points=FIGURES[key].points[1:8:3])
    found = reproduce(figure, samples=2, seed=7)
    assert found["violations"] == []
    wrong = tuple((b, a) for a, b in figure.orders)
    assert reproduce(replace(figure, orders=wrong), samples=1, seed=7)["violations"]
