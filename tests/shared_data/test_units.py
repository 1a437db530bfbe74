"""The unit systems, and points that are feasible whatever a solver leaves of nothing."""

from typing import Any

import numpy as np
import pytest

import mecopt
from mecopt.instance import Instance
from mecopt.problem import FEASIBILITY
from mecopt.problems.shared_data import model, units
from mecopt.solvers import installed
from mecopt.watch import watching

P1 = mecopt.load("shared_data.P1")
SOLVERS = [row.name for row in installed(model.CONES)]

TOY: dict[str, Any] = {
    "input_bits": [2.0, 3.0],
    "shared_bits": 1.0,
    "cycles_per_bit": 1.0,
    "energy_coefficient": 0.3,
    "local_frequency": [1.0, 2.0],
    "max_latency": 3.0,
    "uplink_bandwidth": 4.0,
    "downlink_bandwidth": 5.0,
    "multicast_bandwidth": 3.0,
    "noise_psd": 0.1,
    "uplink_gain": [1.0, 0.5],
    "downlink_gain": [1.0, 0.7],
    "max_bs_power": 2.0,
    "max_bs_energy": 1.0,
    "output_ratio": 0.8,
    "reception_power": 0.2,
}
"""Numbers so tame that every unit system is a good one."""


@pytest.mark.parametrize("system", units.SYSTEMS, ids=lambda u: u.name)
def test_every_system_states_the_same_problem(system: mecopt.problem.Units) -> None:
    s = P1.instance(TOY)
    point = system.conic(s, "CLARABEL", 1e-6)
    found = P1.certify(s, point.x, rigorous=False)
    assert found.infeasibility <= FEASIBILITY
    assert found.value == pytest.approx(float(P1.solve(s).value), rel=1e-6)


def test_what_units_do() -> None:
    drawn = P1.sample(users=4, batch=4, seed=0, scenario="dropped")
    errors = {}
    for name, conic in [("scaled", P1.conic), *((u.name, u.conic) for u in units.SYSTEMS)]:
        assert conic is not None
        with watching(tolerance=1e-7):
            points = [conic(drawn[i], "CLARABEL", 1e-6) for i in range(len(drawn))]
        values = [P1.certify(drawn[i], p.x, rigorous=False).value for i, p in enumerate(points)]
        errors[name] = np.max(np.abs(np.array(values) / P1.solve(drawn).value - 1))
    assert errors["scaled"] <= 1e-6 < errors["unrotated"] < errors["si"]
    assert errors["si"] > 0.01


@pytest.mark.parametrize("seed", [0, 9, 21, 22, 27, 30])
@pytest.mark.parametrize("solver", SOLVERS)
def test_stray_bits_break_no_budget(solver: str, seed: int) -> None:
    """Optima in which nobody sends private bits: solvers leave some, with no time for their results."""
    s: Instance = P1.sample(users=4, seed=seed, scenario="dropped")
    assert P1.conic is not None
    for tolerance in (1e-4, 1e-7, 1e-10):
        with watching(tolerance=tolerance):
            point = P1.conic(s, solver, 1e-6)
        assert point.message == ""
        found = P1.certify(s, point.x, rigorous=False)
        assert found.infeasibility <= FEASIBILITY
        assert found.value == pytest.approx(float(P1.solve(s).value), rel=1e-2)
