"""Run many claims and gather their verdicts."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mecopt.claims import collect
from mecopt.claims.collect import Target
from mecopt.claims.engine import no_verdict, verify_claim
from mecopt.claims.pool import Progress, run_all
from mecopt.claims.verdict import Correction, Verdict
from mecopt.errors import DataError


def verify(
    targets: str | Sequence[str] | None = None,
    *,
    samples: int = 200,
    seed: int = 0,
    shrink: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    out: str | Path | None = None,
) -> list[Verdict]:
    """Verify every claim, or those named by paper keys and claim ids; verdicts in the papers' order.

    `samples` cases are drawn per claim, the same ones for the same `seed`. `shrink` also looks for
    counterexamples smaller than those that the papers' folders store. `jobs` processes run at a
    time (default: one per core; 1 stays in this process). `progress` is called with the number of
    claims done, of claims in all, and the verdict just found. `out` names the folder of a report to
    write. Raises `UnknownName` for an unknown target, `DataError` for a wrong number.
    """
    for name, value, least in (("samples", samples, 1), ("seed", seed, 0), ("jobs", jobs, 1)):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise DataError(name, f"got {value!r}", f"give a whole number of at least {least}")
    wanted = collect.find(targets)
    if out is not None:
        from mecopt import report

        report.check_folder(out)
    workers = min(jobs or _cores(), len(wanted))
    found = run_all(wanted, judge, lost, how=(samples, seed, shrink), workers=workers, progress=progress)
    verdicts = [_with_correction(target, found) for target in wanted]
    return verdicts if out is None else report.write(verdicts, out, samples=samples, seed=seed)


def judge(target: Target, samples: int, seed: int, shrink: bool = False) -> Verdict:
    """The verdict on one claim; what a worker process runs."""
    claim = collect.get(target)
    try:
        known = collect.stored_case(target)
    except DataError as error:
        return no_verdict(claim, paper=target[0], note=f"the stored counterexample is unusable: {error}")
    return verify_claim(claim, samples=samples, seed=seed, paper=target[0], known=known, shrink=shrink)


def lost(target: Target, note: str) -> Verdict:
    """The verdict on a claim whose process died."""
    return no_verdict(collect.get(target), paper=target[0], note=note)


def _cores() -> int:
    """The cores this process may use, which are fewer than the machine's in many containers."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _with_correction(target: Target, found: dict[Target, Verdict]) -> Verdict:
    """The verdict with its correction, whose own verdict is from this run if it took part."""
    corrected_by = collect.get(target).corrected_by
    if corrected_by is None:
        return found[target]
    other = (target[0], corrected_by)
    claim = collect.get(other)
    verdict = found[other].verdict if other in found else claim.recorded
    return replace(found[target], correction=Correction(claim.id, claim.statement, verdict))
