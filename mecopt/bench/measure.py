"""What runs in a child process: the true optimum of an instance, a timed solve, the judgement of a point.

Each takes plain data and hands what it finds to `say`, as soon as it has it: what comes later may not come
at all. Times in seconds, of wall clock but for one, memory in bytes.

    first    build + compile + solve, everything new: the child has solved nothing yet
    build    making the model and mapping data and answer: all outside of the conic solver calls
    compile  inside the calls, but outside of the solver: CVXPY's work
    solve    what the solver says it took; of a method without solver calls, `first`
    resolve  the same again with everything compiled (no warm start), the fastest of a few; `resolve_cpu` is
             its processor time, which others on the machine disturb less
"""

import hashlib
import json
import math
import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from mecopt.bench.plan import CONIC, SCALED
from mecopt.bench.status import accuracy
from mecopt.instance import Instance
from mecopt.problem import Problem, load_problem
from mecopt.result import Point
from mecopt.watch import Call, watching

Say = Callable[[dict[str, Any]], None]

REPEAT_SECONDS = 1.0
"""No new repetition after this long: a slow solve is timed well by itself."""

KNOWN = 1e-11
"""An optimum known to this relative accuracy need not be known better."""


def truth(
    say: Say, *, problem: str, seed: int, sizes: Mapping[str, Any], scenario: str | None = None
) -> None:
    """Draw an instance and say its data; then, as it narrows, the interval proved to hold its optimum.

    The methods that aim at the optimum are asked one after the other, the best first, until it is `KNOWN`.
    """
    p = load_problem(problem)
    s = p.sample(seed=seed, scenario=scenario, **sizes)
    data, reason = s.to_json(), str(p.infeasible(s))
    say({"data": data, "hash": fingerprint(data), "infeasible": reason})
    low, high, proved_by = -math.inf, math.inf, list[str]()
    for method in [] if reason else [m.name for m in p.methods.values() if m.aim == "optimum"]:
        certificate = p.solve(s, method=method).certificate
        ends = sorted((float(certificate.bound), float(certificate.upper)))
        if bool(certificate.rigorous) and (ends[0] > low or ends[1] < high):
            low, high = max(low, ends[0]), min(high, ends[1])
            proved_by.append(method)
            say({"low": low, "high": high, "proved_by": " ".join(proved_by)})
        if high - low <= KNOWN * max(abs(low), abs(high)):
            return


def fingerprint(data: Mapping[str, Any]) -> str:
    """A hash of an instance's JSON, which holds every number to the last bit."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def solve(
    say: Say,
    *,
    problem: str,
    data: Mapping[str, Any],
    units: str,
    method: str,
    accuracy_name: str,
    repeats: int,
) -> None:
    """Say the point of a first solve with its times, then the time of another one."""
    wanted = accuracy(accuracy_name)
    p = load_problem(problem)
    run = partial(_run(p, method, units), p.instance(data), wanted.error)
    before = _peak_memory()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with watching(tolerance=wanted.tolerance) as calls:
            start = time.perf_counter()
            point, raised = _answered(run)
            first = time.perf_counter() - start
            say(
                _described(point, raised, calls, first, own=not method.startswith(CONIC))
                | {"memory": _peak_memory() - before}
            )
            if raised or repeats == 0:
                return
            walls: list[float] = []
            cpus: list[float] = []
            while len(walls) < repeats and sum(walls) < REPEAT_SECONDS:
                start, started = time.perf_counter(), time.process_time()
                run()
                walls.append(time.perf_counter() - start)
                cpus.append(time.process_time() - started)
    say({"resolve": min(walls), "resolve_cpu": min(cpus)})


def _run(p: Problem, method: str, units: str) -> Callable[[Instance, float], Point]:
    """The method, or its solver on the model in these units."""
    models = {u.name: u.conic for u in p.units}
    if method.startswith(CONIC) and units != SCALED:
        return lambda s, tol: models[units](s, method.removeprefix(CONIC), tol)
    return p.method(method).run


def _answered(run: Callable[[], Point]) -> tuple[Point | None, str]:
    try:
        return run(), ""
    except Exception as error:  # whatever a method raises, it is an answer
        words = str(error).strip().splitlines() or [""]
        return None, f"raised {type(error).__name__}: {words[0]}"


def _described(
    point: Point | None, raised: str, calls: list[Call], first: float, *, own: bool
) -> dict[str, Any]:
    own = own or not calls
    said = raised or str(np.asarray(None if point is None else point.message, dtype=object)[()] or "")
    x = {} if point is None else {name: np.asarray(a).tolist() for name, a in point.x.items()}
    inside = sum(call.seconds for call in calls)
    solver = sum(call.solver_seconds for call in calls)
    return {
        "x": x,
        "message": said,
        "claimed": claimed(said, calls, own=own),
        "first": first,
        "build": math.nan if own else first - inside,
        "compile": math.nan if own else inside - solver,
        "solve": first if own else solver,
        "iterations": sum(call.iterations for call in calls) if calls else math.nan,
    }


def claimed(said: str, calls: list[Call], *, own: bool) -> str:
    """What the least sure of the calls that were used claimed: a point is no better than its worst part.

    A method without solver calls claims to be right unless it complains.
    """
    if own:
        return "error" if said else "optimal"
    used = [call.status for call in calls if call.used] or [calls[-1].status]
    least = next((status for status in used if status != "optimal"), "optimal")
    return "error" if least == "None" or (said and least.startswith("optimal")) else least


def judge(say: Say, *, problem: str, data: Mapping[str, Any], x: Mapping[str, Any]) -> None:
    """Say the value and the worst violation of a point, by the problem's own statement."""
    from mecopt.referee import evaluate

    s = load_problem(problem).instance(data)
    value, violation = evaluate(s, x)
    say({"value": float(value), "infeasibility": float(violation)})


def _peak_memory() -> float:
    """The peak of this process in bytes; nan where the system does not say."""
    try:
        import resource
        import sys
    except ImportError:
        return math.nan
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


TASKS: Mapping[str, Callable[..., None]] = {"truth": truth, "solve": solve, "judge": judge}
"""What a child can be asked for, by name."""
