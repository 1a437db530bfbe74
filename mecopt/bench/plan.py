"""Which method meets which instance, in which units, at which accuracy; cut into chunks and shards."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from mecopt.bench.status import ACCURACIES, accuracy
from mecopt.errors import DataError, UnknownName
from mecopt.problem import Problem, load_problem, papers

CONIC = "cvxpy:"
SCALED = "scaled"
"""The name of `Problem.conic` among a problem's units."""

WELL_KNOWN = (SCALED, "si")
"""May be asked for where a problem has no units of its own: the model as it is, and as first written."""

AS_GIVEN = "none"
"""Units of methods that are no conic model: they take the data as they are."""


@dataclass(frozen=True)
class Plan:
    """A grid of solves. None for `solvers` means all that aim at the optimum, for `units` all there are.

    Instance i of a problem is drawn with seed `seed + i`, so that a longer run holds a shorter one. A size is
    that of the problems that know it, `paper.users` and `paper.P1.users` are those of one; a scenario is that
    of the problems that know it, the others have their first.
    """

    problems: tuple[str, ...]
    solvers: tuple[str, ...] | None = None
    accuracies: tuple[str, ...] = tuple(ACCURACIES)
    units: tuple[str, ...] | None = None
    instances: int = 10
    seed: int = 0
    sizes: tuple[tuple[str, int], ...] = ()
    scenarios: tuple[str, ...] = ()
    timeout: float = 60.0
    repeats: int = 3
    keep_points: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Plan":
        """The plan of `to_dict`."""
        lists = ("problems", "solvers", "accuracies", "units", "scenarios")
        fixed = {name: None if values[name] is None else tuple(values[name]) for name in lists}
        return cls(**{**values, **fixed, "sizes": tuple((n, int(c)) for n, c in values["sizes"])})


@dataclass(frozen=True)
class Cell:
    """One solve of a chunk's instance."""

    id: str
    units: str
    method: str
    version: str
    accuracy: str


@dataclass(frozen=True)
class Chunk:
    """One instance and all solves of it: the unit of work."""

    id: str
    problem: str
    seed: int
    scenario: str
    sizes: tuple[tuple[str, int], ...]
    cells: tuple[Cell, ...]
    timeout: float
    repeats: int
    keep_points: bool

    def without(self, done: set[str]) -> "Chunk":
        """What is left of it."""
        return replace(self, cells=tuple(cell for cell in self.cells if cell.id not in done))


def every_problem() -> tuple[str, ...]:
    """The keys of all problems of all papers."""
    return tuple(problem.key for paper in papers().values() for problem in paper.problems)


def check(plan: Plan) -> None:
    """Raise `DataError` or `UnknownName` for anything that is wrong with a plan, before anything runs."""
    problems = [load_problem(key) for key in plan.problems]
    if not problems:
        raise DataError("problems", "none given", "name at least one")
    for name in plan.accuracies:
        accuracy(name)
    _check_known("scenario", plan.scenarios, [name for p in problems for name in p.scenarios])
    _check_known("size", tuple(size for size, _ in plan.sizes), [s for p in problems for s in _size_words(p)])
    for size, count in (("instances", plan.instances), *plan.sizes):
        if count < 1:
            raise DataError(size, f"got {count}", "give a whole number, at least 1")
    if not 0 < plan.timeout < float("inf"):
        raise DataError("timeout", f"got {plan.timeout}", "give seconds above 0")
    _check_known("solver", plan.solvers, [name for p in problems for m in p.methods for name in spoken(m)])
    _check_known("units", plan.units, [*WELL_KNOWN, *(name for p in problems for name in units_of(p))])
    if not any(cells_of(problem, plan, "") for problem in problems):
        raise DataError("solvers", "no problem here has one of these", "see mecopt list PROBLEM")


def _size_words(problem: Problem) -> list[str]:
    """What its sizes may be called."""
    paper = problem.key.partition(".")[0]
    return [word for name in problem.sizes for word in (name, f"{paper}.{name}", f"{problem.key}.{name}")]


def _check_known(kind: str, wanted: tuple[str, ...] | None, known: Iterable[str]) -> None:
    names = dict.fromkeys(known)
    for name in wanted or ():
        if name not in names:
            raise UnknownName(kind, name, names)


def spoken(method: str) -> tuple[str, ...]:
    """What a method may be called on the command line: `milp:HIGHS` is also `HIGHS`."""
    return tuple(dict.fromkeys((method, method.rpartition(":")[2])))


def units_of(problem: Problem) -> tuple[str, ...]:
    """The names of a problem's units."""
    return () if problem.conic is None else (SCALED, *(units.name for units in problem.units))


def chunks(plan: Plan) -> list[Chunk]:
    """All chunks of a plan, the first instance of every problem first.

    A scenario that is the same for every seed makes one instance, however many are asked for.
    """
    found = []
    problems = [load_problem(key) for key in plan.problems]
    once = unvaried(plan)
    for i in range(plan.instances):
        for problem in problems:
            if i > 0 and problem.key in once:
                continue
            sizes, scenario = sizes_of(problem, plan), scenario_of(problem, plan)
            id = instance_id(problem, plan.seed + i, scenario, sizes)
            cells = cells_of(problem, plan, id)
            if cells:
                shared = (scenario, sizes, cells, plan.timeout, plan.repeats, plan.keep_points)
                found.append(Chunk(id, problem.key, plan.seed + i, *shared))
    return found


def sizes_of(problem: Problem, plan: Plan) -> tuple[tuple[str, int], ...]:
    """The sizes of a plan that the problem knows: its own before those of its paper before everybody's."""
    paper = problem.key.partition(".")[0]
    given = dict(plan.sizes)
    wanted = {name: [f"{problem.key}.{name}", f"{paper}.{name}", name] for name in problem.sizes}
    found = {name: [given[each] for each in words if each in given] for name, words in wanted.items()}
    return tuple((name, counts[0]) for name, counts in found.items() if counts)


def scenario_of(problem: Problem, plan: Plan) -> str:
    """The first scenario of a plan that the problem knows, else its own first."""
    return next((name for name in plan.scenarios if name in problem.scenarios), problem.scenarios[0])


def unvaried(plan: Plan) -> tuple[str, ...]:
    """The problems whose instance is the same for every seed, where more than one was asked for."""
    problems = [load_problem(key) for key in plan.problems] if plan.instances > 1 else []
    return tuple(problem.key for problem in problems if not _varies(problem, plan))


def _varies(problem: Problem, plan: Plan) -> bool:
    sizes: dict[str, Any] = dict(sizes_of(problem, plan))
    scenario = scenario_of(problem, plan)
    one, other = (problem.sample(seed=plan.seed + i, scenario=scenario, **sizes).data for i in range(2))
    return any(not np.array_equal(one[name], other[name]) for name in one)


def instance_id(problem: Problem, seed: int, scenario: str, sizes: tuple[tuple[str, int], ...]) -> str:
    """What names an instance: problem, scenario, sizes, seed."""
    counts = {**problem.sizes, **dict(sizes)}
    words = [problem.key, scenario, *(f"{name}={count}" for name, count in counts.items()), f"seed={seed}"]
    return " ".join(words)


def cells_of(problem: Problem, plan: Plan, instance: str) -> tuple[Cell, ...]:
    """The solves of one instance."""
    found = []
    for method in _methods(problem, plan.solvers):
        conic = method.startswith(CONIC)
        for units in _units_for(problem, method):
            if conic and plan.units is not None and units not in plan.units:
                continue
            for name in plan.accuracies:
                by = version_of(problem, method)
                id = " ".join([instance, units, method, by, name, f"limit={plan.timeout:g}"])
                found.append(Cell(id, units, method, by, name))
    return tuple(found)


def _units_for(problem: Problem, method: str) -> tuple[str, ...]:
    """The units that a method can be tried in. A paper's own CVXPY model has one system: its own."""
    if not method.startswith(CONIC):
        return (AS_GIVEN,)
    own = {each.name for each in problem.own_methods}
    return (SCALED,) if method in own else units_of(problem)


def _methods(problem: Problem, solvers: tuple[str, ...] | None) -> list[str]:
    methods = problem.methods
    if solvers is None:
        return [name for name, method in methods.items() if method.aim == "optimum"]
    return [name for name in methods if set(spoken(name)) & set(solvers)]


def version_of(problem: Problem, method: str) -> str:
    """The version of the solver behind a method such as `milp:HIGHS`, mecopt's own for the others."""
    from mecopt import __version__
    from mecopt.solvers import PACKAGES, installed

    rows = {CONIC + row.name: row.version for row in installed(problem.cones)} if problem.conic else {}
    if method in rows:
        return rows[method]
    package = PACKAGES.get(method.rpartition(":")[2].upper())
    if package is not None:
        with suppress(PackageNotFoundError):
            return version(package)
    return __version__


def shard(all_chunks: list[Chunk], part: str | None) -> list[Chunk]:
    """Part i of n, "i/n", counted from 1: every n-th chunk. Raises `DataError`."""
    if part is None:
        return all_chunks
    match = re.fullmatch(r"(\d+)/(\d+)", part)
    i, n = (int(text) for text in match.groups()) if match else (0, 0)
    if not 1 <= i <= n:
        raise DataError("shard", f"got {part!r}", "give i/n with 1 <= i <= n, such as 2/8")
    return all_chunks[i - 1 :: n]
