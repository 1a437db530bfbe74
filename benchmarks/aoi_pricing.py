"""Growth of the dual bound and of the exact search with devices and servers; one million devices; peak
memory; Figures 4 to 7 and Table 5 at the paper's horizon.

Bound and association come from `large`, in this process: seconds of that alone, and the gap between the two.
Run: python benchmarks/aoi_pricing.py [--large | --exact | --figures | --energies] [--seed SEED]
(--large: 1 000 000 devices x 12 servers; --exact: proofs at 30 devices x 4 servers, all scenarios, 3 seeds,
and medians at 40 x 4, 20 seeds;
--figures, --energies: --networks networks of 10 000 slots, minutes with numba and hours without)
"""

import argparse
import resource
import sys
import time
from dataclasses import replace

import numpy as np
from record import Record

import mecopt
from mecopt.problems.aoi_pricing import closed_form, large
from mecopt.problems.aoi_pricing.policies import SCHEMES, run
from mecopt.problems.aoi_pricing.scenario import AUTHORS_MIXES
from mecopt.problems.aoi_pricing.simulation import world

EXACT = (30, 4), 3
"""Size, and seeds from the given one on."""

MANY = (40, 4), 20
"""The same for medians over seeds, without knapsacks of memory, which are far from a proof at this size."""

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


def prove_many(record: Record, users: int, servers: int, seeds: range, scenario: str) -> None:
    """Processor seconds of proofs with their certificates: median and worst over the seeds."""
    problem = mecopt.load("aoi_pricing.P1")
    used, proved = [], 0
    for seed in seeds:
        s = problem.sample(users=users, servers=servers, seed=seed, scenario=scenario)
        start = time.process_time()
        r = problem.solve(s, method="exact")
        used.append(time.process_time() - start)
        proved += bool(r.status == "optimal" and r.certificate.rigorous)
    what = f"exact, {scenario} {seeds[0]} to {seeds[-1]}, {users} x {servers}, processor"
    note = f"worst {max(used):.2f} s; {proved} of {len(seeds)} proved"
    record.add(f"{what}, median", float(np.median(used)), note, unit="s")


MIXES = tuple(AUTHORS_MIXES)
MEASURES = ("latency", "upload", "compute", "device_energy")
SHOWN = (
    *(("authors" + mix, users, 4, 0.2) for mix in MIXES for users in (20, 40, 80, 120, 160)),
    *(("authors-communication", users, 8, 0.2) for users in (20, 80, 160)),
    *(("authors" + mix, 80, 8, local) for mix in MIXES[1:] for local in (0.0, 0.2, 0.5, 0.8)),
)


def figure(record: Record, mix: str, users: int, servers: int, local: float, *, seed: int, runs: int) -> None:
    """The proposed scheme and the best baseline in Figures 4 to 7: means over networks of 10 000 slots."""
    found: dict[str, list[list[float]]] = {name: [] for name in ("pricing", *SCHEMES)}
    for k in range(runs):
        w = world(mix, users=users, servers=servers, seed=seed + k)
        for name, rows in found.items():
            r = run(name, w, slots=10_000, local=local)
            rows.append([r.per_task(getattr(r, measure)) for measure in MEASURES])
    for k, measure in enumerate(MEASURES):
        own, error = np.mean(found["pricing"], axis=0)[k], np.std(found["pricing"], axis=0)[k] / runs**0.5
        means = {name: float(np.mean(found[name], axis=0)[k]) for name in SCHEMES}
        best = min(means, key=lambda name: means[name])
        what = f"{mix.removeprefix('authors') or '-balanced'} {users} x {servers}, local {local}: {measure}"
        note = f"standard error {error:.2g}; best baseline {means[best]:.4g} ({best})"
        record.add(what.removeprefix("-"), float(own), note, unit="J" if k == 3 else "s")


def energies(record: Record, seed: int, runs: int) -> None:
    """Table 5 by what a task takes and by what the authors' code averages, over networks of 10 000 slots."""
    for mix in MIXES[1:]:
        for users in (40, 100, 160):
            for name in ("random", "pricing"):
                rows = []
                for k in range(runs):
                    w = world("authors" + mix, users=users, servers=12, seed=seed + k)
                    r = run(name, w, slots=10_000)
                    coded = run(name, replace(w, factor=3600.0), slots=10_000)
                    per_task = r.per_task(r.device_energy) / 3.6, r.per_task(r.server_energy) / 3600
                    slots = coded.battery_energy / coded.battery_slots / 3.6
                    rows.append((*per_task, slots, coded.running_energy / coded.served_slots / 3600))
                what = ("local per task", "edge per task", "local as coded", "edge as coded")
                for label, value, unit in zip(what, np.mean(rows, axis=0), ("mWh", "Wh") * 2, strict=True):
                    record.add(f"{mix[1:]} {users} x 12, {name}: {label}", float(value), unit=unit)


def main() -> None:
    parser = argparse.ArgumentParser(description="Growth of the dual bound and of the exact search.")
    parser.add_argument("--networks", type=int, default=20, help="of --figures and --energies")
    parser.add_argument("--seed", type=int, default=0)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--large", action="store_true", help="one million devices")
    what.add_argument("--exact", action="store_true", help="proofs in every scenario")
    what.add_argument("--figures", action="store_true", help="Figures 4 to 7 at the paper's horizon")
    what.add_argument("--energies", action="store_true", help="Table 5 at the paper's horizon")
    asked = parser.parse_args()
    command = " ".join(["python", "benchmarks/aoi_pricing.py", *sys.argv[1:]])
    parts = [part for part in ("large", "exact", "figures", "energies") if getattr(asked, part)]
    record = Record("_".join(["aoi_pricing", *parts]), seed=asked.seed, tolerance=None, command=command)
    np.seterr(all="ignore")
    if asked.large:
        grow(record, *LARGE, asked.seed)
    elif asked.figures:
        for mix, users, servers, local in SHOWN:
            figure(record, mix, users, servers, local, seed=asked.seed, runs=asked.networks)
    elif asked.energies:
        energies(record, asked.seed, asked.networks)
    elif asked.exact:
        for scenario in mecopt.load("aoi_pricing.P1").scenarios:
            for seed in range(asked.seed, asked.seed + EXACT[1]):
                prove(record, *EXACT[0], seed, scenario)
            if not scenario.endswith("-memory"):
                prove_many(record, *MANY[0], range(asked.seed, asked.seed + MANY[1]), scenario)
    else:
        for size in GROWTH:
            grow(record, *size, asked.seed)
        for size in PROVED:
            prove(record, *size, asked.seed)
    record.save()


if __name__ == "__main__":
    main()
