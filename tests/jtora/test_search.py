"""Algorithm 2: the worked example, incremental against plain evaluation, what a better search gains."""

import numpy as np
import pytest

from mecopt.problems.jtora import closed_form, simulation
from mecopt.problems.jtora.algorithms import baselines, bisection, incremental, network, printed, restarts
from mecopt.problems.jtora.terms import Decision, terms
from tests.jtora.cases import EXAMPLE, JTORA, TO, UPA, rough


def test_worked_example():
    found = incremental.search(terms(JTORA.instance(EXAMPLE)))
    assert found.value == pytest.approx(2.8064098310, abs=1e-10)
    assert (found.moves, found.queries) == (3, 36)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rule", ["first", "best"])
def test_same_decisions_as_the_plain_evaluation(seed: int, rule):
    t = terms(TO.instance(rough(seed, users=7, servers=3, subbands=2)))
    fast, (plain, _) = incremental.search(t, rule=rule), printed.search(t, rule=rule)
    np.testing.assert_array_equal(fast.decision.server, plain.state.server)
    np.testing.assert_array_equal(fast.decision.subband, plain.state.subband)
    assert fast.moves == plain.moves
    assert fast.queries == plain.queries + np.count_nonzero(t.gain)
    assert fast.value == pytest.approx(plain.value, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_every_change_is_the_difference_of_two_values(seed: int):
    rng = np.random.default_rng(seed)
    t = terms(TO.instance(rough(seed, users=6, servers=3, subbands=2)))
    n = network.network(t)
    made = network.state(n, Decision.none(6))
    for _ in range(60):
        u, s, j = int(rng.integers(6)), int(rng.integers(-1, 3)), int(rng.integers(2))
        if s >= 0 and (made.occupant[s, j] == u or t.gain[u, s, j] == 0):
            continue
        before = closed_form.utility(t, network.decision(made))
        change = network.change(n, made, u, s, j if s >= 0 else -1)
        network.put(n, made, u, s, j if s >= 0 else -1)
        after = closed_form.utility(t, network.decision(made))
        assert change == pytest.approx(after - before, abs=1e-10 * (abs(after) + abs(before) + 1))
        assert network.value(n, made) == pytest.approx(after, rel=1e-12, abs=1e-12)


def test_least_cost_against_the_kernel():
    rng = np.random.default_rng(0)
    phi, psi, theta, most = 10 ** rng.uniform(-5, 5, (4, 2000))
    from mecopt.kernels.ratio import least_ratio

    wanted = np.log(2) * least_ratio(phi, psi, theta, most).value
    found = [network.least_cost(*row) for row in zip(phi, psi, theta, most, strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    assert network.least_cost(1.0, 1.0, 0.0, 1.0) == np.inf


def test_own_search_is_never_below_the_printed_one():
    for seed in range(10):
        t = terms(TO.sample(users=9, servers=3, subbands=2, seed=seed))
        own, trace = restarts.search(t)
        assert closed_form.utility(t, own) >= incremental.search(t).value * (1 - 1e-12)
        assert trace.column("value") == sorted(trace.column("value"))


def test_baselines_keep_to_their_cells():
    t = terms(TO.sample(users=14, servers=4, subbands=2, seed=0))
    homes = baselines.home(t)
    rng = np.random.default_rng(0)
    for x in (baselines.greedy(t), baselines.distributed(t), baselines.independent(t, rng)):
        who = x.offloading
        assert who.size
        np.testing.assert_array_equal(x.server[who], homes[who])
        assert len({(x.server[u], x.subband[u]) for u in who}) == who.size


def test_bisection_counts_its_steps():
    s = UPA.instance(
        {"time_weight": [1.0], "energy_weight": 1.0, "sinr_per_watt": [1e3], "max_transmit_power": 1.0}
    )
    data = (s.time_weight, s.energy_weight, s.sinr_per_watt, s.max_transmit_power)
    power, count = bisection.bisect(*data, epsilon=np.array([2.0**-20]))
    assert count == 21
    assert power[0] == pytest.approx(UPA.solve(s).x["transmit_power"][0], abs=2.0**-20)


def test_bisection_of_many_is_that_of_each():
    rng = np.random.default_rng(0)
    data = 10 ** rng.uniform(-2, 2, (4, 30))
    epsilon = data[3] * 0.7 * 2.0 ** -rng.integers(4, 20, 30)
    powers, count = bisection.bisect(*data, epsilon=epsilon)
    alone = [bisection.bisect(*row[:, None], epsilon=e[None]) for row, e in zip(data.T, epsilon, strict=True)]
    assert powers.tolist() == [float(power[0]) for power, _ in alone]
    assert count == max(steps for _, steps in alone)
    inside = powers < data[3]
    assert 5 < np.sum(inside) < 25
    for u in np.flatnonzero(inside):  # as many as it takes to halve the budget to epsilon, and one at P
        assert alone[u][1] == 1 + np.ceil(np.log2(data[3, u] / epsilon[u]))


@pytest.mark.parametrize("method", ["dinkelbach:CLARABEL", "cvxpy:CLARABEL", "cvxpy:SCS", "bisection"])
def test_upa_forms_agree(method: str):
    s = UPA.sample(users=3, seed=4)
    assert UPA.solve(s, method=method).value == pytest.approx(UPA.solve(s).value, rel=1e-6)


def test_infinitely_weak_and_impatient_uploads():
    data = {"time_weight": 0.0, "energy_weight": 2.0, "sinr_per_watt": [4.0], "max_transmit_power": 1.0}
    limit = UPA.solve(UPA.instance(data))
    assert (limit.status, limit.value) == ("optimal", pytest.approx(np.log(2) / 2))
    assert limit.x["transmit_power"].tolist() == [0.0]
    deaf = UPA.solve(UPA.instance({**data, "sinr_per_watt": [0.0]}))
    assert deaf.status == "infeasible"
    assert "user 1" in deaf.message


def test_simulation_is_the_scenario():
    draw = simulation.draw_cells(2, 1, 0)[0]
    assert draw.gain.shape == (14, 7)
    t = simulation.network(draw, users=7, subbands=3)
    assert t.shape == (7, 7, 3)
    found = simulation.interference_models(simulation.network(draw, subbands=2, max_transmit_power=6.3), 0)
    assert found["bound"].value <= found["exact"].value <= found["coupled"].value
