"""The CVXPY model: every solver agrees with the closed form, and it is compiled once."""

from typing import Any

import numpy as np
import pytest

from mecopt.instance import Instance
from mecopt.problems.tdma_ofdma import model
from mecopt.solvers import installed
from tests.tdma_ofdma.cases import P1, P2, P3, PROBLEMS, adversarial, example

KNOWN = ("CLARABEL", "ECOS", "SCS")
HERE = {row.name for row in installed(model.CONES)}
SOLVERS = [
    pytest.param(name, marks=pytest.mark.skipif(name not in HERE, reason=f"{name} is not installed"))
    for name in KNOWN
]


def wide(name: str, users: int, seed: int, batch: int = 2) -> Instance:
    """Gains over 12 decades in SI units, rates up to 30 bit/s/Hz."""
    rng = np.random.default_rng(seed)
    shape = (batch, users)
    data: dict[str, Any] = {
        "input_bits": rng.uniform(1e5, 5e5, shape),
        "cycles_per_bit": rng.uniform(500, 1500, shape),
        "energy_per_cycle": rng.uniform(0, 2e-10, shape),
        "local_frequency": rng.choice([1e9, 5e9, 1e10], shape),
        "channel_gain": 10 ** rng.uniform(-12, 0, shape),
        "bandwidth": 1e7,
        "noise_power": 1e-9,
        "slot_duration": 0.1,
    }
    load = data["cycles_per_bit"] * data["input_bits"]
    need = np.maximum(load - data["local_frequency"] * 0.1, 0)
    mixed = np.sum(need + 0.4 * (load - need), axis=-1)
    if name == "P1":
        data["cloud_capacity"] = mixed
    if name == "P3":
        data["cloud_frequency"] = mixed / 0.06
    return PROBLEMS[name].instance(data)


def instances() -> dict[str, Instance]:
    found = {f"{name} example": example(name) for name in PROBLEMS}
    found |= {f"{name} scenario": p.sample(users=30, batch=2, seed=5) for name, p in PROBLEMS.items()}
    found["P2 stated scenario"] = P2.sample(users=30, batch=2, seed=5, scenario="stated")
    for name in PROBLEMS:
        found[f"{name} 12 decades, 30 users"] = wide(name, 30, seed=1)
        found[f"{name} 12 decades, 5 users"] = wide(name, 5, seed=2)
        found[f"{name} ties"] = adversarial(name, "ties", batch=2, users=4, seed=4)
    return found


INSTANCES = instances()


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", INSTANCES)
def test_solvers_agree_with_the_closed_form(case: str, solver: str) -> None:
    s = INSTANCES[case]
    problem = PROBLEMS[case[:2]]
    exact = problem.solve(s)
    assert np.all(exact.status == "optimal")
    r = problem.solve(s, method=f"cvxpy:{solver}")  # at its default tolerance
    assert np.all(r.status == "optimal")
    assert np.all(r.certificate.rigorous)
    assert np.all(r.certificate.infeasibility <= 1e-9)
    tight = problem.solve(s, method=f"cvxpy:{solver}", tol=1e-8)
    error = np.abs(tight.value / exact.value - 1)
    assert np.all(error <= 1e-6)
    assert np.all(tight.certificate.gap <= 1e-6)
    assert np.all(np.asarray(tight.certificate.gap) >= 0)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", INSTANCES)
def test_users_left_out_by_theory_change_nothing(case: str, solver: str) -> None:
    """`keep_all` hands the solver also the users of whom the closed form says that they stay local."""
    problem, batch = PROBLEMS[case[:2]], INSTANCES[case]
    s = batch[0] if batch.batch_shape else batch
    point = model.solve(s, solver, 1e-8, keep_all=True)
    assert point.message == ""
    c = problem.certify(s, point.x, point.multipliers)
    assert c.infeasibility <= 1e-9
    assert c.value == pytest.approx(float(problem.solve(s).value), rel=1e-6)


def test_users_are_left_out_and_kept() -> None:
    s = P2.instance({k: np.concatenate([v, v]) if v.ndim else v for k, v in example("P2").data.items()})
    s = s.replace(
        energy_per_cycle=[1e-10, 1.5e-10, 5e-11, 1e-20, 0, 1e-10],
        local_frequency=[1e9, 6e9, 8e9, 1e12, 1e12, 1e12],
        input_bits=[5e5, 8e5, 6e5, 5e5, 8e5, 0],
    )
    d = model.terms(s)
    assert model.scale(s, d, keep_all=False).active.tolist() == [True, True, True, False, False, False]
    assert model.scale(s, d, keep_all=True).active.tolist() == [True] * 5 + [False]  # no data, no variable


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_multipliers_of_the_solver_are_the_prices(name: str, solver: str) -> None:
    s = example(name)
    exact = PROBLEMS[name].run(s).multipliers
    point = PROBLEMS[name].run(s, method=f"cvxpy:{solver}", tol=1e-8)
    assert point.multipliers.keys() == exact.keys()
    for key, price in exact.items():
        # P1's solvers reach the price of time only through a user that barely feels it
        assert point.multipliers[key] == pytest.approx(float(price), rel=1e-3 if name == "P1" else 1e-6)
    # and they certify the closed form's point without any search of the referee's own
    c = PROBLEMS[name].certify(s, PROBLEMS[name].run(s).x, point.multipliers, tol=1e-6)
    assert c.gap <= 1e-6


@pytest.mark.parametrize("name", PROBLEMS)
def test_compiled_once(name: str) -> None:
    flags = {"P1": (True, False), "P2": (False, False), "P3": (False, True)}[name]
    model.build.cache_clear()
    compiled, values = [], []
    for seed in (0, 1):
        s = PROBLEMS[name].sample(users=30, seed=seed)
        s = s.replace(energy_per_cycle=np.maximum(s.energy_per_cycle, 1e-11))  # nobody is left out
        values.append(PROBLEMS[name].solve(s, method="cvxpy:CLARABEL").value)
        problem = model.build(30, *flags)
        assert problem.is_dcp(dpp=True)
        compiled.append(problem._cache.param_prog)  # private, the only witness that nothing is compiled anew
    assert compiled[0] is not None
    assert compiled[1] is compiled[0]
    assert values[0] != values[1]
    info = model.build.cache_info()
    assert (info.misses, info.currsize) == (1, 1)


def test_each_size_and_kind_is_compiled_apart() -> None:
    assert model.build(3, True, False) is model.build(3, True, False)
    assert model.build(3, True, False) is not model.build(4, True, False)
    assert model.build(3, True, False) is not model.build(3, False, False)
    assert len(model.build(3, True, False).constraints) == len(model.build(3, False, True).constraints) + 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_an_answer_does_not_depend_on_what_was_solved_before(solver: str) -> None:
    s = P3.sample(users=5, batch=3, seed=2)
    alone = [P3.run(s[i], method=f"cvxpy:{solver}") for i in range(3)]
    for i in (2, 0, 1):
        again = P3.run(s[i], method=f"cvxpy:{solver}")
        assert np.array_equal(again.x["offloaded_bits"], alone[i].x["offloaded_bits"])
        assert np.array_equal(again.x["offloading_time"], alone[i].x["offloading_time"])
        assert np.array_equal(again.multipliers["time_price"], alone[i].multipliers["time_price"])


EDGES: dict[str, tuple[str, dict[str, Any]]] = {
    "no data": ("P2", {"input_bits": [0, 0, 0]}),
    "one user with data": ("P2", {"input_bits": [0, 8e5, 0]}),
    "no energy": ("P3", {"energy_per_cycle": [0, 0, 0]}),
    "one user without energy": ("P2", {"energy_per_cycle": [1e-10, 0, 5e-11]}),
    "no local CPU": ("P2", {"local_frequency": [0, 0, 0]}),
    "closed cloud": ("P1", {"cloud_capacity": 0, "local_frequency": [1e12] * 3}),
    "cloud just large enough": ("P1", {"cloud_capacity": 4e8}),
    "cloud to spare": ("P1", {"cloud_capacity": 1e12}),
    "slow cloud": ("P3", {"cloud_frequency": 4.4e9}),
    "fast cloud": ("P3", {"cloud_frequency": 1e15}),
}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", EDGES)
def test_edges(case: str, solver: str) -> None:
    name, changes = EDGES[case]
    s = example(name, **changes)
    r = PROBLEMS[name].solve(s, method=f"cvxpy:{solver}")
    assert r.status == "optimal"
    assert r.value == pytest.approx(float(PROBLEMS[name].solve(s).value), rel=1e-6)


def test_repair_of_small_violations() -> None:
    """What a solver misses by its tolerance is put right, and nothing else is touched."""
    s = example("P1")
    d = model.terms(s)
    scaling = model.scale(s, d, keep_all=True)
    x = P1.run(s).x
    same = model.feasible(s, d, scaling, x["offloaded_bits"], x["offloading_time"])
    assert np.array_equal(same["offloaded_bits"], x["offloaded_bits"])
    assert same["offloading_time"] == pytest.approx(x["offloading_time"], rel=1e-15)
    off = model.feasible(
        s,
        d,
        scaling,
        x["offloaded_bits"] + [-1e-3, 1e-2, -1e-4],
        x["offloading_time"] * (1 + 1e-7) - [0, 0, 1e-9],
    )
    c = P1.certify(s, off)
    assert c.infeasibility <= 1e-15
    assert c.gap <= 1e-5
