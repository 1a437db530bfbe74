"""`kill -9` at any moment, then --resume: nothing that was finished is lost, changed or doubled."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mecopt.bench.plan import Plan, chunks
from mecopt.bench.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

INSTANCES = 40
MARK = "MECOPT_TEST_MARK"


def start(store: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "mecopt.cli", "bench", *arguments, "--store", str(store), "--jobs", "2"]
    return subprocess.Popen(
        command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={**os.environ, MARK: str(store)}
    )


GRID = ("rogues.MAX", "--solvers", "nap", "--accuracy", "low,medium", "--instances", str(INSTANCES))


def ids(store: Path) -> dict[str, float]:
    """Row ids with the moment they finished; nothing while there is no table yet."""
    try:
        db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    except sqlite3.Error:
        return {}
    try:
        return dict(db.execute("SELECT id, finished FROM rows"))
    except sqlite3.Error:
        return {}
    finally:
        db.close()


def left_running(mark: str) -> list[int]:
    """Processes that carry the mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_killed_again_and_again(rogues: None, tmp_path: Path) -> None:
    store = tmp_path / "s.sqlite"
    planned = {
        cell.id
        for chunk in chunks(Plan(("rogues.MAX",), ("nap",), ("low", "medium"), instances=INSTANCES))
        for cell in chunk.cells
    }
    known: dict[str, float] = {}
    for kill_after in (1, 25):  # new rows
        process = start(store, *(("--resume",) if known else GRID))
        deadline = time.monotonic() + 60
        while len(ids(store)) < len(known) + kill_after and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.003)
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = ids(store)
        assert len(known) + kill_after <= len(now) < len(planned)
        assert known.items() <= now.items()
        known = now
    assert start(store, "--resume").wait(60) == 0
    final = ids(store)
    assert final.keys() == planned
    assert known.items() <= final.items()
    with Store(store, must_exist=True) as opened:
        assert opened.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert opened.db.execute("SELECT count(*) FROM instances").fetchone() == (INSTANCES,)
        assert len(list(opened.view())) == len(planned)
        assert {row["status"] for row in opened.view()} == {"optimal", "infeasible"}
        assert len(opened.runs()) == 3
    assert start(store, "--resume").wait(60) == 0  # nothing left to do
    assert ids(store) == final


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_no_process_outlives_the_run(rogues: None, tmp_path: Path) -> None:
    store = tmp_path / "s.sqlite"
    process = start(store, "rogues.MAX", "--solvers", "hang", "--seed", "1")
    deadline = time.monotonic() + 60
    while len(left_running(str(store))) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)  # the run, two hosts, two children that hang
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while left_running(str(store)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left_running(str(store)) == []
