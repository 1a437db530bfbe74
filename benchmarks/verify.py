"""Processor time of `mecopt verify` in one process, by paper: in all, in checks, with and without shrinking.

The rest is drawing and steering, what claims solve ahead of their checks, and the proofs. With `shrink` the
stored counterexamples are looked for again and shrunk, as a first run has to. Every figure is of a fresh
interpreter that has imported the claims and checked nothing. Run: python benchmarks/verify.py
"""

import json
import subprocess
import sys
import time
from itertools import islice
from random import Random
from typing import Any, NamedTuple

import hypothesis
from record import Record

import mecopt
from mecopt.claims import claim_papers, claims_of, engine, instances, search
from mecopt.claims.sampling import sampled
from mecopt.threads import one_thread_unless_asked

SEED = 0
SAMPLES = 200
CASES = 2000


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


class Run(NamedTuple):
    """Seconds of a paper's claims, those inside checks, and how many there were of what."""

    seconds: float
    inside: float
    checks: int
    claims: int
    instances: int


def here(paper: str, *, shrink: bool) -> Run:
    """A run in this process."""
    claims_of(paper)
    checks = Clock(search.run_check)
    vars(search)["run_check"] = vars(engine)["run_check"] = checks
    start = time.process_time()
    verdicts = mecopt.verify(paper, samples=SAMPLES, seed=SEED, shrink=shrink, jobs=1)
    seconds = time.process_time() - start
    return Run(seconds, checks.seconds, checks.calls, len(verdicts), sum(v.instances for v in verdicts))


def elsewhere(paper: str, *, shrink: bool) -> Run:
    """The same in a fresh interpreter."""
    command = [sys.executable, __file__, paper, "shrink" if shrink else "plain"]
    return Run(*json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))


def drawing(record: Record) -> None:
    """Microseconds to draw a case of P2, without and with Hypothesis' engine."""
    strategy = instances(mecopt.load("tdma_ofdma.P2"))
    start = time.process_time()
    list(islice(sampled(strategy, Random(SEED)), CASES))
    record.add("a case of P2 drawn", 1e6 * (time.process_time() - start) / CASES, unit="us")

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=CASES,
        phases=(hypothesis.Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def look(case: object) -> None:
        pass

    start = time.process_time()
    look()
    record.add("the same by Hypothesis' engine", 1e6 * (time.process_time() - start) / CASES, unit="us")


def main() -> None:
    """Measure, print, store."""
    record = Record("verify", "python benchmarks/verify.py", SEED, None)
    drawing(record)
    totals = {True: 0.0, False: 0.0}
    for paper in claim_papers():
        plain, shrunk = elsewhere(paper, shrink=False), elsewhere(paper, shrink=True)
        totals[False] += plain.seconds
        totals[True] += shrunk.seconds
        record.add(paper, plain.seconds, f"{plain.claims} claims, {plain.instances} instances", unit="s")
        record.add(
            f"{paper}: part inside checks", plain.inside / plain.seconds, f"{plain.checks}, misprints' too"
        )
        record.add(f"{paper}: shrinking anew", shrunk.seconds, f"{shrunk.instances} instances", unit="s")
    record.add("all papers", totals[False], f"{SAMPLES} samples, one process", unit="s")
    record.add("all papers, times faster than shrinking anew", totals[True] / totals[False])
    record.save()


if __name__ == "__main__":
    one_thread_unless_asked()  # for the interpreters that are started
    if len(sys.argv) > 1:
        print(json.dumps(here(sys.argv[1], shrink=sys.argv[2] == "shrink")))
    else:
        main()
