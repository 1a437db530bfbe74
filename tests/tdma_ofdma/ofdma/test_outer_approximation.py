"""The growing mixed-integer linear program against enumeration."""

import numpy as np
import pytest

from mecopt.instance import Instance
from mecopt.problems.tdma_ofdma.ofdma import outer_approximation, water_filling
from tests.tdma_ofdma.ofdma.cases import P4, example, feasible, owned

TOL = 1e-6


def enumerated(s: Instance) -> float:
    users, channels = s.channel_gain.shape
    p = water_filling.terms(s)
    return min(float(np.sum(water_filling.cost(p, owned(o, users)))) for o in np.ndindex((users,) * channels))


def check(s: Instance) -> None:
    point = P4.run(s, method="milp:HIGHS", tol=TOL)
    assert point.message == ""
    trace, best = point.trace, enumerated(s)
    assert trace is not None
    assert trace.ended == "converged"
    # the program never overtakes the optimum, but for HiGHS's own tolerance, and ends at it
    assert np.all(np.array(trace.column("bound")) <= best * (1 + 1e-8) + 1e-300)
    assert trace.records[-1]["bound"] >= best * (1 - 2 * TOL)
    r = P4.solve(s, method="milp:HIGHS", tol=TOL)
    assert r.status == "optimal"  # by the referee's own bound
    assert float(r.value) == pytest.approx(best, rel=2 * TOL)


def test_worked_example() -> None:
    r = P4.solve(example(), method="milp:HIGHS")
    assert r.status == "optimal"
    assert float(r.value) == pytest.approx(1.4890687e-05, rel=4.1e-8)
    assert (np.argmax(r.x["subchannel_assignment"], axis=0) + 1).tolist() == [3, 2, 2, 1]


@pytest.mark.parametrize("i", range(8))
def test_small_instances(i: int) -> None:
    check(feasible(8, users=3, subchannels=4, seed=5)[i])


@pytest.mark.parametrize("scenario", P4.scenarios)
@pytest.mark.parametrize(("users", "subchannels"), [(2, 4), (3, 5)])
def test_scenarios(scenario: str, users: int, subchannels: int) -> None:
    check(P4.sample(users=users, subchannels=subchannels, seed=1, scenario=scenario))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", P4.scenarios)
def test_four_users_on_eight_subchannels(scenario: str) -> None:
    check(P4.sample(users=4, subchannels=8, seed=1, scenario=scenario))


def test_the_highs_inside_scipy_does_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outer_approximation, "_highs", lambda: outer_approximation.SCIPY)
    check(example())


def test_a_solver_that_fails_leaves_the_heuristic_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outer_approximation.conic, "run", lambda *_, **__: "HIGHS failed: no licence")
    r = P4.solve(example(), method="milp:HIGHS")
    assert r.status == "feasible"
    assert r.message == "HIGHS failed: no licence; its own gap is 1"
