"""Worker processes for claims. A claim whose process dies gets a verdict, and the others go on.

Each worker is a fresh interpreter that imports the claims once and answers a target and how to
judge it with a verdict, pickled over pipes. (`multiprocessing` would run the caller's main script again in
every worker, which fails for scripts that call `verify` at top level.)
"""

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import IO, Any

from mecopt.claims.search import few_collections
from mecopt.claims.verdict import Verdict
from mecopt.threads import ONE_THREAD

Target = tuple[str, str]
Progress = Callable[[int, int, Verdict], None]
Judge = Callable[..., Verdict]
Lost = Callable[[Target, str], Verdict]

TIME_LIMIT = 600.0  # seconds for one claim; a few are usual, more than this is an endless loop

START = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from mecopt.claims.pool import serve
serve()
"""


def run_all(
    targets: Sequence[Target],
    judge: Judge,
    lost: Lost,
    *,
    how: tuple[Any, ...],
    workers: int,
    progress: Progress | None = None,
) -> dict[Target, Verdict]:
    """`judge(target, *how)` for every target: here when `workers` <= 1, else in that many processes.

    `lost` makes the verdict on a target whose process died.
    """
    found: dict[Target, Verdict] = {}

    def arrived(target: Target, verdict: Verdict) -> None:
        found[target] = verdict
        if progress is not None:
            progress(len(found), len(targets), verdict)

    if workers <= 1:
        with few_collections():
            for target in targets:
                arrived(target, judge(target, *how))
        return found
    crew = _Crew()
    threads = ThreadPoolExecutor(workers)
    try:
        futures = {threads.submit(crew.ask, target, *how): target for target in targets}
        for future in as_completed(futures):
            answer = future.result()
            target = futures[future]
            arrived(target, lost(target, answer) if isinstance(answer, str) else answer)
    finally:
        crew.kill()  # the threads wait for their processes
        threads.shutdown(cancel_futures=True)
        crew.close()
    return found


class _Worker:
    """One process and the file that takes what it writes to stderr."""

    def __init__(self) -> None:
        self.noise: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.noise,
            env={**ONE_THREAD, **os.environ},
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.inbox, self.outbox = self.process.stdin, self.process.stdout
        pickle.dump(sys.path, self.inbox)

    def ask(self, *question: object) -> Verdict | str:
        """The worker's verdict, or how it died."""
        late = threading.Event()

        def stop() -> None:
            late.set()  # before the kill: the waiting thread may see the end of the process at once
            self.process.kill()

        alarm = threading.Timer(TIME_LIMIT, stop)
        alarm.start()
        try:
            pickle.dump(question, self.inbox)
            self.inbox.flush()
            verdict: Verdict = pickle.load(self.outbox)
        except (OSError, EOFError, pickle.UnpicklingError):
            status = self.process.wait()
            if late.is_set():
                return f"the check did not end within {TIME_LIMIT:g} s"
            self.noise.seek(0)
            words = self.noise.read().decode(errors="replace").strip().splitlines()
            last = f": {words[-1]}" if words else ""
            return f"the process that checked it died (exit status {status}){last}"
        finally:
            alarm.cancel()
        return verdict

    def close(self) -> None:
        """Let go of a process that has ended."""
        self.process.wait()
        with contextlib.suppress(OSError):  # what could not be sent to a dead process
            self.inbox.close()
        self.outbox.close()
        self.noise.close()


class _Crew:
    """One worker per thread, started when first asked and replaced when it died."""

    def __init__(self) -> None:
        self.own = threading.local()
        self.lock = threading.Lock()
        self.workers: list[_Worker] = []
        self.over = False

    def ask(self, *question: object) -> Verdict | str:
        worker: _Worker | None = getattr(self.own, "worker", None)
        if worker is None or worker.process.poll() is not None:
            with self.lock:
                if self.over:
                    return "the run was stopped"
                worker = self.own.worker = _Worker()
                self.workers.append(worker)
        return worker.ask(*question)

    def kill(self) -> None:
        """End every process, idle or not; a thread that waits for an answer sees its process die."""
        with self.lock:
            self.over = True
            for worker in self.workers:
                worker.process.kill()

    def close(self) -> None:
        """Let go of the ended processes, once no thread uses them."""
        for worker in self.workers:
            worker.close()


def serve() -> None:
    """The worker's side: answer questions until there are no more."""
    from mecopt.claims.run import judge

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a solver prints must not get between the answers
    with few_collections():
        while True:
            try:
                question = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            pickle.dump(judge(*question), answers)
            answers.flush()
