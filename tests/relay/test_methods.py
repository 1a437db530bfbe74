"""Methods of the relay paper: closed forms, Algorithm G, CCCP, block descent, projection; and their "
"mutants."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from mecopt.loops import block_descent, cccp
from mecopt.problems.relay import algorithms, closed_form, exact, links, nlp, projection, scip, smoothing
from mecopt.problems.relay.claims import common
from mecopt.problems.relay.links import Plan
from mecopt.problems.relay.model import given_loads, surrogate
from mecopt.problems.relay.projection import Linearised, Powers
from tests.relay.cases import P1, PLAN, PROBLEMS, example, odd, scattered

NOISE = ["band", "fixed"]


def plan_of(rng: np.random.Generator, s: Any) -> Plan:
    users, relays = rng.uniform(0.05, 0.95, 2)
    return Plan(
        beta=rng.uniform(0.05, 0.95),
        omega=rng.uniform(0.05, 0.95),
        user_frequency=float(s.max_user_frequency) * rng.uniform(0.1, 1),
        relay_frequency=float(s.max_relay_frequency) * rng.uniform(0.1, 1),
        user_af_power=float(s.max_user_power) * users,
        user_df_power=float(s.max_user_power) * (1 - users),
        relay_af_power=float(s.max_relay_power) * relays,
        relay_df_power=float(s.max_relay_power) * (1 - relays),
    )


def test_costs_agree_with_the_referee() -> None:
    rng = np.random.default_rng(0)
    for s in scattered("P1", 10, seed=0):
        x = plan_of(rng, s)
        assert links.objective(links.data(s), x) == pytest.approx(
            float(P1.certify(s, x.outputs()).value), rel=1e-12
        )
        t = PROBLEMS["TDHR"].instance(s.given)
        given = {name: value for name, value in x.outputs().items() if name != "omega"}
        value = float(PROBLEMS["TDHR"].certify(t, given).value)
        assert links.slots_objective(links.data(s), x) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("name", ["AF", "DF"])
def test_closed_forms_are_certified(name: str) -> None:
    batch = PROBLEMS[name].sample(batch=40, seed=2)
    r = PROBLEMS[name].solve(batch)
    assert set(r.status) == {"optimal"}
    assert np.max(r.certificate.gap) < 1e-10
    for s in scattered(name, 10, seed=3, decades=2.0):
        assert PROBLEMS[name].solve(s).certificate.gap < 1e-9


def test_af_powers_against_scipy() -> None:
    for s in scattered("AF", 6, seed=5):
        d = links.data(s)
        price = d.weight / d.eta

        def ratio(y: Any, d: Any = d, price: float = price) -> float:
            p, q = np.exp(y) * [d.user_power, d.relay_power]
            return float(np.log((price + p + q) / links.af_nats(d, p, q, 1.0)))

        found = minimize(
            ratio,
            [-1.0, -1.0],
            bounds=[(-40, 0)] * 2,
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000},
        )
        x = PROBLEMS["AF"].run(s).x
        mine = ratio(np.log([x["user_af_power"] / d.user_power, x["relay_af_power"] / d.relay_power]))
        assert mine <= found.fun + 1e-9


def test_a_wrong_sharing_of_powers_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    true = closed_form.cheapest_hops
    monkeypatch.setattr(
        closed_form, "cheapest_hops", lambda g, theta, largest: true(g, theta[::-1], largest[::-1])
    )
    r = PROBLEMS["AF"].solve(example("AF", af_gain_user_relay=2.5e-11))
    assert r.status != "optimal"


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("mode", ["hybrid", "half", "slots"])
def test_given_loads_against_the_referees_solver(mode: str, noise: str) -> None:
    from mecopt.arithmetic import FLOAT
    from mecopt.problems.relay import branches, cut_search

    s = example(noise_model=noise)
    d, lifted = links.data(s), branches.pick(branches.lift(FLOAT, s), ())
    betas = np.array([0.02, 0.4, 0.9])
    nodes = cut_search.solve(lifted, mode, betas)
    value = links.slots_objective if mode == "slots" else links.objective
    for beta, expected, df in zip(betas, nodes.value, nodes.df, strict=True):
        found = given_loads.solve(d, mode, float(beta))
        assert not isinstance(found, str)
        x = found.plan._replace(omega=0.5) if mode == "half" else found.plan
        assert value(d, x) == pytest.approx(expected, rel=1e-7)
        assert found.elasticity == pytest.approx(df / expected, abs=1e-4)


@pytest.mark.parametrize("noise", NOISE)
def test_exact_over_the_scenario(noise: str) -> None:
    s = P1.sample(batch=6, seed=5, scenario="relay" if noise == "band" else "relay_fixed")
    r = P1.solve(s)
    assert set(r.status) == {"optimal"}
    assert np.max(r.certificate.gap) < 1e-6
    for name in ("FDHR", "TDHR"):
        assert set(PROBLEMS[name].solve(PROBLEMS[name].instance(s.given)).status) == {"optimal"}


def test_exact_over_decades() -> None:
    for s in scattered("P1", 6, seed=6):
        assert P1.solve(s).status == "optimal"


def test_nlp_agrees_with_exact() -> None:
    s = P1.sample(batch=4, seed=9)
    exact_value, local = P1.solve(s).value, P1.solve(s, method="nlp").value
    assert local == pytest.approx(exact_value, rel=1e-6)


@pytest.mark.skipif(not scip.available(), reason="needs pyscipopt")
@pytest.mark.parametrize("noise", NOISE)
def test_scip_agrees_with_exact(noise: str) -> None:
    s = example(noise_model=noise)
    d = links.data(s)
    plan, bound = scip.minimise(d, 0.6, gap=1e-5)
    best = float(P1.solve(s).value)
    assert bound == pytest.approx(best, rel=2e-5)
    assert bound <= best
    assert plan is not None
    assert links.objective(d, nlp.refine(d, plan)) == pytest.approx(best, rel=1e-8)


@pytest.mark.parametrize(("name", "mode"), [("P1", "hybrid"), ("FDHR", "half"), ("TDHR", "slots")])
def test_sequential_quadratic_programming_agrees_with_exact(name: str, mode: str) -> None:
    for noise in NOISE:
        s = example(name, noise_model=noise)
        plan = nlp.refine(links.data(s), algorithms.start(s, "blend-0.5"), mode=mode)
        x = {o.name: plan.outputs()[o.name] for o in PROBLEMS[name].outputs}
        c = PROBLEMS[name].certify(s, x)
        assert c.value == pytest.approx(float(PROBLEMS[name].solve(s).value), rel=3e-7)
        assert links.cost(links.data(s), plan, mode) == pytest.approx(float(c.value), rel=1e-12)
        assert c.infeasibility <= 1e-12


@pytest.mark.parametrize("name", ["hr", "fdhr", "tdhr"])
def test_what_a_local_search_leaves_open_is_left_to_exact(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    data = example().to_json()
    common._bracket.cache_clear()
    found = common.bracket(name, data)
    monkeypatch.setattr(common.nlp, "refine", lambda d, start, **_: start)
    common._bracket.cache_clear()
    s = common.BY_NAME[name].instance(data | {"problem": "relay"})
    assert common._local(common.BY_NAME[name], s, common.MODES[name]) is None
    other = common.bracket(name, data)
    common._bracket.cache_clear()
    assert found is not None
    assert other is not None
    assert found.lower == other.lower
    assert found.upper == pytest.approx(other.upper, rel=2e-7)


def test_exact_needs_its_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an elasticity of the wrong sign the cuts cut off the optimum, and the referee notices."""
    true = given_loads.solve
    monkeypatch.setattr(
        exact.given_loads,
        "solve",
        lambda *a, **k: true(*a, **k)._replace(elasticity=1 - true(*a, **k).elasticity),
    )
    plan, trace, _ = exact.solve_one(example(), "hybrid", polish=False)
    assert P1.certify(example(), plan.outputs()).gap > 1e-6 or trace.records[-1]["bound"] > 0.4236336


# ------------------------------------------------------------------------------- surrogate (28)


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("balance", [1.0, 3.0])
def test_surrogate_is_tight_convex_and_an_upper_bound(noise: str, balance: float) -> None:
    rng = np.random.default_rng(1)
    s = odd(noise_model=noise)
    d = links.data(s)
    m, problem = surrogate.build(noise_grows=noise == "band")
    assert problem.is_dcp(dpp=True)
    x = plan_of(rng, s)
    for name, value in surrogate.parameters(m, d, x, balance=balance).items():
        if name in m.parameters:
            m.parameters[name].value = value
    units = surrogate.units(d, x)
    unit = d.weight * units.time
    for name, value in surrogate.point_values(d, x, units, noise_grows=noise == "band").items():
        m.variables[name].value = value
    assert problem.objective.value * unit == pytest.approx(links.objective(d, x), rel=1e-10)
    for row in problem.constraints:
        assert np.max(row.violation()) <= 1e-9  # the point itself is feasible, its rows tight
    for _ in range(30):
        y = plan_of(rng, s)
        values = surrogate.point_values(d, y, units, noise_grows=noise == "band")
        for name, value in values.items():
            m.variables[name].value = value
        assert problem.objective.value * unit >= links.objective(d, y) * (1 - 1e-9)


def test_building_blocks_of_the_surrogate() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        u0, v0 = np.exp(rng.uniform(-5, 5, 2))
        u, v = np.exp(rng.uniform(-5, 5, 2))
        balance = float(np.exp(rng.uniform(-1, 1)))
        low = surrogate.below(u0, v0, balance)

        def inner(a: float, b: float, k: Any = low) -> float:
            squares = (k["u"] * a) ** 2 + (k["v"] * b) ** 2
            return k["slope_u"] * a + k["slope_v"] * b - k["level"] - squares

        assert inner(u0, v0) == pytest.approx(u0 * v0, rel=1e-9)
        assert inner(u, v) <= u * v * (1 + 1e-9) + 1e-9 * (
            u * v + low["level"] + (low["u"] * u) ** 2 + (low["v"] * v) ** 2
        )
        for squared in (False, True):
            top = surrogate.above(u0, v0, balance, squared=squared)

            def outer(a: float, b: float, k: Any = top, squared: bool = squared) -> float:
                w = b * b if squared else b
                return (k["u"] * a + k["v"] * w) ** 2 - k["slope_u"] * a - k["slope_v"] * b + k["level"]

            power = 2 if squared else 1
            assert outer(u0, v0) == pytest.approx(u0 * v0**power, rel=1e-8)
            scale = outer(u, v) + top["level"] + abs(top["slope_v"] * v)
            assert outer(u, v) >= u * v**power - 1e-9 * scale
            step = 1e-6
            slope = (outer(u0 * (1 + step), v0) - outer(u0 * (1 - step), v0)) / (2 * step * u0)
            assert slope == pytest.approx(v0**power, rel=1e-4)


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("start", algorithms.STARTS)
def test_cccp_descends_to_the_optimum_of_the_example(noise: str, start: str) -> None:
    s = example(noise_model=noise)
    plan, trace = algorithms.algorithm_1(s, algorithms.start(s, start))
    values = trace.column("objective")
    assert all(b <= a * (1 + 1e-7) for a, b in itertools.pairwise(values))
    assert trace.ended in ("converged", "stationary")
    best = float(P1.solve(s).value)
    assert values[-1] == pytest.approx(best, rel=1e-5)
    assert links.objective(links.data(s), plan) == values[-1]


def test_a_branch_next_to_idle_is_switched_off() -> None:
    """A load of 1e-11 over a band of 1e-9 takes as long as the solver's rounding says: nothing to go by."""
    s = example()
    d = links.data(s)
    x = algorithms.start(s, "naive")._replace(beta=1 - 4e-11, omega=1 - 4e-10, user_af_power=1e-9)
    off = surrogate._settled(d, x)
    assert (off.beta, off.user_af_power, off.relay_af_power) == (1.0, 0.0, 0.0)
    assert links.objective(d, off) < links.objective(d, x)
    assert surrogate._settled(d, x._replace(beta=0.5)) == x._replace(beta=0.5)


def test_weak_links_descend_to_less_than_the_full_band() -> None:
    s = example(af_gain_user_relay=2.5e-16, df_gain_user_relay=1.6e-16)
    plan, trace = algorithms.algorithm_1(s, algorithms.start(s, "blend-0.5"))
    values = trace.column("objective")
    assert values[-1] < 0.99 * links.objective(links.data(s), algorithms.af_only(s)[0])
    assert values[-1] <= values[0]
    assert 1 - plan.omega < 0.9


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("weaker", [1e-2, 1e-4, 3e-5])
def test_a_step_at_weak_links_is_no_residual_of_the_solver(noise: str, weaker: float) -> None:
    """Four steps from an ordinary plan lower the objective, where rates are down to a billionth, too."""
    gains = {name: value * weaker for name, value in example().to_json().items() if "_gain_" in name}
    s = example(noise_model=noise, **gains)
    d, x = links.data(s), algorithms.start(s, "naive")
    for _ in range(4):
        y = surrogate.minimise(d, x)
        assert y is not None
        assert links.objective(d, y) < 0.99 * links.objective(d, x)
        x = y


def test_fresh_and_compiled_surrogates_agree() -> None:
    s = example()
    first = algorithms.start(s, "naive")
    one, _ = algorithms.algorithm_1(s, first, max_steps=3)
    other, _ = algorithms.algorithm_1(s, first, max_steps=3, fresh=True)
    d = links.data(s)
    assert links.objective(d, one) == pytest.approx(links.objective(d, other), rel=1e-6)


def test_an_unbalanced_split_is_slower() -> None:
    s = example()
    first = algorithms.start(s, "blend-0.5")
    steps = [algorithms.algorithm_1(s, first, balance=b)[1].steps for b in (1.0, 3.0)]
    assert steps[1] > 1.5 * steps[0]


def test_cccp_undoes_a_rise() -> None:
    point, trace = cccp(lambda x: x + 1, lambda x: x * x, 0.5, tol=1e-9, max_steps=10)
    assert (point, trace.ended) == (0.5, "stationary")
    point, trace = cccp(lambda x: x / 2, lambda x: 1 + x * x, 1.0, tol=1e-3, max_steps=50)
    assert trace.ended == "converged"
    assert trace.column("objective") == sorted(trace.column("objective"), reverse=True)
    assert cccp(lambda x: None, lambda x: x, 1.0, tol=0, max_steps=5)[1].ended == "stationary"
    assert cccp(lambda x: x / 2, lambda x: x, 1.0, tol=0, max_steps=5)[1].ended == "max_steps"


def test_block_descent_undoes_a_block_that_rises() -> None:
    blocks = [lambda v: (v[0] / 2, v[1]), lambda v: (v[0], v[1] + 1)]
    point, trace = block_descent(
        blocks, lambda v: v[0] ** 2 + v[1] ** 2 + 1, (1.0, 2.0), tol=1e-9, max_sweeps=60
    )
    assert point[1] == 2.0
    assert point[0] < 1e-4
    assert trace.ended == "converged"
    assert block_descent([lambda v: v], lambda v: 1.0, 0, tol=0, max_sweeps=5)[1].ended == "stationary"


# ------------------------------------------------------------------------------- smoothing and projection


@pytest.mark.parametrize("noise", NOISE)
def test_gradient_of_the_power_block(noise: str) -> None:
    rng = np.random.default_rng(3)
    s = odd(noise_model=noise)
    d = links.data(s)
    blocks = smoothing.Blocks(d, 10.0)
    m = d.snr[0] / (1 + d.snr[0])
    for _ in range(5):
        x = plan_of(rng, s)
        cases = [(blocks.plain(x), blocks.plain_gradient(x), blocks.from_plain)]
        if noise == "fixed":
            v = blocks.shares(x, m)
            cases.append((v, blocks.gradient(x, v, m), lambda x, v: blocks.from_shares(x, v, m)))
        for v, slope, back in cases:
            for i in range(4):
                step = 1e-6 * v[i]
                high, low = (v._replace(**{Powers._fields[i]: v[i] + e}) for e in (step, -step))
                fall = smoothing.smoothed(d, back(x, high), 10.0) - smoothing.smoothed(d, back(x, low), 10.0)
                assert fall / (2 * step) == pytest.approx(slope[i], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("noise", NOISE)
def test_scalar_blocks_minimise(noise: str) -> None:
    rng = np.random.default_rng(4)
    s = odd(noise_model=noise)
    d = links.data(s)
    blocks = smoothing.Blocks(d, 10.0)
    x = plan_of(rng, s)
    for block, name, top in (
        (blocks.user_cpu, "user_frequency", d.user_frequency),
        (blocks.relay_cpu, "relay_frequency", d.relay_frequency),
        (blocks.fraction, "beta", 1.0),
    ):

        def value(t: float, name: str = name) -> float:
            return smoothing.smoothed(d, x._replace(**{name: t}), 10.0)

        found = minimize_scalar(
            value, bounds=(1e-6 * top, top), method="bounded", options={"xatol": 1e-10 * top}
        )
        assert value(getattr(block(x), name)) <= found.fun * (1 + 1e-9)


@pytest.mark.parametrize("noise", NOISE)
def test_ibcd_descends(noise: str) -> None:
    s = example(noise_model=noise)
    plan, trace = algorithms.algorithm_2(s, algorithms.start(s, "naive"))
    values = trace.column("objective")
    assert values == sorted(values, reverse=True)
    assert all(f <= smooth for f, smooth in zip(trace.column("unsmoothed"), values, strict=True))
    assert P1.certify(s, plan.outputs()).infeasibility <= 1e-12


def test_projection_against_scipy() -> None:
    rng = np.random.default_rng(5)
    for _ in range(25):
        m = rng.uniform(0.05, 0.99)
        x0 = rng.uniform(0, 1)
        y0 = rng.uniform(0, 1)
        c = Linearised(m, x0 - y0)
        target = Powers(*rng.normal(0.5, 0.8, 4))
        found = projection.project(target, c)
        assert min(found) >= 0
        assert found.x + found.x2 <= 1 + 1e-12
        assert c.value(found) <= 1e-12
        assert projection.relay_budget(m, found) <= 1e-12  # (33) implies (19h)
        best = minimize(
            lambda v, t=target: float(np.sum((v - np.array(t)) ** 2)),
            [0.1, 0.1, 0.1, 0.1],
            bounds=[(0, None)] * 4,
            constraints=[
                {"type": "ineq", "fun": lambda v: 1 - v[0] - v[1]},
                {"type": "ineq", "fun": lambda v, c=c: -c.value(Powers(*v))},
            ],
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 300},
        )
        mine = sum((a - b) ** 2 for a, b in zip(found, target, strict=True))
        assert mine <= best.fun * (1 + 1e-6) + 1e-9


def test_soft_maximum() -> None:
    d = links.data(example())
    c = links.costs(d, Plan(**PLAN))
    for mu in (0.1, 10.0, 1e4):
        value = smoothing.soft(d, c, mu).value
        assert c.objective(d.weight) <= value <= c.objective(d.weight) + d.weight * math.log(2) / mu + 1e-12
