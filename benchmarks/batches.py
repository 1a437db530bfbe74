"""Exact optima of P1, P2 and P3 in batches, next to CVXPY's re-solve and to CLARABEL's own update call.

30 users, the paper's assumed scenario, one thread, all in one run. CVXPY re-solves its compiled (DPP)
model with new parameter values set one by one; CLARABEL's update call keeps its workspace and gets the
data directly, both at the tolerances of mecopt's table. Run: python benchmarks/batches.py
"""

import time
import warnings
from dataclasses import replace

import clarabel
import numpy as np
from record import Record
from timing import in_turns

import mecopt
from mecopt import cone_program
from mecopt.problems.tdma_ofdma import model
from mecopt.solvers import solver

SEED = 0
USERS = 30
BATCH = 10_000
SOLVED = 20
TOL = 1e-6
ROUNDS = 5


def prepared(s):
    """Terms and units of an instance, everybody in the model: one size for all instances."""
    d = model.terms(s)
    units = model.scale(s, d, keep_all=True)
    return d, replace(units, time_unit=np.minimum(model.TIME_UNITS[0] * units.time_unit, 1.0))


def set_one_by_one(problem, s, d, units):
    """Parameters as a user sets them."""
    model._set(problem, s, d, units)
    for parameter in problem.parameters():
        parameter.value = parameter.value


def median_times(problem, instances):
    """Median seconds of CVXPY's re-solve and of CLARABEL's update call, over instances and rounds."""
    row = solver("CLARABEL", model.CONES)
    options = row.options(TOL)
    cvxpy_seconds, update_seconds, workspace = [], [], None
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.presolve_enable = False  # or there is no update
    for name, value in options.items():
        setattr(settings, name, value)
    for _ in range(ROUNDS):
        for s, (d, units) in instances:
            model._set(problem, s, d, units)
            start = time.process_time()
            for parameter in problem.parameters():
                parameter.value = parameter.value
            problem.solve(solver="CLARABEL", warm_start=False, **options)
            cvxpy_seconds.append(time.process_time() - start)
            data = cone_program.compiled(problem, "CLARABEL", options).stuffed()
            P = cone_program.sp.csc_matrix((data.c.size, data.c.size))
            if workspace is None:
                workspace = clarabel.DefaultSolver(P, data.c, data.G, data.h, data.cones, settings)
            start = time.process_time()
            workspace.update(q=data.c, A=data.G, b=data.h)
            workspace.solve()
            update_seconds.append(time.process_time() - start)
    return float(np.median(cvxpy_seconds)), float(np.median(update_seconds))


def main():
    """Measure, print, store."""
    warnings.simplefilter("ignore")
    record = Record("batches", "python benchmarks/batches.py", SEED, TOL)
    for key in ("P2", "P1", "P3"):
        problem = mecopt.load(f"tdma_ofdma.{key}")
        batch = problem.sample(users=USERS, batch=BATCH, seed=SEED)
        few = [(s, prepared(s)) for s in batch[:SOLVED]]
        compiled = model.build(USERS, key == "P1", key == "P3")
        resolve, update = median_times(compiled, few)
        record.add(f"{key}: CVXPY re-solve with CLARABEL", resolve * 1e3, "ms an instance", unit="ms")
        record.add(f"{key}: CLARABEL update call", update * 1e3, "ms an instance", unit="ms")
        for name in ("closed-form", "closed-form-compiled"):
            if name not in problem.methods:
                continue
            run = problem.methods[name].run
            each = in_turns({name: run}, batch, 1e-10)[name] / BATCH
            record.add(f"{key}: {name}", each * 1e6, f"batch of {BATCH}", unit="us")
            record.add(f"{key}: {name}, times the re-solve", resolve / each)
            record.add(f"{key}: {name}, times the update call", update / each)
            found = problem.certify(batch, *vars_of(run(batch, 1e-10)), rigorous=False)
            record.add(f"{key}: {name}, largest gap", float(np.max(found.gap)))
    record.save()


def vars_of(point):
    """What the referee wants of a point."""
    return point.x, point.multipliers


if __name__ == "__main__":
    main()
