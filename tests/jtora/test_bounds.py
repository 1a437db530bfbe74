"""Bounds and programs beyond the paper: the relaxation without interference, and patterns by SCIP."""

import numpy as np
import pytest

from mecopt.arithmetic import FLOAT
from mecopt.problems.jtora.algorithms import columns
from mecopt.problems.jtora.model import pairwise, pattern_program, relaxation
from mecopt.problems.jtora.statement import elements
from mecopt.problems.jtora.terms import terms
from tests.jtora.cases import EXAMPLE, JTORA, TO, rough

NETWORKS = [
    pytest.param(lambda: TO.instance(EXAMPLE), id="example"),
    pytest.param(lambda: TO.instance(rough(0)), id="rough"),
    pytest.param(lambda: TO.instance(rough(1, users=5, servers=3, subbands=2)), id="dead channels"),
    pytest.param(lambda: TO.sample(users=6, servers=4, subbands=2, seed=0), id="paper"),
]

scip = pytest.mark.skipif(not pattern_program.available(), reason="needs pyscipopt")


@pytest.mark.parametrize(
    "make", [*NETWORKS, pytest.param(lambda: TO.sample(users=30, servers=5, subbands=4, seed=0), id="large")]
)
def test_relaxation_is_the_bound_of_the_referee(make):
    """Another program and solver: a convex program here, smoothed prices there."""
    s = make()
    d = TO.statement.lift(FLOAT, s)
    prices = elements.best_prices(d)
    theirs = float(elements.bound(FLOAT, d, prices["user_price"], prices["server_price"]))
    found = relaxation.solve(terms(s), "CLARABEL", 1e-8)
    assert found.said == ""
    assert found.bound == pytest.approx(theirs, rel=1e-4)  # what the smoothing leaves
    assert found.bound <= theirs * (1 + 1e-7)


@pytest.mark.parametrize("make", NETWORKS)
def test_any_prices_are_a_bound(make):
    s = make()
    t, best = terms(s), TO.solve(s, rigorous=False).value
    value, rng = relaxation.worth(t), np.random.default_rng(0)
    _, servers, subbands = t.shape
    for scale in (0.0, 0.01, 0.1, 1.0):
        prices = scale * rng.random(servers), scale * rng.random((servers, subbands))
        assert relaxation.dual_bound(t, value, *prices) >= best


def test_relaxation_of_users_who_gain_nothing():
    found = relaxation.solve(terms(TO.instance({**EXAMPLE, "input_bits": 3440640e4})), "CLARABEL", 1e-6)
    assert (found.bound, found.said, found.share.any()) == (0.0, "", False)


def test_rounded_relaxation_says_its_bound():
    s = TO.sample(users=30, servers=5, subbands=4, seed=1)
    result = TO.solve(s, method="relaxation:CLARABEL", rigorous=False)
    bound = float(result.message.rpartition(" ")[2])
    assert 0.8 * bound < result.value < bound
    assert result.certificate.bound == pytest.approx(bound, rel=1e-4)


@scip
@pytest.mark.parametrize("make", NETWORKS)
@pytest.mark.parametrize("problem", [TO, JTORA])
def test_patterns_by_scip_find_the_optimum(problem, make):
    data = dict(make().data)
    s = problem.instance(data)
    best = problem.solve(s)
    result = problem.solve(s, method="patterns:SCIP", rigorous=False)
    assert result.status == "optimal"
    assert result.value == pytest.approx(best.value, rel=1e-9)
    made = columns.columns(terms(s), exact=problem is JTORA)
    assert pattern_program.solve(made)[1] == pytest.approx(best.value, rel=1e-7)
    relaxed = pattern_program.solve(made, whole=False)[1]
    assert best.value <= relaxed * (1 + 1e-7)
    assert relaxed <= relaxation.solve(terms(s), "CLARABEL", 1e-8).bound * (1 + 1e-6)


def test_columns_are_counted():
    t = terms(TO.instance(rough(2, users=4, servers=3, subbands=2)))
    # 12 pairs, 3 x 4 x 3 of two servers, 4 x 3 x 2 of three, on each of two sub-bands
    assert columns.count(t) == 2 * (12 + 36 + 24)
    assert 0 < len(columns.columns(t, exact=False).worth) < columns.count(t)


@scip
def test_too_many_patterns_for_scip():
    s = TO.sample(users=30, servers=5, subbands=4, seed=0)
    result = TO.solve(s, method="patterns:SCIP", rigorous=False)
    assert (result.status, np.isnan(result.value)) == ("failed", True)
    assert "too many for SCIP" in result.message


@scip
@pytest.mark.parametrize(("seed", "servers"), [(0, 2), (1, 2), (0, 3), (5, 3)])
def test_pairs_bound_the_optimum_and_are_exact_for_two_servers(seed: int, servers: int):
    s = TO.instance(rough(seed, users=4, servers=servers))
    t = terms(s)
    best = TO.solve(s, rigorous=False).value
    bound, value = pairwise.solve(t)
    assert bound == pytest.approx(value, rel=1e-8)
    if servers == 2:
        assert bound == pytest.approx(best, rel=1e-8)
    assert best * (1 - 1e-8) <= bound <= relaxation.solve(t, "CLARABEL", 1e-8).bound * (1 + 1e-7)


@scip
def test_pairs_bound_whenever_scip_stops():
    t = terms(TO.sample(users=15, servers=4, subbands=3, seed=3))
    assert pairwise.solve(t, seconds=0.1)[0] >= pairwise.solve(t, seconds=20.0)[0] * (1 - 1e-8)


def test_places_are_whole_numbers():
    x = TO.solve(TO.instance(EXAMPLE), rigorous=False).x
    for name in ("offload_server", "offload_subband"):
        assert x[name].dtype == np.int64
