"""Milliseconds per instance of a rigorous certificate, in one process and in several; the proved gaps.

30 users of the paper's assumed scenario, points of the closed form. One process is measured in processor
time; several in wall time, their start included, next to one in wall time, and to what as many processes of
plain ball arithmetic make of the same cores, which may share units. Run: python benchmarks/certificates.py
"""

import os
import subprocess
import sys
import time

import numpy as np
from record import Record

import mecopt
from mecopt import parallel

SEED = 0
USERS = 30
BATCH = 200
LARGE = (6_000, 30_000)
JOBS = 2

PLAIN = """
import time
from flint import arb, ctx
ctx.prec = 160
start, x = time.perf_counter(), arb(2)
for _ in range(2_000_000):
    x = (x + 1).sqrt()
print(time.perf_counter() - start)
"""


def plain(jobs: int) -> float:
    """Mean seconds of the same ball arithmetic in so many processes at once, their starts not counted."""
    runs = [
        subprocess.Popen([sys.executable, "-c", PLAIN], stdout=subprocess.PIPE, text=True)
        for _ in range(jobs)
    ]
    return sum(float(run.communicate()[0]) for run in runs) / jobs


def main() -> None:
    """Measure, print, store."""
    record = Record("certificates", "python benchmarks/certificates.py", SEED, None)
    for key in ("P1", "P2", "P3"):
        problem = mecopt.load(f"tdma_ofdma.{key}")
        batch = problem.sample(users=USERS, batch=BATCH, seed=SEED)
        point = problem.run(batch)
        best = np.inf
        for _ in range(3):
            start = time.process_time()
            found = problem.certify(batch, point.x, point.multipliers)
            best = min(best, time.process_time() - start)
        record.add(f"{key}: rigorous certificate", best / BATCH * 1e3, "an instance, one process", unit="ms")
        record.add(
            f"{key}: largest proved gap", float(np.max(found.gap)), f"rigorous on {found.rigorous.sum()}"
        )
    problem = mecopt.load("tdma_ofdma.P2")
    for size in LARGE:
        batch = problem.sample(users=USERS, batch=size, seed=SEED)
        point = problem.run(batch)
        walls = {}
        for jobs in (1, JOBS):
            start = time.perf_counter()
            parallel.certify(batch, point.x, point.multipliers, jobs=jobs)
            walls[jobs] = time.perf_counter() - start
            load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
            record.add(
                f"P2: {size} certificates, {jobs} process(es)",
                walls[jobs],
                f"wall, load {load:.1f}",
                unit="s",
            )
        record.add(f"P2: {size}, times faster with {JOBS} processes", walls[1] / walls[JOBS])
    record.add(f"plain arithmetic, throughput of {JOBS} processes over one", JOBS * plain(1) / plain(JOBS))
    record.save()


if __name__ == "__main__":
    main()
