"""What a run says about one claim."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from mecopt.claims.cases import tidy
from mecopt.claims.claim import Case


@dataclass(frozen=True)
class Counterexample:
    """A case that violates a claim; `certified` when the violation is proved, not only computed."""

    case: Case
    slack: float
    certified: bool


@dataclass(frozen=True)
class Correction:
    """The claim that states what holds instead, and its verdict (the recorded one if it was not run)."""

    id: str
    statement: str
    verdict: str


@dataclass(frozen=True)
class Verdict:
    """One claim's verdict and its evidence. `as_recorded` says whether the run passes; `reason` why not."""

    id: str
    paper: str
    source: str
    statement: str
    verdict: str
    recorded: str
    instances: int = 0
    violations: int = 0
    margin: float = math.nan
    tol: float = math.nan
    tol_reason: str = ""
    mutants: int = 0
    survivors: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    explanation: str = ""
    correction: Correction | None = None
    proof: str = ""
    note: str = ""
    seconds: float = field(default=0.0, compare=False)
    file: str | None = field(default=None, compare=False)

    @property
    def caught(self) -> int:
        """How many mutants the check noticed."""
        return self.mutants - len(self.survivors)

    @property
    def reason(self) -> str:
        """Why the run of this claim fails; "" when it passes."""
        parts = []
        if self.verdict != self.recorded:
            parts.append(f"recorded as {self.recorded}, found {self.verdict}")
        if self.survivors and self.verdict not in ("vacuous", "error"):
            parts.append(f"the check does not notice: {', '.join(self.survivors)}")
        return "; ".join(parts)

    @property
    def as_recorded(self) -> bool:
        """Whether the verdict is the recorded one and every mutant was caught."""
        return not self.reason

    def to_dict(self) -> dict[str, Any]:
        """The JSON object; numbers that JSON does not have become null."""
        found = self.counterexample
        return {
            "id": self.id,
            "paper": self.paper,
            "source": self.source,
            "statement": self.statement,
            "verdict": self.verdict,
            "recorded": self.recorded,
            "as_recorded": self.as_recorded,
            "reason": self.reason,
            "instances": self.instances,
            "violations": self.violations,
            "margin": finite(self.margin),
            "tolerance": finite(self.tol),
            "tolerance_reason": self.tol_reason,
            "mutants": {"caught": self.caught, "total": self.mutants, "survivors": list(self.survivors)},
            "counterexample": self.file,
            "case": tidy(found.case) if found else None,
            "slack": finite(found.slack) if found else None,
            "certified": found.certified if found else None,
            "explanation": self.explanation,
            "correction": asdict(self.correction) if self.correction else None,
            "proof": self.proof,
            "note": self.note,
            "seconds": round(self.seconds, 3),
        }


def finite(value: float) -> float | None:
    """The number, or None for nan and infinities, which JSON does not have."""
    return value if math.isfinite(value) else None
