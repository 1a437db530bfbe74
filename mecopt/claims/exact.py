"""Exact reasoning for the claims: checks in ball arithmetic, proofs in SymPy."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import sympy as sp
from flint import arb

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims.claim import Case, ProofError
from mecopt.claims.slack import Interval

Check = Callable[[Case, Any], Any]

HOLDS, FAILS = Interval(1.0, 1.0), Interval(-1.0, -1.0)
"""Slacks of a statement that is simply true or false of a case."""


def in_balls(check: Check) -> Check:
    """Run a check in ball arithmetic, every number of its case an exact ball."""

    @wraps(check)
    def run(case: Case, subject: Any) -> Any:
        with ball_arithmetic():
            return check(balls(case), subject)

    return run


def balls(value: Any) -> Any:
    """The same JSON value with its numbers as exact balls."""
    if isinstance(value, dict):
        return {key: balls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [balls(item) for item in value]
    return arb(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def apart(a: Any, b: Any) -> Any:
    """(a − b)/(a + b) of non-negative balls, 0 when both are zero: a relative difference in [−1, 1]."""
    return arb(0) if a.is_zero() and b.is_zero() else (a - b) / (a + b)


def vanishes(expression: Any, what: str) -> None:
    """Raise `ProofError` unless SymPy reduces the expression to zero."""
    rest = sp.simplify(sp.expand(expression))
    if rest != 0:
        raise ProofError(f"{what}: SymPy is left with {rest}")


def holds(condition: Any, what: str) -> None:
    """Raise `ProofError` unless SymPy is certain of the condition."""
    if condition is not True and condition != sp.true:
        raise ProofError(f"{what}: SymPy says {condition}")


def not_negative(function: Any, z: Any, *, beyond: Any, what: str, depth: int = 3) -> None:
    """Prove function(z) ≥ 0 for z ≥ beyond: by sight, or by its sign there and the same of its slope."""
    further = sp.Symbol("d", nonnegative=True)
    if sp.simplify(function.subs(z, beyond + further)).is_nonnegative:
        return
    holds(sp.simplify(function.subs(z, beyond)).is_nonnegative, f"{what}, at {beyond}")
    if depth == 0:
        raise ProofError(f"{what}: SymPy cannot tell the sign of {function}")
    not_negative(sp.diff(function, z), z, beyond=beyond, what=f"{what}, slope", depth=depth - 1)
