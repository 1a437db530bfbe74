"""The solver table, and solvers that fail, lie or hang: none of them becomes an answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cvxpy as cp
import numpy as np
import pytest

import mecopt
from mecopt import conic
from mecopt.problem import TOL_EXACT, TOL_SOLVER
from mecopt.result import Result
from mecopt.solvers import DISTRUSTED, EXPONENTIAL, HEADROOM, TABLE, TIME_LIMIT, Solver, installed, solver

P1, P2 = mecopt.load("tdma_ofdma.P1"), mecopt.load("tdma_ofdma.P2")
MODEL = "mecopt.problems.tdma_ofdma.model"
S = P2.sample(users=4, seed=1)
EXACT = P2.solve(S)

ROWS = {row.name: row for row in TABLE}


def test_rows_are_consistent() -> None:
    assert len(ROWS) == len(TABLE)
    for row in TABLE:
        assert row.tolerances
        assert not set(row.tolerances) & set(row.limits)
        assert row.cones >= EXPONENTIAL
        assert 0 < row.floor < 1e-6


@pytest.mark.parametrize("name", ROWS)
def test_one_tolerance_reaches_every_keyword(name: str) -> None:
    row = ROWS[name]
    for tol in (1e-2, 1e-4):
        options = row.options(tol)
        inner = options[row.group] if row.group else options
        assert {inner[keyword] for keyword in row.tolerances} == {tol * HEADROOM}
    tight = row.options(1e-15)
    inner = tight[row.group] if row.group else tight
    assert {inner[keyword] for keyword in row.tolerances} == {row.floor}  # beyond it the solver stalls
    assert all(options[keyword] == value for keyword, value in row.limits.items())


def test_those_that_know_a_time_limit_get_one() -> None:
    limits = {row.name: {key: v for key, v in row.limits.items() if "time" in key.lower()} for row in TABLE}
    assert limits["CLARABEL"] == {"time_limit": TIME_LIMIT}
    assert limits["SCS"] == {"time_limit_secs": TIME_LIMIT}
    assert limits["COPT"] == {"TimeLimit": TIME_LIMIT}
    assert ROWS["ECOS"].limits["max_iters"] <= 1000  # it knows no time limit


@pytest.mark.parametrize("row", installed(EXPONENTIAL), ids=lambda row: row.name)
def test_the_installed_take_their_keywords(row: Solver) -> None:
    x = cp.Variable()
    assert conic.run(cp.Problem(cp.Minimize(cp.exp(x) - x)), row, tol=1e-6) == ""
    assert x.value == pytest.approx(0.0, abs=1e-3)
    assert row.version != "?"


def test_installed_solvers_take_the_cones_and_are_trusted() -> None:
    names = {row.name for row in installed(EXPONENTIAL)}
    assert {"CLARABEL", "SCS"} <= names
    assert not names & DISTRUSTED
    assert "OSQP" not in names  # quadratic programs only
    assert {row.name for row in installed(EXPONENTIAL | {"PowCone3D"})} <= names
    assert installed(frozenset({"NoSuchCone"})) == ()
    assert solver("SCS", EXPONENTIAL) is ROWS["SCS"]


def test_a_solver_outside_the_table_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mecopt.solvers.TABLE", tuple(row for row in TABLE if row.name != "SCS"))
    installed.cache_clear()
    try:
        rows = {row.name: row for row in installed(EXPONENTIAL)}
        assert rows["SCS"].options(1e-8) == {}  # unknown keywords: its own defaults
        assert "cvxpy:SCS" in P2.methods
        assert not DISTRUSTED & rows.keys()
    finally:
        installed.cache_clear()


def solve_with(monkeypatch: pytest.MonkeyPatch, fake: Callable[..., Any], *, problem: Any = P2) -> Result:
    """Solve with `conic.run` replaced: fake(cvxpy problem) -> what was said."""
    monkeypatch.setattr(conic, "run", lambda problem, row, *, tol: fake(problem))
    s = S if problem is P2 else problem.sample(users=4, seed=1)
    result: Result = problem.solve(s, method="cvxpy:CLARABEL")
    return result


def lying(value: Callable[[str, int], Any], *, dual: float = 1.0) -> Callable[[cp.Problem], str]:
    """A solver that calls these values optimal."""

    def fake(problem: cp.Problem) -> str:
        for variable in problem.variables():
            variable.save_value(np.asarray(value(variable.name(), variable.size), dtype=float))
        for constraint in problem.constraints:
            for part in constraint.dual_variables:
                part.save_value(np.full(part.shape, dual))
        return ""

    return fake


LIES: dict[str, Callable[[str, int], Any]] = {
    "zeros": lambda name, n: np.zeros(n),
    "ones": lambda name, n: np.ones(n),
    "negative": lambda name, n: -np.ones(n),
    "nan": lambda name, n: np.full(n, np.nan),
    "inf": lambda name, n: np.full(n, np.inf),
    "huge": lambda name, n: np.full(n, 1e200),
    "random": lambda name, n: np.random.default_rng(0).uniform(-1, 2, n),
    "no time": lambda name, n: np.zeros(n) if name == "scaled_time" else np.full(n, 0.5),
    "one nan": lambda name, n: np.r_[np.nan, np.full(n - 1, 0.5)],
}


@pytest.mark.parametrize("dual", [1.0, 0.0, -1.0, np.nan, np.inf, 1e300])
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("problem", [P1, P2], ids=["P1", "P2"])
def test_a_lie_is_never_optimal(monkeypatch: pytest.MonkeyPatch, problem: Any, lie: str, dual: float) -> None:
    r = solve_with(monkeypatch, lying(LIES[lie], dual=dual), problem=problem)
    assert r.status in ("feasible", "failed")
    if r.status == "feasible":
        exact = problem.solve(problem.sample(users=4, seed=1))
        assert r.value > exact.value  # really feasible, really worse, and seen to be so
        assert r.certificate.gap == pytest.approx(1 - exact.value / r.value, rel=1e-6)
    else:
        assert r.message


def test_the_truth_passes_the_same_door(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def honest(problem: cp.Problem) -> str:
        problem.solve(solver="CLARABEL", tol_gap_rel=1e-11, tol_gap_abs=1e-11, tol_feas=1e-11)
        seen.update({variable.name(): variable.value for variable in problem.variables()})
        return ""

    assert solve_with(monkeypatch, honest).status == "optimal"
    assert solve_with(monkeypatch, lying(lambda name, n: seen[name], dual=np.nan)).status == "optimal"


def test_what_a_failing_solver_says_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    r = solve_with(monkeypatch, lambda problem: "CLARABEL said 'infeasible' of an instance that is feasible")
    assert r.status == "failed"
    assert r.message == "CLARABEL said 'infeasible' of an instance that is feasible"
    assert np.all(np.isnan(r.x["offloaded_bits"]))
    assert np.isnan(r.value)


class PanicException(BaseException):
    """Named like the exception of a crashed Rust library."""


CRASHES: dict[str, BaseException] = {
    "solver error": cp.SolverError("Solver 'CLARABEL' failed. Try another solver."),
    "two lines": cp.SolverError("first line\nsecond line"),
    "division": ZeroDivisionError(),
    "value": ValueError("matrix is not positive definite"),
    "key": KeyError("status"),
    "type": TypeError("'NoneType' object is not subscriptable"),
    "assertion": AssertionError(),
    "memory": MemoryError(),
    "Rust": PanicException("called `Option::unwrap()` on a `None` value"),
}


@pytest.mark.parametrize("name", CRASHES)
@pytest.mark.parametrize("row", installed(EXPONENTIAL), ids=lambda row: row.name)
def test_a_crash_is_a_failure_that_names_the_solver(
    monkeypatch: pytest.MonkeyPatch, row: Solver, name: str
) -> None:
    error = CRASHES[name]

    def crash(problem: cp.Problem, name: str, options: Any, **how: Any) -> None:
        raise error

    monkeypatch.setattr(conic, "solve", crash)
    r = P2.solve(S, method=f"cvxpy:{row.name}")
    assert r.status == "failed"
    assert r.message.startswith((f"{row.name} failed: ", f"{row.name} crashed: "))
    assert "\n" not in r.message
    assert len(r.message) > len(f"{row.name} failed: ")
    batch = P2.solve(P2.sample(users=4, batch=2, seed=1), method=f"cvxpy:{row.name}")
    assert list(batch.status) == ["failed", "failed"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_the_user_may_interrupt(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def interrupted(problem: cp.Problem, name: str, options: Any, **how: Any) -> None:
        raise error

    monkeypatch.setattr(conic, "solve", interrupted)
    with pytest.raises(type(error)):
        P2.solve(S, method="cvxpy:SCS")


@pytest.mark.parametrize("status", ["infeasible", "unbounded", "infeasible_inaccurate", "solver_error", None])
def test_a_status_without_a_point(monkeypatch: pytest.MonkeyPatch, status: str | None) -> None:
    def claims(problem: cp.Problem, name: str, options: Any, **how: Any) -> None:
        problem._status = status

    monkeypatch.setattr(conic, "solve", claims)
    r = P2.solve(S, method="cvxpy:SCS")
    assert r.status == "failed"
    assert r.message == f"SCS said {status!r} of an instance that is feasible"


def test_a_status_of_optimal_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    def claims(problem: cp.Problem, name: str, options: Any, **how: Any) -> None:
        problem._status = "optimal"
        for variable in problem.variables():
            variable.save_value(None)

    monkeypatch.setattr(conic, "solve", claims)
    assert P2.solve(S, method="cvxpy:SCS").status == "failed"


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("CLARABEL", {"time_limit": 1e-9}),
        ("CLARABEL", {"max_iter": 1}),
        ("ECOS", {"max_iters": 1}),
        ("SCS", {"max_iters": 2}),
        ("SCS", {"time_limit_secs": 1e-9, "max_iters": 10**9}),  # would run for hours
    ],
)
def test_a_solver_that_is_cut_short(
    monkeypatch: pytest.MonkeyPatch, name: str, limits: dict[str, Any]
) -> None:
    if name not in {row.name for row in installed(EXPONENTIAL)}:
        pytest.skip(f"{name} is not installed here")
    row = replace(ROWS[name], limits=limits)
    monkeypatch.setattr(f"{MODEL}.solver", lambda name, cones: row)
    r = P2.solve(S, method=f"cvxpy:{name}")
    assert r.status in ("feasible", "failed")
    assert not r.certificate.gap <= 1e-3


def test_solver_tolerances_are_looser_than_exact_ones() -> None:
    assert {m.tol for name, m in P2.methods.items() if name.startswith("cvxpy:")} == {TOL_SOLVER}
    assert P2.method("closed-form").tol == TOL_EXACT
    assert EXACT.status == "optimal"


def test_a_solver_without_multipliers_says_nan() -> None:
    x = cp.Variable(3)
    row = x >= np.array([1.0, 2.0, 3.0])
    problem = cp.Problem(cp.Minimize(cp.sum_squares(x)), [row])
    unknown = conic.multiplier(row)  # not solved yet: as after a solver that gives none
    assert unknown.shape == (3,)
    assert np.isnan(unknown).all()
    assert conic.run(problem, solver("CLARABEL", frozenset({"SOC"})), tol=1e-8) == ""
    np.testing.assert_allclose(conic.multiplier(row), [2.0, 4.0, 6.0], rtol=1e-6)


def test_every_solver_found_tells_its_version() -> None:
    found = installed(frozenset({"SOC"}))
    assert found
    assert [row.name for row in found if row.version == "?"] == []
