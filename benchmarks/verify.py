"""Processor time of `mecopt verify tdma_ofdma` in one process, and the part of it inside checks.

The rest is Hypothesis: draws, steering and shrinking; and the proofs. Run: python benchmarks/verify.py
"""

import time
from typing import Any

from record import Record

import mecopt
from mecopt.claims import engine, search

SEED = 0
SAMPLES = 200
PAPER = "tdma_ofdma"


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


def main() -> None:
    """Measure, print, store."""
    record = Record("verify", "python benchmarks/verify.py", SEED, None)
    mecopt.verify(PAPER, samples=1, seed=SEED, jobs=1)  # imports and compiled programs
    checks = Clock(search.run_check)
    vars(search)["run_check"] = vars(engine)["run_check"] = checks
    start = time.process_time()
    verdicts = mecopt.verify(PAPER, samples=SAMPLES, seed=SEED, jobs=1)
    total = time.process_time() - start
    record.add("processor time", total, f"{len(verdicts)} claims, {SAMPLES} samples", unit="s")
    record.add("inside checks, part of it", checks.seconds / total, f"{checks.calls} checks")
    record.add("an instance", total / sum(v.instances for v in verdicts) * 1e3, "all included", unit="ms")
    record.save()


if __name__ == "__main__":
    main()
