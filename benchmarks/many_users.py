"""One P2 instance with ten to ten million users by the compiled closed form.

In units of one pass of the Lambert kernel over as many values, in turns in one run; peak memory in arrays of
that size, beyond the instance. The slot grows with the users, so that as large a part of them sends. The gap
is that of a floating-point certificate. Run: python benchmarks/many_users.py
"""

import tracemalloc

import numpy as np
from record import Record
from timing import in_turns

import mecopt
from mecopt.kernels import compiled, lambert

SEED = 1
SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
METHOD = "closed-form-compiled"
SLOT_PER_USER = 0.06 / 30
ROUNDS = 3


def main():
    """Measure, print, store."""
    record = Record("many_users", "python benchmarks/many_users.py", SEED, None)
    problem = mecopt.load("tdma_ofdma.P2")
    run = problem.methods[METHOD].run
    for users in SIZES:
        s = problem.sample(users=users, seed=SEED).replace(slot_duration=SLOT_PER_USER * users)
        x = 10 ** np.random.default_rng(SEED).uniform(-3, 3, users)
        times = in_turns(
            {
                METHOD: lambda s=s: run(s, 1e-10),
                "compiled": lambda x=x: compiled.lambert_exponent(x),
                "NumPy": lambda x=x: lambert.lambert_exponent(x),
            },
            rounds=ROUNDS,
        )
        where = f"{users} users"
        record.add("one instance", times[METHOD] * 1e3, where, unit="ms")
        record.add("in passes of the compiled kernel", times[METHOD] / times["compiled"], where)
        record.add("in passes of the NumPy kernel", times[METHOD] / times["NumPy"], where)
        tracemalloc.start()
        point = run(s, 1e-10)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        record.add("arrays of that size, answer included", peak / (8 * users), where)
        if users <= 1_000_000:
            found = problem.certify(s, point.x, point.multipliers, rigorous=False)
            record.add("certified gap", float(found.gap), where)
    record.save()


if __name__ == "__main__":
    main()
