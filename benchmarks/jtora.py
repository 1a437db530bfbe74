"""JTORA: what an incremental move saves, exact against enumeration, and what Algorithm 2 leaves to the
optimum.

    python benchmarks/jtora.py [--samples 20] [--seed 0]

Times are of the process (`time.process_time`), after a first call that compiles; ratios are side by side in
one run.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from record import Record

import mecopt
from mecopt.problems.jtora import closed_form
from mecopt.problems.jtora.algorithms import exact, exhaustive, incremental, printed, restarts
from mecopt.problems.jtora.terms import Terms, terms

TO = mecopt.load("jtora.TO")

MATLAB = {(4, 2, 2): 0.17, (6, 3, 2): 0.44, (15, 4, 3): 40.6}
"""Seconds of a public MATLAB re-implementation's local search, on its author's machine."""


def draw(users: int, servers: int, subbands: int, seed: int) -> Terms:
    return terms(TO.sample(users=users, servers=servers, subbands=subbands, seed=seed))


def seconds(run: Callable[[], Any], repeat: int = 1) -> float:
    run()
    start = time.process_time()
    for _ in range(repeat):
        run()
    return (time.process_time() - start) / repeat


def moves(record: Record, seed: int) -> None:
    t = draw(90, 7, 13, seed)
    found = incremental.search(t)
    fast = seconds(lambda: incremental.search(t), 3) / found.queries
    plain = seconds(lambda: closed_form.utility(t, found.decision), 200)
    record.add(
        "incremental move faster than plain", plain / fast, "90 users, 7 servers, 13 sub-bands, per query"
    )
    small = draw(15, 4, 3, seed)
    one, (other, _) = incremental.search(small), printed.search(small)
    same = np.array_equal(one.decision.server, other.state.server) and one.moves == other.moves
    record.add("same decisions", float(same), "15 users, 4 servers, 3 sub-bands; 1 means the same")
    large = draw(500, 20, 25, seed)
    record.add("local search at 500 x 20 x 25", seconds(lambda: incremental.search(large)), "seconds")


def optima(record: Record, samples: int, seed: int) -> None:
    ratios, plain = [], []
    for k in range(samples):
        t = draw(8, 4, 2, seed + k)
        solve = seconds(lambda t=t: exact.solve(t, exact=False))
        ratios.append(
            seconds(lambda t=t: exact.solve(t, exact=False, bounded=False)) / solve if k < 2 else np.nan
        )
        x = exact.solve(t, exact=False).decision
        plain.append(exhaustive.count(t) * seconds(lambda t=t, x=x: closed_form.utility(t, x), 20) / solve)
    record.add("exact faster than compiled enumeration", float(np.nanmin(ratios)), "8 x 4 x 2, least of 2")
    record.add(
        "exact faster than plain enumeration",
        float(np.min(plain)),
        f"8 x 4 x 2, least of {samples}, extrapolated",
    )


def quality(record: Record, samples: int, seed: int) -> None:
    for size, matlab in MATLAB.items():
        rows, times = [], []
        for k in range(samples):
            t = draw(*size, seed + k)
            best = exact.solve(t, exact=False)
            own = restarts.search(t)[0]
            found = incremental.search(t)
            top = closed_form.utility(t, best.decision)
            rows.append([1 - found.value / top, 1 - closed_form.utility(t, own) / top])
            times.append(seconds(lambda t=t: incremental.search(t), 3))
        left = 100 * np.mean(rows, axis=0)
        name = " x ".join(map(str, size))
        record.add(f"faster than MATLAB at {name}", matlab / float(np.mean(times)), "other machine")
        record.add(f"Algorithm 2 leaves at {name}", float(left[0]), f"% of the optimum, mean of {samples}")
        record.add(f"own search leaves at {name}", float(left[1]), f"% of the optimum, mean of {samples}")


def gaps(record: Record, seed: int) -> None:
    for size in ((90, 7, 13), (500, 20, 25)):
        s = TO.sample(users=size[0], servers=size[1], subbands=size[2], seed=seed)
        name = " x ".join(map(str, size))
        for method in ("local-search", "search"):
            gap = float(TO.solve(s, method=method, rigorous=False).certificate.gap)
            record.add(f"{method}, gap at {name}", 100 * gap, "% to the referee's bound")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    command = f"python benchmarks/jtora.py --samples {given.samples} --seed {given.seed}"
    record = Record("jtora", command=command, seed=given.seed, tolerance=None)
    moves(record, given.seed)
    optima(record, given.samples, given.seed)
    quality(record, given.samples, given.seed)
    gaps(record, given.seed)
    record.save()


if __name__ == "__main__":
    main()
