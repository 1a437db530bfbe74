"""A claim: one printed statement, how to check it on a case, and misprints the check must notice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis.strategies import SearchStrategy

from mecopt.errors import MecoptError

Case = dict[str, Any]
Check = Callable[[Any, Any], Any]
Ahead = Callable[[Sequence[Case]], None]

VERDICTS = ("proved", "certified", "supported", "refuted", "vacuous", "error")
RECORDABLE = VERDICTS[:4]


class ClaimError(MecoptError):
    """A claim that is not well formed; the message names the claim and what is missing."""


class ProofError(MecoptError):
    """A symbolic proof did not go through."""


@dataclass(frozen=True)
class Mutant:
    """A plausible misprint: `subject` replaces the claim's own and the check must notice on some case."""

    name: str
    subject: Any


@dataclass(frozen=True, eq=False)
class Claim:
    """One statement with its check. Made by the decorator `claim`; all fields are described there."""

    id: str
    source: str
    statement: str
    recorded: str
    draws: SearchStrategy[Any] = field(repr=False)
    check: Check = field(repr=False)
    subject: Any = field(repr=False)
    mutants: tuple[Mutant, ...] = field(repr=False)
    tol: float
    tol_reason: str
    proof: Callable[[], str] | None = field(default=None, repr=False)
    explanation: str = ""
    corrected_by: str | None = None
    max_samples: int | None = None
    ahead: Ahead | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for complaint in _complaints(self):
            raise ClaimError(f"claim {self.id}: {complaint}")

    def __call__(self, case: Any, subject: Any = None) -> Any:
        """Run the check on a case, by default on the claim's own subject."""
        return self.check(case, self.subject if subject is None else subject)


def claim(
    *,
    id: str,
    source: str,
    statement: str,
    recorded: str,
    draws: SearchStrategy[Any],
    subject: Any,
    mutants: Sequence[Mutant],
    tol: float,
    tol_reason: str,
    proof: Callable[[], str] | None = None,
    explanation: str = "",
    corrected_by: str | None = None,
    max_samples: int | None = None,
    ahead: Ahead | None = None,
) -> Callable[[Check], Claim]:
    """Turn `check(case, subject) -> slack` into a `Claim`.

    `recorded` is the verdict found; `mecopt verify` fails when a run finds another. `draws` gives
    cases of JSON-able values. `subject` is what a misprint would change, each mutant one misprint of
    it. A case passes when its slack >= -tol. A refuted claim says in `explanation` what is wrong and
    in `corrected_by` which claim states the correction. `max_samples` caps the number of cases of a
    slow check. `ahead` is called with cases soon to be checked: what the checks need can be solved in
    one batch and remembered. Raises `ClaimError` when something is missing.
    """

    def wrap(check: Check) -> Claim:
        return Claim(
            id=id,
            source=source,
            statement=statement,
            recorded=recorded,
            draws=draws,
            check=check,
            subject=subject,
            mutants=tuple(mutants),
            tol=tol,
            tol_reason=tol_reason,
            proof=proof,
            explanation=explanation,
            corrected_by=corrected_by,
            max_samples=max_samples,
            ahead=ahead,
        )

    return wrap


def _complaints(c: Claim) -> list[str]:
    refuted = c.recorded == "refuted"
    names = [m.name for m in c.mutants]
    rules = [
        (bool(c.id and c.source and c.statement), "give an id, a source and a statement"),
        (c.recorded in RECORDABLE, f"recorded={c.recorded!r}; choose from {', '.join(RECORDABLE)}"),
        (c.tol >= 0, f"tol={c.tol!r}; give a number >= 0"),
        (bool(c.tol_reason), "give tol_reason: relative to what, and why this size"),
        (bool(names), "give at least one mutant: a check that cannot fail is a defect"),
        (len(set(names)) == len(names), "two mutants have the same name"),
        (c.recorded != "proved" or c.proof is not None, "recorded as proved but has no proof"),
        (not refuted or bool(c.explanation), "recorded as refuted: say in explanation what is wrong"),
        (not refuted or bool(c.corrected_by), "recorded as refuted: name the correction in corrected_by"),
        (c.corrected_by != c.id, "corrected_by names the claim itself"),
        (c.max_samples is None or c.max_samples >= 1, f"max_samples={c.max_samples!r}; give a number >= 1"),
    ]
    return [text for ok, text in rules if not ok]
