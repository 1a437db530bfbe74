"""All solves of one instance: the true optimum, then every cell, as records ready for the store."""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from mecopt.bench.plan import CONIC, Cell, Chunk
from mecopt.bench.status import accuracy, relative_error, true_status
from mecopt.bench.worker import Outcome, Worker
from mecopt.problem import load_problem
from mecopt.solvers import TABLE

TRUTH_LIMIT = 300.0
"""Seconds for each method that is asked for the certified optimum: exact ones of combinatorial problems take
a while. What others have proved until then counts."""

JUDGE_LIMIT = 60.0
"""Seconds for value and feasibility of a point, which take microseconds."""


@dataclass(frozen=True)
class InstanceRecord:
    """An instance and the interval proved to hold its optimum; `infeasible` says why there is none."""

    id: str
    problem: str
    seed: int
    scenario: str
    sizes: str
    hash: str
    infeasible: str
    low: float
    high: float
    proved_by: str

    @property
    def uncertainty(self) -> float:
        """How well the optimum is known, relative to it."""
        return relative_error(self.low, self.low, self.high)


@dataclass(frozen=True)
class Row:
    """One solve. Unknown numbers are nan; `tolerance` is what the conic solver was asked for."""

    id: str
    instance: str
    units: str
    method: str
    version: str
    accuracy: str
    allowed: float
    tolerance: float
    claimed: str
    status: str
    value: float
    error: float
    infeasibility: float
    gap: float
    build: float
    compile: float
    solve: float
    first: float
    resolve: float
    resolve_cpu: float
    iterations: float
    memory: float
    time_limit: float
    message: str
    point: str
    finished: float


Record = InstanceRecord | Row

TIMES = ("build", "compile", "solve", "first", "resolve", "resolve_cpu")


def run_chunk(chunk: Chunk, worker: Worker) -> Iterator[Record]:
    """The instance's record first, then a row per cell, as they finish."""
    if not chunk.cells:
        return
    drawn = {"seed": chunk.seed, "scenario": chunk.scenario, "sizes": dict(chunk.sizes)}
    found = worker.ask("truth", TRUTH_LIMIT, problem=chunk.problem, **drawn)
    instance = _instance(chunk, found)
    yield instance
    for cell in chunk.cells:
        yield _row(chunk, cell, instance, found.said.get("data"), worker)


def _instance(chunk: Chunk, found: Outcome) -> InstanceRecord:
    said = found.said
    return InstanceRecord(
        id=chunk.id,
        problem=chunk.problem,
        seed=chunk.seed,
        scenario=chunk.scenario,
        sizes=json.dumps(dict(chunk.sizes)),
        hash=said.get("hash", ""),
        infeasible=said.get("infeasible", ""),
        low=said.get("low", math.nan),
        high=said.get("high", math.nan),
        proved_by=said.get("proved_by", found.why),
    )


def _row(chunk: Chunk, cell: Cell, instance: InstanceRecord, data: Any, worker: Worker) -> Row:
    wanted = accuracy(cell.accuracy)
    if instance.infeasible:
        return _made(chunk, cell, status="infeasible", message=instance.infeasible)
    if not instance.uncertainty <= wanted.error:
        known = f"the optimum is known to {instance.uncertainty:.1g} only"
        if math.isnan(instance.uncertainty):
            known = f"no certified optimum {instance.proved_by}".strip()
        return _made(chunk, cell, status="unknown", message=known)
    outcome = worker.ask(
        "solve",
        chunk.timeout,
        problem=chunk.problem,
        data=data,
        units=cell.units,
        method=cell.method,
        accuracy_name=cell.accuracy,
        repeats=chunk.repeats,
    )
    if "x" not in outcome.said:
        # without a word about a crash the child has still not answered
        how = outcome.how if outcome.how != "done" else "crashed"
        return _made(chunk, cell, status=how, message=outcome.why)
    return _judged(chunk, cell, instance, data, outcome, worker)


def _judged(
    chunk: Chunk, cell: Cell, instance: InstanceRecord, data: Any, outcome: Outcome, worker: Worker
) -> Row:
    said = outcome.said
    value = infeasibility = math.nan
    message = said["message"] or (f"when solved again: {outcome.why}" if outcome.why else "")
    if said["x"]:
        judged = worker.ask("judge", JUDGE_LIMIT, problem=chunk.problem, data=data, x=said["x"])
        value = judged.said.get("value", math.nan)
        infeasibility = judged.said.get("infeasibility", math.nan)
        message = message or judged.why
    error = relative_error(value, instance.low, instance.high)
    bound = instance.low if load_problem(chunk.problem).sense == "min" else instance.high
    return _made(
        chunk,
        cell,
        claimed=said["claimed"],
        status=true_status(said["claimed"], error, infeasibility, accuracy(cell.accuracy).error),
        value=value,
        error=error,
        infeasibility=infeasibility,
        gap=abs(value - bound) / abs(value) if value else math.nan,
        iterations=said["iterations"],
        memory=said["memory"],
        message=message,
        point=json.dumps(said["x"]) if chunk.keep_points else "",
        **{name: said.get(name, math.nan) for name in TIMES},
    )


def _made(chunk: Chunk, cell: Cell, *, status: str, **found: Any) -> Row:
    wanted = accuracy(cell.accuracy)
    names = (*TIMES, "value", "error", "infeasibility", "gap", "iterations", "memory")
    unknown: dict[str, Any] = dict.fromkeys(names, math.nan) | {"claimed": "", "message": "", "point": ""}
    return Row(
        id=cell.id,
        instance=chunk.id,
        units=cell.units,
        method=cell.method,
        version=cell.version,
        accuracy=cell.accuracy,
        allowed=wanted.error,
        tolerance=_asked(cell),
        time_limit=chunk.timeout,
        status=status,
        finished=time.time(),
        **(unknown | found),
    )


def _asked(cell: Cell) -> float:
    """The tolerance that a conic solver of the table gets; nan where mecopt derives it, or there is none."""
    tolerance = accuracy(cell.accuracy).tolerance
    row = next((row for row in TABLE if CONIC + row.name == cell.method), None)
    return math.nan if tolerance is None or row is None else max(tolerance, row.floor)


def as_dict(record: Record) -> dict[str, Any]:
    """Its columns."""
    return asdict(record)
