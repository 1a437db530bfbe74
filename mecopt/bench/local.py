"""Run chunks in worker processes of this machine."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mecopt.bench.chunk import Record, run_chunk
from mecopt.bench.plan import Chunk
from mecopt.bench.worker import Worker


def run(chunks: Sequence[Chunk], *, jobs: int) -> Iterator[Record]:
    """Records as they finish, from `jobs` workers at a time. Workers are ended when the caller stops."""
    waiting: queue.SimpleQueue[Chunk] = queue.SimpleQueue()
    for chunk in chunks:
        waiting.put(chunk)
    found: queue.SimpleQueue[Any] = queue.SimpleQueue()
    workers = [Worker() for _ in range(max(1, min(jobs, len(chunks))))]
    over = threading.Event()
    threads = [
        threading.Thread(target=_work, args=(worker, waiting, found.put, over), daemon=True)
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            record = found.get()
            if record is None:
                running -= 1
            elif isinstance(record, BaseException):
                raise record
            else:
                yield record
    finally:
        over.set()
        for worker in workers:
            worker.kill()  # a thread that waits for an answer sees its process die
        for thread in threads:
            thread.join()
        for worker in workers:
            worker.close()


def _work(
    worker: Worker,
    waiting: "queue.SimpleQueue[Chunk]",
    put: Callable[[Any], None],
    over: threading.Event,
) -> None:
    """One thread: chunk after chunk, until there are no more or the run is over."""
    try:
        while True:
            try:
                chunk = waiting.get_nowait()
            except queue.Empty:
                put(None)
                return
            for record in run_chunk(chunk, worker):
                if over.is_set():
                    return
                put(record)
    except BaseException as error:  # the main thread raises it
        put(error)
