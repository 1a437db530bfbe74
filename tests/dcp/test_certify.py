"""Certificates of CVXPY models: optima known by hand, a lying solver, wrong points and wrong multipliers."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import cvxpy as cp
import numpy as np
import pytest
from cvxpy.reductions.solvers.conic_solvers.clarabel_conif import CLARABEL

import mecopt
from mecopt.dcp import bounds, cones
from tests.dcp.models import KNOWN, Known, ball, cone, exponential_cone, linear, water

CLOSE = 1e-7
"""The oracle leaves about 1e-9 to repair, and values here are of size one."""


@pytest.fixture(params=KNOWN, ids=lambda make: make.__name__)
def known(request: pytest.FixtureRequest) -> Known:
    return request.param()


def signed(known: Known) -> float:
    return 1.0 if isinstance(known.problem.objective, cp.Minimize) else -1.0


def test_the_known_optimum_is_certified(known: Known) -> None:
    report = mecopt.certify(known.problem, known.x)
    assert report.status == "optimal", str(report)
    assert report.rigorous
    assert report.failed == ()
    # proved: the optimum lies between the two, up to the rounding of the value known by hand
    inside = 4e-16 * abs(known.value)
    low, high = sorted([report.bound, report.upper])
    assert low - inside <= known.value <= high + inside
    assert high - low <= CLOSE * abs(known.value)


def test_the_known_multipliers_are_accepted(known: Known) -> None:
    report = mecopt.certify(known.problem, known.x, known.multipliers)
    assert report.failed == (), str(report)
    for number, expected in known.multipliers.items():
        flat = (
            np.concatenate([np.ravel(part) for part in expected]) if isinstance(expected, list) else expected
        )
        assert np.allclose(np.ravel(report.multipliers[str(number)]), np.ravel(flat), rtol=1e-12)


def negated(value: Any) -> Any:
    """The multiplier with every sign turned; that of a cone is a list of arrays."""
    if isinstance(value, list) and isinstance(value[0], list):
        return [-np.asarray(part) for part in value]
    return (-np.asarray(value)).tolist()


def test_multipliers_with_the_wrong_sign_are_not(known: Known) -> None:
    for number, value in known.multipliers.items():
        wrong = negated(value)
        report = mecopt.certify(known.problem, known.x, {**known.multipliers, number: wrong})
        assert report.failed, f"{known}: {number}"
        assert report.status == "optimal"  # the point still is


def test_no_bound_beats_the_optimum_and_no_point_a_bound(known: Known) -> None:
    """Points drawn about the optimum: value and bound are on their sides, and bad points earn nothing."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        x = {name: np.asarray(v) + 0.1 * rng.standard_normal(np.shape(v)) for name, v in known.x.items()}
        report = mecopt.certify(known.problem, x)
        assert signed(known) * (known.value - report.bound) >= -4e-16 * abs(known.value)
        assert report.status != "optimal"
        assert report.failed


@pytest.mark.parametrize("solver", ["CLARABEL", "SCS"])
def test_what_solvers_leave_is_judged(known: Known, solver: str) -> None:
    known.problem.solve(solver=solver)
    before = {v.name(): np.array(v.value) for v in known.problem.variables()}
    report = mecopt.certify(known.problem, rigorous=False)
    assert abs(report.value - known.value) <= 1e-3 * abs(known.value)
    assert abs(report.bound - known.value) <= CLOSE * abs(known.value)
    assert not report.rigorous
    assert report.notes[0].startswith(solver)
    for variable in known.problem.variables():
        assert np.array_equal(variable.value, before[variable.name()])


class Liar(CLARABEL):
    """Clarabel, but every answer is off, and still `optimal`."""

    def name(self) -> str:
        return "LIAR"

    def invert(self, solution: Any, inverse_data: Any) -> Any:
        honest = super().invert(solution, inverse_data)
        honest.primal_vars = {
            name: np.asarray(value) * self.factor for name, value in honest.primal_vars.items()
        }
        return honest

    factor = 1.01


class Violator(Liar):
    factor = 0.9


@pytest.mark.parametrize(("liar", "where"), [(Liar, "gap"), (Violator, "missed by")])
def test_a_lying_solver_is_named(liar: type[Liar], where: str) -> None:
    problem = linear().problem
    problem.solve(solver=liar())
    assert problem.status == "optimal"
    assert problem.status == "optimal"
    report = mecopt.certify(problem)
    assert report.status != "optimal"
    assert report.notes[0].startswith("LIAR said 'optimal' and is wrong")
    assert where in report.notes[0]


def test_each_condition_fails_where_it_should() -> None:
    model = linear().problem
    primal = mecopt.certify(model, {"x": [3.0, -0.3]}).conditions[0]
    assert (primal.holds, primal.where) == (False, "constraint 0[1], 0.0 <= x")
    assert primal.amount == pytest.approx(0.1)
    dual = mecopt.certify(model, {"x": [3.0, 0.0]}, {0: [0.0, -1.0]}).conditions[1]
    assert (dual.holds, dual.where) == (False, "constraint 0, entry 1")
    slackness = mecopt.certify(model, {"x": [4.0, 0.0]}, {0: [0.0, 1.0], 1: 1.0})
    assert [c.name for c in slackness.failed] == ["complementarity"]
    assert slackness.failed[0].where == "constraint 1"
    assert slackness.failed[0].amount == pytest.approx(0.25)
    falls = mecopt.certify(model, {"x": [3.0, 0.0]}, {0: [0.0, 1.0], 1: 0.9}).conditions[3]
    assert not falls.holds
    assert falls.where.startswith("x[")
    assert "has no smallest value" in falls.sentence
    # the nearest multipliers raise 0.9 by 1/15 and [0, 1] by 1/30 each: both columns of A'y = c miss 1/10
    assert falls.amount == pytest.approx(1 / 15, rel=1e-6)
    bent = mecopt.certify(water().problem, {"x": [2.5, 2.5]}, {0: 0.25})
    assert [c.name for c in bent.failed] == ["stationarity"]
    assert bent.failed[0].where.startswith("x[0] upwards")


def test_the_miss_of_value_is_that_of_the_last_two_conditions() -> None:
    """value - bound = stationarity + complementarity, where the multipliers are what they are."""
    x, y = {"x": [2.0, 2.5]}, {0: 0.3}
    report = mecopt.certify(water().problem, x, y)
    total = abs(0.3 * (4.5 - 5.0))
    lagrangian = report.value - 0.3 * (4.5 - 5.0)
    best = 2 * np.log(1 / 0.3) - 0.3 * (2 / 0.3 - 3 - 5)  # each log's argument is 1/y
    scale = abs(report.value)
    assert report.conditions[2].amount == pytest.approx(total / scale)
    assert report.conditions[3].amount == pytest.approx((best - lagrangian) / scale, rel=1e-5)


def test_free_directions_have_no_bound_and_say_so() -> None:
    x = cp.Variable(name="far")
    report = mecopt.certify(cp.Problem(cp.Minimize(cp.exp(-x))), {"far": 40.0})
    assert report.bound == -np.inf
    assert any("far is not bounded" in note for note in report.notes)
    bounded = mecopt.certify(cp.Problem(cp.Minimize(cp.exp(-x)), [x <= 3]), {"far": 3.0})
    assert bounded.status == "optimal"
    assert bounded.rigorous


@pytest.mark.parametrize("rows", [[], ["contradiction"]])
def test_unbounded_and_infeasible_models(rows: list[str]) -> None:
    x = cp.Variable(name="x")
    problem = cp.Problem(cp.Minimize(x), [x <= 0, *([x >= 1] if rows else [])])
    report = mecopt.certify(problem, {"x": 0.5})
    assert report.status == "failed"
    assert report.bound == -np.inf
    assert "the oracle found no optimum" in report.notes[0]


def test_a_point_outside_the_domain() -> None:
    x = cp.Variable(name="x")
    report = mecopt.certify(cp.Problem(cp.Maximize(cp.log(x)), [x <= 2]), {"x": -1.0})
    assert report.status == "failed"
    assert "domain" in report.conditions[0].sentence
    row = cp.Problem(cp.Minimize(x), [cp.log(x) >= 0])
    report = mecopt.certify(row, {"x": -1.0})
    assert report.status == "failed"
    assert not any(c.holds for c in report.conditions)
    assert "constraint 0" in report.conditions[0].where


def test_nobody_is_accused_for_rounding_about_zero() -> None:
    """The optimum is 0: a relative gap says nothing there, and 1e-10 is what solvers promise."""
    x = cp.Variable(2, name="x")
    problem = cp.Problem(cp.Minimize(cp.norm(x)))
    problem.solve(solver="CLARABEL")
    x.value = [1e-10, 0.0]
    assert "wrong" not in mecopt.certify(problem).notes[0]
    x.value = [1e-3, 0.0]
    assert "is wrong" in mecopt.certify(problem).notes[0]


@pytest.mark.parametrize("axis", [0, 1])
def test_multipliers_of_several_cones_at_once(axis: int) -> None:
    """What CVXPY hands out as `dual_value`: cones along either axis, a matrix of exponential cones."""
    X, t = cp.Variable((3, 2), name="X"), cp.Variable(2 if axis == 0 else 3, name="t")
    M, N = cp.Variable((2, 2), name="M"), cp.Variable((2, 2), name="N")
    ones = cp.Constant(np.ones((2, 2)))
    shrink = np.arange(1.0, 7.0).reshape(3, 2)
    floor = np.array([[0.0, 2.0], [1.0, 0.5]])
    weights = np.arange(1.0, t.size + 1)
    rows = [cp.SOC(t, X, axis=axis), -shrink >= X, cp.ExpCone(M, ones, N), floor <= M, X >= -9]
    problem = cp.Problem(cp.Minimize(weights @ t + cp.sum(N)), rows)
    problem.solve(solver="CLARABEL")
    duals = {number: constraint.dual_value for number, constraint in enumerate(rows)}
    report = mecopt.certify(problem, None, duals)
    assert report.failed == (), str(report)
    expected = weights @ np.linalg.norm(shrink, axis=axis) + np.sum(np.exp(floor))
    assert report.bound == pytest.approx(expected, rel=1e-6)
    turned = [-np.asarray(part) for part in duals[0]]
    assert not mecopt.certify(problem, None, {**duals, 0: turned}).conditions[1].holds


def _models_with_faults() -> list[tuple[Any, Any, Any, str]]:
    x, n = cp.Variable(2, name="x"), cp.Variable(name="n", integer=True)
    good = cp.Problem(cp.Minimize(cp.sum(x)), [x >= 1])
    P, p = cp.Variable((2, 2), PSD=True), cp.Parameter(name="p")
    return [
        (cp.Problem(cp.Minimize(n), [n >= 1]), {"n": 1.0}, None, "integer"),
        (cp.Problem(cp.Minimize(cp.trace(P)), [P[0, 0] >= 1]), None, None, "semidefinite"),
        (cp.Problem(cp.Minimize(cp.sqrt(n + x[0]))), None, None, "variable n|DCP"),
        (cp.Problem(cp.Minimize(x[0] * x[1])), None, None, "objective"),
        (cp.Problem(cp.Minimize(p * x[0])), None, None, "parameter p"),
        (cp.Problem(cp.Minimize(x[0])), {"x": [1.0, 1.0]}, None, "no constraint"),
        (good, {"x": [1.0]}, None, "shape"),
        (good, {"y": 1.0}, None, "variable y"),
        (good, {}, None, "no value"),
        (good, {"x": [np.nan, 1.0]}, None, "finite"),
        (good, {"x": ["a", "b"]}, None, "variable x"),
        (good, {"x": [1.0, 1.0]}, {"7": 1.0}, "multiplier 7"),
        (good, {"x": [1.0, 1.0]}, {0: [1.0]}, "entries"),
        ("a text", {}, None, "cvxpy.Problem"),
    ]


@pytest.mark.parametrize(("problem", "x", "y", "match"), _models_with_faults())
def test_bad_input_is_one_sentence(problem: Any, x: Any, y: Any, match: str) -> None:
    with pytest.raises(mecopt.DataError, match=match) as caught:
        mecopt.certify(problem, x, y)
    assert "\n" not in str(caught.value)


# Mutants: each is one wrong line in the code, and a test above must see it.


def _lax_outside(blocks: Any, s: Any, *, dual: bool) -> list[Any]:
    return []


def test_a_lax_membership_test_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the cones, the repaired dual of a wrong guess would beat the optimum."""
    honest = bounds.oracle.solve

    def optimist(c: Any, A: Any, b: Any, blocks: Any) -> Any:
        guess = honest(c, A, b, blocks)
        guess.y[:] = guess.y * 1.5 - 0.5
        return guess

    monkeypatch.setattr("mecopt.dcp.oracle.solve", optimist)
    wrong = [mecopt.certify(make().problem, make().x).bound for make in (linear, ball)]
    assert all(not bound > value + 1e-9 for bound, value in zip(wrong, (3.0, -5.0), strict=True))
    monkeypatch.setattr("mecopt.dcp.bounds.outside", _lax_outside)
    wrong = [mecopt.certify(make().problem, make().x).bound for make in (linear, ball)]
    assert any(bound > value + 1e-9 for bound, value in zip(wrong, (3.0, -5.0), strict=True))


@pytest.mark.parametrize(
    ("dual", "inside", "out"),
    [
        (False, (0.0, 1.0, 1.0), (0.0, 1.0, 0.999)),
        (False, (-1.0, 0.0, 0.5), (1e-9, 0.0, 5.0)),
        (True, (-1.0, 1.0, 1.0), (-1.0, 0.0, 0.36)),
        (True, (0.0, 1.0, 1.0), (1e-9, 1.0, 1.0)),
    ],
)
def test_the_exponential_cone_and_its_dual(dual: bool, inside: Any, out: Any) -> None:
    from flint import arb

    block = [cones.Block("exp", 0, 3)]
    for s, empty in ((inside, True), (out, False)):
        vector = np.array([arb(v) for v in s], dtype=object)
        if dual and s == (-1.0, 1.0, 1.0):
            vector[2] = vector[2] + arb("1e-40")  # on the boundary: -u exp(v/u - 1) = exp(-2) is well below 1
        assert (cones.outside(block, vector, dual=dual) == []) is empty


def test_a_second_order_cone_has_one_nappe() -> None:
    from flint import arb

    block = [cones.Block("soc", 0, 2)]
    for t, inside in ((2.0, True), (0.5, False), (-2.0, False)):
        vector = np.array([arb(t), arb(1)], dtype=object)
        assert (cones.outside(block, vector, dual=False) == []) is inside


def test_equations_that_contradict_each_other_by_a_rounding_prove_nothing() -> None:
    """No point meets both exactly, whatever a solver's tolerance says: there is no feasible point to name."""
    x = cp.Variable(2, name="x")
    rows = [cp.sum(x) == 1, 2 * cp.sum(x) == 2 + 4.5e-16, x >= 0]
    report = mecopt.certify(cp.Problem(cp.Minimize(x[0] + 2 * x[1]), rows), {"x": [1.0, 0.0]})
    assert not report.rigorous
    assert np.isnan(report.upper)
    assert any("depend on others" in note for note in report.notes)


def test_ends_are_rounded_outwards() -> None:
    """The optimum is 1/3, which no double is: the ends must lie on either side of it exactly."""
    x = cp.Variable(name="x")
    least = mecopt.certify(cp.Problem(cp.Minimize(x), [3 * x >= 1]), {"x": 0.5})
    assert Fraction(float(least.bound)) <= Fraction(1, 3)
    pinned = mecopt.certify(cp.Problem(cp.Minimize(x), [3 * x == 1]), {"x": 1 / 3})
    assert Fraction(float(pinned.bound)) <= Fraction(1, 3) <= Fraction(float(pinned.upper))
    assert pinned.upper - pinned.bound <= 1e-15


@pytest.mark.parametrize("make", [ball, cone, exponential_cone])
def test_cone_multipliers_outside_the_dual_cone_are_named(make: Callable[[], Known]) -> None:
    known = make()
    wrong = (
        {0: -5.0}
        if make is ball
        else {0: [np.asarray(part) * [-1, 1, 1][i] for i, part in enumerate(known.multipliers[0])]}
    )
    report = mecopt.certify(known.problem, known.x, wrong)
    assert "dual feasibility" in [c.name for c in report.failed]
