"""Growth of the dual bound and of the exact search with devices and servers; one million devices; peak
memory.

Bound and association come from `large`, in this process: seconds of that alone, and the gap between the two.
Run: python benchmarks/aoi_pricing.py [--large | --exact] [--seed SEED]
(--large: 1 000 000 devices x 12 servers; --exact: proofs at 30 devices x 4 servers, all scenarios, 3 seeds)
"""

import argparse
import resource
import sys
import time

import numpy as np
from record import Record

import mecopt
from mecopt.problems.aoi_pricing import closed_form, large

EXACT = (30, 4), 3
"""Size, and seeds from the given one on."""

GROWTH = ((1_000, 4), (10_000, 4), (100_000, 4), (10_000, 8), (10_000, 12), (100_000, 12))
LARGE = (1_000_000, 12)
PROVED = ((10, 4), (20, 4), (30, 4), (60, 4))


def peak() -> float:
    """Most memory that this process has held, in GB (ru_maxrss is in kB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def grow(record: Record, users: int, servers: int, seed: int) -> None:
    problem = mecopt.load("aoi_pricing.P1")
    s = problem.sample(users=users, servers=servers, seed=seed)
    start = time.perf_counter()
    t = closed_form.terms(s)
    x, prices = large.solve(t)
    _, saved = closed_form.respond(t, prices)
    value, bound = closed_form.total_cost(t, x), closed_form.dual_value(t, prices, saved)
    seconds = time.perf_counter() - start
    what = f"{users} x {servers}"
    record.add(f"{what}: bound and association", seconds, unit="s")
    record.add(f"{what}: gap between them", (value - bound) / value, f"peak {peak():.2f} GB so far")


def prove(record: Record, users: int, servers: int, seed: int, scenario: str = "snapshot") -> None:
    problem = mecopt.load("aoi_pricing.P1")
    s = problem.sample(users=users, servers=servers, seed=seed, scenario=scenario)
    start, used = time.perf_counter(), time.process_time()
    r = problem.solve(s, method="exact")
    what = f"{scenario} {seed}, {users} x {servers}"
    note = f"{r.status}; {time.process_time() - used:.1f} s of processor"
    record.add(f"exact, {what}", time.perf_counter() - start, note, unit="s")
    record.add(f"exact, {what}: proved gap", float(r.certificate.gap))


def main() -> None:
    parser = argparse.ArgumentParser(description="Growth of the dual bound and of the exact search.")
    parser.add_argument("--seed", type=int, default=0)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--large", action="store_true", help="one million devices")
    what.add_argument("--exact", action="store_true", help="proofs in every scenario")
    asked = parser.parse_args()
    command = " ".join(["python", "benchmarks/aoi_pricing.py", *sys.argv[1:]])
    name = "aoi_pricing" + ("_large" if asked.large else "_exact" if asked.exact else "")
    record = Record(name, seed=asked.seed, tolerance=None, command=command)
    np.seterr(all="ignore")
    if asked.large:
        grow(record, *LARGE, asked.seed)
    elif asked.exact:
        for scenario in mecopt.load("aoi_pricing.P1").scenarios:
            for seed in range(asked.seed, asked.seed + EXACT[1]):
                prove(record, *EXACT[0], seed, scenario)
    else:
        for size in GROWTH:
            grow(record, *size, asked.seed)
        for size in PROVED:
            prove(record, *size, asked.seed)
    record.save()


if __name__ == "__main__":
    main()
