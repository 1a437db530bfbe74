"""P4 and its relaxation: the exact programme, branch and bound, the relaxation, and what each proves.

    subset programme        K = 8, N = 18, the assumed scenario: seconds and memory
    branch and bound        against the programme at N = 16, and alone at N = 32 and 64 for a minute
    required bits           scenario ofdma_required, N = 32 and 64: the gap after 20 seconds
    which half was loose    at N = 64: gap of rounding, of local search, after the search
    relaxation              K = 8, N = 256: seconds, and the gap to the independent dual bound

Run: PYTHONPATH=. python benchmarks/ofdma.py
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np

import mecopt
from mecopt.instance import Instance

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a script
from benchmarks.record import Record

SEED = 0
TOL = 1e-6
MINUTE, SHORT = 60.0, 20.0

P4, P4R = mecopt.load("tdma_ofdma.P4"), mecopt.load("tdma_ofdma.P4R")


def instance(subchannels: int) -> Instance:
    return P4.sample(users=8, subchannels=subchannels, seed=SEED, scenario="ofdma_scaled")


def programme(record: Record) -> None:
    P4.run(instance(4), method="exact")  # compiles
    r = P4.solve(instance(18), method="exact")
    record.add("exact, N = 18", r.seconds, "8 users, whole run", unit="s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    record.add("exact, N = 18, peak memory", peak, "of the whole process", unit="MB")
    record.add("exact, N = 18, gap to the referee's bound", float(r.certificate.gap), "the relaxation's")


def search(record: Record) -> None:
    for subchannels in (16, 32, 64):
        s = instance(subchannels)
        start = time.perf_counter()
        point = P4.run(s, method="branch-and-bound", tol=TOL, options={"seconds": MINUTE})
        elapsed = time.perf_counter() - start
        assert point.trace is not None
        first, last = point.trace.records[0], point.trace.records[-1]
        name = f"branch and bound, N = {subchannels}"
        record.add(name, elapsed, f"{last['branched']:.0f} nodes, {point.trace.ended}", unit="s")
        start = time.perf_counter()
        certificate = P4.certify(s, point.x, tol=TOL, evidence=point.evidence)
        elapsed = time.perf_counter() - start
        assert certificate.rigorous
        record.add(f"{name}, proved gap", float(certificate.gap), "the referee's, in ball arithmetic")
        record.add(f"{name}, judging it", elapsed, f"{len(point.evidence.child)} nodes", unit="s")
        for method in ("baseline:relaxation-rounding", "local-search", "phases-reoptimised", "phases"):
            value = float(P4.solve(s, method=method, rigorous=False).value)
            record.add(f"{method}, N = {subchannels}", value / last["value"] - 1, "above the best point")
        record.add(
            f"relaxation, N = {subchannels}", 1 - first["bound"] / last["value"], "below the best point"
        )
        if subchannels == 16:
            exact = float(P4.solve(s, method="exact", rigorous=False).value)
            record.add("branch and bound above exact, N = 16", last["value"] / exact - 1)


def required(record: Record) -> None:
    for subchannels in (32, 64):
        for seed in (0, 1, 2):
            s = P4.sample(users=8, subchannels=subchannels, seed=seed, scenario="ofdma_required")
            r = P4.solve(s, method="branch-and-bound", tol=TOL, options={"seconds": SHORT})
            name = f"required bits, N = {subchannels}, seed {seed}, proved gap"
            record.add(name, float(r.certificate.gap), f"{r.seconds:.0f} s")


def relaxation(record: Record) -> None:
    P4R.solve(P4R.instance(instance(256).data), method="relaxation", tol=TOL)  # compiles
    r = P4R.solve(P4R.instance(instance(256).data), method="relaxation", tol=TOL)
    record.add("relaxation, N = 256", r.seconds, "8 users", unit="s")
    record.add("relaxation, N = 256, gap to the dual bound", float(np.max(r.certificate.gap)), "proved")


def main() -> None:
    command = "PYTHONPATH=. python benchmarks/ofdma.py"
    record = Record("ofdma", command, seed=SEED, tolerance=TOL)
    programme(record)
    search(record)
    required(record)
    relaxation(record)
    record.save()


if __name__ == "__main__":
    main()
