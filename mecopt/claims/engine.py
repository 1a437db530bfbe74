"""From a claim to its verdict: search, shrink, certify, prove, and try the mutants."""

import json
import math
import time
from dataclasses import dataclass, replace

import numpy as np

from mecopt.claims.cases import canonical, tidy
from mecopt.claims.claim import Case, Claim, Mutant, ProofError
from mecopt.claims.search import CheckError, Search, quiet, run_check
from mecopt.claims.slack import Slack
from mecopt.claims.verdict import Counterexample, Verdict

RESTARTS = 1  # further searches after a violation
MUTANT_SAMPLES = 200  # further cases drawn when a mutant has not been noticed yet ...
MUTANT_ROUNDS = 4  # ... and how often: some misprints show on one case in a hundred
FAR = 1_000_003  # between the seeds of further draws: a neighbouring seed is somebody's own


@dataclass(frozen=True)
class Proof:
    """What became of a claim's symbolic proof: its text and whether it went through."""

    text: str
    done: bool


def verify_claim(
    claim: Claim,
    *,
    samples: int = 200,
    seed: int = 0,
    paper: str = "",
    known: Case | None = None,
    shrink: bool = False,
) -> Verdict:
    """Judge one claim. The same arguments give the same verdict.

    `known` is a stored counterexample. Where it still refutes the claim, all `samples` cases are drawn
    and none is shrunk: what is stored is what an earlier search made smallest. `shrink` searches again.
    """
    start = time.perf_counter()
    blank = no_verdict(claim, paper=paper)
    samples = min(samples, claim.max_samples or samples)
    try:
        with quiet():
            verdict = _judge(claim, blank, samples=samples, seed=seed, known=known, shrink=shrink)
    except CheckError as error:
        verdict = replace(blank, note=str(error))
    return replace(verdict, seconds=time.perf_counter() - start)


def no_verdict(claim: Claim, *, paper: str, note: str = "") -> Verdict:
    """The verdict `error` on a claim, with nothing found."""
    return Verdict(
        id=claim.id,
        paper=paper,
        source=claim.source,
        statement=claim.statement,
        verdict="error",
        recorded=claim.recorded,
        tol=claim.tol,
        tol_reason=claim.tol_reason,
        mutants=len(claim.mutants),
        survivors=tuple(m.name for m in claim.mutants),
        explanation=claim.explanation,
        note=note,
    )


def _judge(
    claim: Claim, blank: Verdict, *, samples: int, seed: int, known: Case | None, shrink: bool
) -> Verdict:
    search = Search(claim)
    stands = known is not None and _refutes(search.look(known).slack, claim.tol)
    if stands and not shrink:
        if samples > 1:
            search.draw(samples - 1, seed)  # the stored case is one of them
    else:
        _search(search, samples, seed)
    survivors = _survivors(claim, search, samples, seed)
    counted, found = search.counted(), search.smallest_violation()
    proof = _prove(claim)
    verdict, note = _verdict(claim, counted, found, proof)
    return replace(
        blank,
        verdict=verdict,
        note=note,
        instances=len(counted),
        violations=sum(not slack.holds(claim.tol) for _, slack in counted),
        margin=float(np.min([slack.figure(claim.tol) for _, slack in counted])) if counted else math.nan,
        survivors=survivors,
        counterexample=_counterexample(claim, *found) if found else None,
        proof=proof.text if proof else "",
    )


def _refutes(slack: Slack | None, tol: float) -> bool:
    return slack is not None and slack.proved_to_fail(tol)


def _search(search: Search, samples: int, seed: int) -> None:
    """Look for a violation and make it small; once more from elsewhere, where shrinking may end smaller."""
    search.hunt(samples, seed)
    if search.smallest_violation() is not None:
        for restart in range(1, RESTARTS + 1):
            search.hunt(samples, seed + restart)


def _verdict(
    claim: Claim, counted: list[tuple[Case, Slack]], found: tuple[Case, Slack] | None, proof: Proof | None
) -> tuple[str, str]:
    """The verdict and a remark on it."""
    if not counted:
        return "vacuous", "no case met the hypothesis of the claim"
    if found is not None:
        note = "its symbolic proof went through all the same" if proof and proof.done else ""
        if found[1].proved_to_fail(claim.tol):
            return "refuted", note
        note = "violated in floating point, but the check gave no rigorous interval to certify it"
        return ("error" if claim.recorded == "refuted" else "refuted"), note
    if proof and proof.done:
        return "proved", ""
    note = f"proof failed: {proof.text}" if proof else ""
    if all(slack.proved_to_hold(claim.tol) for _, slack in counted):
        return "certified", note
    return "supported", note


def _prove(claim: Claim) -> Proof | None:
    if claim.proof is None:
        return None
    try:
        return Proof(claim.proof(), done=True)
    except ProofError as error:
        return Proof(str(error), done=False)
    except Exception as error:
        raise CheckError(f"the proof raised {type(error).__name__}: {error}") from error


def _survivors(claim: Claim, search: Search, samples: int, seed: int) -> tuple[str, ...]:
    """The mutants that nobody notices, on the cases so far and on others drawn for them."""
    cases = search.counted()
    left = [m for m in claim.mutants if not _caught(claim, m, cases)]
    for again in range(1, MUTANT_ROUNDS + 1):
        if not left or not cases:
            break
        known = len(search.counted())
        search.draw(max(samples, claim.max_samples or MUTANT_SAMPLES), seed + again * FAR)
        left = [m for m in left if not _caught(claim, m, search.counted()[known:])]
    return tuple(m.name for m in left)


def _caught(claim: Claim, mutant: Mutant, counted: list[tuple[Case, Slack]]) -> bool:
    """Whether the check tells the mutant from the subject on some case.

    A mutant must fail where the subject passes. For a refuted claim it may as well pass where the
    subject fails: then the check is not one that fails everything.
    """
    for case, slack in counted:
        passes = slack.holds(claim.tol)
        if not passes and claim.recorded != "refuted":
            continue
        if _mutant_passes(claim, mutant, case) is (not passes):
            return True
    return False


def _mutant_passes(claim: Claim, mutant: Mutant, case: Case) -> bool | None:
    """Whether a mutant passes on a case; None when the case no longer counts for it."""
    try:
        slack = run_check(claim, case, mutant.subject)
    except CheckError as error:
        if isinstance(error.__cause__, ArithmeticError | ValueError):
            return False
        raise CheckError(f"mutant {mutant.name!r}: {error}") from error
    return None if slack is None else slack.holds(claim.tol)


def _counterexample(claim: Claim, case: Case, slack: Slack) -> Counterexample:
    """The case as a file will hold it, if that still violates the claim in the same way."""
    written = json.loads(canonical(tidy(case)))
    try:
        again = run_check(claim, written, claim.subject)
    except CheckError:
        again = None
    certain = slack.proved_to_fail(claim.tol)
    if again is not None and not again.holds(claim.tol) and again.proved_to_fail(claim.tol) is certain:
        case, slack = written, again
    return Counterexample(case, slack.figure(claim.tol), certain)
