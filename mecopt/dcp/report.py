"""What `certify` says of a model's point: numbers, and a sentence for each optimality condition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mecopt.instance import Array, finite_or_none
from mecopt.result import Certificate


@dataclass(frozen=True)
class Condition:
    """One optimality condition: whether it holds to the tolerance, the worst miss, where, and in words."""

    name: str
    holds: bool
    amount: float
    where: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """The referee's findings on a CVXPY model. `status` is optimal, feasible or failed.

    value, bound, upper, gap, infeasibility and rigorous are those of `mecopt.result.Certificate`.
    `multipliers` are the ones the conditions were judged with, by constraint.
    """

    sense: str
    value: float
    bound: float
    upper: float
    gap: float
    infeasibility: float
    rigorous: bool
    tol: float
    conditions: tuple[Condition, ...]
    multipliers: Mapping[str, Array]
    lagrangian: str
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """`optimal` needs a small gap and a feasible point."""
        if not self.infeasibility <= self.tol or not np.isfinite(self.value):
            return "failed"
        return "optimal" if self.gap <= self.tol else "feasible"

    @property
    def certificate(self) -> Certificate:
        """The same numbers as the certificate of a paper's problem has them."""
        names = ("value", "bound", "upper", "gap", "infeasibility")
        return Certificate(
            **{name: np.asarray(getattr(self, name)) for name in names}, rigorous=np.asarray(self.rigorous)
        ).unwrapped()

    @property
    def failed(self) -> tuple[Condition, ...]:
        """The conditions that do not hold."""
        return tuple(c for c in self.conditions if not c.holds)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, nan and infinities as None."""
        numbers = ("value", "bound", "upper", "gap", "infeasibility")
        return {
            "status": self.status,
            "sense": self.sense,
            **{name: finite_or_none(float(getattr(self, name))) for name in numbers},
            "rigorous": self.rigorous,
            "tol": self.tol,
            "lagrangian": self.lagrangian,
            "conditions": [
                {
                    "name": c.name,
                    "holds": c.holds,
                    "amount": finite_or_none(c.amount),
                    "where": c.where,
                    "sentence": c.sentence,
                }
                for c in self.conditions
            ],
            "multipliers": {k: finite_or_none(np.asarray(v).tolist()) for k, v in self.multipliers.items()},
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        side = "lower" if self.sense == "min" else "upper"
        how = ", proved in ball arithmetic" if self.rigorous else ""
        lines = [
            self.status,
            f"value {self.value:.10g}",
            f"{side} bound {self.bound:.10g}{how}",
            f"gap {self.gap:.3g} (asked for {self.tol:g})",
            f"worst constraint missed by {self.infeasibility:.3g}",
            "",
            f"Lagrangian: {self.lagrangian}",
            "",
        ]
        lines += [f"{'holds' if c.holds else 'FAILS'}  {c.name}: {c.sentence}" for c in self.conditions]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])
