"""The referee of P4, P4R and P5: bounds hold at any prices, wrong points never pass, violations are seen."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from mecopt.arithmetic import FLOAT, ball_arithmetic, lower
from mecopt.instance import Array, Instance
from mecopt.problems.tdma_ofdma.ofdma import bounds, water_filling
from mecopt.result import Certificate
from tests.tdma_ofdma.ofdma.cases import (
    DIGITS,
    EXAMPLE,
    P4,
    P4R,
    P5,
    Exact,
    example,
    feasible,
    owned,
    small,
)

quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)

FEW = feasible(16, users=3, subchannels=4)
OPTIMA: list[Any] = []


def optima() -> list[Any]:
    """The exact optima of `FEW`, by enumeration in 50 digits."""
    if not OPTIMA:
        with mpmath.workdps(DIGITS):
            OPTIMA.extend(Exact.of(s).optimum() for s in FEW)
    return OPTIMA


def best_point(s: Instance) -> dict[str, Array]:
    """The best assignment, by enumeration, with its bits."""
    users, channels = s.channel_gain.shape
    p = water_filling.terms(s)
    owners = np.array(list(np.ndindex((users,) * channels)))
    costs = [np.sum(water_filling.cost(p, owned(o, users))) for o in owners]
    shares = owned(owners[int(np.argmin(costs))], users)
    return {"subchannel_assignment": shares, "offloaded_bits": water_filling.fill(p, shares).bits}


# ------------------------------------------------------------------------------------- bounds


def by_prices(s: Instance, theta: Any) -> float:
    """The dual bound, proved."""
    with ball_arithmetic() as ops, np.errstate(all="ignore"):
        return lower(bounds.by_prices(ops, P4.statement.lift(ops, s), ops.number(theta)))


def test_bounds_hold_at_any_prices() -> None:
    price = st.floats(-20, 5).map(lambda e: 10.0**e) | st.sampled_from([0.0, 1e300, 1e-300])

    @quick
    @given(st.integers(0, len(FEW) - 1), st.lists(price, min_size=3, max_size=3))
    def hold(i: int, prices: list[float]) -> None:
        s = FEW[i]
        theta = np.array(prices)[: s.sizes["users"]]
        assert mpf(by_prices(s, theta)) <= optima()[i]
        # prices around those that a bit is worth
        worth = s.weight * s.cycles_per_bit * s.energy_per_cycle * np.array([0.5, 1.0, 2.0])[: len(theta)]
        assert mpf(by_prices(s, worth)) <= optima()[i]

    hold()


def test_the_dual_is_the_printed_one() -> None:
    """D(theta) of the relaxation, written out in 50 digits."""
    rng = np.random.default_rng(0)
    for s in FEW:
        theta = s.weight * s.cycles_per_bit * s.energy_per_cycle * rng.uniform(0, 3, s.sizes["users"])
        with mpmath.workdps(DIGITS):
            e = Exact.of(s)
            t = [mpf(float(x)) for x in theta]
            kept = sum(min(v * (R - m) + x * m, x * R) for v, R, m, x in zip(e.v, e.R, e.m, t, strict=True))
            u = [[max(x * e.w / A, mpf(1)) for A in row] for x, row in zip(t, e.A, strict=True)]
            earned = [
                [A * (y * mpmath.log(y) - y + 1) for A, y in zip(row, line, strict=True)]
                for row, line in zip(e.A, u, strict=True)
            ]
            true = kept - sum(max(column) for column in zip(*earned, strict=True))
            scale = kept + sum(max(column) for column in zip(*earned, strict=True))
        assert by_prices(s, theta) == pytest.approx(float(true), rel=1e-15, abs=1e-15 * float(scale))
        d = P4.statement.lift(FLOAT, s)
        loose = bounds.by_prices(FLOAT, d, theta)
        assert loose == pytest.approx(float(true), rel=1e-13, abs=1e-13 * float(scale))


@pytest.mark.parametrize("i", range(len(FEW)))
def test_the_partition_bound_is_the_optimum(i: int) -> None:
    s, best = FEW[i], optima()[i]
    with ball_arithmetic() as ops, np.errstate(all="ignore"):
        d = P4.statement.lift(ops, s)
        assert bounds.partitions_affordable(d)
        proved = lower(bounds.by_partitions(ops, d)[()])
    assert mpf(proved) <= best
    assert proved == pytest.approx(float(best), rel=1e-12, abs=1e-300)
    loose = bounds.by_partitions(FLOAT, P4.statement.lift(FLOAT, s))
    assert loose == pytest.approx(float(best), rel=1e-11, abs=1e-300)


def test_partitions_of_many_subchannels_are_left_alone() -> None:
    for users, subchannels, affordable in ((8, 10, True), (1, 12, True), (8, 11, False), (8, 256, False)):
        s = P4.sample(users=users, subchannels=subchannels)
        assert bounds.partitions_affordable(P4.statement.lift(FLOAT, s)) is affordable


@pytest.mark.parametrize("i", range(len(FEW)))
def test_the_exact_optimum_is_certified(i: int) -> None:
    """Optimal, rigorously, and between the two ends in 50 digits; also without any multipliers."""
    s = FEW[i]
    x = best_point(s)
    c = P4.certify(s, x)
    assert c.rigorous
    assert c.infeasibility <= 1e-15
    assert c.gap <= 1e-12
    assert mpf(float(c.bound)) <= optima()[i] <= mpf(float(c.upper)) * (1 + mpf("1e-15"))


@pytest.mark.parametrize("problem", [P4, P4R])
def test_value_is_the_objective(problem: Any) -> None:
    """At arbitrary points, against 50 digits."""
    rng = np.random.default_rng(1)
    for s in feasible(12):
        shape = s.channel_gain.shape
        shares = rng.dirichlet(np.ones(shape[0]), shape[1]).T
        bits = s.input_bits[:, None] / shape[1] * rng.choice([0.0, 0.5, 1.0], shape)
        with mpmath.workdps(DIGITS):
            true = Exact.of(s).value(shares.tolist(), bits.tolist())
        own = problem.instance({k: v for k, v in s.to_json().items() if k != "problem"})
        c = problem.certify(own, {"subchannel_assignment": shares, "offloaded_bits": bits}, rigorous=False)
        assert c.value == pytest.approx(float(true), rel=1e-12)


# ------------------------------------------------------------------------------------- own prices


@pytest.mark.parametrize("i", range(24))
def test_own_prices_meet_the_relaxed_optimum(i: int) -> None:
    """The price search closes the gap to a point that the ellipsoid method found with other code."""
    s = P4R.instance(list(small(24, users=5, subchannels=6, seed=3))[i])
    point = P4R.run(s, method="ellipsoid", tol=1e-8)
    c = P4R.certify(s, point.x)  # no multipliers: the referee's own
    assert c.rigorous
    assert -1e-12 <= c.gap <= 1e-7


def test_own_prices_at_low_rates() -> None:
    """1e-5 nats: excesses over the opening price of a sub-channel are as small, and must be found."""
    for scale in (1e-1, 1e-4, 1e-8):
        s = P4R.instance(
            EXAMPLE | {"input_bits": np.array([5e5, 8e5, 6e5]) * scale, "local_frequency": [0] * 3}
        )
        point = P4R.run(s, method="ellipsoid", tol=1e-8)
        assert P4R.certify(s, point.x).gap <= 1e-8


@pytest.mark.parametrize("rigorous", [True, False])
def test_garbage_multipliers_change_nothing(rigorous: bool) -> None:
    s = P4R.sample(users=3, subchannels=6, batch=4, seed=2)
    point = P4R.run(s, method="relaxation", tol=1e-8)
    for garbage in (np.nan, np.inf, -1.0, 1e300, 0.0):
        c = P4R.certify(s, point.x, {"bit_price": np.full((4, 3), garbage)}, rigorous=rigorous)
        assert np.all(c.gap <= 1e-8), garbage


# ------------------------------------------------------------------------------------- wrong points


def wrong_logarithm(s: Instance, shares: Array) -> Array:
    """Water-filling that forgets to turn nats into bits: totals right, their split is not."""
    p = water_filling.terms(s)
    ratio = p.bit_value[:, None] * p.bits_per_nat[:, None] / p.energy_scale
    bits = np.where(shares > 0, p.bits_per_nat[:, None] * np.log2(np.maximum(ratio, 2.0)), 0.0)
    total = np.sum(water_filling.fill(p, shares).bits, axis=-1)
    sent = np.sum(bits, axis=-1)
    return np.asarray(bits * (total / np.where(sent > 0, sent, 1))[:, None])


def equal_split(s: Instance, shares: Array) -> Array:
    """The same bits on all own sub-channels."""
    total = np.sum(water_filling.fill(water_filling.terms(s), shares).bits, axis=-1)
    return np.asarray(shares * (total / np.maximum(np.sum(shares, axis=-1), 1))[:, None])


@pytest.mark.parametrize("bits", [wrong_logarithm, equal_split])
def test_wrong_bits_are_never_optimal(bits: Callable[[Instance, Array], Array]) -> None:
    seen = 0
    for s in FEW:
        right = best_point(s)
        wrong = right | {"offloaded_bits": bits(s, right["subchannel_assignment"])}
        one, other = P4.certify(s, right), P4.certify(s, wrong)
        if other.value > one.value * (1 + 1e-9):
            seen += 1
            assert other.gap >= 0.9 * (1 - one.value / other.value)
    assert seen >= 4


def test_wrong_owners_are_never_optimal() -> None:
    """Every assignment of every instance: the gap is its true distance to the optimum."""
    for s, best in zip(FEW, optima(), strict=True):
        users, channels = s.channel_gain.shape
        p = water_filling.terms(s)
        for owners in list(np.ndindex((users,) * channels))[::3]:
            shares = owned(owners, users)
            found = water_filling.fill(p, shares)
            if np.isfinite(found.cost).all():
                point = {"subchannel_assignment": shares, "offloaded_bits": found.bits}
                c = P4.certify(s, point, rigorous=False)
                distance = float((mpf(float(c.value)) - best) / mpf(float(c.value))) if c.value > 0 else 0
                assert c.gap == pytest.approx(distance, abs=1e-9)


@pytest.mark.parametrize("share", [1e-3, 1e-6])
def test_wrong_shares_are_never_optimal_in_the_relaxation(share: float) -> None:
    s = example("P4R")
    point = P4R.run(s, method="ellipsoid", tol=1e-9)
    moved = point.x["subchannel_assignment"].copy()
    moved[0, 0] -= share
    moved[1, 0] += share
    bits = water_filling.fill(water_filling.terms(s), moved).bits
    right, wrong = (
        P4R.certify(s, {"subchannel_assignment": a, "offloaded_bits": b})
        for a, b in ((point.x["subchannel_assignment"], point.x["offloaded_bits"]), (moved, bits))
    )
    assert right.gap <= 1e-11
    assert wrong.gap >= share / 20


# ------------------------------------------------------------------------------------- violations


def judged(s: Instance, x: dict[str, Array]) -> Certificate:
    return s.problem.certify(s, x, rigorous=False)


POINT = best_point(example())

FAULTS: dict[str, Callable[[Array, Array], Any]] = {
    "given away twice": lambda share, bits: share.__setitem__((1, 0), 1.0),
    "half given away": lambda share, bits: share.__setitem__((2, 0), 0.5),
    "negative share": lambda share, bits: share.__setitem__((0, 1), -1e-3),
    "negative bits": lambda share, bits: bits.__setitem__((0, 1), -1.0),
    "too many bits": lambda share, bits: bits.__setitem__((0, 3), bits[0, 3] * 1.001),
    "too few required bits": lambda share, bits: bits.__setitem__((0, 3), bits[0, 3] * 0.79),
    "no number": lambda share, bits: bits.__setitem__((0, 3), np.nan),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_violations_are_seen(fault: str) -> None:
    x = {name: array.copy() for name, array in POINT.items()}
    assert judged(example(), x).infeasibility <= 1e-15
    FAULTS[fault](x["subchannel_assignment"], x["offloaded_bits"])
    c = judged(example(), x)
    assert not c.infeasibility <= 1e-6
    assert np.isnan(c.gap)
    if fault == "half given away":  # the relaxation may
        assert judged(example("P4R"), x).infeasibility <= 1e-15


def test_bits_on_a_foreign_subchannel_cost_without_end() -> None:
    x = {name: array.copy() for name, array in POINT.items()}
    x["offloaded_bits"][1, 0] = 1e-9
    assert judged(example(), x).value == np.inf
    x["subchannel_assignment"][1, 0] = -1e-12  # nor may a negative share earn anything
    assert judged(example(), x).value == np.inf


def test_rounding_is_repaired_in_proofs() -> None:
    """A point off by rounding has a feasible neighbour; one without required bits has none."""
    noise = np.random.default_rng(0)
    x = {name: array * (1 + 3e-16 * noise.uniform(-1, 1, array.shape)) for name, array in POINT.items()}
    c = P4.certify(example(), x)
    assert c.rigorous
    assert c.gap <= 1e-11
    nothing = {name: np.zeros_like(array) for name, array in POINT.items()}
    c = P4.certify(example(), nothing)
    assert not c.rigorous


# ------------------------------------------------------------------------------------- infeasible data


def test_more_required_users_than_subchannels() -> None:
    s = example(channel_gain=[[1e-3], [4e-4], [2e-3]], local_frequency=[0, 0, 8e12])
    assert P4.infeasible(s) == "2 users must offload and there are only 1 subchannels"
    assert P4.solve(s).status == "infeasible"
    assert P4R.infeasible(P4R.instance(s.to_json() | {"problem": "P4R"})) == ""
    relaxed = P4R.solve(P4R.instance(s.to_json() | {"problem": "P4R"}))
    assert relaxed.status == "optimal"  # they share it
    assert P4.infeasible(example(local_frequency=[0, 0, 0])) == ""


def test_averaged_counterpart_without_subchannels() -> None:
    s = example("P5", num_subchannels=0)
    assert P5.infeasible(s) == "1 users must offload and num_subchannels = 0"
    assert P5.solve(s).status == "infeasible"
    free = example("P5", num_subchannels=0, local_frequency=[1e12] * 3)
    for method in P5.methods:
        r = P5.solve(free, method=method)
        assert r.status == "optimal"
        assert not r.x["subchannel_share"].any()
        assert r.value == pytest.approx(0.05 + 0.084 + 0.072, rel=1e-12)


@pytest.mark.parametrize(
    ("problem", "changes", "field"),
    [
        (P4, {"channel_gain": [[1e-3], [4e-4]]}, "channel_gain"),
        (P4, {"channel_gain": [1e-3, 4e-4, 2e-3]}, "channel_gain"),
        (P4, {"channel_gain": [[0.0], [4e-4], [2e-3]]}, "channel_gain"),
        (P4, {"bandwidth": 1e6}, "bandwidth"),
        (P5, {"num_subchannels": 2.5}, "num_subchannels"),
        (P5, {"num_subchannels": -1}, "num_subchannels"),
        (P5, {"average_channel_gain": [[1e-3]] * 3}, "average_channel_gain"),
    ],
)
def test_malformed_data(problem: Any, changes: dict[str, Any], field: str) -> None:
    from mecopt import DataError

    data = example(problem.key.rpartition(".")[2]).to_json() | changes
    with pytest.raises(DataError) as error:
        problem.instance(data)
    assert field in str(error.value)
