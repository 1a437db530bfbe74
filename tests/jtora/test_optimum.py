"""The exact optimum: the worked example, enumeration, and the referee's bound against both."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from mecopt.errors import DataError
from mecopt.problems.jtora import closed_form, methods
from mecopt.problems.jtora.algorithms import coupled, exact, exhaustive
from mecopt.problems.jtora.model import coupled as program
from mecopt.problems.jtora.terms import Decision, Terms, terms
from tests.jtora.cases import CRA, EXAMPLE, JTORA, OPTIMUM, TO, both, rough


def decisions(t: Terms):
    """Every decision, without the compiled search."""
    users, servers, subbands = t.shape
    slots = [(-1, -1), *itertools.product(range(servers), range(subbands))]
    for choice in itertools.product(slots, repeat=users):
        taken = [slot for slot in choice if slot[0] >= 0]
        if len(set(taken)) == len(taken):
            x = Decision(*(np.array(column) for column in zip(*choice, strict=True)))
            if all(t.gain[u, x.server[u], x.subband[u]] > 0 for u in x.offloading):
                yield x


def plain_value(t: Terms, x: Decision, power: np.ndarray, *, exact_model: bool) -> float:
    """The utility written out once more."""
    total = 0.0
    for u in x.offloading:
        s, j = x.server[u], x.subband[u]
        sent = power if exact_model else t.most
        others = [k for k in x.offloading if x.subband[k] == j and x.server[k] != s]
        noise = t.noise + sum(sent[k] * t.gain[k, s, j] for k in others)
        rate = np.log2(1 + power[u] * t.gain[u, s, j] / noise)
        total += t.offload_gain[u] - (t.time_weight[u] + t.energy_weight[u] * power[u]) / rate
    for s in range(t.shape[1]):
        here = [u for u in x.offloading if x.server[u] == s]
        total -= sum(np.sqrt(t.compute_weight[u]) for u in here) ** 2 / t.server_frequency[s]
    return float(total)


def best_powers(t: Terms, x: Decision) -> np.ndarray:
    """A general solver on ln p, all users at once."""
    who = x.offloading

    def cost(q: np.ndarray) -> float:
        power = np.zeros(t.shape[0])
        power[who] = t.most[who] * np.exp(q)
        return -plain_value(t, x, power, exact_model=True)

    found = minimize(
        cost, np.full(who.size, -0.5), bounds=[(-12, 0)] * who.size, method="L-BFGS-B", tol=1e-14
    )
    power = np.zeros(t.shape[0])
    power[who] = t.most[who] * np.exp(found.x)
    return power


@pytest.mark.parametrize("problem", [JTORA, TO])
def test_worked_example(problem):
    result = problem.solve(problem.instance(EXAMPLE))
    assert result.status == "optimal"
    assert result.value == pytest.approx(OPTIMUM, abs=1e-10)
    assert result.x["offload_server"].tolist() == [0, 0, 1]
    assert result.x["offload_subband"].tolist() == [0, 1, 1]
    np.testing.assert_allclose(result.x["transmit_power"], 0.1, rtol=1e-15)
    np.testing.assert_allclose(result.x["compute_allocation"], [1e10, 1e10, 2e10], rtol=1e-15)
    assert result.certificate.bound == pytest.approx(OPTIMUM, abs=1e-10)


def test_costs_of_the_worked_example():
    t = terms(JTORA.instance(EXAMPLE))
    x = Decision(np.array([0, 0, 1]), np.array([0, 1, 1]))
    np.testing.assert_allclose(t.time_weight, 0.0688128, rtol=1e-14)
    np.testing.assert_allclose(t.energy_weight, 0.05505024, rtol=1e-14)
    np.testing.assert_allclose(closed_form.sinr_per_watt(t, x), [20, 100 / 3, 100 / 3], rtol=1e-14)
    cost = closed_form.allocate(t, x).cost
    np.testing.assert_allclose(cost, [0.04688932638, 0.03513052440, 0.03513052440], rtol=1e-9)
    assert closed_form.computing_cost(t, x) == pytest.approx(0.05, rel=1e-14)
    assert exhaustive.count(t) == 73


@pytest.mark.parametrize("seed", range(6))
def test_optimum_by_enumeration_full_power(seed: int):
    s = TO.instance(rough(seed, users=4, servers=2, subbands=2, time=0.3))
    t = terms(s)
    best = max(plain_value(t, x, closed_form.allocate(t, x).power, exact_model=False) for x in decisions(t))
    result = TO.solve(s)
    assert result.status == "optimal"
    assert result.value == pytest.approx(best, rel=1e-12)
    assert result.certificate.bound == pytest.approx(best, rel=1e-11)
    assert result.certificate.rigorous
    every = TO.solve(s, method="baseline:exhaustive")
    assert every.value == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_optimum_by_enumeration_as_all_send(seed: int):
    """With strong interference and much weight on energy, powers below the budget and below (23)'s pay."""
    s = JTORA.instance(rough(seed, users=3, servers=2, subbands=1, time=0.05))
    t = terms(s)
    best = max(
        plain_value(t, x, best_powers(t, x), exact_model=True) for x in decisions(t) if x.offloading.size
    )
    result = JTORA.solve(s)
    assert result.status == "optimal"
    assert result.value == pytest.approx(max(best, 0.0), rel=1e-7)
    assert result.certificate.gap < 1e-10


def test_the_two_models_differ_and_are_ordered():
    apart = 0
    for seed in range(8):
        s, to = both(rough(seed, users=4, servers=3, subbands=1, time=0.1))
        exact_optimum, optimum = JTORA.solve(s, rigorous=False), TO.solve(to, rigorous=False)
        assert exact_optimum.value >= optimum.value * (1 - 1e-12)
        as_sent = JTORA.certify(s, optimum.x, rigorous=False)
        assert as_sent.value >= optimum.value * (1 - 1e-12)
        apart += exact_optimum.value > optimum.value * (1 + 1e-3)
    assert apart >= 2


@pytest.mark.parametrize("seed", range(5))
def test_coupled_powers_against_a_general_solver(seed: int):
    t = terms(JTORA.instance(rough(seed, users=4, servers=3, subbands=2, time=0.05)))
    x = max(decisions(t), key=lambda x: (x.offloading.size, closed_form.utility(t, x)))
    mine = plain_value(t, x, coupled.powers(t, x), exact_model=True)
    assert mine >= plain_value(t, x, best_powers(t, x), exact_model=True) - 1e-9 * abs(mine)


@pytest.mark.parametrize("seed", range(4))
def test_coupled_powers_by_a_convex_program(seed: int):
    """Three users of one sub-band: the program in logarithms, settled powers and a general solver agree."""
    t = terms(JTORA.instance(rough(seed, users=3, servers=3, subbands=1, time=0.05)))
    gain = np.maximum(t.gain[:, :, 0], 1e-14)
    t = replace(t, gain=gain[:, :, None])
    x = Decision(np.arange(3), np.zeros(3, dtype=np.intp))
    snr = gain * t.most[:, None] / t.noise
    share, cost = program.solve(t.time_weight, t.energy_weight * t.most, snr, "CLARABEL", tol=1e-9)
    fixed = float(np.sum(t.offload_gain)) - closed_form.computing_cost(t, x)
    for power in (share * t.most, coupled.powers(t, x), best_powers(t, x)):
        assert fixed - plain_value(t, x, power, exact_model=True) == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_who_does_not_care_for_time_sends_at_almost_no_power(seed: int):
    time = np.array([0.0, 0.05, 0.05])
    data = {
        **rough(seed, users=3, servers=3, subbands=1),
        "time_preference": time,
        "energy_preference": 1 - time,
    }
    t = terms(JTORA.instance(data))
    t = replace(t, gain=np.maximum(t.gain, 1e-14))
    x = Decision(np.arange(3), np.zeros(3, dtype=np.intp))
    powers = coupled.powers(t, x)
    assert powers[0] == 0.0
    assert np.all(powers[1:] > 0)
    mine = plain_value(t, x, np.where(powers > 0, powers, 1e-7 * t.most), exact_model=True)
    other = best_powers(t, x)
    assert mine >= plain_value(t, x, other, exact_model=True) - 1e-9 * abs(mine)
    assert other[0] < 1e-4 * t.most[0]


def test_node_limit_and_large_networks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(methods, "WORK", 5_000_000)
    t = terms(TO.sample(users=8, servers=4, subbands=2, seed=3))
    stopped = exact.solve(t, exact=False, max_nodes=3)
    assert not stopped.complete
    result = TO.solve(TO.sample(users=30, servers=5, subbands=4, seed=0), rigorous=False)
    assert result.status == "feasible"
    assert "stopped" in result.message
    assert 0 < result.certificate.gap < 0.05


def test_nobody_gains():
    data = {**EXAMPLE, "input_bits": 3440640e4}
    result = JTORA.solve(JTORA.instance(data))
    assert (result.status, result.value) == ("optimal", 0.0)
    assert result.x["offload_server"].tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"energy_preference": 0.7}, "time_preference"),
        ({"provider_preference": 1.5}, "at most 1"),
        ({"provider_preference": 0}, "above 0"),
        ({"noise_power": 0}, "noise_power"),
        ({"channel_gain": [[[1e-12], [1e-12]], [[1e-12]]]}, "channel_gain"),
        ({"workload": [1e9, 1e9]}, "users"),
    ],
)
def test_bad_data(change, words: str):
    with pytest.raises(DataError, match=words):
        JTORA.instance({**EXAMPLE, **change})


def test_points_that_break_a_rule():
    s = JTORA.instance(EXAMPLE)
    good = {name: np.array(array) for name, array in JTORA.solve(s).x.items()}
    wrong = {
        "two on one slot": {"offload_subband": [0, 0, 1]},
        "half a sub-band": {"offload_subband": [0.5, 1, 1]},
        "no such server": {"offload_server": [0, 0, 2]},
        "too loud": {"transmit_power": [0.2, 0.1, 0.1]},
        "too much CPU": {"compute_allocation": [2e10, 1e10, 2e10]},
        "only a server": {"offload_subband": [-1, 1, 1]},
    }
    assert JTORA.certify(s, good).infeasibility == 0
    for change in wrong.values():
        certificate = JTORA.certify(s, {**good, **change}, rigorous=False)
        assert not certificate.infeasibility <= 1e-9


@pytest.mark.skipif("cvxpy:SCIP" not in CRA.methods, reason="pyscipopt is not installed")
def test_shares_by_a_solver_without_multipliers():
    s = CRA.sample(seed=0)
    r = CRA.solve(s, method="cvxpy:SCIP")
    assert r.status == "optimal", r.message
    assert r.value == pytest.approx(CRA.solve(s).value, rel=1e-6)
    assert np.isnan(r.multipliers["server_price"]).any()
