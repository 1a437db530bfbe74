"""Grading: right formulas earn it, wrong ones hear the smallest case and the condition, in a sentence."""

from typing import Any

import cvxpy as cp
import pytest
from hypothesis import strategies as st

from mecopt.claims import decades
from mecopt.grading import Grade, grade, grade_text

DRAWS = st.fixed_dictionaries({"a": decades(0.1, 10), "b": decades(0.1, 10)})


def model(case: Any) -> cp.Problem:
    """min x^2 s.t. a x >= b: x = b/a, multiplier of the constraint 2 b/a^2."""
    x = cp.Variable(name="x")
    return cp.Problem(cp.Minimize(cp.square(x)), [case["a"] * x >= case["b"]])


def graded(formula: Any) -> Grade:
    return grade(formula, model=model, draws=DRAWS, samples=25)


def test_a_right_formula() -> None:
    found = graded(lambda case: {"x": case["b"] / case["a"]})
    assert found.right
    assert found.tried >= 15
    assert "proved optimal" in found.sentence
    both = graded(lambda case: ({"x": case["b"] / case["a"]}, {0: 2 * case["b"] / case["a"] ** 2}))
    assert both.right


@pytest.mark.parametrize(
    ("formula", "condition"),
    [
        (lambda case: {"x": case["b"] * case["a"]}, "feasibility|stationarity|complementarity"),
        (lambda case: {"x": 0.5 * case["b"] / case["a"]}, "primal feasibility"),
        (lambda case: ({"x": case["b"] / case["a"]}, {0: -1.0}), "dual feasibility"),
        (
            lambda case: ({"x": 2 * case["b"] / case["a"]}, {0: 4 * case["b"] / case["a"] ** 2}),
            "complementarity",
        ),
        (lambda case: ({"x": case["b"] / case["a"]}, {0: case["b"] / case["a"] ** 2}), "stationarity"),
    ],
)
def test_a_wrong_formula_is_told_the_condition(formula: Any, condition: str) -> None:
    found = graded(formula)
    assert not found.right
    assert found.report is not None
    assert any(part in found.sentence for part in condition.split("|"))
    assert "\n" not in found.sentence


def test_the_case_is_the_smallest() -> None:
    found = graded(lambda case: {"x": 2 * case["b"] / case["a"]})
    assert found.case == {"a": 1.0, "b": 1.0}
    # right for a >= 1 only: the smallest failing case has one digit
    partly = graded(lambda case: {"x": case["b"] / min(case["a"], 1.0)})
    assert partly.case is not None
    assert partly.case["a"] > 1
    assert partly.case["b"] == 1.0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(case): return {'x': case['b'] / case['a']}", "proved optimal"),
        ("def f(case) return 1", "line 1"),
        ("1 / 0", "ZeroDivisionError"),
        ("def g(case): return 1", "no function f"),
        ("def f(case): return 1 / 0", "raises ZeroDivisionError"),
        ("def f(case): pass", "returns nothing"),
        ("def f(case): return {'y': 1.0}", "variable y"),
        ("def f(case): return {'x': [1.0, 2.0]}", "shape"),
        ("def f(case): return {'x': float('nan')}", "finite"),
        ("def f(case): return 3.0", "mapping"),
    ],
)
def test_texts(source: str, said: str) -> None:
    found = grade_text(source, "f", model=model, draws=DRAWS, samples=15)
    assert said in found.sentence
    assert found.right is (said == "proved optimal")
    assert found.markdown.startswith("**Right.**" if found.right else "**Not yet.**")


def test_grading_is_repeatable() -> None:
    one, other = (graded(lambda case: {"x": case["b"] * case["a"]}) for _ in range(2))
    assert (one.case, one.sentence) == (other.case, other.sentence)
