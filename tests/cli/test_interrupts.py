"""Interrupts that Python drops come again."""

import gc
import signal
import sys
import time

import pytest

from mecopt.cli.interrupts import heeded


@heeded()
def collect_and_go_on() -> None:
    gc.collect()
    time.sleep(10)


def test_interrupt_in_a_callback_of_the_garbage_collector() -> None:
    def interrupted(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            gc.callbacks.remove(interrupted)
            signal.raise_signal(signal.SIGINT)

    before = sys.unraisablehook
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.callbacks.append(interrupted)
    try:
        with pytest.raises(KeyboardInterrupt):
            collect_and_go_on()
        assert interrupted not in gc.callbacks
    finally:
        signal.signal(signal.SIGINT, handler)
    assert sys.unraisablehook is before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_other_exceptions_are_left_to_python(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)

    class Broken:
        def __del__(self) -> None:
            raise ValueError("finalizer")

    with heeded():
        Broken()
        gc.collect()
    assert [unraisable.exc_type for unraisable in seen] == [ValueError]
