"""JTORA: what an incremental move saves, exact against enumeration, and what Algorithm 2 leaves to the
optimum.

    python benchmarks/jtora.py [--samples 20] [--seed 0]
    python benchmarks/jtora.py --users [--samples 2000] [--seed 1000]   time and energy against users
    python benchmarks/jtora.py --bounds [--samples 20] [--seed 0]       bounds over the optimum of TO

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
from mecopt.problems.jtora.model import pairwise, relaxation
from mecopt.problems.jtora.simulation import draw_cells, network, time_and_energy
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


def users(record: Record, samples: int, seed: int) -> None:
    """Mean time and energy of hJTORA over all users as users per cell double, with standard errors."""
    for preference in (0.05, 0.1, 0.25, 0.5):
        for per_cell in (1, 2, 4):
            rows = [
                time_and_energy(network(d, subbands=per_cell, time_preference=preference), d.seed)
                for d in draw_cells(per_cell, samples, seed)
            ]
            mean, error = np.mean(rows, axis=0), np.std(rows, axis=0) / np.sqrt(samples)
            at = f"time preference {preference}, {per_cell} per cell"
            for k, (what, unit) in enumerate((("time", "s"), ("energy", "J"))):
                record.add(f"{what} at {at}", float(mean[k]), f"standard error {error[k]:.2g}", unit=unit)


def bounds(record: Record, samples: int, seed: int) -> None:
    """How far bounds are above the optimum of TO: the relaxation without interference, and pairs by SCIP."""
    for size in ((6, 4, 2), (8, 3, 2)):
        rows = []
        for k in range(samples):
            s = TO.sample(users=size[0], servers=size[1], subbands=size[2], seed=seed + k)
            t, best = terms(s), TO.solve(s, method="exact")
            if best.status != "optimal":
                raise RuntimeError(f"{size}, seed {seed + k}: {best.status}")
            top = float(best.value)
            alone = relaxation.solve(t, "CLARABEL", 1e-8).bound
            rows.append([x / top - 1 for x in (float(best.certificate.bound), alone, pairwise.solve(t)[0])])
        name = " x ".join(map(str, size))
        for what, value in zip(("referee", "no interference", "pairs"), np.mean(rows, axis=0), strict=True):
            record.add(f"{what}, above the optimum at {name}", 100 * value, f"mean of {samples}", unit="%")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--users", action="store_true")
    parser.add_argument("--bounds", action="store_true")
    given = parser.parse_args()
    part = "users" if given.users else "bounds" if given.bounds else ""
    samples = given.samples or (2000 if given.users else 20)
    seed = given.seed if given.seed is not None else (1000 if given.users else 0)
    option = f" --{part}" if part else ""
    command = f"python benchmarks/jtora.py{option} --samples {samples} --seed {seed}"
    record = Record(f"jtora_{part}" if part else "jtora", command=command, seed=seed, tolerance=None)
    if given.users:
        users(record, samples, seed)
    elif given.bounds:
        bounds(record, samples, seed)
    else:
        moves(record, seed)
        optima(record, samples, seed)
        quality(record, samples, seed)
        gaps(record, seed)
    record.save()


if __name__ == "__main__":
    main()
