"""Grade a learner's formula: right on every instance tried, or which optimality condition fails, and where.

A formula maps a case (JSON-able data) to a point of a CVXPY model, `{"x": ...}` by variable name, or to a
pair of point and multipliers. The referee knows neither the author's derivation nor the learner's; it proves
for each instance how far the point is from the optimum.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mecopt.errors import DataError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from mecopt.dcp import Report

Case = Mapping[str, Any]
Formula = Callable[[Case], Any]

TOL = 1e-5
"""Relative gap that counts as right: bounds of models with numbers over a few decades are proved to 1e-6."""


@dataclass(frozen=True)
class Grade:
    """Whether a formula is right, on how many instances it was tried, and what is wrong on the smallest."""

    right: bool
    tried: int
    sentence: str
    case: Case | None = None
    report: "Report | None" = None

    def __str__(self) -> str:
        return self.sentence

    @property
    def markdown(self) -> str:
        """The sentence for a lesson, with a mark that needs no colour."""
        return f"**{'Right.' if self.right else 'Not yet.'}** {self.sentence}"


def grade(
    formula: Formula,
    *,
    model: Callable[[Case], Any],
    draws: "SearchStrategy[Any]",
    tol: float = TOL,
    samples: int = 30,
    seed: int = 0,
) -> Grade:
    """Try a formula on `samples` cases of a Hypothesis strategy; a failing case is shrunk to the smallest.

    `model(case)` is the CVXPY problem of a case. Whatever the formula raises or returns becomes a sentence.
    """
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import NoSuchExample

    seen: set[str] = set()

    def fails(case: Case) -> bool:
        seen.add(json.dumps(case, sort_keys=True))
        return not judge(formula, model, case, tol=tol).right

    options = settings(
        max_examples=samples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    try:
        case = find(draws, fails, settings=options, random=random.Random(seed))
    except NoSuchExample:
        said = f"On each of {len(seen)} instances your point is proved optimal, to {tol:g} of its value."
        return Grade(True, len(seen), said)
    found = judge(formula, model, case, tol=tol)
    return Grade(False, len(seen), found.sentence, case, found.report)


def judge(formula: Formula, model: Callable[[Case], Any], case: Case, *, tol: float = TOL) -> Grade:
    """One case: is the formula's point optimal, and if not, why."""
    from mecopt.dcp import certify_model

    shown = f"For {json.dumps(dict(case))}"
    try:
        answer = formula(case)
    except Exception as error:  # a learner's code may raise anything, and all of it is an answer
        said = (str(error) or "no message").splitlines()[0]
        return Grade(False, 1, f"{shown} your formula raises {type(error).__name__}: {said}.", case)
    values, multipliers = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, None)
    try:
        if values is None:
            raise DataError("formula", "returns nothing", "return the point")
        report = certify_model(model(case), values, multipliers, tol=tol)
    except DataError as error:
        return Grade(False, 1, f"{shown} your formula's answer cannot be read: {error}.", case)
    if report.status == "optimal" and not report.failed and report.rigorous:
        return Grade(True, 1, f"{shown} your point is proved optimal.", case, report)
    return Grade(False, 1, f"{shown} {_why(report)}", case, report)


def _why(report: "Report") -> str:
    """The condition that fails first, in the order in which one checks by hand."""
    if report.failed:
        condition = report.failed[0]
        far = f" The point is {report.gap:.3g} of its value from the optimum." if report.gap < 1e300 else ""
        return f"{condition.name} fails: {condition.sentence}{far}"
    return f"nothing is proved: the gap is {report.gap:.3g}. {' '.join(report.notes)}"


def grade_text(source: str, name: str, *, given: Mapping[str, Any] | None = None, **settings: Any) -> Grade:
    """Grade the function `name` that a text defines, with the names `given` at hand; settings as in `grade`.

    The text is run as Python: it is the learner's own, on the learner's own machine.
    """
    space: dict[str, Any] = dict(given or {})
    try:
        exec(compile(source, "your formula", "exec"), space)
    except SyntaxError as error:
        return Grade(False, 0, f"Python cannot read line {error.lineno} of your formula: {error.msg}.")
    except Exception as error:
        return Grade(False, 0, f"Your text raises {type(error).__name__}: {error}.")
    if not callable(space.get(name)):
        return Grade(False, 0, f"Your text defines no function {name}(case).")
    return grade(space[name], **settings)
