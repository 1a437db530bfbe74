"""What the statement says of a point: constraints, values, feasible neighbours, infeasible data."""

from typing import Any

import mpmath
import numpy as np
import pytest

from mecopt.arithmetic import ball_arithmetic, lower
from mecopt.instance import Instance
from mecopt.problem import Problem
from mecopt.problems.tdma_ofdma import statement
from tests.tdma_ofdma.cases import DIGITS, P1, P2, P3, PROBLEMS, Exact, example

NAMES = list(PROBLEMS)


def test_each_constraint_is_measured_by_its_own_bound() -> None:
    s1, s3 = example("P1"), example("P3")
    good = {name: PROBLEMS[name].run(s).x for name, s in (("P1", s1), ("P3", s3))}

    def missed(problem: Problem, s: Instance, **changes: Any) -> float:
        x = good[problem.key[-2:]] | changes
        return float(problem.certify(s, x, rigorous=False).infeasibility)

    bits, time = good["P1"]["offloaded_bits"], good["P1"]["offloading_time"]
    assert missed(P1, s1) <= 1e-15
    assert missed(P1, s1, offloading_time=time * 1.001) == pytest.approx(1e-3)
    assert missed(P1, s1, offloading_time=time - [0, 0, 0.02]) == pytest.approx(0.2)
    assert missed(P1, s1, offloaded_bits=bits - [1e5, 0, 0]) == pytest.approx(0.2)  # of R = 5e5
    assert missed(P1, s1, offloaded_bits=np.add(bits, [0, 5e4, 0])) == pytest.approx(5e4 * 700 / 9e8)
    assert missed(P1, s1, offloaded_bits=bits * [2, 0, 0]) == pytest.approx(0.6)  # 8e5 of R = 5e5
    assert missed(P1, s1, offloaded_bits=bits - [0, 0, 6e4]) == pytest.approx(0.1)
    assert missed(P3, s3, offloaded_bits=good["P3"]["offloaded_bits"] + [0, 2e5, 0]) == pytest.approx(
        2e5 * 700 / 2e10 / 0.1
    )
    closed = example("P1", cloud_capacity=0, local_frequency=[1e12] * 3)
    x = {"offloaded_bits": [0, 1e5, 0], "offloading_time": [0, 0.1, 0]}
    # nothing fits a closed cloud: the load is measured by all there is
    assert P1.certify(closed, x).infeasibility == pytest.approx(7e7 / 1.78e9)


def test_bits_of_a_user_without_data() -> None:
    s = example("P2", input_bits=[5e5, 0, 6e5])
    x = {"offloaded_bits": [4.5e5, 1e-6, 6e5], "offloading_time": [0.04, 0.02, 0.04]}
    assert P2.certify(s, x).infeasibility == np.inf


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rigorous", [True, False])
@pytest.mark.parametrize("time", [-1e-10, -5e-324, -0.0, 0.0, 5e-324])
def test_no_bits_in_no_time(name: str, rigorous: bool, time: float) -> None:
    """Negative airtime within tolerance once bought finite energy, below the optimum."""
    least = np.array([4e5, 0.0, 0.0])
    x = {"offloaded_bits": least, "offloading_time": np.array([time * 0.1, 0.0, 0.0])}
    c = PROBLEMS[name].certify(example(name), x, rigorous=rigorous)
    assert not c.gap <= 1e9
    assert not c.upper < c.bound
    assert c.value == np.inf


def test_bits_that_round_to_zero_get_a_sliver_of_time() -> None:
    """m = R - F_k T/C is 0 in doubles and 1e-11 bit exactly: the point with l = t = 0 stays certifiable."""
    own = {"slot_duration": 0.3, "input_bits": [3e5, 8e5, 6e5], "energy_per_cycle": [1e-20, 1.5e-10, 5e-11]}
    s = example("P2", **own)
    with mpmath.workdps(DIGITS):
        assert 0 < Exact.of(s).m[0] < 1e-9
    r = P2.solve(s)
    assert r.x["offloaded_bits"][0] == 0
    assert r.x["offloading_time"][0] == 0
    assert r.certificate.rigorous
    assert r.status == "optimal"


@pytest.mark.parametrize("excess", [1e-10, 9e-10])
def test_upper_is_reached_by_a_feasible_point(excess: float) -> None:
    """Whatever a point gains by its violations, within tolerance, does not count."""
    # users 1 and 3 would rather not offload in the second
    s1, s2 = example("P1"), example("P2", energy_per_cycle=[1e-20, 1.5e-10, 1e-20])
    bits, time = P1.run(s1).x["offloaded_bits"], P1.run(s1).x["offloading_time"]
    ell, t = P2.run(s2).x["offloaded_bits"], P2.run(s2).x["offloading_time"]
    assert ell[2] == 0
    cheats = {
        "more slot than there is": (s1, bits, time * (1 + excess)),
        "more cloud than there is": (s1, np.add(bits, [0, excess * 9e8 / 700, 0]), time),
        "fewer bits than required": (s2, ell - [excess * 5e5, 0, 0], t),
        "slot made of another's negative time": (s2, ell, t * (1 + excess) - [0, 0, excess * 0.1]),
    }
    for name, (s, some_bits, some_time) in cheats.items():
        c = s.problem.certify(s, {"offloaded_bits": some_bits, "offloading_time": some_time})
        assert 0 < c.infeasibility <= 1e-9, name
        assert c.value < c.bound, name  # the cheat pays, and is seen to pay
        assert c.upper >= c.bound, name
        assert c.upper <= c.bound * (1 + 1e-7), name  # the neighbour is close
        assert c.gap >= 1e-12, name


@pytest.mark.parametrize("name", NAMES)
def test_wrong_exponents_weaken_the_bound_and_keep_it_valid(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The bound holds for any exponents, as the module claims; here they are off by up to a half."""
    s = example(name)
    exact = PROBLEMS[name].solve(s)
    prices = {key: np.asarray(price) for key, price in exact.multipliers.items()}
    right = statement.exponents
    for seed in range(20):
        off = np.random.default_rng(seed).uniform(0.5, 1.5, 3)
        monkeypatch.setattr(statement, "exponents", lambda ratio, off=off: right(ratio) * off)
        with ball_arithmetic() as ops:
            d = PROBLEMS[name].statement.lift(ops, s)
            bound = lower(PROBLEMS[name].statement.bound(ops, d, prices))
        assert bound < exact.certificate.bound


FEASIBILITY: dict[str, tuple[str, dict[str, Any], str]] = {
    "P1 needs cycles": (
        "P1",
        {"cloud_capacity": 3.9e8},
        "4e+08 required cycles exceed cloud_capacity = 3.9e+08",
    ),
    "P1 needs all cycles": ("P1", {"cloud_capacity": 4e8}, ""),
    "P1 needs none": ("P1", {"cloud_capacity": 0, "local_frequency": [1e12] * 3}, ""),
    "P2 always": ("P2", {"local_frequency": [0, 0, 0]}, ""),
    "P3 at the edge": ("P3", {"cloud_frequency": 4e9}, "4e+08 required cycles leave no airtime"),
    "P3 below the edge": ("P3", {"cloud_frequency": 3e9}, "cloud_frequency * slot_duration = 3e+08"),
    "P3 above the edge": ("P3", {"cloud_frequency": 4.1e9}, ""),
    "P3 needs none": ("P3", {"cloud_frequency": 1e-300, "local_frequency": [1e12] * 3}, ""),
}


@pytest.mark.parametrize("case", FEASIBILITY)
def test_infeasible_data_name_the_condition(case: str) -> None:
    name, changes, words = FEASIBILITY[case]
    s = example(name, **changes)
    reason = PROBLEMS[name].infeasible(s)
    assert words in reason
    assert (reason == "") == (words == "")
    r = PROBLEMS[name].solve(s)
    assert (r.status == "infeasible") == (words != "")
    if words:
        assert r.message == reason
        assert np.isnan(r.value)
        assert np.all(np.isnan(r.x["offloaded_bits"]))


def test_infeasibility_over_a_batch() -> None:
    s = example("P1", cloud_capacity=[[9e8, 3e8], [1e8, 1e12]])
    reasons = P1.infeasible(s)
    assert (reasons == "").tolist() == [[True, False], [False, True]]
    assert P1.solve(s).status.tolist() == [["optimal", "infeasible"], ["infeasible", "optimal"]]
