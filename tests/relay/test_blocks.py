"""The steps of Algorithm 2 one by one: line searches, the block of the band, one step in the powers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from mecopt.instance import Instance
from mecopt.problems.relay import links, nlp, projection, scip, smoothing
from mecopt.problems.relay.links import Plan
from mecopt.problems.relay.projection import Linearised, Powers
from tests.relay.cases import P1, by_hand, costs_by_hand, example, odd, scattered
from tests.relay.test_statement import random_plan

MU = 10.0


def smoothed_by_hand(s: Instance, x: dict[str, float]) -> float:
    """(29)."""
    delays, energy = costs_by_hand(s, x, "hybrid")
    return float(s.weight) * float(np.logaddexp(*(MU * np.array(delays))) / MU) + energy


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
    s = odd(noise_model=noise)
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


@pytest.mark.parametrize("weight", [0.02, 0.2, 50.0])
def test_the_blocks_of_the_cpus(weight: float) -> None:
    """Both frequencies inside their limits, and at them where time is dear."""
    rng = np.random.default_rng(6)
    s = odd(weight=weight, max_user_frequency=1e9)
    blocks = smoothing.Blocks(links.data(s), MU)
    inside = 0
    for _ in range(4):
        x = random_plan(s, rng)
        for block, name, top in (
            (blocks.user_cpu, "user_frequency", 1e9),
            (blocks.relay_cpu, "relay_frequency", 2.4e9),
        ):

            def value(log_f: float, x: dict[str, float] = x, name: str = name) -> float:
                return smoothed_by_hand(s, {**x, name: float(np.exp(log_f))})

            best = minimize_scalar(
                value, bounds=(np.log(1e-6 * top), np.log(top)), method="bounded", options={"xatol": 1e-10}
            )
            found = getattr(block(Plan(**x)), name)
            assert 0 < found <= top
            assert value(np.log(found)) <= best.fun * (1 + 1e-11)
            inside += found < 0.9 * top
    assert 0 < inside < (8 if weight > 10 else 9)


def projected(target: np.ndarray, rows: list[Callable[[np.ndarray], float]], start: np.ndarray) -> np.ndarray:
    """The nearest point with these rows and x + x2 - 1 at most 0, by SLSQP."""
    found = minimize(
        lambda v: float(np.sum((v - target) ** 2)),
        start,
        bounds=[(0, None)] * 4,
        constraints=[
            {"type": "ineq", "fun": lambda v, row=row: -row(v)} for row in (*rows, lambda v: v[0] + v[1] - 1)
        ],
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 300},
    )
    return np.asarray(found.x)


@pytest.mark.parametrize("noise", ["band", "fixed"])
def test_one_step_in_the_powers(noise: str) -> None:
    """The specification's, with the gradient by differences: in gain form on (33), else in the powers."""
    rng = np.random.default_rng(2)
    s = odd(noise_model=noise)
    users, relays = float(s.max_user_power), float(s.max_relay_power)
    d = links.data(s)
    m = d.snr[0] / (1 + d.snr[0])
    cut = 0
    for trial in range(10):
        x = random_plan(s, rng)
        step = (0.3, 1.0)[trial % 2]
        blocks = smoothing.Blocks(d, MU, step_size=step)

        def plan(v: np.ndarray, x: dict[str, float] = x) -> dict[str, float]:
            q = v[2] * (m * v[0] + 1 - m if noise == "fixed" else 1.0)
            shares = {"user_af_power": users * v[0], "user_df_power": users * v[1]}
            return {**x, **shares, "relay_af_power": relays * q, "relay_df_power": relays * v[3]}

        def value(v: np.ndarray, plan: Any = plan) -> float:
            return smoothed_by_hand(s, plan(v))

        v = np.array([x["user_af_power"] / users, x["user_df_power"] / users, 0.0, 0.0])
        v[2], v[3] = x["relay_af_power"] / relays, x["relay_df_power"] / relays
        rows: list[Callable[[np.ndarray], float]] = [lambda y: y[2] + y[3] - 1]
        if noise == "fixed":
            v[2] /= m * v[0] + 1 - m
            c = Linearised(m, v[0] - v[2])
            rows = [lambda y, c=c: c.value(Powers(*y))]
        steps = np.eye(4) * 1e-6
        slope = np.array([(value(v + e) - value(v - e)) / 2e-6 for e in steps])
        aim = projected(v - step * slope / np.max(np.abs(slope)), rows, v)
        aim[aim < 1e-7] = 0.0  # what SLSQP leaves of it
        alpha = 1.0
        while np.any(v + alpha * (aim - v) <= 0) or not (
            value(v + alpha * (aim - v)) <= value(v) + 1e-4 * alpha * slope @ (aim - v)
        ):
            cut += bool(np.any(v + alpha * (aim - v) <= 0))
            alpha /= 2
        found = blocks.powers(Plan(**x))
        for name, number in plan(v + alpha * (aim - v)).items():
            assert getattr(found, name) == pytest.approx(number, abs=5e-5)
        assert blocks.step_size == (min(1.0, 2 * step) if alpha == 1 else max(alpha, 0.1) * step)
        assert smoothed_by_hand(s, found._asdict()) < value(v)
    assert cut > 0


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
        near = projected(np.array(target), [lambda v, c=c: c.value(Powers(*v))], np.array(found))
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
