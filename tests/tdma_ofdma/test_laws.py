"""Laws whatever the numbers are: a batch equals its instances; scalings, monotonicity, convexity."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mecopt.instance import Instance
from mecopt.problem import Problem
from mecopt.result import Result
from mecopt.solvers import installed
from tests.tdma_ofdma.cases import CLOUD, EXAMPLE, P1, P3, PROBLEMS, adversarial

EVERY_METHOD = [(name, method.name) for name, p in PROBLEMS.items() for method in p.own_methods]
CONIC = [(name, f"cvxpy:{row.name}") for name, p in PROBLEMS.items() for row in installed(p.cones)]


# ------------------------------------------------------------------------------------- batches


def same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(np.asarray(one, dtype=float), np.asarray(other, dtype=float), equal_nan=True))


def assert_equal(part: Result, alone: Result) -> None:
    """Exactly: no formula may depend on an instance's place in the batch, not in its last digit."""
    assert part.status == alone.status
    assert part.message == alone.message
    for field in ("value", "bound", "upper", "gap", "infeasibility", "rigorous"):
        assert same(getattr(part.certificate, field), getattr(alone.certificate, field)), field
    for key in alone.x:
        assert same(part.x[key], alone.x[key]), key
    for key in alone.multipliers.keys() & part.multipliers.keys():
        assert same(part.multipliers[key], alone.multipliers[key]), key
    if alone.status != "infeasible":
        assert part.multipliers.keys() == alone.multipliers.keys()


def mixture(name: str, users: int, batch: int) -> Instance:
    """All sorts of instances in one batch, infeasible ones among them where there are any."""
    families = ("decades", "ties", "same priority", "forced")
    parts = [adversarial(name, f, batch=-(-batch // 4), users=users, seed=users) for f in families]
    data = {key: np.concatenate([p.data[key] for p in parts])[:batch] for key in parts[0].data}
    order = np.random.default_rng(0).permutation(batch)
    data = {key: array[order] for key, array in data.items()}
    if name == "P1":
        data["cloud_capacity"][::5] *= 0.1
    if name == "P3":
        data["cloud_frequency"][::5] *= 0.1
    return PROBLEMS[name].instance(data)


@pytest.mark.parametrize(("name", "method"), EVERY_METHOD)
@pytest.mark.parametrize("users", [1, 4, 13])
def test_a_batch_equals_its_instances(name: str, method: str, users: int) -> None:
    problem, s = PROBLEMS[name], mixture(name, users, 16)
    r = problem.solve(s, method=method)
    if name != "P2" and users > 1:
        assert {"infeasible"} < set(r.status)
    for i in range(16):
        assert_equal(r[i], problem.solve(s[i], method=method))


@pytest.mark.parametrize(("name", "method"), CONIC)
def test_a_batch_equals_its_instances_for_solvers(name: str, method: str) -> None:
    problem, s = PROBLEMS[name], mixture(name, 3, 8)[:4]
    r = problem.solve(s, method=method)
    for i in (3, 0, 1, 2):
        assert_equal(r[i], problem.solve(s[i], method=method))


@pytest.mark.parametrize("rigorous", [True, False])
@pytest.mark.parametrize("name", PROBLEMS)
def test_batches_of_any_shape(name: str, rigorous: bool) -> None:
    problem, s = PROBLEMS[name], mixture(name, 4, 12)
    flat = problem.solve(s, rigorous=rigorous)
    one = problem.solve(s[3:4], rigorous=rigorous)
    assert one.status.shape == (1,)
    assert_equal(one[0], flat[3])
    square = problem.instance({key: a.reshape((3, 4, *a.shape[1:])) for key, a in s.data.items()})
    r = problem.solve(square, rigorous=rigorous)
    assert r.status.shape == (3, 4)
    assert r.x["offloaded_bits"].shape == (3, 4, 4)
    for i in range(3):
        for j in range(4):
            assert_equal(r[i, j], flat[4 * i + j])
    assert r[1].status.tolist() == flat.status[4:8].tolist()


@pytest.mark.parametrize(("name", "method"), EVERY_METHOD + CONIC)
def test_empty_batches(name: str, method: str) -> None:
    r = PROBLEMS[name].solve(PROBLEMS[name].sample(users=3, batch=0), method=method)
    assert len(r) == 0
    assert r.value.shape == (0,)
    assert r.x["offloading_time"].shape == (0, 3)


@pytest.mark.parametrize("name", PROBLEMS)
def test_shared_data_are_as_good_as_repeated(name: str) -> None:
    gains = 10.0 ** np.array([[-3, -4, -3.5], [-5, -3, -2], [-3, -3, -3]])
    data = EXAMPLE | CLOUD[name] | {"channel_gain": gains}
    r = PROBLEMS[name].solve(PROBLEMS[name].instance(data))
    for i in range(3):
        assert_equal(r[i], PROBLEMS[name].solve(PROBLEMS[name].instance(data | {"channel_gain": gains[i]})))


def test_this_comparison_can_fail() -> None:
    s = P1.sample(users=3, batch=2, seed=0)
    r = P1.solve(s)
    with pytest.raises(AssertionError):
        assert_equal(r[0], r[1])


# ------------------------------------------------------------------------------------- scalings

Change = Callable[[dict[str, Any], float], dict[str, Any]]


def times(d: dict[str, Any], c: float, **powers: int) -> dict[str, Any]:
    """Each named field times c to its power."""
    return {key: value * c ** powers.get(key, 0) for key, value in d.items()}


SCALINGS: dict[str, tuple[dict[str, int], int]] = {
    # powers of c by which data change, power by which the optimum changes
    "another unit of data": ({"input_bits": 1, "bandwidth": 1, "cycles_per_bit": -1}, 0),
    "another unit of cycles": (
        {
            "cycles_per_bit": 1,
            "energy_per_cycle": -1,
            "local_frequency": 1,
            "cloud_capacity": 1,
            "cloud_frequency": 1,
        },
        0,
    ),
    "another unit of receive power": ({"channel_gain": 1, "noise_power": 1}, 0),
    "another unit of time": (
        {
            "slot_duration": 1,
            "bandwidth": -1,
            "local_frequency": -1,
            "cloud_frequency": -1,
            "noise_power": -1,
        },
        0,
    ),
    "another unit of energy": ({"noise_power": 1, "energy_per_cycle": 1}, 1),
    "all weights": ({"weight": 1}, 1),
}


def many(name: str) -> Instance:
    return adversarial(name, "decades", batch=24, users=4, seed=21)


def optima(problem: Problem, data: Any) -> np.ndarray:
    r = problem.solve(problem.instance(data), rigorous=False)
    assert set(r.status) == {"optimal"}
    return np.asarray(r.value)


@pytest.mark.parametrize("c", [2.0**20, 3.7, 1e-9])
@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_scalings(name: str, scaling: str, c: float) -> None:
    powers, power = SCALINGS[scaling]
    s = many(name)
    before = optima(PROBLEMS[name], s.data)
    after = optima(PROBLEMS[name], times(dict(s.data), c, **powers))
    # scaled data are rounded anew: an ulp of a time at 140 nats, a hundredfold in P3
    assert after == pytest.approx(before * c**power, rel=2e-11, abs=0)


@pytest.mark.parametrize("name", PROBLEMS)
def test_scalings_can_fail(name: str) -> None:
    s = many(name)
    before = optima(PROBLEMS[name], s.data)
    for field in ("bandwidth", "noise_power", "cycles_per_bit", "weight"):
        changed = np.asarray(
            PROBLEMS[name]
            .solve(PROBLEMS[name].instance(times(dict(s.data), 0.99, **{field: 1})), rigorous=False)
            .value
        )
        assert np.any(np.abs(changed / before - 1) > 1e-4), field


# ------------------------------------------------------------------------------------- order and convexity

ROUNDING = 1e-10
"""Two optima that are equal may differ by their certified gaps."""


@pytest.mark.parametrize("factor", [1.001, 1.3, 10.0])
@pytest.mark.parametrize(
    "field",
    ["slot_duration", "bandwidth", "channel_gain", "cloud_capacity", "cloud_frequency", "local_frequency"],
)
@pytest.mark.parametrize("name", PROBLEMS)
def test_more_never_costs_more(name: str, field: str, factor: float) -> None:
    s = many(name)
    if field not in s.data:
        assert {"cloud_capacity": "P1", "cloud_frequency": "P3"}[field] != name
        return
    before = optima(PROBLEMS[name], s.data)
    after = optima(PROBLEMS[name], {**s.data, field: s.data[field] * factor})
    assert np.all(after <= before * (1 + ROUNDING))
    assert np.any(after < before * (1 - 1e-6))


@pytest.mark.parametrize("name", PROBLEMS)
def test_each_users_gain_counts(name: str) -> None:
    s = many(name)
    before = optima(PROBLEMS[name], s.data)
    for k in range(4):
        gain = s.channel_gain.copy()
        gain[:, k] *= 1.5
        assert np.all(optima(PROBLEMS[name], {**s.data, "channel_gain": gain}) <= before * (1 + ROUNDING))


@pytest.mark.parametrize("family", ["decades", "ties", "same priority"])
def test_convex_in_the_cloud_capacity(family: str) -> None:
    s = adversarial("P1", family, batch=12, users=4, seed=31)
    least = s.cycles_per_bit * np.maximum(
        s.input_bits - s.local_frequency * s.slot_duration[:, None] / s.cycles_per_bit, 0
    )
    low, high = np.sum(least, axis=-1), np.sum(s.cycles_per_bit * s.input_bits, axis=-1)
    grid = np.linspace(0, 1.1, 12)
    value = np.array([optima(P1, {**s.data, "cloud_capacity": low + x * (high - low)}) for x in grid])
    bend = value[:-2] - 2 * value[1:-1] + value[2:]
    assert np.all(bend >= -ROUNDING * value[1:-1])
    assert np.any(bend > 1e-6 * value[1:-1])
    # the price of cycles is minus the slope: each tangent lies below the curve
    for i, x in enumerate(grid):
        capacity = low + x * (high - low)
        point = P1.run(P1.instance({**s.data, "cloud_capacity": capacity}))
        for j, y in enumerate(grid):
            tangent = value[i] - point.multipliers["cloud_price"] * (y - x) * (high - low)
            assert np.all(tangent <= value[j] + ROUNDING * (value[i] + np.abs(tangent)))


def test_problems_are_ordered() -> None:
    """P2 relaxes P1 and P3."""
    for name in ("P1", "P3"):
        s = many(name)
        free = {k: v for k, v in s.data.items() if k not in ("cloud_capacity", "cloud_frequency")}
        assert np.all(optima(PROBLEMS[name], s.data) >= optima(PROBLEMS["P2"], free) * (1 - ROUNDING))


def test_prices_are_sensitivities() -> None:
    """A little more slot saves the price of airtime, a little faster cloud what its time is worth."""
    s = P3.sample(users=6, batch=8, seed=4).replace(
        local_frequency=np.full((8, 6), 1e12), cloud_frequency=3e10
    )
    r = P3.solve(s)
    h = 1e-6
    more = P3.solve(s.replace(slot_duration=s.slot_duration * (1 + h)))
    saved = (r.value - more.value) / (h * s.slot_duration)
    assert saved == pytest.approx(r.multipliers["time_price"], rel=1e-3)
