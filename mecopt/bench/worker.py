"""The asking end of a `host`: start it, give it a task and a time limit, take whatever comes of it.

One host per `Worker`; a host that dies or does not answer in time is replaced at the next task.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from mecopt.errors import SolverError
from mecopt.threads import ONE_THREAD

START = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from mecopt.bench.host import serve
serve()
"""

GRACE = 30.0
"""Seconds on top of a task's own limit after which the host itself must have hung."""

ORDERLY = 5.0
"""Seconds that a host may take to leave."""

START_LIMIT = 300.0
"""Seconds that a host may take to import everything."""


@dataclass(frozen=True)
class Outcome:
    """What a task said, how it ended (done, timeout, crashed), and why."""

    said: Mapping[str, Any]
    how: str
    why: str


class Worker:
    """A host process, started when first asked."""

    def __init__(self, *, environment: Mapping[str, str] | None = None) -> None:
        # times of several solves at once are comparable only if each has one core
        self.environment = {**os.environ, **ONE_THREAD, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.noise: IO[bytes] | None = None
        self.lock = threading.Lock()
        self.over = False

    def ask(self, task: str, limit: float, **arguments: Any) -> Outcome:
        """Run one task; never raises for what happens in it."""
        if (process := self._started()) is None:
            return Outcome({}, "crashed", "the run was stopped")
        late, said = threading.Event(), dict[str, Any]()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump((task, arguments, limit), process.stdin)
            process.stdin.flush()
            while True:
                with _deadline(process, limit + GRACE, late):
                    frame = pickle.load(process.stdout)
                if frame[0] == "last":
                    self.close()
                if frame[0] in ("ended", "last"):
                    return Outcome(said, frame[1], frame[2])
                said |= frame[1]
        except (OSError, EOFError, pickle.UnpicklingError):
            status = process.wait()
            if late.is_set():
                return Outcome(said, "timeout", f"killed after {limit + GRACE:g} s")
            return Outcome(said, "crashed", f"the host process died (exit status {status}){self._words()}")

    def _started(self) -> "subprocess.Popen[bytes] | None":
        """The host, ready for a task; None once it is `over`."""
        if self.process is not None and self.process.poll() is None:
            return self.process
        self.close()
        with self.lock:
            if self.over:
                return None
            self.noise = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
            process = self.process = subprocess.Popen(
                [sys.executable, "-c", START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.noise,
                env=self.environment,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()
        try:
            pickle.dump(sys.path, process.stdin)
            process.stdin.flush()
            with _deadline(process, START_LIMIT, late):
                pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            process.wait()
            if self._is_over():
                return None
            raise SolverError(f"a worker process did not start{self._words()}") from None
        return process

    def _is_over(self) -> bool:
        with self.lock:
            return self.over

    def _words(self) -> str:
        """The last line that the host wrote to stderr."""
        if self.noise is None:
            return ""
        self.noise.seek(0)
        words = self.noise.read().decode(errors="replace").strip().splitlines()
        return f": {words[-1]}" if words else ""

    def kill(self) -> None:
        """End the host for good; whoever waits for an answer sees it die."""
        with self.lock:
            self.over = True
            if self.process is not None:
                _end(self.process)

    def close(self) -> None:
        """Let go of the process and its pipes."""
        if self.process is None:
            return
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        _end(self.process)
        if self.noise is not None:
            self.noise.close()
        self.process = self.noise = None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the host to end its child and itself; kill it if it does not."""
    process.terminate()
    try:
        process.wait(ORDERLY)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _deadline(process: "subprocess.Popen[bytes]", seconds: float, late: threading.Event) -> Iterator[None]:
    """Kill the process if the block takes longer."""

    def stop() -> None:
        late.set()  # before the kill: the waiting thread may see the end of the process at once
        _end(process)

    alarm = threading.Timer(seconds, stop)
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()
