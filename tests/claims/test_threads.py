"""Numerical libraries run with one thread where claims are checked, unless the user says otherwise."""

import ast
import os

import pytest

from mecopt.threads import NAMES, one_thread_unless_asked


def test_one_thread_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    one_thread_unless_asked()
    assert {name: os.environ[name] for name in NAMES} == {
        **dict.fromkeys(NAMES, "1"),
        "OPENBLAS_NUM_THREADS": "3",
    }


def test_workers_inherit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from mecopt.claims import pool

    monkeypatch.setattr(pool, "START", "import os, sys; sys.stdout.write(str(dict(os.environ)))")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    worker = pool._Worker()
    seen = ast.literal_eval(worker.outbox.read().decode())
    worker.close()
    assert seen["OMP_NUM_THREADS"] == "1"
    assert seen["OPENBLAS_NUM_THREADS"] == "2"
    assert seen["PATH"] == os.environ["PATH"]
