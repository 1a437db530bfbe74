"""Proved enclosures: of a model's optimum, and of how far a point is from it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from mecopt.dcp import bounds, oracle
from mecopt.dcp.certify import at_point, columns_of
from mecopt.dcp.point import constraint_names, read_values
from mecopt.dcp.program import Block, ConeProgram, Part, compile_model
from mecopt.instance import Array

NEAR = 1e-9
"""Constraints missed by more of their largest term than this are missed, not rounded."""


def optimum(problem: Any) -> tuple[float, float]:
    """Ends of an interval that is proved to hold the optimal value of a DCP model; infinite where nothing is.

    Raises `DataError` as `mecopt.certify` does.
    """
    program = compile_model(problem)
    low, high = _enclosed(program)
    return (low, high) if program.sign > 0 else (-high, -low)


def excess(problem: Any, values: Mapping[str, Any]) -> tuple[float, float]:
    """By how much of itself the objective at the point is worse than the optimum: ends of a proved interval.

    `values` maps variable names to arrays. A point that misses a constraint is (miss, inf): the miss is
    relative to the constraint's largest term and not proved. Raises `DataError` as `mecopt.certify` does.
    """
    program = compile_model(problem)
    x = read_values(problem, values)
    value, worst = at_point(problem, x, constraint_names(problem))
    if not worst.relative <= NEAR or not np.isfinite(value):
        return (worst.relative if worst.relative > NEAR else 0.0), np.inf
    low, high = _enclosed(program)
    at = columns_of(program, x)
    least = _bound(_pinned(program, at))
    most, _ = bounds.reached(program, at)
    if not all(np.isfinite(end) for end in (low, high, least, most)):
        return 0.0, np.inf
    if least <= 0 <= most:
        return 0.0, (0.0 if most == low else np.inf)
    scale = (min(abs(least), abs(most)), max(abs(least), abs(most)))
    worse, better = max(most - low, 0.0), max(least - high, 0.0)
    return better / scale[1] * (1 - 1e-15), worse / scale[0] * (1 + 1e-15)


def optimality(problem: Any, values: Mapping[str, Any]) -> Any:
    """The slack of "this point is optimal", for the check of a claim: minus its excess, proved.

    An `Interval`; a plain negative number where the point misses a constraint; nan where nothing is proved.
    """
    from mecopt.claims.slack import Interval

    low, high = excess(problem, values)
    if np.isfinite(high):
        return Interval(-high, -low)
    return -low if low > 0 else np.nan


def _enclosed(program: ConeProgram) -> tuple[float, float]:
    guess = oracle.solve(program.c, program.A, program.b, program.blocks)
    if not guess.usable:
        return -np.inf, np.inf
    high, _ = bounds.reached(program, guess.z)
    return _bound(program), high


def _bound(program: ConeProgram) -> float:
    guess = oracle.solve(program.c, program.A, program.b, program.blocks)
    if not guess.usable:
        return -np.inf
    inner, _ = oracle.inside_dual(program.c, program.A, program.b, program.blocks)
    return bounds.dual_bound(program, guess.y, inner, "", rigorous=True).value


def _pinned(program: ConeProgram, x: Array) -> ConeProgram:
    """The program with the model's variables held at x: its optimum is the objective at x."""
    own = np.flatnonzero(program.own_columns())
    count = len(own)
    pin = sp.csr_matrix((np.ones(count), (np.arange(count), own)), shape=(count, program.c.size))
    moved = [replace(block, start=block.start + count) for block in program.blocks]
    zero = sum(block.size for block in program.blocks if block.kind == "zero")
    return replace(
        program,
        A=sp.vstack([pin, program.A]).tocsr(),
        b=np.concatenate([x[own], program.b]),
        blocks=(Block("zero", 0, count + zero), *(block for block in moved if block.kind != "zero")),
        parts=tuple(Part(p.constraint, p.start + count, p.size) for p in program.parts),
    )
