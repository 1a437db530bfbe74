r"""A CVXPY model as data: the cone program that CVXPY's own chain of reductions makes of it.

    min  c'z + d   s.t.  s = b - A z,   s in K = {0}^p x R^q_+ x second-order cones x exponential cones.

`z` holds the model's variables and those that CVXPY adds for its atoms (epigraphs); a maximised objective is
negated. Every row knows the constraint and the entry that it comes from, every column its variable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from mecopt.errors import DataError
from mecopt.instance import Array, Mask


@dataclass(frozen=True)
class Block:
    """Consecutive rows that form one cone: `zero` and `nonneg` of any size, one `soc`, one `exp` (3 rows)."""

    kind: str
    start: int
    size: int

    @property
    def rows(self) -> slice:
        """The rows."""
        return slice(self.start, self.start + self.size)


@dataclass(frozen=True)
class Part:
    """What consecutive rows stand for: constraint number `constraint`, or None for rows that CVXPY added."""

    constraint: int | None
    start: int
    size: int


@dataclass(frozen=True)
class Columns:
    """Where a model's variable lies among the columns; `reduced` if only its free entries do."""

    variable: Any
    start: int
    size: int
    reduced: bool


@dataclass(frozen=True)
class ConeProgram:
    """The data, with `sign` -1 where the model maximises."""

    c: Array
    d: float
    A: Any
    b: Array
    blocks: tuple[Block, ...]
    parts: tuple[Part, ...]
    columns: tuple[Columns, ...]
    sign: float

    def rows_of(self, constraint: int) -> slice:
        """The rows of a constraint of the model, in CVXPY's order."""
        part = next(p for p in self.parts if p.constraint == constraint)
        return slice(part.start, part.start + part.size)

    def own_columns(self) -> Mask:
        """Mask of the columns that are the model's own variables."""
        mask = np.zeros(self.c.size, dtype=bool)
        for each in self.columns:
            mask[each.start : each.start + each.size] = True
        return mask

    def column_name(self, column: int) -> str:
        """The variable entry in a column, in words."""
        for each in self.columns:
            if each.start <= column < each.start + each.size:
                if each.reduced:
                    return f"{each.variable.name()} (free entry {column - each.start})"
                return entry_name(each.variable.name(), each.variable.shape, column - each.start)
        return "an epigraph variable that CVXPY added"


def entry_name(name: str, shape: tuple[int, ...], flat: int) -> str:
    """`x[1, 2]` for the flat index in column-major order, `x` for a scalar."""
    if not shape:
        return name
    return f"{name}[{', '.join(str(int(i)) for i in np.unravel_index(flat, shape, order='F'))}]"


def compile_model(problem: Any) -> ConeProgram:
    """The cone program of a DCP model. Raises `DataError` for a model that has none of these cones."""
    import cvxpy as cp

    if not isinstance(problem, cp.Problem):
        raise DataError("problem", f"got {type(problem).__name__}", "give a cvxpy.Problem")
    _check(problem)
    try:
        data, chain, inverse = problem.get_problem_data(
            "SCS", ignore_dpp=True, solver_opts={"use_quad_obj": False}
        )
    except cp.error.SolverError as error:
        affine = problem.objective.args[0].is_affine() and not problem.constraints
        reason = "has an affine objective and no constraint" if affine else str(error).splitlines()[0]
        raise DataError("problem", reason, "give a model of linear, SOC and exponential cones") from None
    stuffed, dims = data["param_prob"], data["dims"]
    if dims.psd or dims.p3d or getattr(dims, "pnd", []):
        given = "semidefinite" if dims.psd else "power"
        raise DataError(
            "problem", f"needs {given} cones", "give a model of linear, SOC and exponential cones"
        )
    offset = float(np.asarray(stuffed.apply_parameters()[1]).item())
    ids = {constraint.id: number for number, constraint in enumerate(problem.constraints)}
    parts, row = [], 0
    for constraint in stuffed.constraints:
        parts.append(Part(ids.get(constraint.id), row, int(constraint.size)))
        row += int(constraint.size)
    return ConeProgram(
        c=np.asarray(data["c"], dtype=np.float64),
        d=offset,
        A=sp.csr_matrix(data["A"]),
        b=np.asarray(data["b"], dtype=np.float64),
        blocks=_blocks(dims),
        parts=tuple(parts),
        columns=_columns(problem, chain, inverse, stuffed.var_id_to_col),
        sign=1.0 if isinstance(problem.objective, cp.Minimize) else -1.0,
    )


def _check(problem: Any) -> None:
    for parameter in problem.parameters():
        if parameter.value is None:
            raise DataError(f"parameter {parameter.name()}", "has no value", "set parameter.value first")
    for variable in problem.variables():
        if variable.attributes["integer"] or variable.attributes["boolean"]:
            raise DataError(f"variable {variable.name()}", "is integer", "certify the convex relaxation")
        if variable.is_complex():
            raise DataError(f"variable {variable.name()}", "is complex", "give real and imaginary parts")
    if not problem.is_dcp():
        bad = [i for i, c in enumerate(problem.constraints) if not c.is_dcp()]
        what = "its objective is not" if not problem.objective.is_dcp() else f"constraint {bad[0]} is not"
        raise DataError("problem", f"{what} disciplined convex (DCP)", "see the rules at cvxpy.org/dcp")
    names = [variable.name() for variable in problem.variables()]
    if not names:
        raise DataError("problem", "has no variables", "give a model with variables")
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"variable {name}", "two variables have this name", "give each its own name")


def _blocks(dims: Any) -> tuple[Block, ...]:
    sizes = [("zero", dims.zero), ("nonneg", dims.nonneg)]
    sizes += [("soc", size) for size in dims.soc] + [("exp", 3)] * dims.exp
    blocks, row = [], 0
    for kind, size in sizes:
        if size:
            blocks.append(Block(kind, row, int(size)))
            row += int(size)
    return tuple(blocks)


def _columns(problem: Any, chain: Any, inverse: Any, first: Mapping[int, int]) -> tuple[Columns, ...]:
    """CVXPY replaces variables that have attributes; a symmetric one keeps its upper triangle only."""
    from cvxpy.reductions.cvx_attr2constr import CvxAttr2Constr

    replaced: dict[int, Any] = {}
    for reduction, data in zip(chain.reductions, inverse, strict=True):
        if isinstance(reduction, CvxAttr2Constr) and data:
            replaced |= data[0]
    found = []
    for variable in problem.variables():
        new = replaced.get(variable.id, variable)
        if new.id in first:
            start = int(first[new.id])
            found.append(Columns(variable, start, int(new.size), new.shape != variable.shape))
    return tuple(found)
