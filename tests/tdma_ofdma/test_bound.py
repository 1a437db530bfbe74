"""The dual bound: the inequality behind it, and that it holds at any prices."""

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf

from mecopt.arithmetic import FLOAT, ball_arithmetic, lower
from mecopt.exponents import exponents
from mecopt.instance import Instance
from mecopt.problem import Problem
from tests.tdma_ofdma.cases import DIGITS, FAMILIES, P1, P2, P3, PROBLEMS, Exact, adversarial

NAMES = list(PROBLEMS)

quick = settings(max_examples=80, deadline=None, derandomize=True, database=None)


# ------------------------------------------------------------------------------------- the inequality


def test_fenchel_inequality_is_an_identity_plus_a_known_one() -> None:
    """t (e^(x/t) - 1) - [e^y x - ((y-1) e^y + 1) t] = t e^y (e^d - 1 - d), d = x/t - y, and e^d >= 1 + d."""
    x, y, d = sympy.symbols("x y d", real=True)
    t = sympy.symbols("t", positive=True)
    left = t * (sympy.exp(x / t) - 1) - (sympy.exp(y) * x - ((y - 1) * sympy.exp(y) + 1) * t)
    right = t * sympy.exp(y) * (sympy.exp(d) - 1 - d).subs(d, x / t - y)
    assert sympy.simplify(sympy.expand(left - right)) == 0
    convex = sympy.exp(d) - 1 - d
    assert convex.subs(d, 0) == 0
    assert sympy.diff(convex, d).subs(d, 0) == 0
    assert sympy.diff(convex, d, 2).is_positive


positive = st.floats(-12, 6).map(lambda e: 10.0**e)


@quick
@given(positive, positive, st.floats(0, 300), st.floats(0, 300))
def test_fenchel_inequality_in_balls(A: float, t: float, rate: float, y: float) -> None:
    with ctx.workprec(2000):  # e^300 against a difference that may vanish with (rate - y)^2
        time, exponent, x = arb(t), arb(y), arb(rate) * arb(t)
        energy = arb(A) * time * ((x / time).exp() - 1)
        tangent = arb(A) * (exponent.exp() * x - ((exponent - 1) * exponent.exp() + 1) * time)
        if rate == y:
            assert abs(energy - tangent) <= arb(10) ** -200
        else:
            assert energy > tangent


# ------------------------------------------------------------------------------------- the bound


def small(name: str, seed: int) -> Instance:
    family = list(FAMILIES)[seed % len(FAMILIES)]
    return adversarial(name, family, batch=1, users=1 + seed % 3, seed=seed)[0]


anything = st.floats(allow_nan=True, allow_infinity=True)
sensible = st.floats(-12, 12).map(lambda e: 10.0**e)


@pytest.mark.parametrize("name", NAMES)
def test_the_bound_holds_at_any_prices(name: str) -> None:
    problem = PROBLEMS[name]

    @quick
    @given(st.integers(0, 40), anything | sensible, anything | sensible)
    def holds(seed: int, lam: float, mu: float) -> None:
        s = small(name, seed)
        solved = problem.run(s)
        prices = {"time_price": lam, "cloud_price": mu} if name == "P1" else {"time_price": lam}
        clean = {key: max(float(np.nan_to_num(p, posinf=0.0)), 0.0) for key, p in prices.items()}
        with mpmath.workdps(DIGITS):
            exact = Exact.of(s)
            if exact.F is not None and sum(c * m for c, m in zip(exact.C, exact.m, strict=True)) > exact.F:
                return  # infeasible by the rounding of F = sum C m: nothing bounds the dual
            best = exact.value(*exact.repaired(solved.x["offloaded_bits"], solved.x["offloading_time"]))
            with ball_arithmetic() as ops, np.errstate(all="ignore"):
                d = problem.statement.lift(ops, s)
                bound = problem.statement.bound(ops, d, {k: np.float64(p) for k, p in clean.items()})
                found = lower(bound)
            assert mpf(found) <= best
            # balls of 160 bits resolve (y - 1) e^y + 1 down to 1e-30 of 1
            tiny = any(0 < clean["time_price"] / A < 1e-30 for A in exact.A)
            if not tiny and clean["time_price"] < 1e100 and clean.get("cloud_price", 0.0) < 1e100:
                # as good as by Lambert's W in 60 digits, up to the 1e-15 by which exponents were rounded
                other = exact.dual(clean["time_price"], clean.get("cloud_price", 0.0))
                size = (
                    clean["time_price"] * exact.T + clean.get("cloud_price", 0) * (exact.F or 0) + abs(other)
                )
                assert mpf(found) >= other - mpf("1e-12") * (size + best)
        certificate = problem.certify(s, solved.x, prices)
        assert mpf(float(certificate.bound)) <= best

    holds()


@pytest.mark.parametrize("name", NAMES)
def test_the_optimum_lies_between_bound_and_upper(name: str) -> None:
    """To the last digit: both ends are compared in 60 digits with an optimum proved otherwise."""
    for seed in range(12):
        s = small(name, seed)
        point = PROBLEMS[name].run(s)
        c = PROBLEMS[name].certify(s, point.x, point.multipliers)
        with mpmath.workdps(DIGITS):
            exact = Exact.of(s)
            reached = exact.value(*exact.repaired(point.x["offloaded_bits"], point.x["offloading_time"]))
            dual = exact.dual(*(float(point.multipliers[key]) for key in point.multipliers))
            assert c.rigorous
            assert mpf(float(c.bound)) <= reached  # no feasible point is better than the bound
            assert mpf(float(c.upper)) >= dual  # and no bound is better than a feasible point
            assert c.bound <= c.upper


@pytest.mark.parametrize("name", NAMES)
def test_value_is_the_objective(name: str) -> None:
    """At arbitrary points, against 60 digits."""
    rng = np.random.default_rng(0)
    for seed in range(12):
        s = small(name, seed)
        bits = s.input_bits * rng.choice([0.0, 0.3, 1.0], s.input_bits.shape)
        time = s.slot_duration * 10 ** rng.uniform(-1, 0, s.input_bits.shape)
        with mpmath.workdps(DIGITS):
            true = Exact.of(s).value([mpf(float(x)) for x in bits], [mpf(float(t)) for t in time])
        c = PROBLEMS[name].certify(s, {"offloaded_bits": bits, "offloading_time": time}, rigorous=False)
        assert c.value == pytest.approx(float(true), rel=1e-12)  # up to 1000 nats, each worth an ulp


GARBAGE: list[Any] = [
    None,
    {},
    {"time_price": np.nan},
    {"time_price": np.inf},
    {"time_price": -1.0},
    {"time_price": 1e300},
]


@pytest.mark.parametrize("rigorous", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_garbage_multipliers_change_nothing(name: str, rigorous: bool) -> None:
    problem = PROBLEMS[name]
    s = problem.sample(users=8, batch=5, seed=2)
    point = problem.run(s)
    for garbage in GARBAGE:
        prices = garbage and {key: np.full(5, value) for key, value in garbage.items()}
        if prices and name == "P1":
            prices["cloud_price"] = prices["time_price"]
        c = problem.certify(s, point.x, prices, rigorous=rigorous)
        assert np.all(c.gap <= 1e-12), garbage
    if name == "P1":  # one of two prices is no hint at all
        c = problem.certify(s, point.x, {"time_price": point.multipliers["time_price"]}, rigorous=rigorous)
        assert np.all(c.gap <= 1e-12)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", NAMES)
def test_the_referees_own_prices_are_as_good(name: str, family: str) -> None:
    s = adversarial(name, family, batch=30, users=5, seed=5)
    point = PROBLEMS[name].run(s)
    given = PROBLEMS[name].certify(s, point.x, point.multipliers)
    own = PROBLEMS[name].certify(s, point.x)
    assert np.all(own.gap <= given.gap + 1e-11)


@quick
@given(st.floats(-300, 299).map(lambda e: 10.0**e))
def test_own_exponents(z: float) -> None:
    """Newton from above against Lambert's W in 60 digits."""
    y = float(exponents(np.array([z]))[0])
    with mpmath.workdps(400):
        true = 1 + mpmath.lambertw((mpf(z) - 1) / mpmath.e).real
    assert y == pytest.approx(float(true), rel=1e-12)


def test_own_exponents_at_the_ends() -> None:
    assert exponents(np.array([0.0, np.nan, -1.0])).tolist() == [0.0, 0.0, 0.0]
    assert np.all(np.isfinite(exponents(np.array([np.inf, 1e308]))))


@pytest.mark.parametrize("problem", [P1, P2, P3], ids=lambda p: p.key)
def test_float_and_ball_statements_agree(problem: Problem) -> None:
    s = problem.sample(users=5, batch=4, seed=9)
    x = problem.run(s).x
    prices = {o.name: np.full(4, p) for o, p in zip(problem.multipliers, (0.3, 1e-11), strict=False)}
    with ball_arithmetic() as ops:
        d = problem.statement.lift(ops, s)
        value, bound = problem.statement.value(ops, d, x), problem.statement.bound(ops, d, prices)
        required = d.required_bits
    f = problem.statement.lift(FLOAT, s)
    assert problem.statement.value(FLOAT, f, x) == pytest.approx([float(b) for b in value], rel=1e-13)
    assert problem.statement.bound(FLOAT, f, prices) == pytest.approx([float(b) for b in bound], rel=1e-12)
    assert f.required_bits == pytest.approx(np.array(required, dtype=float), abs=1e-9)
