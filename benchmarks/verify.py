"""Processor time of `mecopt verify` in one process, by paper: in all, in checks, with and without shrinking.

The rest is Hypothesis, which draws and steers, and the proofs. With `shrink` the stored counterexamples are
looked for again and shrunk, as a first run has to. Run: python benchmarks/verify.py
"""

import time
from collections.abc import Sequence
from typing import Any

from record import Record

import mecopt
from mecopt.claims import claim_papers, engine, search
from mecopt.claims.verdict import Verdict

SEED = 0
SAMPLES = 200


class Clock:
    """Calls of a function and the processor time they take."""

    def __init__(self, function: Any) -> None:
        self.function, self.calls, self.seconds = function, 0, 0.0

    def __call__(self, *arguments: Any) -> Any:
        """The function's answer."""
        start = time.process_time()
        try:
            return self.function(*arguments)
        finally:
            self.calls += 1
            self.seconds += time.process_time() - start


def timed(paper: str, *, shrink: bool) -> tuple[float, Sequence[Verdict]]:
    """Seconds of one paper's claims, and their verdicts."""
    start = time.process_time()
    verdicts = mecopt.verify(paper, samples=SAMPLES, seed=SEED, shrink=shrink, jobs=1)
    return time.process_time() - start, verdicts


def main() -> None:
    """Measure, print, store."""
    record = Record("verify", "python benchmarks/verify.py", SEED, None)
    checks = Clock(search.run_check)
    vars(search)["run_check"] = vars(engine)["run_check"] = checks
    totals = {True: 0.0, False: 0.0}
    for paper in claim_papers():
        mecopt.verify(paper, samples=1, seed=SEED, jobs=1)  # imports and compiled programs
        checks.calls, checks.seconds = 0, 0.0
        seconds, verdicts = timed(paper, shrink=False)
        inside, calls = checks.seconds / seconds, checks.calls
        again, searched = timed(paper, shrink=True)
        totals[False] += seconds
        totals[True] += again
        instances = sum(v.instances for v in verdicts)
        record.add(paper, seconds, f"{len(verdicts)} claims, {instances} instances", unit="s")
        record.add(f"{paper}: part inside checks", inside, f"{calls} checks, those of misprints included")
        record.add(
            f"{paper}: stored counterexamples searched and shrunk again",
            again,
            f"{sum(v.instances for v in searched)} instances",
            unit="s",
        )
    record.add("all papers", totals[False], f"{SAMPLES} samples, one process", unit="s")
    record.add("all papers, times faster than with shrinking", totals[True] / totals[False])
    record.save()


if __name__ == "__main__":
    main()
