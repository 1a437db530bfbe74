"""From a solver's guess to an exact answer: meet the equations exactly, then lean towards the interior.

A guess meets its equations and its cones up to a solver's tolerance. In ball arithmetic it is moved onto
the equations (the least change that meets them); a mixture with a point well inside the cone, moved in the
same way, still meets them, and the smallest mixture that is certainly inside the cone is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from mecopt.arithmetic import PRECISION
from mecopt.instance import Array

MIXTURES = (0.0, *(10.0**k for k in range(-16, -1)))
"""Shares of the interior point that are tried."""

BITS = 2 * PRECISION
"""Normal equations square the condition number: twice the digits leave as many as elsewhere."""

LARGEST = 400
"""Equations beyond which the exact linear algebra would take minutes."""


@dataclass(frozen=True)
class Exact:
    """Balls that enclose an exact answer, and the interior point's share; or None, and why."""

    balls: Any
    mixture: float
    why: str = ""


def lean(guess: Array, inner: Array | None, M: Any, t: Array, outside: Callable[[Any], list[Any]]) -> Exact:
    """A vector v near the guess with M v = t, for which `outside` finds nothing. Needs a ball context."""
    if M.shape[0] > LARGEST:
        return Exact(None, np.nan, f"more than {LARGEST} equations are too many for exact arithmetic here")
    keep = _independent(M)
    start, why = _onto(guess, M, t, keep)
    if start is None:
        return Exact(None, np.nan, why)
    if not outside(start):
        return Exact(start, 0.0)
    if inner is None:
        return Exact(None, np.nan, "no interior")
    target, _ = _onto(inner, M, t, keep)
    for share in MIXTURES[1:]:
        mixed = start + type(start[0])(share) * (target - start)
        if outside(mixed):
            continue
        for less in (share / 8, share / 4, share / 2):  # between this decade and the one that failed
            nearer = start + type(start[0])(less) * (target - start)
            if not outside(nearer):
                return Exact(nearer, less)
        return Exact(mixed, share)
    return Exact(None, np.nan, "no mixture with the interior point is certainly feasible")


def product(M: Any, v: Any) -> Any:
    """M v for a sparse matrix of doubles and a vector of balls."""
    from flint import arb

    M = sp.csr_matrix(M)
    found = np.empty(M.shape[0], dtype=object)
    for i in range(M.shape[0]):
        row = slice(M.indptr[i], M.indptr[i + 1])
        total = arb(0)
        for value, j in zip(M.data[row], M.indices[row], strict=True):
            total += arb(float(value)) * v[j]
        found[i] = total
    return found


def balls(v: Array) -> Any:
    """Exact balls of doubles."""
    from flint import arb

    found = np.empty(len(v), dtype=object)
    found[:] = [arb(float(entry)) for entry in v]
    return found


def _independent(M: Any) -> Array:
    """Rows that span the others, by a pivoted QR; which ones is only a choice."""
    dense = M.toarray()
    size = np.linalg.norm(dense, axis=1)
    dense = dense / np.where(size > 0, size, 1.0)[:, None]
    if not dense.size:
        return np.zeros(0, dtype=int)
    _, r, order = scipy.linalg.qr(dense.T, mode="economic", pivoting=True)
    rank = int(np.sum(np.abs(np.diag(r)) > 1e-10))
    return np.sort(order[:rank])


def _onto(guess: Array, M: Any, t: Array, keep: Array) -> tuple[Any, str]:
    """The nearest vector that meets the equations kept; the others must then hold exactly."""
    from flint import arb_mat

    start, right = balls(guess), balls(t)
    if len(keep):
        chosen = sp.csr_matrix(M)[keep]
        miss = right[keep] - product(chosen, start)
        rows = arb_mat(len(keep), chosen.shape[1], balls(chosen.toarray().ravel()).tolist())
        try:
            weights = (rows * rows.transpose()).solve(arb_mat(len(keep), 1, miss.tolist()))
        except ZeroDivisionError:
            return None, "the equations are too close to dependent"
        start = start + product(chosen.T, np.array(weights.entries(), dtype=object))
    rest = np.setdiff1d(np.arange(M.shape[0]), keep)
    left = right[rest] - product(sp.csr_matrix(M)[rest], start)
    if not all(entry.is_zero() for entry in left):
        return (
            None,
            "some equations depend on others, which exact arithmetic cannot tell apart from a contradiction",
        )
    return start, ""
