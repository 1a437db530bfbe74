"""Milliseconds per instance of a closed form, its rigorous certificate and a CVXPY solve; the proved gaps.

All in one run on the same instances of the paper's assumed scenario, 30 users. The conic solves include
CVXPY's own work on a compiled model. Run: python benchmarks/certificates.py
"""

import os
import platform
import time

import cvxpy
import numpy as np

import mecopt

SEED = 0
USERS = 30
BATCH = 200
SOLVED = 10


def main() -> None:
    print(f"{platform.platform()}, {os.cpu_count()} cores, python {platform.python_version()},", end=" ")
    print(
        f"numpy {np.__version__}, cvxpy {cvxpy.__version__}; seed {SEED}, {USERS} users, {BATCH} instances,"
    )
    print(f"of which {SOLVED} with CLARABEL at tol 1e-8; ms per instance, largest relative gap")
    for key in ("P1", "P2", "P3"):
        problem = mecopt.load(f"tdma_ofdma.{key}")
        batch = problem.sample(users=USERS, batch=BATCH, seed=SEED)
        start = time.perf_counter()
        point = problem.run(batch)
        middle = time.perf_counter()
        certificate = problem.certify(batch, point.x, point.multipliers)
        end = time.perf_counter()
        few = batch[:SOLVED]
        problem.solve(few[0], method="cvxpy:CLARABEL", tol=1e-8)  # compiles the model
        solved = problem.solve(few, method="cvxpy:CLARABEL", tol=1e-8)
        times = (middle - start) / BATCH, (end - middle) / BATCH, solved.seconds / SOLVED
        print(f"{key}: closed form {times[0] * 1e3:.3f}, certificate {times[1] * 1e3:.3f},", end=" ")
        print(f"CLARABEL {times[2] * 1e3:.1f}; proved gap of the closed form", end=" ")
        print(f"{np.max(certificate.gap):.1e} (rigorous on {np.sum(certificate.rigorous)}),", end=" ")
        print(f"of CLARABEL {np.max(solved.certificate.gap):.1e}")


if __name__ == "__main__":
    main()
