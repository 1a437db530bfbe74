"""The two sides: a bound that no feasible point beats, and the value of a certainly feasible point."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from flint import ctx

from mecopt.arithmetic import lower, upper
from mecopt.dcp import oracle
from mecopt.dcp.cones import misses, outside
from mecopt.dcp.program import Block, ConeProgram
from mecopt.dcp.repair import BITS, balls, lean, product
from mecopt.instance import Array, Mask


@dataclass(frozen=True)
class Bound:
    """A lower bound of the (minimised) cone program, its multipliers `y`, and a sentence where there is none.

    `known` is False where the oracle found no multipliers at all.
    """

    value: float
    y: Array
    rigorous: bool
    why: str = ""
    known: bool = True


def dual_bound(program: ConeProgram, y: Array, inner: Array | None, loose: str, *, rigorous: bool) -> Bound:
    """The bound d - b'y that multipliers near `y` prove; -inf where none can be made exactly feasible."""
    if not rigorous:
        ok = np.isfinite(y).all()
        return Bound(program.d - float(program.b @ y) if ok else -np.inf, y, False)
    with ctx.workprec(BITS):
        exact = lean(y, inner, program.A.T, -program.c, lambda v: outside(program.blocks, v, dual=True))
        if exact.balls is None:
            why = loose if exact.why == "no interior" else exact.why
            return Bound(-np.inf, y, False, why)
        total = balls(np.array([program.d]))[0] - product(sp.csr_matrix(program.b), exact.balls)[0]
        return Bound(lower(total), np.array([float(v) for v in exact.balls]), True)


def unbounded_sentence(program: ConeProgram, direction: Array) -> str:
    """Why there is no exact dual point: the variables that the constraints leave free."""
    size = np.abs(direction) * program.own_columns()
    if not np.any(size > 0):
        return "no exact dual point was found near the oracle's"
    worst = np.argsort(-size)[:3]
    names = [program.column_name(int(j)) for j in worst if size[j] > 1e-3 * size.max()]
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {verb} not bounded by the model: give bounds and the dual can be made exact"


def with_multipliers(program: ConeProgram, given: Mapping[int, Array], guess: Array) -> tuple[Array, float]:
    """The best multipliers that hold the given ones, else the nearest feasible ones and how far they are.

    With the given ones fixed, the rest solve the dual of the Lagrangian's minimisation.
    """
    fixed = np.zeros(len(program.b), dtype=bool)
    y = guess.copy()
    for number, value in given.items():
        fixed[program.rows_of(number)] = True
        y[program.rows_of(number)] = value
    rest = _without(program.blocks, fixed)
    signs_hold = all(misses(k, y[k.rows])[0] == 0 for k in program.blocks if fixed[k.rows].any())
    if signs_hold:
        shifted = program.c + program.A[fixed].T @ y[fixed]
        if fixed.all():
            found = y[~fixed] if np.max(np.abs(shifted), initial=0.0) <= 1e-9 * _size(program.c) else None
        else:
            answer = oracle.solve(shifted, program.A[~fixed], program.b[~fixed], rest)
            found = answer.y if answer.usable else None
        if found is not None:
            y[~fixed] = found
            return y, 0.0
    near = _nearest(program, y, fixed)
    if near is None:
        return y, np.inf
    return near, float(np.max(np.abs(near - y)[fixed])) / _size(y[fixed])


def _size(v: Array) -> float:
    return float(np.max(np.abs(v), initial=0.0)) or 1.0


def _without(blocks: tuple[Block, ...], fixed: Mask) -> list[Block]:
    kept = [Block(k.kind, 0, int(np.sum(~fixed[k.rows]))) for k in blocks]
    return [k for k in kept if k.size]


def _nearest(program: ConeProgram, y: Array, fixed: Mask) -> Array | None:
    """The dual feasible vector nearest to y in the fixed rows."""
    m, n = program.A.shape
    cone = oracle.dual_rows(program.blocks)
    pick = sp.eye(m).tocsr()[fixed]
    none = sp.csr_matrix
    rows = sp.vstack(
        [
            sp.hstack([program.A.T, none((n, 1))]),
            sp.hstack([-cone, none((cone.shape[0], 1))]),
            sp.hstack([none((1, m)), none([[-1.0]])]),
            sp.hstack([-pick, none((pick.shape[0], 1))]),
        ]
    )
    right = np.concatenate([-program.c, np.zeros(cone.shape[0]), [0.0], -y[fixed]])
    shapes = [Block("zero", 0, n), *(k for k in program.blocks if k.kind != "zero")]
    shapes.append(Block("soc", 0, 1 + pick.shape[0]))
    aim = np.append(np.zeros(m), 1.0)
    found = oracle.solve(aim, rows, right, shapes)
    return found.z[:m] if found.usable else None


def reached(program: ConeProgram, x: Array) -> tuple[float, str]:
    """An upper bound of the (minimised) optimum: the value of a certainly feasible point near x, and why not.

    `x` holds the model's variables in their columns; the epigraph variables are the oracle's.
    """
    own = program.own_columns()
    z = np.where(own, x, 0.0)
    if not own.all():
        rest = program.A[:, ~own]
        answer = oracle.solve(program.c[~own], rest, program.b - program.A[:, own] @ x[own], program.blocks)
        if not answer.usable:
            return np.inf, "the oracle found no epigraph variables for the point"
        z[~own] = answer.z
    inner = oracle.inside_primal(program.c, program.A, program.b, program.blocks)
    equal = sum(k.size for k in program.blocks if k.kind == "zero")

    def outside_cone(v: Any) -> list[Block]:
        return outside(program.blocks, balls(program.b) - product(program.A, v), dual=False)

    with ctx.workprec(BITS):
        exact = lean(z, inner, program.A[:equal], program.b[:equal], outside_cone)
        if exact.balls is None:
            why = "the model has no strictly feasible point" if exact.why == "no interior" else exact.why
            return np.inf, f"no point near yours is certainly feasible ({why})"
        total = balls(np.array([program.d]))[0] + product(sp.csr_matrix(program.c), exact.balls)[0]
        return upper(total), ""
