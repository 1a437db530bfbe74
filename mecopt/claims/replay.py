"""Counterexample files: written by a run, read and run again by `replay`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mecopt.claims.cases import tidy
from mecopt.claims.claim import Case, Claim
from mecopt.claims.slack import Slack
from mecopt.claims.verdict import Verdict, finite
from mecopt.errors import DataError

KEYS = {"claim": str, "case": dict}


@dataclass(frozen=True)
class Replay:
    """What the claim's check says about a stored case today. `slack` is None when the case does not count."""

    claim: str
    statement: str
    explanation: str
    case: Case
    slack: float | None
    tol: float
    violated: bool
    certified: bool

    def to_dict(self) -> dict[str, Any]:
        """The JSON object."""
        slack = finite(self.slack) if self.slack is not None else None
        return vars(self) | {"case": tidy(self.case), "slack": slack}


def document(verdict: Verdict, version: str) -> dict[str, Any]:
    """A counterexample file's content."""
    found = verdict.counterexample
    if found is None:
        raise ValueError(f"claim {verdict.id} has no counterexample")
    return {
        "claim": verdict.id,
        "paper": verdict.paper,
        "statement": verdict.statement,
        "case": found.case,
        "slack": finite(found.slack),
        "tolerance": verdict.tol,
        "certified": found.certified,
        "explanation": verdict.explanation,
        "correction": verdict.correction.id if verdict.correction else None,
        "mecopt": version,
    }


def replay(file: str | Path) -> Replay:
    """Run the claim's check again on the case of a counterexample file.

    Raises `DataError` for a file that is not one, `UnknownName` when its claim does not exist here.
    """
    from mecopt.claims import collect

    content = read(file)
    target = collect.find(content["claim"])[0]
    return rerun(collect.get(target), content["case"], name=str(file))


def rerun(claim: Claim, case: Case, *, name: str = "case") -> Replay:
    """The claim's check on one case; a case it cannot run on raises `DataError`."""
    from mecopt.claims.search import CheckError, quiet, run_check

    try:
        with quiet():
            slack: Slack | None = run_check(claim, case, claim.subject)
    except CheckError as error:
        given = f"claim {claim.id} cannot be checked on its case: {error}"
        raise DataError(name, given, "give a case of the claim's own form") from error
    return Replay(
        claim=claim.id,
        statement=claim.statement,
        explanation=claim.explanation,
        case=case,
        slack=None if slack is None else slack.figure(claim.tol),
        tol=claim.tol,
        violated=slack is not None and not slack.holds(claim.tol),
        certified=slack is not None and slack.proved_to_fail(claim.tol),
    )


def read(file: str | Path) -> dict[str, Any]:
    """A counterexample file's content, checked. Raises `DataError`."""
    from mecopt.jsonio import read_object

    content = read_object(file)
    for key, kind in KEYS.items():
        if not isinstance(content.get(key), kind):
            raise DataError(
                str(file),
                f"no {'text' if kind is str else 'object'} {key!r} in it",
                'give a counterexample file, {"claim": ID, "case": {...}}, as `mecopt verify` writes it',
            )
    return content
