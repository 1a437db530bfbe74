"""The statement and its bound, against the worked values, SciPy, plain formulas and mutants."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import mecopt
from mecopt.arithmetic import FLOAT
from mecopt.instance import Instance
from mecopt.problems.relay import branches, cut_search, cuts, interior
from tests.relay.cases import EXAMPLE, OPTIMUM, P1, PLAN, PROBLEMS, by_hand, example, scattered


@pytest.mark.parametrize(
    ("noise", "value", "first", "second", "energy"),
    [
        ("band", 0.88590064, 2.05475706, 0.56304770, 0.47494923),
        ("fixed", 0.90509174, 2.07756445, 0.59877222, 0.48957885),
    ],
)
def test_worked_evaluation(noise: str, value: float, first: float, second: float, energy: float) -> None:
    s = example(noise_model=noise)
    d = P1.statement.lift(FLOAT, s)
    x = {name: np.asarray(v) for name, v in PLAN.items()}
    time, found = P1.statement.time_and_energy(FLOAT, d, x)  # type: ignore[attr-defined]
    assert time == pytest.approx(first, rel=1e-8)
    assert found == pytest.approx(energy, rel=1e-7)
    assert P1.certify(s, PLAN).value == pytest.approx(value, rel=1e-8)
    # no AF load: what is left is T2, times 1/(1 - 1/2) per load
    df_only = {**x, "beta": np.asarray(1.0)}
    assert P1.statement.time_and_energy(FLOAT, d, df_only)[0] == pytest.approx(2 * second, rel=1e-8)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "value"),
    [("P1", 0.423633556), ("AF", 0.85794092), ("DF", 0.60646013), ("FDHR", 0.43198454), ("TDHR", 0.42376869)],
)
def test_worked_optima(name: str, value: float) -> None:
    r = PROBLEMS[name].solve(example(name))
    assert r.status == "optimal"
    assert r.value == pytest.approx(value, rel=2e-8)
    assert r.certificate.bound <= r.value <= r.certificate.upper * (1 + 1e-15)


def test_worked_point_is_near_optimal() -> None:
    c = P1.certify(example(), OPTIMUM)
    assert c.rigorous
    assert c.gap < 1e-6
    assert c.bound == pytest.approx(0.42363355, rel=3e-7)


def random_plan(s: Instance, rng: np.random.Generator) -> dict[str, float]:
    share = rng.uniform(0.05, 0.95)
    users, relays = rng.uniform(0.05, 0.95, 2)
    return {
        "beta": rng.uniform(0.01, 0.99),
        "omega": share,
        "user_frequency": float(s.max_user_frequency) * rng.uniform(0.01, 1),
        "relay_frequency": float(s.max_relay_frequency) * rng.uniform(0.01, 1),
        "user_af_power": float(s.max_user_power) * users,
        "user_df_power": float(s.max_user_power) * (1 - users),
        "relay_af_power": float(s.max_relay_power) * relays,
        "relay_df_power": float(s.max_relay_power) * (1 - relays),
    }


@pytest.mark.parametrize(("name", "mode"), [("P1", "hybrid"), ("FDHR", "half"), ("TDHR", "slots")])
def test_value_against_plain_formulas(name: str, mode: str) -> None:
    rng = np.random.default_rng(0)
    for s in scattered(name, 20, seed=1):
        x = random_plan(s, rng)
        if name != "P1":
            del x["omega"]
        c = PROBLEMS[name].certify(s, x)
        assert c.value == pytest.approx(by_hand(s, x, mode), rel=1e-11)
        assert c.infeasibility == pytest.approx(0, abs=1e-12)
        assert c.bound <= c.value


def test_violations_are_seen() -> None:
    s = example()
    for name, cap in (
        ("user_af_power", 0.5),
        ("relay_df_power", 1.0),
        ("user_frequency", 2e8),
        ("omega", 1.0),
    ):
        assert P1.certify(s, {**PLAN, name: 1.1 * cap}).infeasibility > 0.05
        assert P1.certify(s, {**PLAN, name: -0.1 * cap}).infeasibility == pytest.approx(0.1)
    # each power within the budget, their sum not
    assert P1.certify(s, {**PLAN, "user_af_power": 0.4}).infeasibility == pytest.approx(0.4)
    assert (
        PROBLEMS["TDHR"]
        .certify(example("TDHR"), {k: v for k, v in {**PLAN, "user_af_power": 0.4}.items() if k != "omega"})
        .infeasibility
        == 0
    )


def test_dead_chains() -> None:
    no_af, no_df = {"af_gain_relay_receiver": 0.0}, {"df_gain_user_relay": 0.0}
    r = P1.solve(example(**no_af, **no_df))
    assert r.status == "infeasible"
    assert "both chains are dead" in r.message
    assert PROBLEMS["AF"].solve(example("AF", **no_af)).status == "infeasible"
    for changes, beta, name in ((no_af, 1.0, "DF"), (no_df, 0.0, "AF")):
        for method in ("exact", "cccp", "ibcd", "nlp"):
            r = P1.solve(example(**changes), method=method)
            assert r.status in ("optimal", "feasible")
            assert r.x["beta"] == beta
            assert r.value == pytest.approx(PROBLEMS[name].solve(example(name)).value, rel=1e-9)
    mixed = P1.instance(
        {**EXAMPLE, "af_gain_relay_receiver": [0.0, 1.5e-13, 0.0], "df_gain_user_relay": [0, 0, 3e-13]}
    )
    assert P1.solve(mixed).status.tolist() == ["infeasible", "optimal", "optimal"]


def least_by_slsqp(s: Instance, rng: np.random.Generator) -> float:
    """The best of random restarts of SLSQP on the plain formulas, numerical derivatives."""
    caps = [
        s.max_user_frequency,
        s.max_relay_frequency,
        s.max_user_power,
        s.max_user_power,
        s.max_relay_power,
        s.max_relay_power,
    ]
    names = list(PLAN)
    order = [
        "user_frequency",
        "relay_frequency",
        "user_af_power",
        "user_df_power",
        "relay_af_power",
        "relay_df_power",
    ]

    def plan(y: Any) -> dict[str, float]:
        x = dict(zip(order, np.exp(y[2:]) * np.array(caps, dtype=float), strict=True))
        return {"beta": 1 / (1 + np.exp(-y[0])), "omega": 1 / (1 + np.exp(-y[1])), **x}

    def budgets(y: Any) -> Any:
        e = np.exp(y)
        return [1 - e[4] - e[5], 1 - e[6] - e[7]]

    best = np.inf
    assert set(names) == set(plan(np.zeros(8)))
    for _ in range(3):
        y0 = np.concatenate([rng.normal(0, 1, 2), np.log(rng.uniform(0.05, 0.45, 6))])
        found = minimize(
            lambda y: np.log(by_hand(s, plan(y), "hybrid")),
            y0,
            method="SLSQP",
            bounds=[(-12, 12)] * 2 + [(-20, 0)] * 6,
            constraints=[{"type": "ineq", "fun": budgets}],
            options={"maxiter": 300, "ftol": 1e-12},
        )
        if min(budgets(found.x)) > -1e-9:
            best = min(best, float(np.exp(found.fun)))
    return best


def test_bound_is_tight_against_another_optimiser() -> None:
    rng = np.random.default_rng(3)
    near = 0
    for s in scattered("P1", 8, seed=2, decades=0.5):
        c = P1.certify(s, random_plan(s, rng))
        least = least_by_slsqp(s, rng)
        singles = [PROBLEMS[k].solve(PROBLEMS[k].instance(s.given)).value for k in ("AF", "DF")]
        best = min(least, *singles)
        assert c.rigorous
        assert c.bound <= best * (1 + 1e-8)  # SLSQP may leave the budgets by 1e-9
        near += c.bound >= best * (1 - 1e-6)
    assert near >= 6  # SLSQP with numerical derivatives may stop early


WEAK = {"af_gain_user_relay": 2.5e-16, "df_gain_user_relay": 1.6e-16}


def test_weak_links_leave_band_unused() -> None:
    """Noise that grows with the band: AF alone is better off in less of it, and the bound knows."""
    s = example(**WEAK)
    found = P1.solve(s)
    d = P1.statement.lift(FLOAT, s)
    best = np.inf
    for omega in np.linspace(0, 0.99, 34):
        for share in np.geomspace(1e-3, 1, 31):
            x = {"beta": 0.0, "omega": omega, "user_frequency": 2e8, "relay_frequency": 0.0}
            x |= {"user_af_power": 0.5, "user_df_power": 0.0, "relay_af_power": share, "relay_df_power": 0.0}
            with np.errstate(all="ignore"):
                value = P1.statement.value(FLOAT, d, {k: np.asarray(v) for k, v in x.items()})
            best = min(best, float(value))
    full = PROBLEMS["AF"].solve(PROBLEMS["AF"].instance(s.given)).value
    assert best < 0.99 * full
    assert found.certificate.bound <= best
    assert found.certificate.rigorous
    assert found.certificate.gap <= 1e-6


MUTANTS = {
    "wrong response of AF to the user's power": lambda a: a._replace(user_response=1.02 * a.user_response),
    "AF airtime too short": lambda a: a._replace(radio_time=0.98 * a.radio_time),
    "half the local energy": lambda a: a._replace(local_energy=0.5 * a.local_energy),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_branch_does_not_pass(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in what value and bound share shows against the worked values or leaves a gap."""
    true = branches.af_branch

    def wrong(*arguments: Any) -> Any:
        return MUTANTS[name](true(*arguments))

    for module in (branches, cuts):
        monkeypatch.setattr(module, "af_branch", wrong)
    c = P1.certify(example(), OPTIMUM)
    assert not (c.gap < 1e-6 and c.value == pytest.approx(0.423633556, rel=1e-8))


def test_a_shifted_tangent_stays_a_bound() -> None:
    """Rows may be anything: what they prove is below the optimum."""
    d = branches.pick(P1.statement.lift(FLOAT, example()), ())
    rows = cut_search.cuts(d, "hybrid")
    rng = np.random.default_rng(0)
    tight = float(cuts.bound(FLOAT, d, "hybrid", rows))
    assert tight > 0.4236334
    for _ in range(50):
        spoiled = rows.copy()
        spoiled[:, 4:] *= np.exp(rng.normal(0, 0.1, spoiled[:, 4:].shape))
        spoiled[:, 12] = np.minimum(spoiled[:, 12], 1.0)
        value = float(cuts.bound(FLOAT, d, "hybrid", spoiled))
        assert value < 0.42363356


@pytest.mark.parametrize(
    "spoil", ["gap", "late start", "early end", "negative price", "fraction above 1", "kind"]
)
def test_rows_that_do_not_cover_prove_nothing(spoil: str) -> None:
    d = branches.pick(P1.statement.lift(FLOAT, example()), ())
    rows = cut_search.cuts(d, "hybrid")
    if spoil == "gap":
        rows = np.delete(rows, 3, axis=0)
    elif spoil == "late start":
        rows = rows[1:]
    elif spoil == "early end":
        rows = rows[:-1]
    else:
        column = {"negative price": 15, "fraction above 1": 12, "kind": 2}[spoil]
        rows[2, column] = {15: -1.0, 12: 1.5, 2: 7.0}[column]
    assert np.isnan(float(cuts.bound(FLOAT, d, "hybrid", rows)))


def test_interior_derivatives_by_differences() -> None:
    rng = np.random.default_rng(1)
    y = rng.uniform(-2, 0, (1, 10))
    for nu in (0.0, 1.0):
        links = interior.Links((3.0, 0.2, 40.0, 1.5), nu)
        _value, slope, curve = interior.terms(y, links)
        step = 1e-5
        for j in range(8):
            up, down = y.copy(), y.copy()
            up[0, j] += step
            down[0, j] -= step
            high, low = interior.terms(up, links), interior.terms(down, links)
            assert (high[0] - low[0])[0] / (2 * step) == pytest.approx(slope[0, :, j], abs=1e-8)
            for term, place in interior.HESSIAN_OF.items():
                bend = (high[1] - low[1])[0, term] / (2 * step)
                assert bend == pytest.approx(curve[0, place, j], abs=1e-8)


def test_extreme_data_never_raise() -> None:
    for name in ("P1", "TDHR"):
        for s in scattered(name, 6, seed=4, decades=4.0):
            x = {o.name: np.asarray(0.25) for o in PROBLEMS[name].outputs}
            c = PROBLEMS[name].certify(s, x)
            assert not c.bound > c.value * (1 + 1e-9) or c.infeasibility > 1e-9 or np.isnan(c.value)


def test_scenarios() -> None:
    for name in P1.scenarios:
        s = P1.sample(batch=50, seed=1, scenario=name)
        assert s.batch_shape == (50,)
        assert set(s.noise_model) == {1.0 if name == "relay_fixed" else 0.0}
    s = P1.sample(batch=4000, seed=0)
    assert s.af_gain_user_relay.mean() == pytest.approx(2e-13, rel=0.05)
    assert (s.weight.min(), s.weight.max()) == pytest.approx((1e-4, 10), rel=0.05)
    middle = P1.sample(batch=4000, seed=0, scenario="segment").df_gain_user_relay.mean()
    assert middle == pytest.approx(1e-6 * 90**-3.5, rel=0.05)
    with pytest.raises(mecopt.UnknownName):
        P1.sample(users=3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("noise_model", "other"),
        ("noise_model", 1),
        ("weight", 0),
        ("af_gain_user_relay", -1),
        ("bandwidth", np.nan),
    ],
)
def test_bad_data(field: str, value: Any) -> None:
    with pytest.raises(mecopt.DataError, match=f"^{field}: "):
        example(**{field: value})
