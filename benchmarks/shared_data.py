"""The shared-data paper: closed form against re-solves, the referee's own prices, the worst single sender.

10 000 dropped instances of 10 users by the closed form; the first few of them by CLARABEL at tol 1e-8 through
the model compiled once. Then a directed search for the instance of the assumed scenario (users at 30 to
250 m, deadlines of 10 to 100 ms, 5 to 95 % shared) at which Lemma 1's single sender loses most: differential
evolution over logarithms of distances and deadline, and over the share. Run: python benchmarks/shared_data.py
"""

import time

import numpy as np
from record import Record
from scipy.optimize import differential_evolution

import mecopt
from mecopt.arithmetic import FLOAT
from mecopt.instance import Array, Instance
from mecopt.problems.shared_data import scenario

P1 = mecopt.load("shared_data.P1")
SEED, USERS, BATCH, SOLVED, SINGLE = 0, 10, 10_000, 20, 20
TOL = 1e-8


def speed(record: Record) -> None:
    batch = P1.sample(users=USERS, batch=BATCH, seed=SEED, scenario="dropped")
    batch = batch[P1.infeasible(batch) == ""]
    few = batch[:SOLVED]
    P1.run(few[0], method="cvxpy:CLARABEL", tol=TOL)  # compiles the model
    start = time.process_time()
    solved = P1.run(few, method="cvxpy:CLARABEL", tol=TOL)
    middle = time.process_time()
    point = P1.run(batch)
    end = time.process_time()
    slow, fast = (middle - start) / SOLVED, (end - middle) / len(batch)
    found = P1.certify(batch, point.x, point.multipliers, rigorous=False, tol=1e9)
    conic = P1.certify(few, solved.x, solved.multipliers, rigorous=False, tol=1e9)
    record.add("closed form per instance", fast * 1e3, f"{len(batch)} instances of {USERS} users", unit="ms")
    record.add("its largest gap", float(np.max(found.gap)), "in doubles")
    record.add("CLARABEL's re-solve per instance", slow * 1e3, f"{SOLVED} instances", unit="ms")
    record.add("faster than the re-solve", slow / fast, "ratio of CPU times")
    record.add("CLARABEL gave up", float(np.sum(np.isnan(conic.value))), f"of {SOLVED}")
    record.add("largest gap of its others", float(np.nanmax(conic.gap)))


def one_by_one(record: Record) -> None:
    """Single instances: numbers of a batch do not tell."""
    batch = P1.sample(users=USERS, batch=SINGLE, seed=SEED, scenario="dropped")
    alone, search, gaps = [], [], []
    for i in range(SINGLE):
        s = batch[i]
        if str(P1.infeasible(s)):
            continue
        start = time.process_time()
        point = P1.run(s)
        middle = time.process_time()
        prices = P1.statement.best_prices(P1.statement.lift(FLOAT, s))
        end = time.process_time()
        alone.append(middle - start)
        search.append(end - middle)
        gaps.append(float(P1.certify(s, point.x, prices, tol=1e9).gap))
    record.add("closed form, one instance, median", float(np.median(alone)) * 1e3, unit="ms")
    record.add("closed form, one instance, slowest", float(np.max(alone)) * 1e3, unit="ms")
    record.add("referee's own prices, one instance, median", float(np.median(search)) * 1e3, unit="ms")
    record.add("referee's own prices, one instance, slowest", float(np.max(search)) * 1e3, unit="ms")
    record.add("largest gap at the referee's own prices", float(np.max(gaps)), "in ball arithmetic")


def at(genes: Array, users: int) -> Instance:
    """Instances of the assumed scenario, from `(users + 2, n)` logarithms of km and s, and shares."""
    distance, latency, share = np.exp(genes[:users]).T, np.exp(genes[users]), genes[users + 1]
    gain = scenario.path_gain(distance)
    data = scenario.COMMON | {"input_bits": np.full(gain.shape, scenario.INPUT_BITS)}
    data |= {"shared_bits": share * scenario.INPUT_BITS, "max_latency": latency}
    data |= {"uplink_gain": gain, "downlink_gain": gain, "local_frequency": np.full(gain.shape, 1e9)}
    one = {name: np.broadcast_to(value, latency.shape) for name, value in data.items() if np.ndim(value) < 2}
    return P1.instance(data | one)


def losses(s: Instance) -> Array:
    """What the best single sender takes more than the optimum, relative to it; 0 where infeasible."""
    best, alone = P1.run(s), P1.run(s, method="baseline:single-transmitter")
    values = [P1.certify(s, p.x, best.multipliers, rigorous=False, tol=1e9).value for p in (best, alone)]
    loss = values[1] / values[0] - 1
    return np.where((P1.infeasible(s) == "") & np.isfinite(loss), loss, 0.0)


def worst_single_sender(record: Record, users: int, generations: int) -> None:
    bounds = [(np.log(0.03), np.log(0.25))] * users + [(np.log(0.01), np.log(0.1)), (0.05, 0.95)]
    found = differential_evolution(
        lambda genes: -losses(at(genes, users)),
        bounds,
        vectorized=True,
        updating="deferred",
        polish=False,
        maxiter=generations,
        popsize=8,
        tol=0.0,
        rng=SEED,
    )
    s = at(found.x[:, None], users)
    far = ", ".join(f"{1e3 * d:.0f}" for d in np.exp(found.x[:users]))
    where = f"at {far} m, T = {float(s.max_latency[0]) * 1e3:.1f} ms, {found.x[users + 1]:.0%} shared"
    record.add(f"loss of a single sender, {users} users", 100 * float(losses(s)[0]), where, unit="%")


def main() -> None:
    record = Record("shared_data", seed=SEED, tolerance=TOL, command="python benchmarks/shared_data.py")
    speed(record)
    one_by_one(record)
    for users, generations in ((2, 60), (4, 40), (10, 25)):
        worst_single_sender(record, users, generations)
    record.save()


if __name__ == "__main__":
    main()
