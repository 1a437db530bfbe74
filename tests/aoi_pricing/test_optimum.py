"""The worked example, and every method against enumeration: values, bounds, proofs."""

from dataclasses import replace

import numpy as np
import pytest

from mecopt.arithmetic import FLOAT, ball_arithmetic
from mecopt.problems.aoi_pricing import closed_form, exact, improvement, large, model, part_bounds, pricing
from mecopt.problems.aoi_pricing.statement import bounds, tree
from tests.aoi_pricing.cases import (
    DUAL,
    EXAMPLE,
    OPTIMUM,
    P1,
    P5,
    P5_OPTIMUM,
    P5R,
    RA,
    best,
    cost,
    example,
    small,
)

MANY = small(40)


def test_worked_example() -> None:
    r = P1.solve(example())
    assert r.status == "optimal"
    assert r.certificate.rigorous
    assert r.value == pytest.approx(OPTIMUM, rel=1e-10)
    assert r.x["association"].tolist() == [0, 1, 0]
    assert r.x["association"].dtype == np.int64
    np.testing.assert_allclose(r.x["bandwidth_share"], [0.14044756724, 1, 0.85955243276], rtol=1e-10)
    np.testing.assert_allclose(r.x["compute_share"], [0.45580430075, 1, 0.54419569925], rtol=1e-10)
    assert P5.solve(example(P5)).value == pytest.approx(P5_OPTIMUM, rel=1e-10)


def test_terms_of_the_worked_example() -> None:
    t = closed_form.terms(example())
    comm = [[0.0902615347, 0.1336973328], [0.5666158591, 0.6061439810], [3.3807964144, 1.3431619271]]
    parallel = [[1.4038570618, 4.8913043478], [0.2155416903, 0.7509881423], [2.0011344299, 6.9723320158]]
    linear = [
        [-16.4222427989, -15.3117415585],
        [-6.2873622407, -5.3973575183],
        [-28.7136627907, -25.5170454545],
    ]
    np.testing.assert_allclose(t.root_comm**2, comm, rtol=1e-9)
    np.testing.assert_allclose(t.root_comp**2, parallel, rtol=1e-9)
    np.testing.assert_allclose(t.edge_cost - t.local_cost[:, None], linear, rtol=1e-9)
    assert np.sum(t.local_cost) == pytest.approx(56.895765720, rel=1e-10)


@pytest.mark.parametrize("solver", ["CLARABEL", "ECOS", "SCS"])
def test_relaxation_of_the_worked_example(solver: str) -> None:
    if f"cvxpy:{solver}" not in P5R.methods:
        pytest.skip(f"{solver} is not installed")
    r = P5R.solve(example(P5R), method=f"cvxpy:{solver}", tol=1e-6)
    assert r.status == "optimal"
    assert r.certificate.bound == pytest.approx(DUAL, abs=1e-5)
    value, prices, said = model.dual_optimum(example(), solver, 1e-8)
    assert said == ""
    assert value == pytest.approx(DUAL, rel=1e-5)
    np.testing.assert_allclose(prices["bandwidth_price"], [3.565571, 1.736384], rtol=2e-2)
    np.testing.assert_allclose(prices["compute_price"], [4.548646, 2.946990], rtol=2e-2)


def test_exact_is_the_best_of_all_associations() -> None:
    for s in MANY:
        r = P1.solve(s)
        assert r.status == "optimal", r.message
        assert r.value == pytest.approx(best(s), rel=1e-11)
        x = r.x
        assert cost(s, x["association"], x["bandwidth_share"], x["compute_share"]) == pytest.approx(
            r.value, rel=1e-11
        )


def test_every_heuristic_lies_between_the_bound_and_all_local_or_worse() -> None:
    for s in MANY[:4]:
        optimum = best(s)
        for method in P1.methods.values():
            if method.name.startswith(("cvxpy", "exact")):
                continue
            r = P1.solve(s, method=method.name)
            assert r.status in ("optimal", "feasible"), (method.name, r.message)
            assert r.value >= optimum * (1 - 1e-11)
            assert r.certificate.bound <= optimum * (1 + 1e-11)
            assert r.value == pytest.approx(cost(s, r.x["association"]), rel=1e-11)


@pytest.mark.skipif("cvxpy:SCIP" not in P1.methods, reason="pyscipopt is not installed")
def test_scip_agrees() -> None:
    for s in [example(), *MANY[1:8]]:
        r = P1.solve(s, method="cvxpy:SCIP")
        assert r.value == pytest.approx(best(s), rel=1e-8)


def test_dual_bound_is_the_quadratic_programs_optimum() -> None:
    for s in MANY:
        d = P5R.statement.lift(FLOAT, s)
        g = float(P5R.statement.bound(FLOAT, d, P5R.statement.best_prices(d)))
        q = P5R.solve(P5R.instance(s.data), method="cvxpy:CLARABEL", tol=1e-8)
        scale = max(abs(g), 1e-6 * float(np.sum(d.local_cost)))
        assert abs(g - q.value) <= 1e-6 * scale
        assert g <= q.value + 1e-9 * scale


def test_any_prices_bound_from_below() -> None:
    rng = np.random.default_rng(0)
    for s in MANY[:20]:
        d, optimum = P1.statement.lift(FLOAT, s), best(s)
        for _ in range(20):
            n = s.sizes["servers"]
            prices = {k: 10 ** rng.uniform(-3, 3, n) for k in ("bandwidth_price", "compute_price")}
            prices["memory_price"] = 10 ** rng.uniform(-12, -8, n)
            assert P1.statement.bound(FLOAT, d, prices) <= optimum * (1 + 1e-12)
            with ball_arithmetic() as ops:
                ball = P1.statement.bound(ops, P1.statement.lift(ops, s), prices)
            assert float(np.asarray(ball).ravel()[0].mid()) == pytest.approx(
                float(P1.statement.bound(FLOAT, d, prices)), rel=1e-9
            )


def test_the_referees_search_proves_and_gives_up() -> None:
    s = P1.sample(users=12, servers=3, seed=4)
    d = P1.statement.lift(FLOAT, s)
    x = P1.solve(s)
    prices = P1.statement.best_prices(d)
    start = float(P1.statement.bound(FLOAT, d, prices))
    assert start < x.value * (1 - 1e-6)  # prices alone do not prove it
    found = tree.search(d, float(x.value - np.sum(d.local_cost)), prices, slack=1e-10 * float(x.value))
    assert found is not None
    assert bounds.by_parts(FLOAT, d, found, beyond_local=False) == pytest.approx(x.value, rel=1e-9)
    worse = float(x.value) * 1.01 - float(np.sum(d.local_cost))
    assert tree.search(d, worse, prices, slack=1e-10) is None  # a better association is at hand
    rows = ("may", "out", "prices", "least", "most", "number_price")
    shown = replace(found, **{name: getattr(found, name)[1:] for name in rows})
    assert bounds.by_parts(FLOAT, d, shown, beyond_local=False) >= x.value * (1 - 1e-9)


def test_parts_cover_every_association() -> None:
    """No association costs less than what the parts say, whatever value was claimed."""
    for s in MANY[:15]:
        d, optimum = P1.statement.lift(FLOAT, s), best(s)
        local = float(np.sum(d.local_cost))
        for factor in (0.9, 1.0):
            found = tree.search(d, optimum * factor - local, P1.statement.best_prices(d), slack=1e-12)
            if found is not None:
                assert bounds.by_parts(FLOAT, d, found, beyond_local=False) <= optimum * (1 + 1e-9)


def test_shares_against_conic_solvers() -> None:
    s = RA.sample(users=12, servers=3, seed=2)
    one, other = RA.solve(s), RA.solve(s, method="cvxpy:CLARABEL", tol=1e-8)
    assert one.status == other.status == "optimal"
    assert one.value == pytest.approx(other.value, rel=1e-8)
    np.testing.assert_allclose(
        one.multipliers["compute_price"], other.multipliers["compute_price"], rtol=1e-4
    )


@pytest.mark.skipif("cvxpy:SCIP" not in RA.methods, reason="pyscipopt is not installed")
def test_a_solver_without_multipliers_still_has_a_point() -> None:
    s = RA.sample(users=6, servers=2, seed=2)
    RA.solve(s, method="cvxpy:CLARABEL")  # whose multipliers are not SCIP's
    shares = RA.solve(s, method="cvxpy:SCIP")
    assert shares.status == "optimal"
    assert shares.value == pytest.approx(RA.solve(s).value, rel=1e-6)
    assert np.isnan(shares.multipliers["compute_price"]).any()
    crowded = P5R.sample(users=6, servers=2, seed=1, scenario="snapshot-memory")
    crowded = crowded.replace(memory_capacity=crowded.memory_capacity / 4)
    relaxed = P5R.solve(crowded, method="cvxpy:SCIP")
    assert relaxed.status == "optimal"
    assert np.isnan(relaxed.multipliers["memory_price"]).any()


def test_impossible_associations_are_infeasible() -> None:
    gains = np.array(EXAMPLE["channel_gain"])
    gains[0, 0] = 0.0
    r = RA.solve(RA.instance(EXAMPLE | {"channel_gain": gains, "association": [0, 1, 0]}))
    assert r.status == "infeasible"
    assert "device 0 to server 0" in r.message
    full = EXAMPLE | {"memory_demand": 2.0, "memory_capacity": [3.0, 9.0], "association": [0, 1, 0]}
    assert "more memory than server 0" in RA.solve(RA.instance(full)).message


def test_moves_and_exchanges_are_priced_right() -> None:
    for s in MANY:
        t = closed_form.terms(s)
        x = pricing.run(t, pricing.constant(0.1), max_steps=20).best
        base, costs = closed_form.total_cost(t, x), improvement.move_costs(t, x)
        for i in range(len(x)):
            for j in range(-1, t.servers):
                if np.isfinite(costs[i, j + 1]) and (j < 0 or np.isfinite(t.edge_cost[i, j])):
                    moved = np.where(np.arange(len(x)) == i, j, x)
                    change = costs[i, j + 1] - costs[i, x[i] + 1]
                    assert closed_form.total_cost(t, moved) == pytest.approx(base + change, rel=1e-9)
        better = improvement.improve(t, x)
        assert closed_form.total_cost(t, better) <= base
        assert closed_form.fits(t, better)


def test_memory_is_never_overfull() -> None:
    s = P1.sample(users=15, servers=3, seed=1, scenario="snapshot-memory")
    tight = s.replace(memory_capacity=s.memory_capacity / 4)
    for method in ("exact", "pricing", "pricing-last", "local-search", "baseline:max-compute", "relaxation"):
        x = P1.run(tight, method=method).x["association"].astype(int)
        for j in range(3):
            assert np.sum(tight.memory_demand[x == j]) <= tight.memory_capacity[j]
    free = P1.solve(s.replace(memory_capacity=np.full(3, 1e15)), method="exact")
    assert P1.solve(tight, method="exact").value >= free.value


def test_gap_identity_holds_at_every_answer() -> None:
    t = closed_form.terms(P1.sample(users=10, servers=3, seed=3))
    rng = np.random.default_rng(0)
    for _ in range(50):
        p = closed_form.Prices(rng.uniform(0, 5, 3), rng.uniform(0, 5, 3), np.zeros(3))
        x, saved = closed_form.respond(t, p)
        on = closed_form.loads(t, x)
        gap = closed_form.total_cost(t, x) - closed_form.dual_value(t, p, saved)
        deltas = np.sum((p.band / 2 - on.comm) ** 2) + np.sum((p.cores / 2 - on.comp) ** 2)
        assert gap == pytest.approx(deltas, rel=1e-10)


def test_loops_reach_the_dual_optimum() -> None:
    s = P1.sample(users=20, servers=3, seed=5)
    t, d = closed_form.terms(s), P1.statement.lift(FLOAT, s)
    g = float(P1.statement.bound(FLOAT, d, P1.statement.best_prices(d)))
    for run, precision in ((pricing.converging, 1e-5), (pricing.decreasing, 1e-3), (pricing.paper, 0.05)):
        bound = run(t).bound
        assert g * (1 - precision) <= bound <= g * (1 + 1e-9)


def test_many_devices_have_a_small_gap() -> None:
    s = P1.sample(users=20_000, servers=6, seed=0)
    t = closed_form.terms(s)
    x, prices = large.solve(t)
    _, saved = closed_form.respond(t, prices)
    value, bound = closed_form.total_cost(t, x), closed_form.dual_value(t, prices, saved)
    assert bound <= value <= bound * (1 + 1e-4)


@pytest.mark.parametrize("scenario", ["snapshot-computation", "authors-computation"])
def test_near_equal_devices_are_proved_and_confirmed(scenario: str) -> None:
    r = P1.solve(P1.sample(users=30, servers=4, seed=1, scenario=scenario), method="exact")
    assert r.status == "optimal", r.message
    assert r.certificate.rigorous
    assert r.certificate.gap <= 1e-10


@pytest.mark.parametrize("scenario", ["authors-computation", "snapshot-memory", "snapshot-communication"])
def test_no_association_of_a_part_costs_less_than_its_bound(scenario: str) -> None:
    rng = np.random.default_rng(0)
    for seed in range(4):
        t = closed_form.terms(P1.sample(users=7, servers=2, seed=seed, scenario=scenario))
        b = part_bounds.Bounds.of(t)
        whole, tight = b.everything(), np.inf
        for _ in range(20):
            x = rng.integers(-1, 2, 7)
            if not closed_form.fits(t, x):
                continue
            used = np.einsum("us,rus->rs", x[:, None] == np.arange(2), b.takes[2:])
            low, high = (rng.random(used.shape) < 0.5 for _ in range(2))
            least, most = np.where(low, used, 0.0)[None], np.where(high, used, whole.most)
            part = whole._replace(least=least, most=most)
            start = rng.uniform(0, 3, (1, *b.takes[:, 0].shape))
            found = b.climb(part, start, np.inf, (1.0, 0.1, 0.01), 5)
            value = closed_form.total_cost(t, x)
            assert found.value[0] <= value * (1 + 1e-12)
            tight = min(tight, value - found.value[0])
        assert np.isfinite(tight)


def test_prices_of_numbers_bound_every_association_of_their_part() -> None:
    """The referee's bound at any prices, where servers serve at least or at most what they do."""
    rng = np.random.default_rng(1)
    for s in (P1.sample(users=7, servers=2, seed=k, scenario="authors-computation") for k in range(3)):
        t, d = closed_form.terms(s), P1.statement.lift(FLOAT, s)
        every = np.ones((1, 7, 3), dtype=bool)
        for _ in range(30):
            x, member = rng.integers(-1, 2, 7), rng.random((1, 7)) < 0.6
            served = np.array([[[np.sum(member[0] & (x == j)) for j in range(2)]]], dtype=float)
            least, most = rng.integers(0, 2, (2, 1, 1, 2)) * [[[[1, 1]]], [[[-1, -1]]]]
            loads = closed_form.loads(t, x)
            prices = np.array([[2 * loads.comm, 2 * loads.comp, [0, 0]]])
            number = rng.normal(0, 5, (1, 1, 2))
            alone = x[:, None] == np.arange(-1, 2)  # where only the price of numbers keeps it below
            for may in (every, alone[None]):
                part = bounds.Parts(may, may, prices, member, served - least, served - most, number)
                found = bounds.by_parts(FLOAT, d, part, beyond_local=False)
                assert found <= closed_form.total_cost(t, x) * (1 + 1e-12)


def test_groups_are_devices_of_nearly_equal_load() -> None:
    t = closed_form.terms(P1.sample(users=30, servers=4, seed=0, scenario="authors-computation"))
    found = part_bounds.groups(t)
    load = np.max(t.root_comp, axis=-1)
    assert np.all(np.sum(found, axis=0) <= 1)
    for who in found:
        inside, outside = np.sort(load[who]), load[~who]
        assert len(inside) > 1
        assert np.all(inside[1:] <= part_bounds.ALIKE * inside[:-1])
        assert np.all((outside < inside[0]) | (outside > inside[-1]))


def test_exact_stops_in_time() -> None:
    t = closed_form.terms(P1.sample(users=60, servers=4, seed=0))
    found, _ = exact.solve(t, gap=0.0, seconds=1.0)
    assert found.gap <= 0.01
