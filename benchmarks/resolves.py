"""Re-solving a compiled (DPP) model: CVXPY's `solve`, mecopt's `conic.run`, and the solver alone.

30 users of the paper's assumed scenario, in turns: parameters set one by one and `Problem.solve`;
`conic.assign` and `conic.run`; the solver called with the data at hand. Values and duals of the two are
compared bit for bit. Then `Problem.run` of every problem with a compiled model: scaling, solving and so on.
Run: python benchmarks/resolves.py
"""

import time
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
from record import Record

import mecopt
from mecopt import cone_program, conic, watch
from mecopt.problems.tdma_ofdma import model
from mecopt.solvers import solver

SEED = 0
USERS = 30
SOLVED = {"CLARABEL": 30, "ECOS": 15, "SCS": 6}
TOL = 1e-6
ROUNDS = 5
COMPILED = (
    *("tdma_ofdma.P1", "tdma_ofdma.P2", "tdma_ofdma.P3", "tdma_ofdma.P5", "jtora.UPA", "jtora.CRA"),
    *("aoi_pricing.RA", "shared_data.P1", "relay.AF", "relay.DF"),
)
INSTANCES = 20


def left_behind(problem):
    """Everything a solve sets, as lists of numbers."""
    duals = [np.asarray(part) for c in problem.constraints for part in np.atleast_1d(c.dual_value)]
    return [problem.value, *(v.value for v in problem.variables()), *duals]


def seconds(function):
    """Processor time of a call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def by_cvxpy(problem, values, name, options):
    """As a user does it."""
    for parameter in problem.parameters():
        parameter.value = values[parameter.name()]
    problem.solve(solver=name, warm_start=False, **options)


def by_mecopt(problem, values, row):
    """As the papers' models do it."""
    conic.assign(problem, values)
    conic.run(problem, row, tol=TOL)


def alone(problem, name, options):
    """Seconds of the solver itself, its data at hand."""
    program = cone_program.compiled(problem, name, options)
    data = program.stuffed()
    return seconds(lambda: program.interface.call(data, options))


def instances(problem, compiled, count):
    """Parameter values of each instance."""
    for s in problem.sample(users=USERS, batch=count, seed=SEED):
        d = model.terms(s)
        units = model.scale(s, d, keep_all=True)
        units = replace(units, time_unit=np.minimum(model.TIME_UNITS[0] * units.time_unit, 1.0))
        model._set(compiled, s, d, units)
        yield {parameter.name(): np.array(parameter.value) for parameter in compiled.parameters()}


def measured(problem, compiled, name):
    """Least seconds by CVXPY, by mecopt and of the solver alone, a row an instance; whether bits agree."""
    row = solver(name, model.CONES)
    options = row.options(TOL)
    cases = list(instances(problem, compiled, SOLVED[name]))
    ways = (
        lambda values: seconds(partial(by_cvxpy, compiled, values, name, options)),
        lambda values: seconds(partial(by_mecopt, compiled, values, row)),
        lambda values: (conic.assign(compiled, values), alone(compiled, name, options))[1],
    )
    equal = True
    for values in cases:
        ways[0](values)
        expected = left_behind(compiled)
        ways[1](values)
        equal &= all(np.array_equal(a, b) for a, b in zip(expected, left_behind(compiled), strict=True))
    # each way through all instances as in a batch, the ways in turns
    rounds = [[[way(values) for values in cases] for way in ways] for _ in range(ROUNDS)]
    return np.min(rounds, axis=0).T, equal


def through_run(problem, name):
    """Milliseconds of `Problem.run` and of the solver in it: least of the rounds, medians over instances."""
    cases = list(problem.sample(batch=INSTANCES, seed=SEED))
    times = np.empty((ROUNDS, INSTANCES, 2))
    problem.run(cases[0], method=f"cvxpy:{name}")
    for i, k in np.ndindex(ROUNDS, INSTANCES):
        with watch.watching() as calls:
            times[i, k, 0] = seconds(partial(problem.run, cases[k], method=f"cvxpy:{name}"))
        times[i, k, 1] = sum(call.solver_seconds for call in calls)
    return np.median(np.min(times, axis=0), axis=0) * 1e3


def main():
    """Measure, print, store."""
    warnings.simplefilter("ignore")
    record = Record("resolves", "python benchmarks/resolves.py", SEED, TOL)
    for key in ("P1", "P2", "P3"):
        problem = mecopt.load(f"tdma_ofdma.{key}")
        compiled = model.build(USERS, key == "P1", key == "P3")
        for name in SOLVED:
            times, equal = measured(problem, compiled, name)
            theirs, mine, own = np.median(times, axis=0) * 1e3
            ratios = np.median(times[:, :2] / times[:, 2:], axis=0)
            record.add(f"{key} {name}: solver alone", own, "ms an instance", unit="ms")
            record.add(f"{key} {name}: CVXPY over the solver", ratios[0], f"{theirs:.3f} ms")
            record.add(f"{key} {name}: mecopt over the solver", ratios[1], f"{mine:.3f} ms")
            record.add(f"{key} {name}: the same bits", float(equal), "1: value, variables, duals")
    for key in COMPILED:
        total, own = through_run(mecopt.load(key), "CLARABEL")
        record.add(f"{key} CLARABEL: Problem.run", total, f"{own:.3f} ms of it in the solver", unit="ms")
    record.save()


if __name__ == "__main__":
    main()
