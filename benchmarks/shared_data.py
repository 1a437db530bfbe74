"""The closed form of P1' of the shared-data paper against DPP re-solves with CLARABEL, in one run.

10 000 dropped instances of 10 users by the closed form; the first few of them by CLARABEL at tol 1e-8 through
the model compiled once. Run: python benchmarks/shared_data.py
"""

import os
import platform
import time

import cvxpy
import numpy as np

import mecopt

SEED, USERS, BATCH, SOLVED = 0, 10, 10_000, 20


def main() -> None:
    problem = mecopt.load("shared_data.P1")
    batch = problem.sample(users=USERS, batch=BATCH, seed=SEED, scenario="dropped")
    batch = batch[problem.infeasible(batch) == ""]
    few = batch[:SOLVED]
    problem.run(few[0], method="cvxpy:CLARABEL", tol=1e-8)  # compiles the model
    start = time.perf_counter()
    solved = problem.run(few, method="cvxpy:CLARABEL", tol=1e-8)
    middle = time.perf_counter()
    point = problem.run(batch)
    end = time.perf_counter()
    slow, fast = (middle - start) / SOLVED, (end - middle) / len(batch)
    found = problem.certify(batch, point.x, point.multipliers, rigorous=False, tol=1e9)
    conic = problem.certify(few, solved.x, solved.multipliers, rigorous=False, tol=1e9)
    print(f"{platform.platform()}, {os.cpu_count()} cores, python {platform.python_version()},", end=" ")
    print(f"numpy {np.__version__}, cvxpy {cvxpy.__version__}; seed {SEED}, {USERS} users")
    print(f"closed form {fast * 1e3:.3f} ms on {len(batch)} instances, largest gap {np.max(found.gap):.1e}")
    failed = int(np.sum(np.isnan(conic.value)))
    print(f"CLARABEL {slow * 1e3:.2f} ms on {SOLVED}, of which {failed} failed,", end=" ")
    print(f"largest gap of the others {np.nanmax(conic.gap):.1e}; ratio {slow / fast:.1f}")


if __name__ == "__main__":
    main()
