"""Run a plan into a store: what is not there yet, here or on a cluster."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field

from mecopt.bench import cluster, local, machine
from mecopt.bench import plan as plans
from mecopt.bench.chunk import Record, Row
from mecopt.bench.plan import Chunk, Plan
from mecopt.bench.store import Store
from mecopt.errors import DataError

Progress = Callable[[int, int, Row], None]
"""Called with the solves done, those in all, and the row just stored."""

TASK = 4
"""Instances per task of a cluster: enough to be worth sending, few enough to lose."""


@dataclass
class Tally:
    """What a run did."""

    planned: int
    skipped: int
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        """The rows that this run added."""
        return sum(self.statuses.values())


def run(
    plan: Plan,
    store: Store,
    *,
    jobs: int | None = None,
    shard: str | None = None,
    dask: str | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> Tally:
    """Do what the plan asks for and the store does not hold. Every record is stored as it comes.

    `jobs` processes at a time (default: one per core); `shard` "i/n" takes every n-th instance; `dask` is the
    address of a scheduler, or "local" for a cluster of one's own. Raises `DataError` and `UnknownName` for a
    wrong plan, before anything runs.
    """
    plans.check(plan)
    cluster.check(dask)
    if jobs is not None and jobs < 1:
        raise DataError("jobs", f"got {jobs}", "give a whole number, at least 1")
    mine = plans.shard(plans.chunks(plan), shard)
    done = store.done()
    left = [chunk for chunk in (each.without(done) for each in mine) if chunk.cells]
    planned = sum(len(chunk.cells) for chunk in mine)
    total = sum(len(chunk.cells) for chunk in left)
    tally = Tally(planned, planned - total)
    if not left:
        return tally
    store.start(plan, command)
    with closing(_records(left, jobs or machine.cores(), dask)) as records:
        for record in records:
            if store.add(record) and isinstance(record, Row):
                tally.statuses[record.status] += 1
                if progress is not None:
                    progress(tally.done, total, record)
    return tally


def _records(chunks: list[Chunk], jobs: int, dask: str | None) -> Generator[Record, None, None]:
    if dask is None:
        yield from local.run(chunks, jobs=jobs)
    else:
        yield from cluster.run(chunks, address=dask, jobs=jobs, size=TASK)
