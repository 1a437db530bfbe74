"""Run chunks on a Dask cluster, or on an embedded one on this machine.

A task is a few chunks; its records come back when it is done, and go to the store here. A worker that dies
costs what its task had done so far: Dask gives the task to another one.
"""

import threading
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from mecopt.bench.chunk import Record, run_chunk
from mecopt.bench.plan import Chunk
from mecopt.bench.worker import Worker
from mecopt.errors import DataError, SolverError

EMBEDDED = "local"
"""The address that means a cluster of our own, on this machine."""

CONNECT = 30.0
"""Seconds to wait for a scheduler."""

_OWN = threading.local()


def check(address: str | None) -> None:
    """Raise `DataError` for what cannot be an address, such as a problem's name after a bare --dask."""
    if address is not None and address != EMBEDDED and "://" not in address:
        raise DataError("dask", f"got {address!r}", "give tcp://HOST:PORT, or local")


def run(chunks: Sequence[Chunk], *, address: str, jobs: int, size: int) -> Iterator[Record]:
    """Records as tasks of `size` chunks finish. `jobs` is the number of workers of an embedded cluster.

    Raises `DataError` where there is no scheduler at the address, `SolverError` for tasks that killed every
    worker they were given to, once all others are done.
    """
    distributed: Any
    try:
        distributed = import_module("distributed")
    except ImportError:
        advice = "install it: pip install 'mecopt[cluster]'"
        raise DataError("dask", "the package distributed is not installed", advice) from None
    cluster = None
    if address == EMBEDDED:
        # no dashboard: nobody asked for a web server
        cluster = distributed.LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
    try:
        client = _client(distributed.Client, cluster or address)
        try:
            tasks = [tuple(chunks[i : i + size]) for i in range(0, len(chunks), size)]
            futures = [client.submit(run_task, task, pure=False) for task in tasks]
            lost = []
            for future in distributed.as_completed(futures):
                if future.status == "finished":
                    yield from future.result()
                    future.release()
                else:
                    lost.append(_reason(future))
            if lost:
                raise SolverError(
                    f"{len(lost)} of {len(tasks)} tasks were lost, --resume runs them again: {lost[0]}"
                )
        finally:
            client.close()
    finally:
        if cluster is not None:
            cluster.close()


def _client(kind: Any, where: Any) -> Any:
    try:
        return kind(where, timeout=CONNECT)
    except (OSError, ValueError) as error:
        words = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(
            "dask", f"no scheduler at {where} ({words})", "give tcp://HOST:PORT, or local"
        ) from None


def _reason(future: Any) -> str:
    error = future.exception()
    return (str(error) or type(error).__name__).splitlines()[0] if error is not None else future.status


def run_task(chunks: Sequence[Chunk]) -> list[Record]:
    """What a Dask worker does: all records of these chunks. Its host process is kept for the next task."""
    if not hasattr(_OWN, "worker"):
        _OWN.worker = Worker()
    return [record for chunk in chunks for record in run_chunk(chunk, _OWN.worker)]
