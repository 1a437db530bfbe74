"""The cones: interior points, membership in ball arithmetic, and the way back into a dual cone.

soc:  (t, x) with t >= |x|; its own dual
exp:  (x, y, z) with y exp(x/y) <= z, y > 0, or x <= 0 = y, z >= 0
      dual (u, v, w) with -u exp(v/u - 1) <= w, u < 0, or u = 0, v, w >= 0
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mecopt.dcp.program import Block
from mecopt.instance import Array

INSIDE_EXP = (-1.051383, 0.556409, 1.258967)
"""A point well inside both the exponential cone and its dual, of unit size."""


def interior(blocks: Iterable[Block], rows: int) -> Array:
    """A point inside the cone and its dual; 0 in the rows of equalities."""
    point = np.zeros(rows)
    for block in blocks:
        if block.kind == "nonneg":
            point[block.rows] = 1.0
        elif block.kind == "soc":
            point[block.start] = 1.0
        elif block.kind == "exp":
            point[block.rows] = INSIDE_EXP
    return point


def outside(blocks: Iterable[Block], s: Any, *, dual: bool) -> list[Block]:
    """The blocks where a vector of balls is not certainly in the cone (or its dual); no equalities."""
    return [block for block in blocks if block.kind != "zero" and not _holds(block, s[block.rows], dual=dual)]


def _holds(block: Block, s: Any, *, dual: bool) -> bool:
    if block.kind == "nonneg":
        return all(entry >= 0 for entry in s)
    if block.kind == "soc":
        return bool(s[0] >= 0) and bool(s[0] * s[0] >= sum((entry * entry for entry in s[1:]), 0 * s[0]))
    x, y, z = s
    if dual:
        if x < 0:
            return bool(z >= -x * (y / x - 1).exp())
        return bool(x.is_zero()) and bool(y >= 0) and bool(z >= 0)
    if y > 0:
        return bool(z >= y * (x / y).exp())
    return bool(y.is_zero()) and bool(x <= 0) and bool(z >= 0)


@np.errstate(all="ignore")
def misses(block: Block, y: Array) -> tuple[float, int]:
    """By how much a dual vector misses the dual cone, and the worst entry (floating point)."""
    if block.kind == "zero":
        return 0.0, 0
    if block.kind == "nonneg":
        worst = int(np.argmin(y))
        return max(-float(y[worst]), 0.0), worst
    if block.kind == "soc":
        return max(float(np.linalg.norm(y[1:]) - y[0]), 0.0), 0
    u, v, w = (float(entry) for entry in y)
    least = -u * np.exp(v / u - 1) if u < 0 else max(-v, 0.0)
    return max(u, least - w, 0.0), 2 if u <= 0 else 0
