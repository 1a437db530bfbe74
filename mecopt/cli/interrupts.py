"""Ctrl-C ends a command wherever it comes."""

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AGAIN = 0.05
"""Seconds until an interrupt that was swallowed comes again."""


@contextmanager
def heeded() -> Iterator[None]:
    """Send an interrupt again that Python had to drop.

    Callbacks of the garbage collector (Hypothesis has one) and finalizers let no exception out, not even
    `KeyboardInterrupt`: Python prints it as ignored and goes on.
    """
    before = sys.unraisablehook
    thread = threading.get_ident()

    def interrupt() -> None:
        if sys.platform == "win32":
            _thread.interrupt_main()
        else:
            signal.pthread_kill(thread, signal.SIGINT)  # wakes it where it waits

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if unraisable.exc_type is KeyboardInterrupt:
            timer = threading.Timer(AGAIN, interrupt)  # raised here it would be dropped, too
            timer.daemon = True
            timer.start()
        else:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
