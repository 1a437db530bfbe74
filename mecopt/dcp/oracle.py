"""A solver used only as an oracle: what it returns is a guess that the repair makes exact or rejects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from mecopt.dcp.cones import interior
from mecopt.dcp.program import Block
from mecopt.instance import Array

TOLERANCE = 1e-11
"""Asked of the oracle; the less it leaves to repair, the tighter the bound."""

DUAL_EXP = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, np.e]])
"""Takes the dual of the exponential cone into the cone: u e^(v/u) is -p e^(-v/p) with p = -u."""


@dataclass(frozen=True)
class Guess:
    """Primal and dual vector, and what the solver said."""

    z: Array
    y: Array
    said: str

    @property
    def usable(self) -> bool:
        """Whether there are numbers to work with."""
        return (
            bool(np.all(np.isfinite(self.z)) and np.all(np.isfinite(self.y))) and "nfeasible" not in self.said
        )


def solve(c: Array, A: Any, b: Array, blocks: Sequence[Block]) -> Guess:
    """min c'z s.t. b - A z in K, by Clarabel; its words if it fails."""
    import clarabel

    kinds = {
        "zero": clarabel.ZeroConeT,
        "nonneg": clarabel.NonnegativeConeT,
        "soc": clarabel.SecondOrderConeT,
    }
    cones = [clarabel.ExponentialConeT() if k.kind == "exp" else kinds[k.kind](k.size) for k in blocks]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_iter = 500
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = TOLERANCE
    n = len(c)
    try:
        found = clarabel.DefaultSolver(
            sp.csc_matrix((n, n)), np.asarray(c), sp.csc_matrix(A), np.asarray(b), cones, settings
        ).solve()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return Guess(np.full(n, np.nan), np.full(len(b), np.nan), f"crashed: {error}")
    return Guess(np.array(found.x), np.array(found.z), str(found.status))


def dual_rows(blocks: Sequence[Block]) -> Any:
    """The rows of cones (not of equalities), which take a dual vector into the cones themselves."""
    into = sp.block_diag([DUAL_EXP if k.kind == "exp" else sp.eye(k.size) for k in blocks]).tocsr()
    return into[sum(k.size for k in blocks if k.kind == "zero") :]


def inside_dual(c: Array, A: Any, b: Array, blocks: Sequence[Block]) -> tuple[Array | None, Array]:
    """The best y with A'y + c = 0 well inside the dual cone, or None and an unbounded direction.

    First max tau <= 1 s.t. A'y + c = 0, y - tau e in K*, e being `interior`; then the best multipliers with
    half of that tau. Without the second step y may be far away, and leaning towards it dear.
    """
    m, n = A.shape
    cone, e = dual_rows(blocks), interior(blocks, m)
    equal = sp.hstack([A.T, sp.csr_matrix((n, 1))])
    into_cone = sp.hstack([-cone, sp.csr_matrix((cone @ e)[:, None])])
    cap = sp.csr_matrix(([1.0], ([0], [m])), shape=(1, m + 1))
    rows = sp.vstack([equal, cap, into_cone])
    right = np.concatenate([-c, [1.0], np.zeros(cone.shape[0])])
    shapes = [Block("zero", 0, n), Block("nonneg", 0, 1), *(k for k in blocks if k.kind != "zero")]
    aim = np.zeros(m + 1)
    aim[m] = -1.0
    found = solve(aim, rows, right, shapes)
    if not (found.usable and found.z[m] > TOLERANCE):
        return None, found.y[:n]
    shapes.pop(1)
    right = np.concatenate([-c, -found.z[m] / 2 * (cone @ e)])
    best = solve(b, sp.vstack([A.T, -cone]), right, shapes)
    return (best.z if best.usable else found.z[:m]), found.y[:n]


def inside_primal(c: Array, A: Any, b: Array, blocks: Sequence[Block]) -> Array | None:
    """The best z with b - A z well inside the cone, or None; in two steps, as `inside_dual`."""
    m, n = A.shape
    rows = sp.vstack(
        [
            sp.hstack([A, sp.csr_matrix(interior(blocks, m)[:, None])]),
            sp.csr_matrix(([1.0], ([0], [n])), shape=(1, n + 1)),
        ]
    ).tocsr()
    zero = sum(k.size for k in blocks if k.kind == "zero")
    order = np.concatenate([np.arange(zero), [m], np.arange(zero, m)]).astype(int)
    right = np.append(b, 1.0)[order]
    shapes = [k for k in blocks if k.kind == "zero"] + [Block("nonneg", 0, 1)]
    shapes += [k for k in blocks if k.kind != "zero"]
    aim = np.zeros(n + 1)
    aim[n] = -1.0
    found = solve(aim, rows[order], right, shapes)
    if not (found.usable and found.z[n] > TOLERANCE):
        return None
    best = solve(c, A, b - found.z[n] / 2 * interior(blocks, m), blocks)
    return best.z if best.usable else found.z[:n]
