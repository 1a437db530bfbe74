"""The four phases as printed, the baselines, and what holds of every scheme."""

from typing import Any

import numpy as np
import pytest

from mecopt.instance import Instance
from mecopt.problems.tdma_ofdma.ofdma import phases, water_filling
from mecopt.result import Point
from tests.tdma_ofdma.ofdma.cases import P4, P4R, example, feasible

HEURISTICS = ("phases", "phases-reoptimised")
ROUNDING, GREEDY, LOCAL = "baseline:relaxation-rounding", "baseline:greedy", "baseline:all-local"

NOBODY = phases.FREE


@pytest.mark.parametrize(
    ("method", "printed"),
    [
        ("phases", 3.2563277e-05),
        ("phases-reoptimised", 3.2563277e-05),
        (ROUNDING, 1.5523970e-05),
        (GREEDY, 0.084004800),
    ],
)
def test_worked_example(method: str, printed: float) -> None:
    r = P4.solve(example(), method=method)
    assert r.status == "feasible"
    assert float(r.value) == pytest.approx(printed, rel=4.1e-8)  # half a unit of the last printed digit
    assert r.certificate.bound == pytest.approx(1.4890687e-05, rel=4.1e-8)
    assert r.certificate.rigorous


# ------------------------------------------------------------------------------------- order of pairs


def test_ranks_follow_the_priority() -> None:
    """phi = beta N0/g (u ln u - u + 1), u = B C P g/(N0 ln 2), written out; each place is taken once."""
    s = P4.sample(users=5, subchannels=9, seed=3)
    u = s.subchannel_bandwidth * (s.cycles_per_bit * s.energy_per_cycle)[:, None] * s.channel_gain
    u = u / (s.subchannel_noise_power * np.log(2))
    phi = (s.weight[:, None] * s.subchannel_noise_power / s.channel_gain) * (u * np.log(u) - u + 1)
    rank = phases.ranks(s)
    assert sorted(rank.ravel()) == list(range(45))
    assert np.all(np.diff(np.where(u > 1, phi, 0).ravel()[np.argsort(rank.ravel())]) <= 0)


def test_ties_go_to_the_gain_then_the_user_then_the_subchannel() -> None:
    s = example(energy_per_cycle=[0, 0, 0], channel_gain=[[1, 2, 1], [2, 3, 1], [1, 1, 3]])
    assert phases.ranks(s).tolist() == [[4, 2, 5], [3, 0, 6], [7, 8, 1]]


# ------------------------------------------------------------------------------------- phase by phase

RANK = np.array([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [14, 13, 12, 11, 10]])


def test_phase_1_serves_the_best_pair_first() -> None:
    owners = phases.phase_1(RANK, np.array([True, True, True]))
    assert owners.tolist() == [0, 1, NOBODY, NOBODY, 2]
    assert phases.phase_1(RANK, np.array([False, True, False])).tolist() == [1] + [NOBODY] * 4
    assert phases.phase_1(RANK, np.array([False] * 3)).tolist() == [NOBODY] * 5


def test_phase_2_is_p5_on_the_free_subchannels() -> None:
    count, bits = phases.phase_2(example(), np.array([0, NOBODY, NOBODY, NOBODY]))
    assert count == pytest.approx([0.7779159, 1.2208857, 1.0011984], abs=5e-8)
    assert bits == pytest.approx([5e5, 8e5, 6e5])
    count, bits = phases.phase_2(example(), np.array([0, 1, 2, 0]))
    assert not count.any()
    assert bits == pytest.approx([4e5, 0, 0])


def test_phase_3_counts_what_it_gives_itself() -> None:
    owners = np.array([0, NOBODY, NOBODY, NOBODY, NOBODY])
    found, said = phases.phase_3(RANK, owners, np.array([1.2, 1.9999999999, 0.9]))
    assert (found.tolist(), said) == ([0, 0, 1, 1, 0], "")  # the last goes to whoever is best on it
    assert owners.tolist() == [0] + [NOBODY] * 4  # the argument is left alone


def test_phase_3_as_printed_can_run_out_of_subchannels() -> None:
    """User 1 holds one from Phase 1: with a second it holds two, never one."""
    owners = np.array([0, NOBODY, NOBODY, NOBODY, NOBODY])
    found, said = phases.phase_3(RANK, owners, np.array([1.2, 2.0, 0.8]), printed_stop=True)
    assert found.tolist() == [0] * 5
    assert said == "Algorithm 5 as printed does not stop for user 1, 2: no sub-channel is left"
    found, said = phases.phase_3(RANK, owners, np.array([2.2, 1.0, 0.8]), printed_stop=True)
    assert (found.tolist(), said) == ([0, 0, 1, 0, 0], "")


def test_phase_3_gives_at_least_the_whole_part() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        K, N = int(rng.integers(1, 6)), int(rng.integers(1, 12))
        rank = rng.permutation(K * N).reshape(K, N)
        owners = phases.phase_1(rank, rng.random(K) < min(0.5, N / K / 2)) if K <= N else np.full(N, NOBODY)
        free = int(np.sum(owners == NOBODY))
        count = rng.dirichlet(np.ones(K)) * free
        found, said = phases.phase_3(rank, owners, count)
        assert said == ""
        assert np.all(found != NOBODY)
        assert np.all(found[owners != NOBODY] == owners[owners != NOBODY])
        got = np.bincount(found[owners == NOBODY], minlength=K)
        assert np.all(got >= np.floor(count))


def test_phase_4_keeps_the_total_or_the_best() -> None:
    s = P4.sample(users=6, subchannels=9, seed=5, scenario="ofdma_required")
    p = water_filling.terms(s)
    _, wanted = phases.phase_2(s, phases.phase_1(phases.ranks(s), p.required_bits > 0))
    kept, best = (phases.heuristic(s, keep_total=keep) for keep in (True, False))
    held = kept.x["subchannel_assignment"].any(axis=-1)
    assert np.array_equal(kept.x["subchannel_assignment"], best.x["subchannel_assignment"])
    assert np.sum(kept.x["offloaded_bits"], axis=-1) == pytest.approx(np.where(held, wanted, 0))


# ------------------------------------------------------------------------------------- every scheme


def values(s: Instance, method: str) -> Any:
    return P4.solve(s, method=method, rigorous=False).value


@pytest.mark.parametrize("scenario", P4.scenarios)
def test_schemes_are_ordered(scenario: str) -> None:
    """relaxation <= every scheme; a re-optimised total never costs more; nor does offloading nothing."""
    s = P4.sample(users=6, subchannels=12, batch=6, seed=4, scenario=scenario)
    relaxed = P4R.solve(P4R.instance(dict(s.data)), rigorous=False).value
    found = {m: values(s, m) for m in (*HEURISTICS, ROUNDING, GREEDY, LOCAL)}
    for method, value in found.items():
        known = np.isfinite(value)
        assert np.all(value[known] >= relaxed[known] * (1 - 1e-6)), method
    assert np.all(found["phases-reoptimised"] <= found["phases"] * (1 + 1e-12))
    if scenario == "ofdma_scaled":
        for method in ("phases-reoptimised", ROUNDING, GREEDY):
            assert np.all(found[method] <= found[LOCAL] * (1 + 1e-12)), method


def test_the_heuristic_is_feasible_whenever_p4_is() -> None:
    for s in feasible(24):
        for method in HEURISTICS:
            r = P4.solve(s, method=method, rigorous=False)
            assert r.status in ("feasible", "optimal")
            assert np.all(np.sum(r.x["subchannel_assignment"], axis=0) == 1)


def test_a_baseline_that_strands_a_user_says_so() -> None:
    s = example(channel_gain=[[1e-6, 1e-6], [1e-2, 1e-2], [1e-2, 1e-2]])
    for method in (GREEDY, ROUNDING, LOCAL):
        r = P4.solve(s, method=method)
        if method == ROUNDING and r.status == "feasible":
            continue
        assert r.status == "failed"
        assert r.message == "no sub-channel left for user 1, who must offload"
        assert np.isnan(r.value)
        assert np.isnan(r.x["offloaded_bits"]).all()
    for method in HEURISTICS:
        assert P4.solve(s, method=method).status in ("feasible", "optimal")


def test_failures_are_named_in_batches_and_never_averaged_in() -> None:
    s = P4.sample(users=8, subchannels=8, batch=20, seed=0, scenario="ofdma_required")
    r = P4.solve(s, method=GREEDY, rigorous=False)
    failed = r.status == "failed"
    assert 0 < np.sum(failed) < 20
    assert all("no sub-channel left for user" in text for text in r.message[failed])
    assert np.isnan(r.value[failed]).all()
    assert np.isfinite(r.value[~failed]).all()
    served = P4.sample(users=8, subchannels=8, batch=20, seed=0, scenario="ofdma_scaled")
    assert "failed" not in set(P4.solve(served, method=GREEDY, rigorous=False).status)


def test_a_failed_relaxation_is_passed_on() -> None:
    unknown = np.full((3, 4), np.nan)
    nothing = Point({"subchannel_assignment": unknown, "offloaded_bits": unknown}, {}, "no solver")
    found = phases.rounded(example(), lambda _: nothing)
    assert found.message == "no solver"
    assert np.isnan(found.x["offloaded_bits"]).all()
