"""Every model that a problem hands out, solved by CVXPY alone, has the certified optimum as its value."""

from typing import Any

import numpy as np
import pytest

import mecopt
from mecopt.handout import unscaled_value
from mecopt.instance import Instance
from mecopt.problem import Problem
from mecopt.solvers import installed

PROBLEMS = [p for paper in mecopt.papers().values() for p in paper.problems]
WITHOUT = {
    "tdma_ofdma.P4": "whole numbers and exponential cones, which no solver here takes together",
    "relay.P1": "not convex: the product of band and load",
    "relay.FDHR": "not convex: the offloaded fraction",
    "relay.TDHR": "not convex: the offloaded fraction",
}
HANDED_OUT = [p.key for p in PROBLEMS if p.model is not None]
MIXED_INTEGER = {"aoi_pricing.P1", "aoi_pricing.P5", "jtora.JTORA", "jtora.TO"}

RIGHT = 1e-7
"""Solvers are asked for 1e-11 in scaled units, SCIP's rows are right to 1e-9; both lose some digits."""

RANDOM = {"shared_data.P1": "dropped"}
"""Scenarios for problems whose first one is the same for every seed."""

SCIP = {"limits/gap": 0.0, "numerics/feastol": 1e-9}


def small(problem: Problem, seed: int) -> Instance:
    counts = {name: min(count, 5) for name, count in problem.sizes.items()}
    return problem.sample(seed=seed, scenario=RANDOM.get(problem.key), **counts)


def solved(problem: Problem, s: Instance) -> Any:
    """The model after CVXPY has solved it; nothing of the problem's own methods takes part."""
    assert problem.model is not None
    model = problem.model(s)
    if model.is_mixed_integer():
        pytest.importorskip("pyscipopt")
        model.solve(solver="SCIP", scip_params=SCIP)
    else:
        row = installed(problem.cones)[0]
        model.solve(solver=row.name, **row.options(1e-8))
    return model


def agrees(problem: Problem, s: Instance, model: Any) -> None:
    best = problem.solve(s)
    assert best.status == "optimal"
    assert unscaled_value(model) == pytest.approx(float(best.value), rel=RIGHT)


def test_who_hands_out_none() -> None:
    assert {p.key for p in PROBLEMS} - set(HANDED_OUT) == set(WITHOUT)
    assert {
        key for key in HANDED_OUT if mecopt.load(key).model(small(mecopt.load(key), 0)).is_mixed_integer()
    } == (MIXED_INTEGER)


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("key", HANDED_OUT)
def test_the_value_is_the_certified_optimum(key: str, seed: int) -> None:
    problem = mecopt.load(key)
    s = small(problem, seed)
    agrees(problem, s, solved(problem, s))


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@pytest.mark.parametrize("key", sorted(set(HANDED_OUT) - MIXED_INTEGER))
def test_two_certificates_of_one_optimum(key: str) -> None:
    """What is proved of the model is what is proved of the problem, and neither code knows the other."""
    problem = mecopt.load(key)
    s = small(problem, 1)
    model = solved(problem, s)
    proved = mecopt.certify(model).bound * model.unit + model.offset
    best = problem.solve(s).certificate
    assert proved <= float(best.upper) + 1e-12 * abs(float(best.upper))
    assert proved == pytest.approx(float(best.bound), rel=1e-6)


@pytest.mark.parametrize("key", HANDED_OUT)
def test_before_it_is_solved(key: str) -> None:
    problem = mecopt.load(key)
    assert np.isnan(unscaled_value(problem.model(small(problem, 0))))


EDGES: dict[str, tuple[str, dict[str, Any]]] = {
    "a user without data": ("tdma_ofdma.P2", {"input_bits": [0.0, 3e5, 3e5, 3e5, 3e5]}),
    "a server with one user": ("jtora.CRA", {"offload_server": [0, 1, 1, 1, -1]}),
    "a user without weight": ("jtora.CRA", {"compute_weight": [0.0, 1e9, 2e9, 1e9, 1e9]}),
    "energy counts for nobody": ("jtora.UPA", {"energy_weight": 0.0}),
    "all devices but one local": ("aoi_pricing.RA", {"association": [-1, -1, 2, -1, -1]}),
    "tight memory": ("aoi_pricing.P5R", {"memory_demand": [1.0] * 5, "memory_capacity": 1.5}),
    "tight memory, whole tasks": ("aoi_pricing.P1", {"memory_demand": [1.0] * 5, "memory_capacity": 1.5}),
    "the base station has no energy": ("shared_data.P1", {"max_bs_energy": 0.0}),
    "nothing comes back": ("shared_data.P1", {"output_ratio": 0.0}),
    "all data are shared": ("shared_data.P1", {"shared_bits": 6.3e4}),
    "nothing is shared": ("shared_data.P1", {"shared_bits": 0.0}),
    "noise of the whole band": ("relay.AF", {"noise_model": "fixed"}),
    "time counts for little": ("relay.DF", {"weight": 1e-4}),
}


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@pytest.mark.parametrize("case", EDGES)
def test_edges(case: str) -> None:
    key, changes = EDGES[case]
    problem = mecopt.load(key)
    s = small(problem, 0).replace(**changes)
    agrees(problem, s, solved(problem, s))


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
def test_an_optimum_that_is_only_a_limit() -> None:
    """Whoever does not care for time would send for ever: solvers stop before that."""
    problem = mecopt.load("jtora.UPA")
    s = small(problem, 0).replace(time_weight=[1.0, 2.0, 0.0, 1.0, 1.0])
    found = unscaled_value(solved(problem, s))
    assert found == pytest.approx(float(problem.solve(s).value), rel=1e-5)


NOTHING: dict[str, tuple[str, dict[str, Any], str]] = {
    "no data": ("tdma_ofdma.P2", {"input_bits": 0.0}, "input_bits"),
    "no cost": ("jtora.UPA", {"time_weight": 0.0, "energy_weight": 0.0}, "time_weight"),
    "all local": ("jtora.CRA", {"offload_server": -1}, "compute_weight"),
    "nobody at a server": ("aoi_pricing.RA", {"association": -1}, "association"),
    "no links": ("aoi_pricing.P5R", {"channel_gain": 0.0}, "channel_gain"),
    "no links, whole tasks": ("aoi_pricing.P1", {"channel_gain": 0.0}, "channel_gain"),
    "dead channels": ("jtora.TO", {"channel_gain": 0.0}, "channel_gain"),
}


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_to_model(case: str) -> None:
    key, changes, field = NOTHING[case]
    problem = mecopt.load(key)
    s = small(problem, 0)
    zeros = {name: np.full_like(s.data[name], value) for name, value in changes.items()}
    with pytest.raises(mecopt.DataError, match=field):
        problem.model(s.replace(**zeros))


def test_too_many_patterns() -> None:
    problem = mecopt.load("jtora.JTORA")
    with pytest.raises(mecopt.DataError, match="patterns"):
        problem.model(problem.sample(users=12))
