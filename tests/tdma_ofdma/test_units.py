"""The unit systems: one problem in other numbers, which is what breaks solvers."""

import cvxpy as cp
import numpy as np
import pytest

import mecopt
from mecopt.problem import Problem
from mecopt.problems.tdma_ofdma import units
from mecopt.solvers import solver
from mecopt.watch import watching

PROBLEMS = [mecopt.load(f"tdma_ofdma.{name}") for name in ("P1", "P2", "P3")]

TOY = {
    "input_bits": [2.0, 3.0],
    "cycles_per_bit": [1.0, 2.0],
    "energy_per_cycle": [3.0, 1.0],
    "local_frequency": [1.0, 2.0],
    "channel_gain": [1.0, 0.5],
    "weight": [1.0, 2.0],
    "bandwidth": 2.0,
    "noise_power": 0.5,
    "slot_duration": 1.5,
}
"""Numbers so tame that every unit system is a good one; then all must find the optimum."""

MORE = {"P1": {"cloud_capacity": 4.0}, "P3": {"cloud_frequency": 20.0}}


def toy(problem: Problem) -> mecopt.instance.Instance:
    return problem.instance({**TOY, **MORE.get(problem.key[-2:], {})})


@pytest.mark.parametrize("system", units.SYSTEMS, ids=lambda u: u.name)
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.key)
def test_every_system_states_the_same_problem(problem: Problem, system: mecopt.problem.Units) -> None:
    s = toy(problem)
    if system.name == "engineering":  # readable for Mbit, ms, mJ and Gcycle: change the toy's units to these
        scale = {"input_bits": 1e6, "bandwidth": 1e9, "slot_duration": 1e-3, "energy_per_cycle": 1e-12}
        scale |= {"cycles_per_bit": 1e3, "local_frequency": 1e12, "noise_power": 1.0}
        scale |= {"cloud_capacity": 1e9, "cloud_frequency": 1e12}
        s = s.replace(**{name: s.data[name] * by for name, by in scale.items() if name in s.data})
    point = system.conic(s, "CLARABEL", 1e-6)
    value = problem.certify(s, point.x, rigorous=False)
    assert value.infeasibility <= 1e-9
    assert value.value == pytest.approx(problem.solve(s).value, rel=1e-6)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.key)
def test_compiled_once(problem: Problem) -> None:
    """Every product of data is one parameter, so that data change without another compilation."""
    s = toy(problem)
    program = units.build(s.sizes["users"], "cloud_capacity" in s.data, "cloud_frequency" in s.data)
    assert program.is_dcp(dpp=True)
    assert {type(c) for c in program.constraints} >= {cp.ExpCone}


def test_what_units_do() -> None:
    """The specification's table: nothing survives SI, everything survives the scaled model."""
    p = PROBLEMS[1]
    s = p.sample(users=6, batch=3, seed=0)
    optimum = p.solve(s).value
    errors = {}
    for name, conic in [("scaled", p.conic), *((u.name, u.conic) for u in p.units)]:
        assert conic is not None
        with watching(tolerance=1e-7):
            points = [conic(s[i], "CLARABEL", 1e-6) for i in range(len(s))]
        values = [p.certify(s[i], point.x, rigorous=False).value for i, point in enumerate(points)]
        errors[name] = np.max(np.abs(np.array(values) / optimum - 1))
    assert errors["scaled"] <= 1e-6
    assert errors["scaled-kilo"] <= 1e-6
    assert errors["scaled"] < errors["shifted"] < errors["engineering"]
    assert not errors["si"] <= 0.01  # far off, or nothing at all


def test_watching() -> None:
    p = PROBLEMS[1]
    s = p.sample(users=3, seed=0)
    row = solver("CLARABEL", p.cones)
    usual = row.options(1e-6)["tol_gap_rel"]
    with watching(tolerance=1e-4) as calls:
        assert row.options(1e-6)["tol_gap_rel"] == 1e-4
        with watching() as inner:
            assert row.options(1e-6)["tol_gap_rel"] == usual
            p.run(s, method="cvxpy:CLARABEL")
        p.run(s, method="cvxpy:CLARABEL")
    assert row.options(1e-6)["tol_gap_rel"] == usual
    assert (len(inner), len(calls)) == (1, 1)  # the innermost watches
    assert calls[0].status == "optimal"
    assert 0 < calls[0].iterations < inner[0].iterations
    assert 0 < calls[0].solver_seconds < calls[0].seconds
    p.run(s, method="cvxpy:CLARABEL")
    assert len(calls) == 1
