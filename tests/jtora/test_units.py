"""UPA and CRA in SI units state the same problems, and what that does to solvers."""

import numpy as np
import pytest

import mecopt
from mecopt.instance import Instance
from mecopt.problem import FEASIBILITY, Problem
from mecopt.watch import watching

UPA, CRA = mecopt.load("jtora.UPA"), mecopt.load("jtora.CRA")


def value(problem: Problem, s: Instance, units: int, solver: str) -> float:
    """The value of the solver's point in the problem's other units."""
    with watching(tolerance=1e-8), np.errstate(all="ignore"):
        point = problem.units[units].conic(s, solver, 1e-6)
    found = problem.certify(s, point.x, rigorous=False)
    # a solver that gives nothing leaves no point: its value is nan
    assert np.isnan(found.infeasibility) or found.infeasibility <= FEASIBILITY
    return float(found.value)


@pytest.mark.parametrize("seed", range(3))
def test_tame_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    s = CRA.instance(
        {
            "compute_weight": [*rng.uniform(0.5, 2.0, 5), 0.0],
            "offload_server": [0, 1, 1, 1, -1, 0],
            "server_frequency": [2.0, 3.0],
        }
    )
    assert value(CRA, s, 0, "CLARABEL") == pytest.approx(float(CRA.solve(s).value), rel=1e-6)
    s = UPA.instance(
        {
            "time_weight": rng.uniform(0.5, 2.0, 4),
            "energy_weight": rng.uniform(0.5, 2.0, 4),
            "sinr_per_watt": rng.uniform(0.5, 2.0, 4),
            "max_transmit_power": rng.uniform(0.5, 5.0, 4),
        }
    )
    assert value(UPA, s, 0, "CLARABEL") == pytest.approx(float(UPA.solve(s).value), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_watts_do_not_hurt_and_cycles_per_second_do(seed: int) -> None:
    uploads, computing = UPA.sample(seed=seed), CRA.sample(seed=seed)
    assert value(UPA, uploads, 0, "CLARABEL") == pytest.approx(float(UPA.solve(uploads).value), rel=1e-6)
    assert not value(CRA, computing, 0, "SCS") <= 1.01 * float(CRA.solve(computing).value)


def test_nobody_offloads() -> None:
    s = CRA.sample(seed=0)
    point = CRA.units[0].conic(s.replace(offload_server=np.full(30, -1)), "CLARABEL", 1e-6)
    assert not point.x["compute_allocation"].any()
