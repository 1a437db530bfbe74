"""Prices: answers and Algorithm 1 against the specification, those handed out against the dual program."""

import itertools
import math
from typing import Any

import cvxpy as cp
import numpy as np
import pytest

from mecopt.instance import Instance
from mecopt.problems.aoi_pricing import closed_form, model, pricing
from tests.aoi_pricing import plain
from tests.aoi_pricing.cases import P1, P5R, RA, best, small

PRICES = ("bandwidth_price", "compute_price", "memory_price")


def tight(count: int, *, users: int = 5, servers: int = 3, seed: int = 0) -> list[Instance]:
    """Instances whose memory is short, here and there plenty or none at all."""
    rng = np.random.default_rng(seed)
    found = []
    for s in small(count, users=users, servers=servers, seed=seed):
        demand = rng.integers(1, 6, s.sizes["users"]) * 1e9
        part = rng.choice([0.0, 0.3, 0.6, 0.9, 10.0], s.sizes["servers"], p=[0.05, 0.3, 0.3, 0.2, 0.15])
        found.append(s.replace(memory_demand=demand, memory_capacity=part * np.sum(demand)))
    return found


def drawn_prices(s: Instance, rng: np.random.Generator) -> closed_form.Prices:
    """Prices of the size at which devices hesitate; of memory only where it is limited."""
    t, n = plain.links(s), s.sizes["servers"]
    size = plain.largest_saving(t) * 10 ** rng.uniform(-2, 0.5)
    memory = np.where(rng.random(n) < 0.7, rng.uniform(0, size, n) / 5e9, 0.0)
    return closed_form.Prices(*(math.sqrt(size) * rng.random((2, n))), memory)


def test_answers_and_dual_value_with_memory_prices() -> None:
    rng = np.random.default_rng(0)
    swayed = 0
    for s in tight(30):
        t, plainly, optimum = closed_form.terms(s), plain.links(s), best(s)
        for _ in range(10):
            p = drawn_prices(s, rng)
            x, saved = closed_form.respond(t, p)
            asked = plain.answers(plainly, *p)
            g = closed_form.dual_value(t, p, saved)
            scale = sum(plainly.K)
            assert x.tolist() == asked.x
            np.testing.assert_allclose(-saved, asked.q, rtol=1e-9, atol=1e-12 * scale)
            assert g == pytest.approx(asked.g, rel=1e-10, abs=1e-10 * scale)
            assert g <= optimum * (1 + 1e-11)
            swayed += x.tolist() != closed_form.respond(t, p._replace(memory=0 * p.memory))[0].tolist()
    assert swayed > 20  # the memory price decides something


def test_gap_identity_with_memory() -> None:
    rng = np.random.default_rng(1)
    sold_out = 0
    for s in tight(30):
        t, plainly = closed_form.terms(s), plain.links(s)
        for _ in range(5):
            p = drawn_prices(s, rng)
            x, saved = closed_form.respond(t, p)
            on = closed_form.loads(t, x)
            gap = closed_form.total_cost(t, x) - closed_form.dual_value(t, p, saved)
            squares = np.sum((p.band / 2 - on.comm) ** 2) + np.sum((p.cores / 2 - on.comp) ** 2)
            used = [sum(plainly.m[i] for i in np.flatnonzero(x == j)) for j in range(t.servers)]
            left = sum(pi * (plainly.C[j] - used[j]) for j, pi in enumerate(p.memory) if pi > 0)
            assert gap == pytest.approx(squares + left, rel=1e-8, abs=1e-9 * sum(plainly.K))
            sold_out += left < 0
    assert sold_out > 5


RULES: dict[str, tuple[Any, Any]] = {
    "constant": (lambda t: pricing.paper(t, step=0.1, max_steps=150), lambda step: 0.1),
    "diminishing": (lambda t: pricing.decreasing(t, max_steps=150), lambda step: 4 / (step + 2)),
}


@pytest.mark.parametrize("rule", RULES)
def test_algorithm_1_step_by_step(rule: str) -> None:
    run, size = RULES[rule]
    repairs = 0
    for s in [*tight(20, users=6), *small(8, users=6, servers=3, seed=3)]:
        t, plainly = closed_form.terms(s), plain.links(s)
        scale = plain.largest_saving(plainly) if rule == "constant" else 1.0
        found = run(t)
        expected = plain.algorithm_1(plainly, size, 150, memory_scale=scale)
        assert found.best.tolist() == expected.best
        assert found.last.tolist() == expected.last
        assert found.cost == pytest.approx(expected.cost, rel=1e-10)
        assert found.bound == pytest.approx(expected.bound, rel=1e-9, abs=1e-9 * sum(plainly.K))
        for mine, theirs in zip(found.prices, expected.prices, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-8, atol=1e-14)
        repairs += bool(np.any(found.prices.memory > 0))
    assert repairs > 5


def test_overfull_servers_send_home_what_the_specification_says() -> None:
    rng = np.random.default_rng(2)
    sent = 0
    for s in tight(40, users=8):
        t, plainly = closed_form.terms(s), plain.links(s)
        p = drawn_prices(s, rng)._replace(memory=np.zeros(t.servers))
        x, saved = closed_form.respond(t, p)
        kept = pricing.repaired(t, x, saved)
        assert kept.tolist() == plain.repaired(plainly, plain.answers(plainly, *p))
        assert plain.fits(plainly, kept.tolist())
        sent += int(np.sum(kept != x))
    assert sent > 10


def test_a_server_may_be_filled_to_the_last_byte() -> None:
    s = small(1, users=4, servers=1, seed=5)[0]
    m = np.arange(1.0, s.sizes["users"] + 1) * 0.1
    full = s.replace(memory_demand=m, memory_capacity=[float(sum(m.tolist()))])
    t = closed_form.terms(full)
    x = np.zeros(len(m), dtype=np.intp)
    assert pricing.repaired(t, x, np.ones(len(m))).tolist() == x.tolist()


def test_the_dual_program_of_the_model() -> None:
    for s in tight(6, users=6, seed=4):
        t = plain.links(s)
        gain = plain.largest_saving(t)
        value, prices, said = model.dual_optimum(s, "CLARABEL", 1e-8)
        assert said == ""
        wanted = dual_program(s)[0]
        assert sum(t.K) + value == pytest.approx(wanted, abs=1e-6 * gain)
        assert plain.answers(t, *(prices[k] for k in PRICES)).g == pytest.approx(wanted, abs=1e-6 * gain)


def dual_program(s: Instance) -> tuple[float, dict[str, np.ndarray]]:
    """P7 of the specification in s, all links in: its optimum and prices."""
    t = plain.links(s)
    scale, n = plain.largest_saving(t), range(len(t.C))
    mu, nu, room = (cp.Variable(len(t.C), nonneg=True) for _ in range(3))
    v = cp.Variable(len(t.K), nonpos=True)
    limited = [0 < c < math.inf for c in t.C]
    rows = [
        v[i]
        <= mu[j] * math.sqrt(t.A[i][j] / scale)
        + nu[j] * math.sqrt(t.S[i][j] / scale)
        + (t.e[i][j] - t.K[i]) / scale
        + (room[j] * t.m[i] / t.C[j] if limited[j] else 0.0)
        for i, j in itertools.product(range(len(t.K)), n)
        if math.isfinite(t.A[i][j]) and t.e[i][j] < t.K[i]
    ]
    sold = sum(room[j] for j in n if limited[j])
    program = cp.Problem(
        cp.Maximize(cp.sum(v) - cp.sum_squares(mu) / 4 - cp.sum_squares(nu) / 4 - sold), rows
    )
    program.solve(solver="CLARABEL")
    memory = [scale * float(room.value[j]) / t.C[j] if limited[j] else 0.0 for j in n]
    found = (math.sqrt(scale) * mu.value, math.sqrt(scale) * nu.value, np.array(memory))
    return sum(t.K) + scale * float(program.value), dict(zip(PRICES, found, strict=True))


NEAR = {"pricing": 0.01, "pricing-last": 0.01, "pricing-diminishing": 0.5}
"""How far prices of 2000 printed steps are from the best, as part of what offloading gains (steps 4/(t + 2)
are small for a memory price); all others come within 1e-3."""


def test_prices_handed_out_are_those_of_the_dual_program() -> None:
    priced = [name for name in P1.methods if not name.startswith(("baseline", "cvxpy"))]
    for s in [*tight(2, users=6, seed=4), P1.sample(users=9, servers=3, seed=2, scenario="snapshot-memory")]:
        t = plain.links(s)
        gain = plain.largest_saving(t)
        g, wanted = dual_program(s)
        gains, rounding = sum(t.K) - g, 1e-6 * gain
        for name in priced:
            prices = P1.run(s, method=name).multipliers
            mine = plain.answers(t, *(prices[k] for k in PRICES)).g
            assert g - NEAR.get(name, 1e-3) * gains <= mine + rounding, name
            assert mine <= g + rounding, name
        exact = P5R.solve(P5R.instance(s.data), method="cvxpy:CLARABEL", tol=1e-9).multipliers
        assert plain.answers(t, *(exact[k] for k in PRICES)).g == pytest.approx(g, abs=rounding)
        for k in PRICES[:2]:  # squares of prices count: the program's are right to the root of its tolerance
            np.testing.assert_allclose(exact[k], wanted[k], rtol=1e-3, atol=2e-4 * math.sqrt(gain))


@pytest.mark.parametrize("method", ["closed-form", "cvxpy:CLARABEL", "cvxpy:SCS"])
def test_prices_of_band_and_cores_are_what_more_of_them_saves(method: str) -> None:
    if method not in RA.methods:
        pytest.skip(f"{method} is not installed")
    rng = np.random.default_rng(3)
    for seed in range(3):
        s = RA.sample(users=6, servers=2, seed=seed)
        rho = np.where(rng.random(6) < 0.2, 0.0, s.parallel_fraction)
        s = s.replace(parallel_fraction=rho)
        t, x = plain.links(s), s.association.astype(int).tolist()
        prices = RA.solve(s, method=method, tol=1e-6).multipliers
        for j, (grid, name) in itertools.product(range(len(t.C)), ((t.A, PRICES[0]), (t.S, PRICES[1]))):
            work = np.array([grid[i][j] for i in range(len(x)) if x[i] == j and grid[i][j] > 0])
            assert prices[name][j] == pytest.approx(saved_by_more(work), rel=1e-3), (name, j)


def saved_by_more(work: np.ndarray) -> float:
    """-dV/d(size) at size 1 of V = min sum w/y, sum y <= size: a solver's multiplier, right to some 1e-4."""
    if not work.size:
        return 0.0
    scale = float(np.max(work))
    z = cp.Variable(work.size, pos=True)
    row = cp.sum(z) <= 1
    cp.Problem(cp.Minimize((work / scale) @ cp.inv_pos(z)), [row]).solve(solver="CLARABEL")
    return scale * float(row.dual_value)
