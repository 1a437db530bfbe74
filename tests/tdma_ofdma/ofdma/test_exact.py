"""The dynamic programme of P4 against enumeration, 50 digits, outer approximation and the referee's bound."""

from typing import Any

import numpy as np
import pytest

from mecopt.instance import Array, Instance
from mecopt.problems.tdma_ofdma.ofdma import exact, water_filling
from tests.tdma_ofdma.ofdma.cases import P4, Exact, example, feasible, owned

SMALL = feasible(24, users=4, subchannels=5, seed=21)


def enumerated(s: Instance) -> float:
    """Every assignment, subsets costed one by one."""
    users, channels = s.channel_gain.shape
    p = water_filling.terms(s)
    return min(float(np.sum(water_filling.cost(p, owned(o, users)))) for o in np.ndindex((users,) * channels))


def test_worked_example() -> None:
    r = P4.solve(example(), method="exact")
    assert r.status == "optimal"
    assert r.certificate.rigorous
    assert float(r.value) == pytest.approx(1.4890687e-05, rel=4.1e-8)
    assert (np.argmax(r.x["subchannel_assignment"], axis=0) + 1).tolist() == [3, 2, 2, 1]


@pytest.mark.parametrize("i", range(len(SMALL)))
def test_every_assignment(i: int) -> None:
    r = P4.solve(SMALL[i], method="exact")
    assert r.status == "optimal"
    assert float(r.value) == pytest.approx(enumerated(SMALL[i]), rel=1e-12)


def test_every_assignment_in_50_digits() -> None:
    for s in feasible(4, users=3, subchannels=4, seed=22):
        assert float(P4.solve(s, method="exact").value) == pytest.approx(
            float(Exact.of(s).optimum()), rel=1e-11
        )


@pytest.mark.parametrize("scenario", P4.scenarios)
@pytest.mark.parametrize(("users", "subchannels"), [(8, 8), (4, 10), (2, 12)])
def test_the_referee_proves_it(users: int, subchannels: int, scenario: str) -> None:
    """By its own sums over partitions: no number of the programme enters."""
    s = P4.sample(users=users, subchannels=subchannels, seed=2, scenario=scenario)
    r = P4.solve(s, method="exact")
    assert r.status == "optimal"
    assert r.certificate.gap <= 1e-10
    assert r.certificate.rigorous


def test_beyond_the_referee_it_is_feasible_with_an_honest_gap() -> None:
    s = P4.sample(users=8, subchannels=12, seed=0)
    r = P4.solve(s, method="exact")
    assert r.status == "feasible"
    assert r.certificate.gap == pytest.approx(1 - r.certificate.bound / r.value)
    assert 0 < r.certificate.gap < 1
    for other in ("phases-reoptimised", "baseline:relaxation-rounding", "baseline:greedy"):
        assert P4.solve(s, method=other).value >= r.value * (1 - 1e-12)


@pytest.mark.parametrize("solver", ["HIGHS", "SCIP"])
@pytest.mark.parametrize("scenario", P4.scenarios)
def test_outer_approximation_agrees(scenario: str, solver: str) -> None:
    if f"milp:{solver}" not in P4.methods:
        pytest.skip(f"{solver} is not installed")
    s = P4.sample(users=3, subchannels=6, seed=4, scenario=scenario)
    other = P4.solve(s, method=f"milp:{solver}", tol=1e-7)
    assert float(other.value) == pytest.approx(float(P4.solve(s, method="exact").value), rel=2e-7)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", P4.scenarios)
def test_eight_users_on_eighteen_subchannels(scenario: str) -> None:
    """No reassignment of one sub-channel and no exchange of two improves what a programme of 10^16 found."""
    s = P4.sample(users=8, subchannels=18, seed=1, scenario=scenario)
    r = P4.solve(s, method="exact")
    assert r.seconds < 60
    assert r.status == "feasible"
    p, owners = water_filling.terms(s), np.argmax(r.x["subchannel_assignment"], axis=0)
    for tried in neighbours(owners, users=8):
        assert float(np.sum(water_filling.cost(p, owned(tried, 8)))) >= float(r.value) * (1 - 1e-12)


def neighbours(owners: Any, *, users: int) -> list[Array]:
    """One sub-channel to somebody else, or two exchanged."""
    found = []
    for n in range(len(owners)):
        for k in range(users):
            found.append(np.where(np.arange(len(owners)) == n, k, owners))
        for m in range(n):
            swapped = owners.copy()
            swapped[[m, n]] = owners[[n, m]]
            found.append(swapped)
    return found


def test_too_many_subchannels_are_declined_in_a_sentence() -> None:
    r = P4.solve(P4.sample(users=8, subchannels=19, seed=0), method="exact")
    assert r.status == "failed"
    assert r.message == (
        "exact compares all sets of sub-channels, for 8 users of up to 18, "
        "and here are 19: use branch-and-bound"
    )
    assert np.isnan(r.value)


def test_sizes_that_are_offered() -> None:
    assert [exact.affordable(*size) for size in ((8, 18), (3, 19), (2, 22), (1, 23))] == [True] * 4
    assert not any(exact.affordable(*size) for size in ((8, 19), (2, 23), (100, 16)))


def test_costs_of_sets() -> None:
    """Against 50 digits; chunks leave no seam."""
    s = example()
    costs, slow = exact.set_costs(s), Exact.of(s)
    for number in range(16):
        held = [number >> n & 1 for n in range(4)]
        for k in range(3):
            assert costs[k, number] == pytest.approx(float(slow.user_cost(k, held)), rel=1e-12)
    many = P4.sample(users=2, subchannels=14, seed=0)
    costs = exact.set_costs(many)
    p = water_filling.terms(many)
    for number in (0, 1, 4095, 4096, 4097, 8191, 8192, 2**14 - 1):
        held = (number >> np.arange(14) & 1).astype(float)
        assert np.array_equal(costs[:, number], water_filling.cost(p, np.stack([held, held])))


MUTANTS = {
    "costs of everything computed locally": lambda s, costs: np.broadcast_to(costs[:, :1], costs.shape),
    "sub-channels in reverse": lambda s, costs: costs[:, reversed_bits(s)],
    "weights of the wrong user": lambda s, costs: costs[::-1],
}


def reversed_bits(s: Instance) -> Any:
    channels = s.sizes["subchannels"]
    numbers = np.arange(2**channels)
    return np.sum((numbers[:, None] >> np.arange(channels) & 1) << np.arange(channels)[::-1], axis=-1)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_wrong_costs_are_noticed(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The referee, whose bound is its own, denies them `optimal`."""
    right = exact.set_costs
    monkeypatch.setattr(exact, "set_costs", lambda s: np.ascontiguousarray(MUTANTS[mutant](s, right(s))))
    assert P4.solve(example(), method="exact").status != "optimal"


def test_a_user_who_must_offload_never_goes_without() -> None:
    s = example(local_frequency=[0, 0, 0], channel_gain=[[1e-3] * 3, [1e-9] * 3, [1e-9] * 3])
    r = P4.solve(s, method="exact")
    assert r.status == "optimal"
    assert np.all(np.sum(r.x["subchannel_assignment"], axis=-1) == 1)
