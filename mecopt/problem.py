"""Problems, their methods, and the papers they come from.

A paper is a package `mecopt.problems.<key>` that defines `PAPER`; discovery imports nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mecopt.errors import DataError, UnknownName
from mecopt.instance import Array, Field, Instance, build, shorten
from mecopt.result import Certificate, Names, Point, Result

if TYPE_CHECKING:
    import cvxpy as cp

    from mecopt.referee import Statement

FEASIBILITY = 1e-9
"""A constraint may be missed by this much of its own bound: what solvers at tight tolerances reach."""

TOL_EXACT = 1e-10
"""Default tolerance of a method that is exact up to rounding."""

TOL_SOLVER = 1e-6
"""Default tolerance of a conic solver: what all of them reach on well-scaled models."""


@dataclass(frozen=True)
class Output:
    """One entry of a point: its name, the paper's symbol, unit, axes and meaning.

    An `integer` one holds whole numbers (int64), unless some are not known: then it is float64 with nan.
    """

    name: str
    symbol: str
    unit: str
    meaning: str
    axes: tuple[str, ...] = ()
    integer: bool = False


@dataclass(frozen=True)
class Method:
    """A way to compute a point. `run(instance, tol, **options)` answers a whole batch.

    `aim` is what the method is for: `optimum` methods must earn `optimal` from the referee, a
    `heuristic` is content with `feasible`. A method that cannot finish an instance returns nan for it and
    says why; one that raises has a bug, and `solve` lets the exception through. `options` are its limits by
    name with their usual numbers, such as the seconds after which a search stops.
    """

    name: str
    summary: str
    run: Callable[..., Point]
    aim: Literal["optimum", "heuristic"] = "optimum"
    tol: float = TOL_EXACT
    options: Mapping[str, float] = field(default_factory=dict, hash=False)

    def limited(self, options: Mapping[str, Any] | None, *, where: str) -> "Method":
        """The method with some options changed; raises `UnknownName` and `DataError`."""
        for name, number in (options or {}).items():
            if name not in self.options:
                raise UnknownName("option", name, self.options, where=f"{where} {self.name}")
            if not isinstance(number, int | float) or isinstance(number, bool) or not 0 < number < np.inf:
                raise DataError(name, f"got {shorten(number)}", "give a number above 0")
        return replace(self, run=partial(self.run, **options)) if options else self


@dataclass(frozen=True)
class Units:
    """A conic model in other units or words than `Problem.conic`, to see what these do to solvers.

    `conic(instance, solver, tol)` takes and returns SI numbers like `Problem.conic`; what the solver sees in
    between is its own affair, and `summary` says what that is. Only `mecopt bench` uses it.
    """

    name: str
    summary: str
    conic: Callable[[Instance, str, float], Point]


@dataclass(frozen=True)
class Problem:
    """One optimization problem of a paper: data, statement, methods.

    `check` raises `DataError` for what no single field can tell, such as weights that do not sum to one.
    `model` hands out the CVXPY problem of one instance, its parameters set: what `mecopt explain` shows.
    `mecopt.handout` tells its value in `unit`.
    """

    key: str
    title: str
    sense: Literal["min", "max"]
    unit: str
    source: str
    fields: tuple[Field, ...]
    outputs: tuple[Output, ...]
    multipliers: tuple[Output, ...]
    statement: "Statement"
    own_methods: tuple[Method, ...]
    sampler: Callable[..., Mapping[str, Any]]
    scenarios: tuple[str, ...]
    conic: Callable[[Instance, str, float], Point] | None = None
    cones: frozenset[str] = field(default_factory=frozenset)
    sizes: Mapping[str, int] = field(default_factory=lambda: {"users": 30}, hash=False)
    units: tuple[Units, ...] = ()
    check: Callable[[Instance], None] | None = None
    model: Callable[[Instance], "cp.Problem"] | None = None

    def __repr__(self) -> str:
        return f"<Problem {self.key}: {self.title}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return load_problem, (self.key,)

    @property
    def methods(self) -> dict[str, Method]:
        """All methods that can run here, the best first."""
        from mecopt.solvers import installed

        found = {method.name: method for method in self.own_methods}
        if self.conic is not None:
            for solver in installed(self.cones):
                name = f"cvxpy:{solver.name}"
                run = partial(_run_conic, self.conic, solver.name)
                found[name] = Method(
                    name, f"CVXPY model, {solver.name} {solver.version}", run, tol=TOL_SOLVER
                )
        return found

    def method(self, name: str | None) -> Method:
        """The method of that name, or the best one."""
        methods = self.methods
        if name is None:
            return next(iter(methods.values()))
        if name not in methods:
            raise UnknownName("method", name, methods, where=self.key)
        return methods[name]

    def instance(self, data: Mapping[str, Any]) -> Instance:
        """Validate SI data (see `fields`); raises `DataError`."""
        return build(self, data)

    def sample(
        self, *, batch: int | None = None, seed: int = 0, scenario: str | None = None, **sizes: int
    ) -> Instance:
        """Draw from one of the paper's `scenarios` (the first by default).

        `sizes` are those that `self.sizes` holds with their usual numbers: `users`, in P4 also `subchannels`.
        Without `batch` there is no batch axis. Raises `UnknownName` and `DataError`.
        """
        name = self.scenarios[0] if scenario is None else scenario
        for size, count in sizes.items():
            if size not in self.sizes:
                raise UnknownName("size", size, self.sizes, where=self.key)
            _check_count(size, count, 1)
        _check_count("batch", 0 if batch is None else batch, 0)
        if name not in self.scenarios:
            raise UnknownName("scenario", name, self.scenarios, where=self.key)
        counts = {**self.sizes, **sizes}
        return build(self, self.sampler(name, **counts, batch=batch, rng=np.random.default_rng(seed)))

    def infeasible(self, instance: Instance) -> Names:
        """The violated condition of each infeasible instance, "" for the others."""
        with np.errstate(all="ignore"):  # absurd data overflow
            return np.asarray(self.statement.infeasible(self._own(instance)), dtype=object)[()]

    def run(
        self,
        instance: Instance,
        *,
        method: str | None = None,
        tol: float | None = None,
        options: Mapping[str, float] | None = None,
    ) -> Point:
        """The method's point, unjudged. Call it on feasible data."""
        chosen = self.method(method).limited(options, where=self.key)
        return chosen.run(self._own(instance), chosen.tol if tol is None else _checked_tol(tol))

    def certify(
        self,
        instance: Instance,
        x: Mapping[str, Any],
        multipliers: Mapping[str, Any] | None = None,
        *,
        rigorous: bool = True,
        tol: float = TOL_EXACT,
        evidence: Any = None,
    ) -> Certificate:
        """Judge a point by the problem's own statement; see `mecopt.certify`.

        `evidence` is that of a method's `Point`; see `run`. Raises `DataError` where it cannot be used.
        """
        from mecopt.referee import judge

        wanted = _checked_tol(tol)
        own = self._own(instance)
        return judge(own, x, multipliers, rigorous=rigorous, tol=wanted, evidence=evidence)

    def solve(
        self,
        instance: Instance,
        *,
        method: str | None = None,
        tol: float | None = None,
        rigorous: bool = True,
        options: Mapping[str, float] | None = None,
    ) -> Result:
        """Run a method and have the referee judge its point.

        `tol` is the relative gap that earns `optimal` (default: the method's own). With
        `rigorous=False` the certificate is computed in floating point: much faster, not a proof.
        `options` change the method's limits, as in `options={"seconds": 10}`; see `Method.options`.
        """
        from mecopt.solving import solve

        chosen = self.method(method).limited(options, where=self.key)
        wanted = chosen.tol if tol is None else _checked_tol(tol)
        return solve(self, self._own(instance), chosen, wanted, rigorous=rigorous)

    def _own(self, instance: Instance) -> Instance:
        if not isinstance(instance, Instance) or instance.problem.key != self.key:
            what = instance.problem if isinstance(instance, Instance) else type(instance).__name__
            raise DataError("instance", f"got {what}", f"give one of mecopt.load({self.key!r}).instance(...)")
        return instance


def _check_count(name: str, count: Any, least: int) -> None:
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < least:
        raise DataError(name, f"got {shorten(count)}", f"give a whole number, at least {least}")


def _checked_tol(tol: Any) -> float:
    if not isinstance(tol, int | float | np.integer | np.floating) or not 0 < tol < np.inf:
        raise DataError("tol", f"got {shorten(tol)}", "give a relative gap above 0, such as 1e-8")
    return float(tol)


def _run_conic(
    conic: Callable[[Instance, str, float], Point], solver: str, instance: Instance, tol: float
) -> Point:
    """Solve a batch one by one: conic solvers take a single instance."""
    if not instance.batch_shape:
        return conic(instance, solver, tol)
    cells = list(np.ndindex(instance.batch_shape))
    return stack([conic(instance[cell], solver, tol) for cell in cells], instance.batch_shape)


def stack(points: list[Point], batch_shape: tuple[int, ...]) -> Point:
    """Points of single instances as the point of a batch."""

    def gather(name: str, group: str) -> Array:
        rows = np.array([getattr(point, group)[name] for point in points])
        return rows.reshape(batch_shape + rows.shape[1:])

    messages = np.array([point.message for point in points], dtype=object).reshape(batch_shape)
    x = {name: gather(name, "x") for name in points[0].x}
    multipliers = {name: gather(name, "multipliers") for name in points[0].multipliers}
    if all(point.evidence is None for point in points):
        return Point(x, multipliers, messages)
    evidence = np.empty(len(points), dtype=object)  # of arrays, which numpy would join
    evidence[:] = [point.evidence for point in points]
    return Point(x, multipliers, messages, evidence=evidence.reshape(batch_shape))


@dataclass(frozen=True)
class Paper:
    """One paper: where it stands and its problems."""

    key: str
    title: str
    source: str
    doi: str
    problems: tuple[Problem, ...]

    def __getitem__(self, name: str) -> Problem:
        found = {problem.key.rpartition(".")[2]: problem for problem in self.problems}
        if name not in found:
            raise UnknownName("problem", name, found, where=self.key)
        return found[name]


@cache
def papers() -> Mapping[str, Paper]:
    """Every paper that can be imported here, by key."""
    keys = import_module("mecopt.problems").known()
    return {key: import_module(f"mecopt.problems.{key}").PAPER for key in keys}


def load_paper(key: str) -> Paper:
    """The paper of that key; raises `UnknownName`."""
    known = papers()
    if key not in known:
        raise UnknownName("paper", key, known)
    return known[key]


def load_problem(key: str) -> Problem:
    """The problem `paper.NAME`; raises `UnknownName`."""
    paper, _, name = key.partition(".")
    if paper not in papers() or name not in {p.key.partition(".")[2] for p in papers()[paper].problems}:
        raise UnknownName("problem", key, [p.key for each in papers().values() for p in each.problems])
    return papers()[paper][name]


def load(key: str) -> Any:
    """`load("tdma_ofdma.P2")` is a `Problem`, `load("tdma_ofdma")` the whole `Paper`."""
    return load_problem(key) if "." in str(key) else load_paper(key)
