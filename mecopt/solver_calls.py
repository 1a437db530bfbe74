"""Conic solvers called directly, without CVXPY: cold starts, the options of the solver table.

    CLARABEL, SCS   min c'x + x'P x/2   s.t.  h - G x in K           (equalities are the first rows of G)
    ECOS            min c'x             s.t.  A x = b,  h - G x in K

Cones and vectors are in CVXPY's order: zero, nonnegative, second order, semidefinite, exponential, power.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from mecopt.instance import Array

CLARABEL_STATUS = {"Solved": "optimal", "AlmostSolved": "optimal_inaccurate"}
ECOS_STATUS = {0: "optimal", 10: "optimal_inaccurate"}
SCS_STATUS = {1: "optimal", 2: "optimal_inaccurate"}
"""What CVXPY calls the answers that come with a point."""


class Data(NamedTuple):
    """What a solver takes; A, G and P are CSC matrices or None."""

    c: Array
    A: Any
    b: Array
    G: Any
    h: Array
    P: Any
    cones: Any


class Answer(NamedTuple):
    """What a solver gave: its status ("" without a point), x, duals (equalities first), its own words."""

    status: str
    x: Array
    z: Array
    statistics: dict[str, Any]
    raw: Any


@dataclass(frozen=True)
class Interface:
    """How to call one solver.

    `cones` translates CVXPY's dimensions; `pretend(x, z, equalities)` is the solver's own answer with these
    vectors; `splits` says that equalities are a matrix apart.
    """

    call: Callable[[Data, Mapping[str, Any]], Answer]
    cones: Callable[[Any], Any]
    pretend: Callable[[Array, Array, int], Any]
    splits: bool = False


def _clarabel(data: Data, options: Mapping[str, Any]) -> Answer:
    import clarabel

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    for name, value in options.items():
        setattr(settings, name, value)
    P = _no_quadratic(data.c.size) if data.P is None else data.P
    found = clarabel.DefaultSolver(P, data.c, data.G, data.h, data.cones, settings).solve()
    figures = {"solve_time": found.solve_time, "num_iters": found.iterations}
    status = CLARABEL_STATUS.get(str(found.status), "")
    return Answer(status, np.asarray(found.x), np.asarray(found.z), figures, found)


@cache
def _no_quadratic(size: int) -> Any:
    return sp.csc_matrix((size, size))


def _clarabel_cones(dims: Any) -> Any:
    from cvxpy.reductions.solvers.conic_solvers.clarabel_conif import dims_to_solver_cones

    return dims_to_solver_cones(dims)


def _clarabel_answer(x: Array, z: Array, equalities: int) -> Any:
    return SimpleNamespace(status="Solved", x=x, z=z, obj_val=0.0, solve_time=0.0, iterations=0)


def _ecos(data: Data, options: Mapping[str, Any]) -> Answer:
    import ecos

    b = None if data.A is None else data.b
    h = None if data.G is None else data.h
    found = ecos.solve(data.c, data.G, h, data.cones, data.A, b, verbose=False, **options)
    info = found["info"]
    figures = {
        "solve_time": info["timing"]["tsolve"],
        "setup_time": info["timing"]["tsetup"],
        "num_iters": info["iter"],
        "extra_stats": found,
    }
    status = ECOS_STATUS.get(info["exitFlag"], "")
    return Answer(status, found["x"], np.concatenate([found["y"], found["z"]]), figures, found)


def _ecos_cones(dims: Any) -> Any:
    return {"l": dims.nonneg, "q": dims.soc, "e": dims.exp}


def _ecos_answer(x: Array, z: Array, equalities: int) -> Any:
    info = {"exitFlag": 0, "pcost": 0.0, "timing": {"tsolve": 0.0, "tsetup": 0.0}, "iter": 0}
    return {"info": info, "x": x, "y": z[:equalities], "z": z[equalities:]}


def _scs(data: Data, options: Mapping[str, Any]) -> Answer:
    import scs

    given = {"A": data.G, "b": data.h, "c": data.c, "P": data.P}
    found = scs.solve(given, data.cones, verbose=False, **options)
    info = found["info"]
    figures = {
        "solve_time": info["solve_time"] / 1000,
        "setup_time": info["setup_time"] / 1000,
        "num_iters": info["iter"],
        "extra_stats": found,
    }
    return Answer(SCS_STATUS.get(info["status_val"], ""), found["x"], found["y"], figures, found)


def _scs_cones(dims: Any) -> Any:
    from cvxpy.reductions.solvers.conic_solvers.scs_conif import dims_to_solver_dict

    return dims_to_solver_dict(dims)


def _scs_answer(x: Array, z: Array, equalities: int) -> Any:
    info = {"status_val": 1, "pobj": 0.0, "solve_time": 0.0, "setup_time": 0.0, "iter": 0}
    return {"info": info, "x": x, "y": z}


DIRECT = {
    "CLARABEL": Interface(_clarabel, _clarabel_cones, _clarabel_answer),
    "ECOS": Interface(_ecos, _ecos_cones, _ecos_answer, splits=True),
    "SCS": Interface(_scs, _scs_cones, _scs_answer),
}
"""The solvers called directly, by CVXPY's names."""
