"""Every problem of every built-in paper obeys the laws of `mecopt.testing`, and each law can be broken."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mecopt.instance import Instance
from mecopt.problem import Method, Problem, load_problem
from mecopt.result import Point
from mecopt.testing import LAWS, Law, LawBroken, every_case

PAPERS = sorted(p.parent.name for p in (Path(__file__).parents[1] / "problems").glob("*/__init__.py"))
BY_NAME = {law.name: law for law in LAWS}


@pytest.mark.parametrize(("problem", "law"), every_case(PAPERS), ids=lambda x: getattr(x, "key", str(x)))
def test_every_problem_obeys(problem: Problem, law: Law) -> None:
    law.check(problem)


def test_there_is_something_to_check() -> None:
    assert len(PAPERS) >= 1
    assert len(every_case(PAPERS)) >= 8 * len(PAPERS)


def spoiled(run: Any) -> Problem:
    """P2 with a first method that is wrong in some way."""
    problem = load_problem("tdma_ofdma.P2")
    return replace(problem, own_methods=(Method("wrong", "for this test", run),), conic=None)


def honest(s: Instance) -> Point:
    return load_problem("tdma_ofdma.P2").own_methods[0].run(s, 1e-10)


def depends_on_the_batch(s: Instance, tol: float) -> Point:
    point = honest(s)
    factor = 1.0 if s.batch_shape else 1 - 1e-12
    return replace(point, x={name: array * factor for name, array in point.x.items()})


def wasteful(s: Instance, tol: float) -> Point:
    x = {name: np.array(array) for name, array in honest(s).x.items()}
    return Point({**x, "offloading_time": x["offloading_time"] * 0.9})


def priced_in_other_units(s: Instance, tol: float) -> Point:
    point = honest(s)
    return replace(point, multipliers={"time_price": 1000 * point.multipliers["time_price"]})


def priced_at_nothing_known(s: Instance, tol: float) -> Point:
    point = honest(s)
    return replace(point, multipliers={"time_price": np.nan * point.multipliers["time_price"]})


WRONG = [
    ("batch", depends_on_the_batch),
    ("certified", wasteful),
    ("prices", priced_in_other_units),
    ("prices", priced_at_nothing_known),
]


@pytest.mark.parametrize(("law", "run"), WRONG)
def test_a_wrong_method_breaks_a_law(law: str, run: Any) -> None:
    with pytest.raises(LawBroken):
        BY_NAME[law].check(spoiled(run))


def test_a_sampler_that_ignores_the_batch_breaks_a_law() -> None:
    problem = load_problem("tdma_ofdma.P2")
    stubborn = replace(problem, sampler=lambda *a, **k: problem.sampler(*a, **{**k, "batch": 1}))
    with pytest.raises(LawBroken):
        BY_NAME["empty"].check(stubborn)


@pytest.mark.parametrize("law", ["bound", "rigorous"])
def test_a_wrong_bound_breaks_a_law(law: str) -> None:
    problem = load_problem("tdma_ofdma.P2")

    class Boastful(type(problem.statement)):  # type: ignore[misc]
        def bound(self, ops: Any, d: Any, prices: Any) -> Any:
            return super().bound(ops, d, prices) * 1.01

    wrong = replace(problem, statement=Boastful("none"))
    with pytest.raises(LawBroken):
        BY_NAME[law].check(wrong)


def test_lax_data_break_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mecopt.instance.check_range", lambda field, array, sizes: None)
    with pytest.raises(LawBroken, match="was accepted"):
        BY_NAME["data"].check(load_problem("tdma_ofdma.P2"))


def test_lost_digits_break_a_law(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Instance.to_json
    monkeypatch.setattr(Instance, "to_json", lambda s: {**exact(s), "bandwidth": 1.0})
    with pytest.raises(LawBroken, match="bandwidth"):
        BY_NAME["json"].check(load_problem("tdma_ofdma.P2"))
