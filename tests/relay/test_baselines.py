"""Starts, baselines and the pieces of Algorithm G by values that share no code with them."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from mecopt.instance import Instance
from mecopt.problems.relay import algorithms, exact, links
from mecopt.problems.relay.exact import Cell, Cut
from tests.relay.cases import P1, PROBLEMS, example, scattered

ALONE = {"baseline:af-only": ("AF", 0.0), "baseline:df-only": ("DF", 1.0)}


def stacked(cases: list[Instance]) -> Instance:
    """Single instances as a batch."""
    names = ("band", "fixed")
    data = {name: np.array([float(s.data[name]) for s in cases]) for name in cases[0].data}
    numbers = data.pop("noise_model")
    assert len(set(numbers)) == 1
    return P1.instance({**data, "noise_model": names[int(numbers[0])]})


def both_noises(count: int, seed: int) -> list[Instance]:
    cases = scattered("P1", count, seed=seed)
    return [stacked(cases[0::2]), stacked(cases[1::2])]


@pytest.mark.parametrize("noise", ["band", "fixed"])
def test_starts(noise: str) -> None:
    """The specification's: half of everything at full speed, and the special cases with half their powers."""
    s = example(noise_model=noise)
    naive = algorithms.start(s, "naive")
    assert naive == (0.5, 0.5, 2e8, 2.4e9, 0.25, 0.25, 0.5, 0.5)
    af, df = (PROBLEMS[name].run(PROBLEMS[name].instance(s.given)).x for name in ("AF", "DF"))
    for share in (0.1, 0.5, 0.9):
        found = algorithms.start(s, f"blend-{share}")
        assert (found.beta, found.omega) == (share, share)
        assert (found.user_frequency, found.relay_frequency) == pytest.approx((2e8, 4.641589e8), rel=1e-6)
        powers = (found.user_af_power, found.relay_af_power, found.user_df_power, found.relay_df_power)
        halved = [*(af[name] / 2 for name in ("user_af_power", "relay_af_power"))]
        halved += [df[name] / 2 for name in ("user_df_power", "relay_df_power")]
        assert powers == pytest.approx(halved, rel=1e-12)
        assert halved[2:] == pytest.approx([0.12559069 / 2, 0.18289570 / 2], rel=1e-6)


@pytest.mark.parametrize("method", ALONE)
def test_one_scheme_alone(method: str) -> None:
    """The point of P1 costs what the special case's own problem, which is certified, has as its optimum."""
    name, beta = ALONE[method]
    for s in both_noises(8, seed=11):
        best = PROBLEMS[name].solve(PROBLEMS[name].instance(s.given))
        assert set(best.status) == {"optimal"}
        x = P1.run(s, method=method).x
        assert np.all(x["beta"] == beta)
        assert np.all(x["omega"] == beta)
        found = P1.certify(s, x, rigorous=False, tol=1e9)
        assert np.max(found.infeasibility) == 0
        assert found.value == pytest.approx(best.value, rel=1e-12)


def test_half_the_band_each() -> None:
    s = P1.sample(batch=3, seed=21)
    best = PROBLEMS["FDHR"].solve(PROBLEMS["FDHR"].instance(s.given))
    x = P1.run(s, method="baseline:fdhr").x
    assert x["omega"] == pytest.approx(np.full(3, 0.5), rel=1e-15)
    assert P1.certify(s, x, rigorous=False, tol=1e9).value == pytest.approx(best.value, rel=1e-12)


@pytest.mark.parametrize("method", ALONE)
def test_a_dead_chain_alone_is_refused(method: str) -> None:
    dead = "af_gain_relay_receiver" if method.endswith("af-only") else "df_gain_user_relay"
    r = P1.solve(example(**{dead: 0.0}), method=method)
    assert r.status == "failed"
    assert "dead" in str(r.message)


# ------------------------------------------------------------------------------- Algorithm G


def height(cut: Cut, beta: Any) -> Any:
    """The specification's cut, with 0^0 = 1."""
    return np.exp(cut.level) * (1 - beta) ** (1 - cut.elasticity) * beta**cut.elasticity


def test_the_bound_of_a_cell_is_the_least_of_the_higher_cut() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for trial in range(200):
        low, high = np.sort(rng.uniform(0, 1, 2)) if trial % 4 else (0.0, 1.0)
        one, other = np.sort(rng.uniform(0, 1, 2)) if trial % 5 else (0.0, 1.0)
        below, above = Cut(rng.normal(0, 0.5), float(one)), Cut(rng.normal(0, 0.5), float(other))
        cell = Cell(float(low), float(high), below, above)
        crossing = cell.crossing()
        assert low <= crossing <= high
        grid = np.append(np.linspace(low, high, 101), crossing)
        least = np.min(np.maximum(height(below, grid), height(above, grid)))
        if low < crossing < high:
            inside += 1
            assert height(below, crossing) == pytest.approx(height(above, crossing), rel=1e-9)
            assert cell.bound() == pytest.approx(least, rel=1e-12)
        else:  # tangents of one convex function cross in between; others may prove less
            assert cell.bound() <= least * (1 + 1e-12)
            assert cell.bound() >= min(np.min(height(cut, grid)) for cut in (below, above)) * (1 - 1e-12)
    assert inside > 50


def test_parallel_cuts_do_not_cross() -> None:
    """Their cell is split in the middle, and its bound is one of both."""
    below, above = Cut(0.0, 0.3), Cut(0.2, 0.3)
    cell = Cell(0.2, 0.6, below, above)
    assert cell.crossing() == pytest.approx(0.4)
    grid = np.linspace(0.2, 0.6, 101)
    assert cell.bound() <= np.min(height(above, grid)) * (1 + 1e-12)
    assert cell.bound() >= np.min(height(below, grid)) * (1 - 1e-12)


def test_where_the_value_is_flat() -> None:
    """e = beta at the optimum: between the nearest fractions on either side, by a line."""
    s = exact.Search(links.data(example()), "hybrid")
    assert s.flat() is None
    s.solved = [(0.1, 0.05), (0.3, 0.2), (0.9, 0.95)]
    assert s.flat() == pytest.approx(0.3 + 0.6 * 0.1 / (0.1 + 0.05))
    s.solved = [(0.3, 0.2), (0.1, 0.05)]
    assert s.flat() is None


@pytest.mark.parametrize("weaker", [1.0, 1e-2, 1e-3])
def test_af_alone_in_its_best_band(weaker: float) -> None:
    s = example(af_gain_user_relay=2.5e-13 * weaker, af_gain_relay_receiver=1.5e-13 * weaker)
    found = exact.narrow_af(s)
    assert found.beta == 0.0

    def least(log_band: float) -> float:
        """The best of AF in a band: its problem with that bandwidth is certified."""
        af = PROBLEMS["AF"].instance({**s.given, "bandwidth": 1e6 * math.exp(log_band)})
        return float(PROBLEMS["AF"].solve(af, rigorous=False).value)

    best = minimize_scalar(least, bounds=(-12.0, 0.0), method="bounded", options={"xatol": 1e-7})
    value = float(P1.certify(s, found.outputs(), rigorous=False, tol=1e9).value)
    assert value == pytest.approx(min(best.fun, least(0.0)), rel=1e-8)
    assert (value < 0.99 * least(0.0)) == (weaker < 0.1)
