"""The steps of Algorithm 2 one by one: line searches, the block of the band, one step in the powers."""

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from mecopt.instance import Instance
from mecopt.problems.relay import links, nlp, projection, scip, smoothing
from mecopt.problems.relay.links import Plan
from mecopt.problems.relay.projection import Linearised, Powers
from tests.relay.cases import P1, by_hand, costs_by_hand, example, scattered
from tests.relay.test_statement import random_plan

MU = 10.0


def smoothed_by_hand(s: Instance, x: dict[str, float]) -> float:
    """(29)."""
    delays, energy = costs_by_hand(s, x, "hybrid")
    return float(s.weight) * float(np.log(np.sum(np.exp(MU * np.array(delays)))) / MU) + energy


def test_line_searches() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        low, high = np.sort(rng.normal(0, 3, 2))
        best = rng.uniform(low - 1, high + 1)
        inside = float(np.clip(best, low, high))
        found = smoothing.rising_root(lambda t, b=best: (t - b) ** 3 + t - b, float(low), float(high))
        assert found == pytest.approx(inside, abs=1e-12)
        found = smoothing.golden(lambda t, b=best: abs(t - b), float(low), float(high))
        assert found == pytest.approx(inside, abs=1e-9)


@pytest.mark.parametrize("noise", ["band", "fixed"])
def test_the_band_block(noise: str) -> None:
    rng = np.random.default_rng(1)
    s = example(noise_model=noise)
    blocks = smoothing.Blocks(links.data(s), MU)
    for _ in range(5):
        x = random_plan(s, rng)
        along = blocks.along_band(Plan(**x))
        for omega in rng.uniform(0.01, 0.99, 5):
            assert along(omega) == pytest.approx(smoothed_by_hand(s, {**x, "omega": omega}), rel=1e-10)
        best = minimize_scalar(along, bounds=(1e-6, 1 - 1e-6), method="bounded", options={"xatol": 1e-9})
        found = blocks.band(Plan(**x))
        assert along(found.omega) <= best.fun * (1 + 1e-10)
        assert found == Plan(**x)._replace(omega=found.omega)


def projected(target: np.ndarray, m: float, delta: float, start: np.ndarray) -> np.ndarray:
    """(37) by SLSQP."""
    c = Linearised(m, delta)
    rows = [
        {"type": "ineq", "fun": lambda v: 1 - v[0] - v[1]},
        {"type": "ineq", "fun": lambda v: -c.value(Powers(*v))},
    ]
    found = minimize(
        lambda v: float(np.sum((v - target) ** 2)),
        start,
        bounds=[(0, None)] * 4,
        constraints=rows,
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 300},
    )
    return np.asarray(found.x)


def test_one_step_in_the_powers() -> None:
    """A step of the specification, in gain form, with the gradient by differences and (37) by SLSQP."""
    rng = np.random.default_rng(2)
    s = example(noise_model="fixed")
    d = links.data(s)
    m = d.snr[0] / (1 + d.snr[0])
    for _ in range(4):
        x = random_plan(s, rng)
        blocks = smoothing.Blocks(d, MU, step_size=0.3)

        def plan(v: np.ndarray, x: dict[str, float] = x) -> dict[str, float]:
            radiated = v[2] * (m * v[0] + 1 - m)
            shares = {"user_af_power": 0.5 * v[0], "user_df_power": 0.5 * v[1]}
            return {**x, **shares, "relay_af_power": radiated, "relay_df_power": v[3]}

        def value(v: np.ndarray, plan: object = plan) -> float:
            return smoothed_by_hand(s, plan(v))  # type: ignore[operator]

        p1, q = x["user_af_power"] / 0.5, x["relay_af_power"]
        v = np.array([p1, x["user_df_power"] / 0.5, q / (m * p1 + 1 - m), x["relay_df_power"]])
        steps = np.eye(4) * 1e-6
        slope = np.array([(value(v + e) - value(v - e)) / 2e-6 for e in steps])
        aim = projected(v - 0.3 * slope / np.max(np.abs(slope)), m, v[0] - v[2], v)
        alpha = 1.0
        while not value(v + alpha * (aim - v)) <= value(v) + 1e-4 * alpha * slope @ (aim - v):
            alpha /= 2
        found = blocks.powers(Plan(**x))
        expected = plan(v + alpha * (aim - v))
        for name, number in expected.items():
            assert getattr(found, name) == pytest.approx(number, abs=2e-5)
        assert blocks.step_size == (min(1.0, 0.6) if alpha == 1 else max(alpha, 0.1) * 0.3)
        assert smoothed_by_hand(s, found._asdict()) < value(v)


def test_the_price_of_a_projection() -> None:
    """At the price of (33) the projection minimises the Lagrangian, and the price is complementary."""
    rng = np.random.default_rng(4)
    priced = 0
    for _ in range(40):
        m, delta = rng.uniform(0.05, 0.99), rng.uniform(-1, 1)
        target, c = Powers(*rng.normal(0.5, 0.8, 4)), Linearised(m, delta)
        found, price = projection.priced_projection(target, c)
        assert price >= 0
        assert abs(price * c.value(found)) <= 1e-12
        priced += price > 0
        near = projected(np.array(target), m, delta, np.array(found))
        assert np.array(found) == pytest.approx(near, abs=1e-5)
    assert 10 < priced < 40


@pytest.mark.parametrize("mode", ["hybrid", "half", "slots"])
def test_rows_of_the_smooth_programme(mode: str) -> None:
    """At logarithms of a plan its first row is the objective by hand, and a delay row is tight."""
    rng = np.random.default_rng(5)
    for s in scattered("P1", 6, seed=13):
        d, x = links.data(s), random_plan(s, rng)
        omega = {"half": 0.5, "slots": 0.5}.get(mode, x["omega"])
        delays, energy = costs_by_hand(s, {**x, "omega": omega}, mode)
        scale = float(s.weight) * max(delays) + energy
        band = {"half": [0.5, 0.5], "slots": [1.0, 1.0]}.get(mode, [1 - omega, omega])
        shares = [
            x["user_frequency"] / d.user_frequency,
            x["relay_frequency"] / d.relay_frequency,
            x["user_af_power"] / d.user_power,
            x["user_df_power"] / d.user_power,
            x["relay_af_power"] / d.relay_power,
            x["relay_df_power"] / d.relay_power,
            *band,
            1 - x["beta"],
            x["beta"],
            max(delays) * float(s.weight) / scale,
        ]
        rows = nlp._rows(d, mode, scale, np.log(shares))
        assert rows[0] == pytest.approx(0.0, abs=1e-10)
        assert rows[-1] == pytest.approx(0.0, abs=1e-12)
        longest = np.max(rows[1 : 7 if mode == "slots" else 3])
        assert longest == pytest.approx(0.0, abs=1e-10)
        if mode != "slots":
            assert np.exp(rows[3:5]) == pytest.approx([1.0, 1.0], rel=1e-12)  # both budgets are used up
            assert len(rows) == (7 if mode == "hybrid" else 6)
        else:
            assert len(rows) == 8


@pytest.mark.skipif(not scip.available(), reason="needs pyscipopt")
def test_scip_as_a_method() -> None:
    s = example()
    r = P1.solve(s, method="scip")
    assert r.status == "optimal"
    assert r.message == ""
    x = {name: float(a) for name, a in r.x.items()}
    assert by_hand(s, x, "hybrid") == pytest.approx(0.423633556, rel=1e-7)
