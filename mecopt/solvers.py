"""One table of conic solvers: which cones they take, and how one tolerance maps to their own keywords."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mecopt import watch
from mecopt.errors import UnknownName

HEADROOM = 1e-5
"""Ratio of solver tolerance to wanted gap. Solvers stop on residuals; on the scaled exponential-cone models
with gains over 12 decades the certified gap was up to 1e4 times larger (ECOS, 1e-9 against 1e-5)."""

TIME_LIMIT = 60.0
"""Seconds after which a solver that knows a time limit gives up on one instance."""


@cache  # reads a file, and every look at a problem's methods asks
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"


@dataclass(frozen=True)
class Solver:
    """A row of the table. `tolerances` are the keywords that take the tolerance itself.

    `floor` is the tightest tolerance worth asking for: below it the solver stalls or never ends.
    """

    name: str
    package: str
    cones: frozenset[str]
    tolerances: tuple[str, ...] = ()
    floor: float = 1e-11
    limits: Mapping[str, Any] = field(default_factory=dict)
    group: str | None = None

    @property
    def version(self) -> str:
        """The installed version, "?" if its package does not say."""
        return _version(self.package)

    def options(self, tol: float) -> dict[str, Any]:
        """Keywords for `cvxpy.Problem.solve` that aim at a relative gap of `tol`."""
        asked = watch.tolerance()
        inner = dict.fromkeys(self.tolerances, max(tol * HEADROOM if asked is None else asked, self.floor))
        own = {self.group: inner} if self.group else inner
        return {**own, **self.limits}


DISTRUSTED = frozenset({"ECOS_BB"})
"""Installed with another solver and known to return wrong answers: never offered, never chosen."""

EXPONENTIAL = frozenset({"ExpCone", "SOC"})
POWER = EXPONENTIAL | {"PowCone3D"}

TABLE = (
    Solver(
        "CLARABEL",
        "clarabel",
        POWER,
        ("tol_gap_abs", "tol_gap_rel", "tol_feas"),
        limits={"max_iter": 500, "time_limit": TIME_LIMIT},
    ),
    Solver("ECOS", "ecos", EXPONENTIAL, ("abstol", "reltol", "feastol"), limits={"max_iters": 300}),
    Solver(
        "SCS",
        "scs",
        POWER,
        ("eps_abs", "eps_rel"),
        floor=1e-9,
        # its acceleration is no faster on these cones and now and then stalls on a wrong answer
        limits={"max_iters": 200_000, "time_limit_secs": TIME_LIMIT, "acceleration_lookback": 0},
    ),
    Solver(
        "MOSEK",
        "mosek",
        POWER,
        tuple(f"MSK_DPAR_INTPNT_CO_TOL_{name}" for name in ("REL_GAP", "PFEAS", "DFEAS")),
        group="mosek_params",
    ),
    Solver("COPT", "coptpy", EXPONENTIAL, ("RelGap", "FeasTol", "DualTol"), limits={"TimeLimit": TIME_LIMIT}),
)


PACKAGES = {"HIGHS": "highspy", "SCIP": "pyscipopt", "SCIPY": "scipy"}
"""Packages of solvers outside the table, where these are not called like their solver."""


@cache
def installed(cones: frozenset[str]) -> tuple[Solver, ...]:
    """Installed solvers that take all these cones: the table's first, then whatever else CVXPY knows.

    A solver outside the table runs at its own default tolerance.
    """
    import cvxpy
    from cvxpy.reductions.solvers.defines import SOLVER_MAP_CONIC

    here = set(cvxpy.installed_solvers()) - DISTRUSTED
    rows = {row.name: row for row in TABLE if row.name in here and cones <= row.cones}
    listed = {row.name for row in TABLE}
    for name, interface in SOLVER_MAP_CONIC.items():
        supported = frozenset(c.__name__ for c in interface.SUPPORTED_CONSTRAINTS)
        if name in here and name not in listed and cones <= supported:
            rows[name] = Solver(name, PACKAGES.get(name, name.lower()), supported)
    return tuple(rows.values())


def solver(name: str, cones: frozenset[str]) -> Solver:
    """The installed solver of that name; raises `UnknownName`."""
    rows = {row.name: row for row in installed(cones)}
    if name not in rows:
        raise UnknownName("solver", name, rows)
    return rows[name]
