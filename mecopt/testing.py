"""Laws that every problem of every paper obeys: named checks as data, for pytest and for papers of one's own.

    for law in LAWS:
        law.check(mecopt.load("my_paper.P1"))      # raises LawBroken, which says what was expected

    @pytest.mark.parametrize(("problem", "law"), every_case(["my_paper"]), ids=str)
    def test_laws(problem, law):
        law.check(problem)

A law draws small instances from the problem's own sampler and compares what the problem says of them with
itself; whether an answer is right is for claims and for tests against other code.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mecopt.arithmetic import FLOAT
from mecopt.errors import DataError, MecoptError, UnknownName
from mecopt.instance import Field, Instance
from mecopt.problem import FEASIBILITY, Method, Problem, load_paper
from mecopt.result import Result

SIZE = 3
"""Entries per axis of the instances that laws are tried on; methods with loops take a while on more."""

SHARE = 1e-9
"""A value may lie beyond a bound by this much of itself: constraints missed within tolerance gain as much."""

PRICED = 1e-3
"""Prices prove an optimum where they leave no more than this of it. Those read off a solver's point are only
as good as the root of its precision.
"""


class LawBroken(MecoptError, AssertionError):
    """A problem that does not obey a law."""


@dataclass(frozen=True)
class Law:
    """A named check; `reason` says what goes wrong where it fails."""

    name: str
    reason: str
    check: Callable[[Problem], None]

    def __str__(self) -> str:
        return self.name


def every_case(papers: Iterable[str]) -> list[tuple[Problem, Law]]:
    """All problems of these papers with all laws."""
    return [(problem, law) for key in papers for problem in load_paper(key).problems for law in LAWS]


def small(problem: Problem, *, batch: int | None, seed: int = 0) -> Instance:
    """A few small instances of the problem's own scenario."""
    sizes: dict[str, Any] = {name: min(count, SIZE) for name, count in problem.sizes.items()}
    return problem.sample(batch=batch, seed=seed, **sizes)


def _expect(holds: bool, problem: Problem, sentence: str) -> None:
    if not holds:
        raise LawBroken(f"{problem.key}: {sentence}")


def _same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(np.asarray(one, dtype=float), np.asarray(other, dtype=float), equal_nan=True))


def _batch_equals_instances(problem: Problem) -> None:
    s = small(problem, batch=3)
    for method in problem.methods.values():
        together = problem.solve(s, method=method.name, rigorous=False)
        for i in (2, 0, 1):  # another order than the batch's: nothing may be remembered
            _compare(problem, method, together[i], problem.solve(s[i], method=method.name, rigorous=False))


def _compare(problem: Problem, method: Method, part: Result, alone: Result) -> None:
    where = f"{method.name} answers otherwise in a batch than alone:"
    _expect(part.status == alone.status, problem, f"{where} {part.status}, {alone.status}")
    for name in ("value", "bound", "gap", "infeasibility"):
        one, other = getattr(part.certificate, name), getattr(alone.certificate, name)
        _expect(_same(one, other), problem, f"{where} {name} {one!r}, {other!r}")
    for name in alone.x:
        _expect(_same(part.x[name], alone.x[name]), problem, f"{where} {name}")


def _best_method_is_certified(problem: Problem) -> None:
    s = small(problem, batch=4, seed=1)
    result = problem.solve(s)
    chosen = problem.method(None)
    good = {"optimal", "infeasible"} | ({"feasible"} if chosen.aim == "heuristic" else set())
    _expect(set(result.status) <= good, problem, f"{chosen.name} earned {sorted(set(result.status))}")


def _bounds_hold(problem: Problem) -> None:
    """The best proved bound is on the right side of every method's value."""
    s = small(problem, batch=3, seed=2)
    bound = problem.solve(s).certificate.bound
    sign = 1.0 if problem.sense == "min" else -1.0
    for method in problem.methods.values():
        result = problem.solve(s, method=method.name, rigorous=False)
        usable = np.asarray(result.certificate.infeasibility) <= FEASIBILITY
        beyond = sign * (bound - result.value) > SHARE * np.abs(result.value)
        bad = np.flatnonzero(usable & beyond)
        _expect(bad.size == 0, problem, f"{method.name} is better than the proved bound on instances {bad}")


def _empty_batches(problem: Problem) -> None:
    for method in problem.methods.values():
        result = problem.solve(small(problem, batch=0), method=method.name)
        _expect(len(result) == 0, problem, f"{method.name} on an empty batch gave {len(result)} results")


def _json_round_trip(problem: Problem) -> None:
    s = small(problem, batch=2)
    for each in (s, s[0]):
        again = problem.instance(each.to_json())
        for name, array in each.data.items():
            _expect(_same(array, again.data[name]), problem, f"{name} changes on its way through JSON")


def _refuses_bad_data(problem: Problem) -> None:
    good = small(problem, batch=None).to_json()
    for f in (f for f in problem.fields if f.name in good):  # optional ones may not be there
        for wrong, data in _spoiled(good, f):
            _refused(problem, data, f"{f.name} {wrong}", f.name)
    _refused(problem, {**good, "no_such_field": 1.0}, "an unknown key", "no_such_field")
    _refused(problem, {**good, "problem": "no_such_problem"}, "another problem's data", "problem")


def _spoiled(good: dict[str, Any], f: Field) -> Iterator[tuple[str, dict[str, Any]]]:
    """Data with one wrong entry, and what is wrong."""
    if not f.optional:
        yield "missing", {name: value for name, value in good.items() if name != f.name}
    value = np.asarray(good[f.name], dtype=object)
    if value.size and all(isinstance(entry, int | float) for entry in value.ravel()):
        yield "nan", {**good, f.name: _with_first(value, float("nan"))}
        yield "below its range", {**good, f.name: _with_first(value, f.minimum - 1.0)}
    yield "a word", {**good, f.name: _with_first(value, "many")}


def _with_first(value: Any, entry: Any) -> Any:
    changed = value.copy()
    changed[(0,) * changed.ndim] = entry
    return changed.tolist()


def _refused(problem: Problem, data: dict[str, Any], what: str, field: str) -> None:
    try:
        problem.instance(data)
    except DataError as error:
        _expect(field in str(error), problem, f"the error on {what} does not name the field: {error}")
    else:
        raise LawBroken(f"{problem.key}: {what} was accepted")


def _unknown_method(problem: Problem) -> None:
    try:
        problem.solve(small(problem, batch=None), method="no-such-method")
    except UnknownName as error:
        missing = [name for name in problem.methods if name not in str(error)]
        _expect(not missing, problem, f"the error on an unknown method leaves out {missing}")
    else:
        raise LawBroken(f"{problem.key}: an unknown method was accepted")


def _rigorous_contains(problem: Problem) -> None:
    """Where a certificate is rigorous the value lies between its ends, up to rounding."""
    result = problem.solve(small(problem, batch=3, seed=3))
    found = result.certificate
    proved = np.asarray(found.rigorous)
    low, high = (found.bound, found.upper) if problem.sense == "min" else (found.upper, found.bound)
    slack = SHARE * np.abs(result.value)
    inside = (low - slack <= result.value) & (result.value <= high + slack)
    _expect(bool(np.all(inside | ~proved)), problem, "a value lies outside its rigorous certificate")
    solved = np.isin(result.status, ["optimal", "feasible"])
    _expect(bool(np.all(proved | ~solved)), problem, "an answer has no rigorous certificate")


def _prices_prove(problem: Problem) -> None:
    """Where prices can prove an optimum, those that an exact method hands out do.

    The referee would mend wrong ones unseen: it searches its own.
    """
    s = small(problem, batch=4, seed=4)
    statement = problem.statement
    d = statement.lift(FLOAT, s)
    own_prices = statement.best_prices(d)
    exact = [m for m in problem.methods.values() if m.aim == "optimum"]
    for method in exact if problem.multipliers else []:
        result = problem.solve(s, method=method.name, rigorous=False)
        prices = result.multipliers
        if not prices:
            continue
        own, given = (np.asarray(statement.bound(FLOAT, d, p)) for p in (own_prices, prices))
        near = PRICED * np.abs(result.value)
        solver_has_none = np.isnan(given) & (method not in problem.own_methods)  # SCIP, for some constraints
        provable, proved = (np.abs(bound - result.value) <= near for bound in (own, given))
        bad = np.flatnonzero(provable & ~proved & ~solver_has_none)
        _expect(bad.size == 0, problem, f"{method.name}'s prices do not prove its optimum on instances {bad}")


LAWS = (
    Law("batch", "a batch equals its instances, to the last digit", _batch_equals_instances),
    Law("certified", "the best method earns `optimal`", _best_method_is_certified),
    Law("bound", "no method is better than the proved bound", _bounds_hold),
    Law("rigorous", "certificates are rigorous and contain the value", _rigorous_contains),
    Law("prices", "an exact method's prices prove its optimum", _prices_prove),
    Law("empty", "every method takes an empty batch", _empty_batches),
    Law("json", "instances survive JSON", _json_round_trip),
    Law("data", "malformed data raise DataError naming the field", _refuses_bad_data),
    Law("method", "an unknown method names the known ones", _unknown_method),
)
