"""P4R: every solver, the ellipsoid method and the referee's own dual bound agree."""

from typing import Any

import numpy as np
import pytest

from mecopt.problems.tdma_ofdma.ofdma import dual, model
from mecopt.solvers import installed
from tests.tdma_ofdma.ofdma.cases import P4, P4R, example, small

KNOWN = ("CLARABEL", "ECOS", "SCS")
HERE = {row.name for row in installed(model.CONES)}
SOLVERS = [
    pytest.param(name, marks=pytest.mark.skipif(name not in HERE, reason=f"{name} is not installed"))
    for name in KNOWN
]
SCENARIOS = P4R.scenarios


@pytest.mark.parametrize("method", ["relaxation", "ellipsoid"])
def test_worked_example(method: str) -> None:
    r = P4R.solve(example("P4R"), method=method, tol=1e-8)
    assert r.status == "optimal"
    assert float(r.value) == pytest.approx(1.2322524e-05, rel=4.1e-8)  # half a unit of the last printed digit
    assert r.certificate.rigorous


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(("users", "subchannels"), [(1, 1), (2, 4), (3, 4), (4, 8)])
def test_solvers_agree(solver: str, scenario: str, users: int, subchannels: int) -> None:
    """To 1e-8, each with the referee's bound, hence with each other and with the ellipsoid method."""
    s = P4R.sample(users=users, subchannels=subchannels, batch=3, seed=7, scenario=scenario)
    r = P4R.solve(s, method=f"cvxpy:{solver}", tol=2e-8)
    assert set(r.status) == {"optimal"}
    assert np.all(r.certificate.rigorous)
    other = P4R.solve(s, method="ellipsoid", tol=1e-8)
    assert set(other.status) == {"optimal"}
    assert r.value == pytest.approx(other.value, rel=2e-8)


@pytest.mark.parametrize("solver", SOLVERS)
def test_multipliers_of_the_solver_are_the_prices(solver: str) -> None:
    s = example("P4R")
    exact = P4R.run(s, method="ellipsoid", tol=1e-9)
    point = P4R.run(s, method=f"cvxpy:{solver}", tol=1e-8)
    assert point.multipliers["bit_price"] == pytest.approx(exact.multipliers["bit_price"], rel=1e-6)
    # and they certify the other method's point without any search of the referee's own
    assert P4R.certify(s, exact.x, point.multipliers, tol=1e-6).gap <= 1e-6


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_many_subchannels(scenario: str) -> None:
    """K = 8, N = 256: CLARABEL's optimum and the dual bound meet within 1e-6."""
    s = P4R.sample(users=8, subchannels=256, seed=3, scenario=scenario)
    r = P4R.solve(s, method="cvxpy:CLARABEL", tol=1e-6)
    assert r.status == "optimal"
    assert 0 <= r.certificate.gap <= 1e-6
    assert r.certificate.rigorous


@pytest.mark.parametrize("i", range(24))
def test_hard_data(i: int) -> None:
    """Gains over 9 decades, weights over 6, 0.01 to 30 nats: what CLARABEL leaves open, the dual closes."""
    s = P4R.instance(list(small(24, users=5, subchannels=6, seed=11))[i])
    for method in ("relaxation", "ellipsoid"):
        r = P4R.solve(s, method=method)
        assert r.status == "optimal", method
        assert r.certificate.gap <= 1e-6


def test_settled_points() -> None:
    """The gap that decides between solvers is the referee's."""
    s = example("P4R")
    point = model.solve(s, "CLARABEL", 1e-8)
    settled, gap = dual.settle(s, point)
    assert gap == pytest.approx(float(P4R.certify(s, settled.x, point.multipliers).gap), abs=1e-13)
    assert gap <= 1e-8
    off = point.x | {"subchannel_assignment": point.x["subchannel_assignment"] * 0.9}
    assert dual.settle(s, type(point)(off, point.multipliers))[1] > 1e-2


EDGES: dict[str, dict[str, Any]] = {
    "no data": {"input_bits": [0, 0, 0]},
    "one user with data": {"input_bits": [0, 8e5, 0]},
    "no energy": {"energy_per_cycle": [0, 0, 0]},
    "one user without energy": {"energy_per_cycle": [1e-10, 0, 5e-11]},
    "no local CPU": {"local_frequency": [0, 0, 0]},
    "one sub-channel": {"channel_gain": [[1e-3], [4e-4], [2e-3]]},
    "equal gains": {"channel_gain": [[1e-3] * 4] * 3, "weight": [1, 1, 1]},
    "useless sub-channels": {"channel_gain": [[1e-3, 1e-7, 1e-7, 1e-7]] * 3},
    "nobody wants": {"channel_gain": [[1e-12] * 4] * 3, "local_frequency": [1e12] * 3},
}


@pytest.mark.parametrize("method", [*(f"cvxpy:{name}" for name in sorted(HERE & set(KNOWN))), "ellipsoid"])
@pytest.mark.parametrize("edge", EDGES)
def test_edges(edge: str, method: str) -> None:
    r = P4R.solve(example("P4R", **EDGES[edge]), method=method)
    assert r.status == "optimal"


def test_compiled_once() -> None:
    model.build.cache_clear()
    compiled, values = [], []
    for seed in (0, 1):
        s = P4R.sample(users=3, subchannels=6, seed=seed)
        values.append(P4R.solve(s, method="cvxpy:CLARABEL").value)
        problem = model.build(3, 6, True)
        assert problem.is_dcp(dpp=True)
        compiled.append(problem._cache.param_prog)  # private, the only witness that nothing is compiled anew
    assert compiled[0] is not None
    assert compiled[1] is compiled[0]
    assert values[0] != values[1]


@pytest.mark.parametrize("solver", SOLVERS)
def test_an_answer_does_not_depend_on_what_was_solved_before(solver: str) -> None:
    s = P4R.sample(users=2, subchannels=4, batch=3, seed=2)
    alone = [P4R.run(s[i], method=f"cvxpy:{solver}") for i in range(3)]
    for i in (2, 0, 1):
        again = P4R.run(s[i], method=f"cvxpy:{solver}")
        for name in again.x:
            assert np.array_equal(again.x[name], alone[i].x[name])


def test_relaxation_as_an_answer_to_p4() -> None:
    r = P4.solve(example(), method="relaxation")
    assert r.status == "failed"
    assert "its value is a lower bound" in r.message
    assert float(r.value) == pytest.approx(1.2322524e-05, rel=4.1e-8)
    # gains so different that nobody competes: the relaxation is a point of P4 and its optimum
    apart = example(channel_gain=[[1e-2, 1e-9, 1e-9], [1e-9, 1e-2, 1e-9], [1e-9, 1e-9, 1e-2]])
    r = P4.solve(apart, method="relaxation")
    assert (r.status, r.message) == ("optimal", "")


def test_dual_is_concave_with_its_supergradient() -> None:
    rng = np.random.default_rng(0)
    s = example("P4R")
    p = dual.water_filling.terms(s)
    users = dual.Users(p.input_bits, p.required_bits, p.bit_value, p.energy_scale, float(p.bits_per_nat[0]))
    for _ in range(200):
        one, other = (10.0 ** rng.uniform(-12, -6, 3) for _ in range(2))
        value, slope = dual.dual(users, one)
        assert dual.dual(users, other)[0] <= value + slope @ (other - one) + 1e-12 * abs(value)


@pytest.mark.slow
def test_many_subchannels_without_the_solvers_prices() -> None:
    """K = 8, N = 256 in seconds, and the referee's own search for prices comes to the same optimum."""
    s = P4R.sample(users=8, subchannels=256, seed=4)
    r = P4R.solve(s, method="relaxation", tol=1e-6)
    assert r.seconds < 30
    own = P4R.certify(s, r.x, tol=1e-7)
    assert own.rigorous
    assert 0 <= own.gap <= 1e-6
