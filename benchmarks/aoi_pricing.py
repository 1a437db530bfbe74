"""Growth of the dual bound and of the exact search with devices and servers; one million devices; peak
memory.

Bound and association come from `large`, in this process: seconds of that alone, and the gap between the two.
Run: python benchmarks/aoi_pricing.py [--large]     (--large: 1 000 000 devices x 12 servers)
"""

import resource
import sys
import time

import numpy as np
from record import Record

import mecopt
from mecopt.problems.aoi_pricing import closed_form, large

SEED = 0
GROWTH = ((1_000, 4), (10_000, 4), (100_000, 4), (10_000, 8), (10_000, 12), (100_000, 12))
LARGE = (1_000_000, 12)
PROVED = ((10, 4), (20, 4), (30, 4), (60, 4))
SECONDS = 60.0


def peak() -> float:
    """Most memory that this process has held, in GB (ru_maxrss is in kB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def grow(record: Record, users: int, servers: int) -> None:
    problem = mecopt.load("aoi_pricing.P1")
    s = problem.sample(users=users, servers=servers, seed=SEED)
    start = time.perf_counter()
    t = closed_form.terms(s)
    x, prices = large.solve(t)
    _, saved = closed_form.respond(t, prices)
    value, bound = closed_form.total_cost(t, x), closed_form.dual_value(t, prices, saved)
    seconds = time.perf_counter() - start
    what = f"{users} x {servers}"
    record.add(f"{what}: bound and association", seconds, unit="s")
    record.add(f"{what}: gap between them", (value - bound) / value, f"peak {peak():.2f} GB so far")


def prove(record: Record, users: int, servers: int) -> None:
    problem = mecopt.load("aoi_pricing.P1")
    s = problem.sample(users=users, servers=servers, seed=SEED)
    start = time.perf_counter()
    r = problem.solve(s, method="exact")
    record.add(f"exact, {users} x {servers}", time.perf_counter() - start, f"{r.status}", unit="s")
    record.add(f"exact, {users} x {servers}: proved gap", float(r.certificate.gap))


def main() -> None:
    command = " ".join(["python", "benchmarks/aoi_pricing.py", *sys.argv[1:]])
    name = "aoi_pricing_large" if "--large" in sys.argv else "aoi_pricing"
    record = Record(name, seed=SEED, tolerance=None, command=command)
    np.seterr(all="ignore")
    if "--large" in sys.argv:
        grow(record, *LARGE)
    else:
        for size in GROWTH:
            grow(record, *size)
        for size in PROVED:
            prove(record, *size)
    record.save()


if __name__ == "__main__":
    main()
