"""Laws of P4, P4R and P5: a batch equals its instances; scalings, monotonicity, order of the problems."""

from typing import Any

import numpy as np
import pytest

import mecopt
from mecopt.instance import Instance
from mecopt.result import Result
from mecopt.solvers import installed
from tests.tdma_ofdma.ofdma.cases import P4, P4R, P5, PROBLEMS, feasible

SLOW = ("milp:", "branch-and-bound")  # batches of two are enough
EVERY_METHOD = [(name, method.name) for name, p in PROBLEMS.items() for method in p.own_methods]
CONIC = [
    (name, f"cvxpy:{row.name}")
    for name in ("P4R", "P5")
    for row in installed(PROBLEMS[name].cones)
    if row.name in ("CLARABEL", "ECOS", "SCS")
]


# ------------------------------------------------------------------------------------- batches


def same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(np.asarray(one, dtype=float), np.asarray(other, dtype=float), equal_nan=True))


def assert_equal(part: Result, alone: Result) -> None:
    """Exactly, to the last digit."""
    assert part.status == alone.status
    assert part.message == alone.message
    for field in ("value", "bound", "upper", "gap", "infeasibility", "rigorous"):
        assert same(getattr(part.certificate, field), getattr(alone.certificate, field)), field
    for key in alone.x:
        assert same(part.x[key], alone.x[key]), key
    for key in alone.multipliers.keys() & part.multipliers.keys():
        assert same(part.multipliers[key], alone.multipliers[key]), key


def mixture(name: str, batch: int) -> Instance:
    """All scenarios in one batch; in P4 and P5 the last instance is infeasible."""
    problem = PROBLEMS[name]
    parts = [
        problem.sample(users=3, subchannels=4, batch=batch, seed=i, scenario=scenario)
        for i, scenario in enumerate(problem.scenarios)
    ]
    data = {key: np.concatenate([part.data[key] for part in parts])[-batch - 1 :] for key in parts[0].data}
    if name == "P4":
        data["channel_gain"] = data["channel_gain"][..., :2]
    if name == "P5":
        data["num_subchannels"][-1] = 0
    return problem.instance(data)


@pytest.mark.parametrize(("name", "method"), EVERY_METHOD + CONIC)
def test_a_batch_equals_its_instances(name: str, method: str) -> None:
    problem, s = PROBLEMS[name], mixture(name, 1 if method.startswith(SLOW) else 4)
    r = problem.solve(s, method=method)
    assert ("infeasible" in set(r.status)) == (name != "P4R")
    for i in reversed(range(len(s))):
        assert_equal(r[i], problem.solve(s[i], method=method))


@pytest.mark.parametrize("name", PROBLEMS)
def test_batches_of_any_shape(name: str) -> None:
    problem = PROBLEMS[name]
    s = problem.sample(users=3, subchannels=4, batch=6, seed=1)
    method = {"P4": "phases", "P4R": "relaxation", "P5": "closed-form"}[name]
    flat = problem.solve(s, method=method)
    square = problem.instance({key: a.reshape((2, 3, *a.shape[1:])) for key, a in s.data.items()})
    r = problem.solve(square, method=method)
    assert r.status.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert_equal(r[i, j], flat[3 * i + j])


@pytest.mark.parametrize(("name", "method"), EVERY_METHOD + CONIC)
def test_empty_batches(name: str, method: str) -> None:
    r = PROBLEMS[name].solve(PROBLEMS[name].sample(users=3, subchannels=4, batch=0), method=method)
    assert len(r) == 0
    assert r.x["offloaded_bits"].shape[:2] == (0, 3)


def test_shared_data_are_as_good_as_repeated() -> None:
    s = P4.sample(users=3, subchannels=4, batch=3, seed=1)
    shared = {key: value[0] for key, value in s.data.items() if key != "channel_gain"}
    r = P4.solve(P4.instance(shared | {"channel_gain": s.channel_gain}), method="phases")
    for i in range(3):
        one = P4.instance(shared | {"channel_gain": s.channel_gain[i]})
        assert_equal(r[i], P4.solve(one, method="phases"))


# ------------------------------------------------------------------------------------- scalings

SCALINGS: dict[str, tuple[dict[str, int], int]] = {
    # powers of c by which data change, power by which the optimum changes
    "another unit of data": ({"input_bits": 1, "subchannel_bandwidth": 1, "cycles_per_bit": -1}, 0),
    "another unit of cycles": ({"cycles_per_bit": 1, "energy_per_cycle": -1, "local_frequency": 1}, 0),
    "another unit of receive power": (
        {"channel_gain": 1, "average_channel_gain": 1, "subchannel_noise_power": 1},
        0,
    ),
    "another unit of time": (
        {
            "slot_duration": 1,
            "subchannel_bandwidth": -1,
            "local_frequency": -1,
            "subchannel_noise_power": -1,
        },
        0,
    ),
    "another unit of energy": ({"subchannel_noise_power": 1, "energy_per_cycle": 1}, 1),
    "all weights": ({"weight": 1}, 1),
}


def optimum(name: str, data: Any) -> float:
    """The optimum as the referee bounds it: by partitions, by prices, by the price of airtime."""
    problem = PROBLEMS[name]
    s = problem.instance({key: data[key] for key in (f.name for f in problem.fields)})
    x = problem.run(s, method={"P4": "phases", "P4R": "relaxation", "P5": "closed-form"}[name]).x
    return float(problem.certify(s, x, rigorous=False).bound)


def both(s: Instance) -> dict[str, Any]:
    """Data of P4 and of P5 on the same users."""
    means = np.mean(s.channel_gain, axis=-1)
    return dict(s.data) | {"average_channel_gain": means, "num_subchannels": np.array(3.0)}


MANY = [both(s) for s in feasible(8, users=3, subchannels=4, seed=9)]
MANY += [both(P4.sample(users=3, subchannels=4, seed=3, scenario=name)) for name in P4.scenarios]
# local bits so cheap that only what must be offloaded is
MANY += [data | {"energy_per_cycle": data["energy_per_cycle"] * 1e-6} for data in MANY[-1:]]


@pytest.mark.parametrize("c", [2.0**20, 3.7, 1e-9])
@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_scalings(name: str, scaling: str, c: float) -> None:
    powers, power = SCALINGS[scaling]
    for data in MANY:
        before = optimum(name, data)
        after = optimum(name, {key: value * c ** powers.get(key, 0) for key, value in data.items()})
        assert after == pytest.approx(before * c**power, rel=1e-10, abs=0)


@pytest.mark.parametrize("factor", [1.001, 1.3, 10.0])
@pytest.mark.parametrize(
    "field",
    ["slot_duration", "subchannel_bandwidth", "channel_gain", "average_channel_gain", "local_frequency"],
)
@pytest.mark.parametrize("name", PROBLEMS)
def test_more_never_costs_more(name: str, field: str, factor: float) -> None:
    if field not in {f.name for f in PROBLEMS[name].fields}:
        return
    before = np.array([optimum(name, data) for data in MANY])
    after = np.array([optimum(name, {**data, field: data[field] * factor}) for data in MANY])
    assert np.all(after <= before * (1 + 1e-10))
    assert np.any(after < before * (1 - 1e-6))


# ------------------------------------------------------------------------------------- order


def test_problems_are_ordered() -> None:
    """P4 costs at least its relaxation, and one more sub-channel never costs more."""
    for data in MANY:
        relaxed, whole = optimum("P4R", data), optimum("P4", data)
        assert relaxed <= whole * (1 + 1e-10)
        if data["channel_gain"].shape[1] > 1:
            fewer = {**data, "channel_gain": data["channel_gain"][:, :-1]}
            if P4.infeasible(P4.instance({f.name: fewer[f.name] for f in P4.fields})) == "":
                assert whole <= optimum("P4", fewer) * (1 + 1e-10)
            assert relaxed <= optimum("P4R", fewer) * (1 + 1e-10)


def test_samples_take_their_own_sizes() -> None:
    assert P4.sample().channel_gain.shape == (8, 64)
    assert P4R.sample(users=2, subchannels=3, batch=4).channel_gain.shape == (4, 2, 3)
    assert P5.sample(users=2, subchannels=3).num_subchannels == 3
    with pytest.raises(mecopt.UnknownName, match="subchannels"):
        mecopt.load("tdma_ofdma.P2").sample(users=2, subchannels=3)
    with pytest.raises(mecopt.DataError, match="subchannels"):
        P4.sample(users=2, subchannels=0)


def test_instances_travel() -> None:
    import pickle

    for name, problem in PROBLEMS.items():
        s = problem.sample(users=2, subchannels=3, seed=1)
        again = pickle.loads(pickle.dumps(s))
        assert again.problem is problem
        assert problem.instance(s.to_json()).data.keys() == s.data.keys()
        assert s.to_json()["problem"] == name
