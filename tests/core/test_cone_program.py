"""Re-solves through a compiled cone program against CVXPY's own `solve`: the same bits, from any history."""

import gc
import warnings

import cvxpy as cp
import numpy as np
import pytest

from mecopt import cone_program, conic
from mecopt.solvers import solver

SOLVERS = ("CLARABEL", "ECOS", "SCS")
TOL = 1e-3


def row(name):
    try:
        return solver(name, frozenset({"ExpCone"}))
    except LookupError:
        pytest.skip(f"{name} is not installed")


def exponential():
    """Variables of any sign, equalities, scalars and exponential cones: max sum(a log(1 + x)) in a budget."""
    x, y, t = cp.Variable((2, 2), nonneg=True), cp.Variable(), cp.Variable(nonpos=True)
    a, b = cp.Parameter((2, 2), nonneg=True, name="a"), cp.Parameter(name="b")
    rows = [cp.sum(x) + y == b, y >= 0.5, cp.sum(cp.multiply(a, x)) <= 3 * b, t <= y]
    problem = cp.Problem(cp.Maximize(cp.sum(cp.multiply(a, cp.log(1 + x))) + 0.3 * y + t), rows)
    return problem, lambda rng: {"a": rng.uniform(0, 2, (2, 2)), "b": rng.uniform(1, 3)}


def second_order():
    """A quadratic objective (CLARABEL and SCS take it as it is) and a norm."""
    x = cp.Variable(3)
    a, r = cp.Parameter(3, name="a"), cp.Parameter(nonneg=True, name="r")
    problem = cp.Problem(
        cp.Minimize(cp.sum_squares(x) - a @ x + 4), [cp.norm(x - 1) <= r, x[0] + x[1] >= 0.1]
    )
    return problem, lambda rng: {"a": rng.normal(size=3), "r": rng.uniform(0.5, 2)}


def duals(problem):
    found = []
    for constraint in problem.constraints:
        value = constraint.dual_value
        found += value if isinstance(value, list) else [value]
    return found


def left_behind(problem):
    """Status, value, variables, duals, and who solved in how many steps."""
    arrays = [problem.value, *(v.value for v in problem.variables()), *duals(problem)]
    return (problem.status, problem.solver_stats.solver_name, problem.solver_stats.num_iters), arrays


def same(one, other):
    return one[0] == other[0] and all(np.array_equal(a, b) for a, b in zip(one[1], other[1], strict=True))


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("make", [exponential, second_order])
def test_the_same_bits_as_problem_solve_from_any_history(name, make):
    wanted = row(name)
    mine, draw = make()
    theirs, _ = make()
    rng = np.random.default_rng(0)
    drawn = [draw(rng) for _ in range(4)]
    drawn.append(drawn[0])
    for values in drawn:
        conic.assign(mine, values)
        assert conic.run(mine, wanted, tol=TOL) == ""
        conic.assign(theirs, values)
        theirs.solve(solver=name, warm_start=False, **wanted.options(TOL))
        assert theirs.status == "optimal"
        assert same(left_behind(mine), left_behind(theirs))
        assert mine.solver_stats.solve_time > 0
        assert abs(mine.solution.opt_val - theirs.solution.opt_val) <= 1e-6 * abs(theirs.value)
    assert cone_program.compiled(mine, name, wanted.options(TOL)) is not None


@pytest.mark.parametrize("name", ["ECOS", "SCS"])
def test_solver_times_are_read_as_cvxpy_reads_them(name, monkeypatch):
    """SCS says milliseconds, ECOS seconds, each in its own words; the call itself is CVXPY's or ours."""
    wanted = row(name)
    module = __import__(name.lower())
    plain = module.solve

    def slow(*args, **options):
        found = plain(*args, **options)
        spent = found["info"] if name == "SCS" else found["info"]["timing"]
        spent |= {"solve_time": 4000.0, "setup_time": 500.0, "tsolve": 4.0, "tsetup": 0.5}
        return found

    monkeypatch.setattr(module, "solve", slow)
    stats = []
    for way in (conic.solve, lambda problem, name, options: problem.solve(solver=name, **options)):
        problem, draw = exponential()
        conic.assign(problem, draw(np.random.default_rng(3)))
        way(problem, name, wanted.options(TOL))
        stats.append((problem.solver_stats.solve_time, problem.solver_stats.setup_time))
    assert stats[0] == stats[1] == (4.0, 0.5)


def test_without_the_value_all_else_is_the_same():
    row("CLARABEL")
    options = solver("CLARABEL", frozenset()).options(TOL)
    problem, draw = exponential()
    conic.assign(problem, draw(np.random.default_rng(1)))
    conic.solve(problem, "CLARABEL", options)
    full = left_behind(problem)
    conic.assign(problem, draw(np.random.default_rng(2)))
    conic.solve(problem, "CLARABEL", options, valued=False)
    assert problem.value is None
    assert not same((full[0], full[1][1:]), (full[0], left_behind(problem)[1][1:]))
    conic.assign(problem, draw(np.random.default_rng(1)))
    conic.solve(problem, "CLARABEL", options, valued=False)
    again = left_behind(problem)
    assert same((full[0], full[1][1:]), (again[0], again[1][1:]))


@pytest.mark.parametrize("name", SOLVERS)
def test_a_zero_and_a_sign_change_keep_their_places(name):
    wanted = row(name)
    (mine, draw), (theirs, _) = exponential(), exponential()
    rng = np.random.default_rng(1)
    for factor in (1.0, 0.0, 2.0):
        values = draw(rng)
        values["a"] = values["a"] * factor
        for problem in (mine, theirs):
            conic.assign(problem, values)
        conic.run(mine, wanted, tol=TOL)
        theirs.solve(solver=name, warm_start=False, **wanted.options(TOL))
        assert same(left_behind(mine), left_behind(theirs))


def words_of_cvxpy(problem, wanted):
    """What its solve raises, "" if nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            problem.solve(solver=wanted.name, warm_start=False, **wanted.options(TOL))
        except cp.SolverError as error:
            return str(error)
    return ""


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("bound", [-1.0, np.inf])
def test_what_is_not_an_optimum_is_said_in_cvxpys_words(name, bound):
    wanted = row(name)

    def make():
        x, limit = cp.Variable(2, nonneg=True), cp.Parameter(name="limit")
        return cp.Problem(cp.Minimize(-cp.sum(x) + cp.exp(-x[0])), [cp.sum(x) <= limit])

    mine, theirs = make(), make()
    said = []
    for value in (1.0, bound, 1.0):
        for problem in (mine, theirs):
            conic.assign(problem, {"limit": value})
        said.append(conic.run(mine, wanted, tol=TOL))
        assert words_of_cvxpy(theirs, wanted) in said[-1]
        assert mine.status == theirs.status
        assert mine.value == theirs.value
    assert said[0] == said[2] == ""
    assert said[1]


def symmetric_parameter():
    x, q = cp.Variable(2), cp.Parameter((2, 2), symmetric=True, value=np.eye(2))
    return cp.Problem(cp.Minimize(cp.sum(q @ x) + cp.sum_squares(x)), [])


def semidefinite():
    x, a = cp.Variable((2, 2), symmetric=True), cp.Parameter(nonneg=True, value=2.0)
    return cp.Problem(cp.Minimize(x[0, 1] + cp.trace(x)), [x[0, 0] >= a, x >> np.eye(2)])


def not_dpp():
    x, a = cp.Variable(2, nonneg=True), cp.Parameter(nonneg=True, value=2.0)
    return cp.Problem(cp.Minimize(cp.sum(x)), [cp.exp(a * a) <= x])


def no_parameters():
    x = cp.Variable(2)
    return cp.Problem(cp.Minimize(cp.sum_squares(x)), [x >= 1])


@pytest.mark.parametrize("make", [symmetric_parameter, semidefinite, not_dpp, no_parameters])
def test_what_is_more_than_a_selection_is_left_to_cvxpy(make):
    wanted, mine, theirs = row("CLARABEL"), make(), make()
    assert conic.run(mine, wanted, tol=TOL) == ""
    assert cone_program.compiled(mine, "CLARABEL", wanted.options(TOL)) is None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are not DPP
        theirs.solve(solver="CLARABEL", **wanted.options(TOL))
    assert mine.value == theirs.value


def test_with_very_many_parameters_the_numbers_are_compiled_in(monkeypatch):
    """The same optimum as through the parametrised program, from any history."""
    users = conic.MOST_PARAMETERS // 2 + 1
    x, a, cap = cp.Variable(users), cp.Parameter(users, name="a"), cp.Parameter(users, name="cap")
    problem = cp.Problem(cp.Minimize(cp.sum_squares(x) - a @ x), [x <= cap])
    rng = np.random.default_rng(0)
    drawn = [{"a": rng.normal(size=users), "cap": rng.normal(size=users)} for _ in range(2)]
    found = []
    for values in (*drawn, drawn[0]):
        conic.assign(problem, values)
        assert conic.run(problem, row("CLARABEL"), tol=TOL) == ""
        best = np.minimum(values["a"] / 2, values["cap"])
        assert problem.value == pytest.approx(np.sum(best**2 - values["a"] * best), rel=TOL)
        found.append(left_behind(problem))
    assert same(found[0], found[2])
    assert problem not in cone_program._CACHE
    monkeypatch.setattr(conic, "MOST_PARAMETERS", 10 * users)
    conic.assign(problem, drawn[0])
    assert conic.run(problem, row("CLARABEL"), tol=TOL) == ""
    assert problem in cone_program._CACHE
    assert problem.value == pytest.approx(found[0][1][0], rel=1e-12)


@pytest.mark.parametrize("wrong", ["sign", "place"])
def test_a_wrong_table_is_noticed_before_it_is_used(monkeypatch, wrong):
    problem, draw = exponential()
    conic.assign(problem, draw(np.random.default_rng(0)))
    true = cone_program._stuffing

    def mistaken(program, split):
        table, cuts, matrices = true(program, split)
        if wrong == "sign":
            table.data[-1] *= -1
        else:
            matrices[1].indices[[0, 1]] = matrices[1].indices[[1, 0]]
        return table, cuts, matrices

    monkeypatch.setattr(cone_program, "_stuffing", mistaken)
    assert cone_program.compiled(problem, "CLARABEL", row("CLARABEL").options(TOL)) is None
    assert conic.run(problem, row("CLARABEL"), tol=TOL) == ""


def test_parameters_without_values_are_said_to_be():
    problem, _ = exponential()
    assert "value" in conic.run(problem, row("CLARABEL"), tol=TOL)


def test_programs_go_with_their_problems():
    problem, draw = second_order()
    conic.assign(problem, draw(np.random.default_rng(0)))
    conic.run(problem, row("CLARABEL"), tol=TOL)
    before = len(cone_program._CACHE)
    del problem
    gc.collect()
    assert len(cone_program._CACHE) < before


def test_assign_checks_as_cvxpy_does():
    problem, draw = exponential()
    values = draw(np.random.default_rng(0))
    with pytest.raises(KeyError):
        conic.assign(problem, {"a": values["a"]})
    for bad in (-values["a"], values["a"][0], values["a"] * np.nan):
        with pytest.raises(ValueError, match="arameter"):
            conic.assign(problem, {**values, "a": bad})
    kept = values["a"].copy()
    conic.assign(problem, values)
    values["a"] += 1
    assert np.array_equal(problem.param_dict["a"].value, kept)
