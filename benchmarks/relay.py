"""How fast and how good: Algorithm G, CCCP compiled and built anew, balanced and not, who is global.

Every value is compared with the certified optimum of its instance: global means within 1e-4 of the proved
lower bound. Run: python benchmarks/relay.py --draws 200 --jobs 2 (the full size; the default is small).
With `--seconds` a noise model takes no new realisations after that long, and the notes say how many it took;
`--rest MODEL --skip N` then takes the others and stores them as relay_rest_MODEL. `--gain` measures the gain
form of P2 alone, prints it and stores nothing.
"""

import argparse
import math
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from typing import NamedTuple

import numpy as np
from record import Record

import mecopt
from mecopt.instance import Instance
from mecopt.problems.relay import algorithms, exact, links, nlp, scip
from mecopt.problems.relay.links import Plan
from mecopt.problems.relay.model.building import Form
from mecopt.problems.relay.model.gain_surrogate import GAIN
from mecopt.problems.relay.model.surrogate import POWERS

GLOBAL = 1e-4
MODELS = ("relay", "relay_fixed")
P1 = mecopt.load("relay.P1")


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def draws(count: int, seed: int, scenario: str) -> list[Instance]:
    batch = P1.sample(batch=count, seed=seed, scenario=scenario)
    return [batch[i] for i in range(count)]


class End(NamedTuple):
    """What became of one realisation."""

    seconds: float
    gap: float
    local: float
    loops: dict[str, tuple[float, int]]


LOOPS = {
    f"{key} from {name}": (algorithm, name)
    for key, algorithm in (("cccp", algorithms.algorithm_1), ("ibcd", algorithms.algorithm_2))
    for name in algorithms.STARTS
}


def ends(s: Instance) -> End:
    """The certified optimum, the best of SLSQP over it, and excess and steps of both algorithms from each
    start."""
    d = links.data(s)
    r = P1.solve(s)
    bound = float(r.certificate.bound)
    other = P1.run(s, method="nlp").x
    local = links.objective(d, Plan(**{k: float(v) for k, v in other.items()})) / float(r.value) - 1
    loops = {}
    for label, (algorithm, name) in LOOPS.items():
        plan, trace = algorithm(s, algorithms.start(s, name))
        loops[label] = (links.objective(d, plan) / bound - 1, trace.steps)
    return End(r.seconds, float(r.certificate.gap), local, loops)


def who_is_global(record: Record, instances: list[Instance], label: str, jobs: int, seconds: float) -> None:
    """Times and proved gaps of the global solves; how often each algorithm from each start ends within
    `GLOBAL` of the proved bound."""
    found: list[End] = []
    until = time.monotonic() + seconds
    with ProcessPoolExecutor(jobs) as pool:
        for at in range(0, len(instances), 4 * jobs):
            if found and time.monotonic() > until:
                break
            found += pool.map(ends, instances[at : at + 4 * jobs])
    times, gaps, local = ([getattr(e, k) for e in found] for k in ("seconds", "gap", "local"))
    record.add(f"{label}: global solve, median s", median(times), f"max {max(times):.3f} s")
    proved = f"{sum(g <= 1e-6 for g in gaps)} of {len(gaps)} within 1e-6"
    record.add(f"{label}: largest proved gap", max(gaps), proved)
    record.add(f"{label}: best of SLSQP over the optimum", max(local), f"least {min(local):.1e}")
    for name in LOOPS:
        excess, steps = zip(*(e.loops[name] for e in found), strict=True)
        hits = sum(e <= GLOBAL for e in excess)
        note = f"median excess {median(excess):.1e}, max {max(excess):.1e}, mean steps {np.mean(steps):.1f}"
        record.add(f"{label}: {name} global", hits / len(excess), f"{hits} of {len(excess)}; {note}")


def compiled_or_anew(record: Record, s: Instance) -> None:
    """Seconds per iteration with the compiled programme and with a new one every time, side by side."""
    first = algorithms.start(s, "naive")
    algorithms.algorithm_1(s, first, max_steps=2)
    steps = 8
    compiled = timed(lambda: algorithms.algorithm_1(s, first, tol=0, max_steps=steps)) / steps
    anew = timed(lambda: algorithms.algorithm_1(s, first, tol=0, max_steps=steps, fresh=True)) / steps
    record.add(
        "CCCP iteration: built anew / compiled",
        anew / compiled,
        f"{anew * 1e3:.1f} ms, {compiled * 1e3:.1f} ms",
    )
    sweep = timed(lambda: algorithms.algorithm_2(s, first, tol=0, max_steps=50)) / 50
    record.add("CCCP iteration / IBCD sweep", compiled / sweep, f"{sweep * 1e3:.2f} ms a sweep")


def hundred_starts(record: Record, s: Instance, count: int, seed: int) -> None:
    """CCCP from random starts on one core."""
    rng = np.random.default_rng(seed)
    d = links.data(s)
    values = []

    def run() -> None:
        for _ in range(count):
            share, omega, user, relay, fa, fr = rng.uniform(0.05, 0.95, 6)
            powers = (
                user * d.user_power,
                (1 - user) * d.user_power,
                relay * d.relay_power,
                (1 - relay) * d.relay_power,
            )
            first = Plan(share, omega, fa * d.user_frequency, fr * d.relay_frequency, *powers)
            values.append(links.objective(d, algorithms.algorithm_1(s, first)[0]))

    seconds = timed(run)
    best = links.objective(d, exact.solve_one(s, "hybrid")[0])
    hits = sum(v <= best * (1 + GLOBAL) for v in values)
    record.add(
        f"CCCP from {count} random starts, s",
        seconds,
        f"one core; {hits} global, worst {max(values) / best - 1:.1e}",
    )


def balance(record: Record, instances: list[Instance]) -> None:
    """Iterations of the balanced split and of splits off by a factor."""
    for factor in (1.0, 3.0, 10.0):
        steps, ends = [], []
        for s in instances:
            plan, trace = algorithms.algorithm_1(s, algorithms.start(s, "blend-0.5"), balance=factor)
            steps.append(trace.steps)
            ends.append(links.objective(links.data(s), plan))
        if factor == 1:
            base, values = float(np.mean(steps)), ends
        worse = max(e / v - 1 for e, v in zip(ends, values, strict=True))
        record.add(
            f"split off by {factor:g}: iterations / balanced",
            float(np.mean(steps)) / base,
            f"end {worse:.1e} above at most; 100 steps at most",
        )


class Runs(NamedTuple):
    """CCCP from the naive start on one form of P2: steps, processor seconds of all, ends, which failed."""

    steps: list[int]
    seconds: float
    ends: list[float]
    failed: list[bool]


def runs(instances: list[Instance], form: Form, solvers: tuple[str, ...]) -> Runs:
    """A run has failed where its last step found no solution or rose, and was undone."""
    traces, ends = [], []
    began = time.process_time()
    for s in instances:
        first = algorithms.start(s, "naive")
        plan, trace = algorithms.algorithm_1(s, first, form=form, solvers=solvers)
        traces.append(trace)
        ends.append(links.objective(links.data(s), plan))
    seconds = time.process_time() - began
    return Runs([t.steps for t in traces], seconds, ends, [t.ended == "stationary" for t in traces])


def gain_form(record: Record, instances: list[Instance]) -> None:
    """Algorithm 1 on P2 in the relay's gain beside P2 in radiated powers, noise of the whole band."""
    for solvers in (("CLARABEL",), ("CLARABEL", "ECOS"), ("ECOS",)):
        for form in (POWERS, GAIN):
            runs(instances[:1], form, solvers)  # compilation
        powers, gain = runs(instances, POWERS, solvers), runs(instances, GAIN, solvers)
        whole = [
            gain.ends[i] / powers.ends[i] - 1
            for i in range(len(instances))
            if not (powers.failed[i] or gain.failed[i])
        ]
        each = [1e3 * r.seconds / sum(r.steps) for r in (gain, powers)]
        said = (
            f"{np.mean(gain.steps):.1f} and {np.mean(powers.steps):.1f} iterations of {each[0]:.2f} and "
            f"{each[1]:.2f} ms; {sum(gain.failed)} and {sum(powers.failed)} of {len(instances)} failed"
        )
        if whole:
            said += f"; others end {min(whole):.1e} to {max(whole):.1e} above"
        label = f"gain form, {' then '.join(solvers)}: iterations / in powers"
        record.add(label, sum(gain.steps) / sum(powers.steps), said)


def scip_check(record: Record, instances: list[Instance]) -> None:
    """SCIP's bound against the certified optimum."""
    seconds, gaps = [], []
    for s in instances:
        d = links.data(s)
        best = links.objective(d, exact.solve_one(s, "hybrid")[0])
        start = time.perf_counter()
        plan, bound = scip.minimise(d, best * 1.05, gap=1e-5)
        seconds.append(time.perf_counter() - start)
        reached = best if plan is None else min(best, links.objective(d, nlp.refine(d, plan)))
        gaps.append(abs(reached - bound) / best)
    record.add("SCIP, median s", median(seconds), f"largest |optimum - SCIP's bound| {max(gaps):.1e} of it")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20, help="realisations per noise model")
    parser.add_argument("--starts", type=int, default=100, help="random starts of CCCP")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes of the last part")
    parser.add_argument("--seconds", type=float, default=math.inf, help="per noise model")
    parser.add_argument("--rest", choices=MODELS, help="only the last part, for this noise model")
    parser.add_argument("--gain", action="store_true", help="only the gain form, printed and not stored")
    parser.add_argument("--skip", type=int, default=0, help="realisations to leave out, with --rest")
    args = parser.parse_args()
    command = f"python benchmarks/relay.py --draws {args.draws} --jobs {args.jobs}"
    P1.solve(P1.sample(seed=args.seed))  # imports and compilation
    if args.rest:
        rest = Record(
            f"relay_rest_{args.rest}", f"{command} --rest {args.rest} --skip {args.skip}", args.seed, GLOBAL
        )
        instances = draws(args.draws, args.seed, args.rest)[args.skip :]
        who_is_global(rest, instances, args.rest, args.jobs, args.seconds)
        rest.save()
        return
    record = Record("relay", command, args.seed, GLOBAL)
    if args.gain:
        gain_form(record, draws(min(args.draws, 20), args.seed, "relay_fixed"))
        return
    programmes(record, args.starts, min(args.draws, 20), args.seed)
    for model in MODELS:
        who_is_global(record, draws(args.draws, args.seed, model), model, args.jobs, args.seconds)
    record.save()


def programmes(record: Record, starts: int, count: int, seed: int) -> None:
    """What an iteration takes, many starts, unbalanced splits, SCIP."""
    worked = P1.sample(seed=seed).replace(weight=0.2)
    compiled_or_anew(record, worked)
    hundred_starts(record, worked, starts, seed)
    balance(record, draws(count, seed + 1, "relay"))
    gain_form(record, draws(count, seed, "relay_fixed"))
    if scip.available():
        scip_check(record, draws(5, seed + 2, "relay"))


if __name__ == "__main__":
    main()
