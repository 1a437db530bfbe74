"""The same run on a Dask cluster; a worker that is killed costs its task's time only."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mecopt.bench import cluster
from mecopt.bench.plan import Plan
from mecopt.bench.run import run
from mecopt.bench.store import Store
from mecopt.errors import DataError

distributed = pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # of a cluster whose workers are killed on purpose
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL"),
]

PLAN = Plan(("rogues.MAX",), ("nap",), ("low", "medium", "high"), instances=12, repeats=1)


@pytest.fixture
def address(rogues: None) -> Iterator[Any]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local:
        yield local.scheduler_address


def values(store: Store) -> list[tuple[object, ...]]:
    return list(store.db.execute("SELECT id, status, value, error FROM rows ORDER BY id"))


def test_a_killed_worker_costs_time_only(address: str, tmp_path: Path) -> None:
    killed = threading.Event()

    def kill_one() -> None:
        with distributed.Client(address) as client:
            while not killed.is_set():
                busy = [worker for worker, tasks in client.processing().items() if tasks]
                if busy:
                    pid = client.run(os.getpid, workers=busy[:1])[busy[0]]
                    time.sleep(0.5)  # in the middle of a task
                    os.kill(pid, signal.SIGKILL)
                    killed.set()

    killer = threading.Thread(target=kill_one)
    killer.start()
    with Store(tmp_path / "dask.sqlite") as there, Store(tmp_path / "here.sqlite") as here:
        tally = run(PLAN, there, dask=address)
        killer.join()
        run(PLAN, here, jobs=2)
        assert killed.is_set()
        assert tally.done == 36
        assert values(there) == values(here)


def test_embedded_cluster_resumes(rogues: None, tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        few = Plan(**{**PLAN.__dict__, "instances": 2})
        run(few, store, jobs=1)
        tally = run(Plan(**{**PLAN.__dict__, "instances": 4}), store, jobs=1, dask=cluster.EMBEDDED)
        assert (tally.skipped, tally.done, store.count()) == (6, 6, 12)


def test_nobody_at_the_address(rogues: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 1.0)
    with Store(tmp_path / "s.sqlite") as store, pytest.raises(DataError, match="no scheduler at"):
        run(PLAN, store, dask="tcp://127.0.0.1:1")
