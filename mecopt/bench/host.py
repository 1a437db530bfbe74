"""A process that forks one child per task, so that every solve starts fresh, may crash, and can be killed.

Asked over standard input with (task, arguments, seconds), it answers with frames on standard output:

    ("ready",)  once            ("said", {...})  what the child said, as it says it
    ("ended", how, why)         how is done, timeout or crashed; why is a sentence
    ("last", how, why)          the same from a host that takes no further task

The libraries are imported once, before the forks; the host itself solves nothing, so a child inherits no
threads and no compiled models. The deadline starts anew when the child has said something. When whoever
started the host dies, its end of the pipe closes, and host and child go as well.

Where there is no safe fork (Windows, macOS), a host does one task itself and ends; `worker` then starts
another.
"""

import contextlib
import functools
import gc
import importlib
import os
import pickle
import select
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

FORKS = hasattr(os, "fork") and sys.platform != "darwin"
"""macOS has libraries that do not survive a fork, NumPy's among them."""

LENGTH = struct.Struct("<Q")
"""What precedes each pickle in the pipe from a child."""

LAST_WORDS = 300
"""Characters of a dead child's last line that are worth keeping."""


def serve() -> None:
    """Answer tasks until standard input closes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    forks = FORKS and os.environ.get("MECOPT_NO_FORK") != "1"

    def answer(*frame: Any) -> None:
        pickle.dump(frame, answers)
        answers.flush()

    signal.signal(signal.SIGTERM, _leave)
    _preload()
    answer("ready")
    while True:
        try:
            name, arguments, limit = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        if not forks:
            _run(name, arguments, lambda found: answer("said", found))
            answer("last", "done", "")
            return
        said = functools.partial(answer, "said")
        answer("ended", *_in_child(name, arguments, limit, said, answers.fileno()))


def _leave(*_: object) -> None:
    """On SIGTERM: leave in good order, which ends the child."""
    sys.exit(1)


def _preload() -> None:
    """Import what every task needs."""
    from mecopt.problem import papers

    papers()
    for name in ("ctypes", "cvxpy", "flint", "mecopt.bench.measure", "mecopt.referee"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the collector of a child need not look at, and copy, what it inherits


def _run(name: str, arguments: Mapping[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
    from mecopt.bench.measure import TASKS

    TASKS[name](say, **arguments)


def _in_child(
    name: str,
    arguments: Mapping[str, Any],
    limit: float,
    forward: Callable[[dict[str, Any]], None],
    private: int,
) -> tuple[str, str]:
    """Fork, forward what the child says, kill it when it is late; how it ended, and why.

    The child does not get the descriptor `private`: whoever waits at its other end must see the host die.
    """
    read, write = os.pipe()
    with tempfile.TemporaryFile() as noise:
        child = os.fork()
        if child == 0:
            for mine in (read, private):
                os.close(mine)
            _be_the_child(name, arguments, write, noise)
        os.close(write)
        how = "killed"
        try:
            how = _listen(read, limit, forward)
        finally:
            os.close(read)
            if how != "died":  # it has nothing left to do
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)  # processes of its own
        if how == "late":
            return "timeout", f"killed after {limit:g} s"
        if how == "killed":
            os._exit(1)  # whoever asked has gone
        return ("done", "") if how == "finished" else _how_it_died(status, noise)


def _be_the_child(name: str, arguments: Mapping[str, Any], write: int, noise: IO[bytes]) -> None:
    """Run the task and leave without a word to anybody but `write`."""
    status = 70
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        _die_with_the_host()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(noise.fileno(), stream)

        def say(found: dict[str, Any] | None) -> None:
            frame = pickle.dumps(found)
            frame = LENGTH.pack(len(frame)) + frame
            while frame:
                frame = frame[os.write(write, frame) :]

        _run(name, arguments, say)
        say(None)
        status = 0
    except BaseException as error:
        os.write(2, f"\n{type(error).__name__}: {error}\n".encode(errors="replace"))
    finally:
        os._exit(status)


def _die_with_the_host() -> None:
    """Where the system can be told so (Linux). Elsewhere the child of a host that was killed goes on."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _listen(read: int, limit: float, forward: Callable[[dict[str, Any]], None]) -> str:
    """Forward the child's words until it has "finished", has "died" or is "late"."""
    waiting = b""
    deadline = time.monotonic() + limit
    while True:
        ready, _, _ = select.select([read, 0], [], [], max(deadline - time.monotonic(), 0.0))
        if not ready:
            return "late"
        if read not in ready:  # nobody asks while a child works: our own end of the pipe has closed
            return "killed"
        more = os.read(read, 1 << 20)
        if not more:
            return "died"
        waiting += more
        while len(waiting) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(waiting)[0]
            if len(waiting) < end:
                break
            found, waiting = pickle.loads(waiting[LENGTH.size : end]), waiting[end:]
            if found is None:
                return "finished"
            forward(found)
            deadline = time.monotonic() + limit


def _how_it_died(status: int, noise: IO[bytes]) -> tuple[str, str]:
    """How a child ended that did not finish, and its last words."""
    code = os.waitstatus_to_exitcode(status)
    noise.seek(0)
    words = noise.read().decode(errors="replace").strip().splitlines()
    last = f": {words[-1][:LAST_WORDS]}" if words else ""
    name = _signal_name(-code) if code < 0 else f"exit status {code}"
    return "crashed", f"{name}{last}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
