"""A solver that hangs, one that crashes and one that lies cost their own row and nothing else."""

import sys
from pathlib import Path

import pytest

from mecopt.bench import chunk as chunks
from mecopt.bench.chunk import Row
from mecopt.bench.plan import Plan
from mecopt.bench.run import run
from mecopt.bench.store import Store
from mecopt.bench.worker import Worker

EXPECTED = {
    "fill": ("optimal", ""),
    "shout": ("optimal", ""),
    "cvxpy:OWN": ("optimal", ""),
    "hang-again": ("optimal", "when solved again: "),
    "rough": ("optimal", ""),
    "liar": ("wrong", ""),
    "greedy": ("wrong", ""),
    "nothing": ("wrong", ""),
    "modest": ("failed", "gave up half way"),
    "fail": ("failed", "raised RuntimeError: no licence"),
    "hang": ("timeout", "killed after 4 s"),
    "abort": ("crashed", "SIGABRT: terminate called without an active exception"),
    "segfault": ("crashed", "SIGSEGV"),
    "leave": ("crashed", "exit status 0"),
    "kill-host": ("crashed", "the host process died (exit status -9)"),
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals by name")


def plan(*methods: str, **changes: object) -> Plan:
    settings = {"instances": 1, "seed": 1, "timeout": 4.0, "repeats": 1, "accuracies": ("low",)}
    return Plan(("rogues.MAX",), methods, **{**settings, **changes})  # type: ignore[arg-type]


def rows_of(store: Store) -> dict[str, dict[str, object]]:
    return {row["method"]: row for row in store.view()}


def test_each_gets_the_status_it_deserves(rogues: None, tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        tally = run(plan(*EXPECTED), store, jobs=1)
        rows = rows_of(store)
    assert tally.done == len(EXPECTED)
    assert (rows["cvxpy:OWN"]["units"], rows["cvxpy:OWN"]["build"]) == ("scaled", None)
    assert rows["cvxpy:OWN"]["solve"] == rows["cvxpy:OWN"]["first"]
    for method, (status, message) in EXPECTED.items():
        assert (rows[method]["status"], method) == (status, method)
        assert str(rows[method]["message"]).startswith(message), rows[method]
        assert (rows[method]["message"] == "") == (message == "")


def test_what_is_recorded(rogues: None, tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        run(plan("fill", "rough", "nap", "hoard", "hang-again", "liar", "hang"), store, jobs=2)
        rows = rows_of(store)
        (own,) = store.runs()
    assert rows["fill"]["value"] == pytest.approx(rows["fill"]["low"], rel=1e-15)
    assert rows["rough"]["error"] == pytest.approx(1e-4, rel=1e-9)
    assert rows["rough"]["gap"] == pytest.approx(1e-4 / (1 - 1e-4), rel=1e-9)
    assert rows["liar"]["error"] == pytest.approx(0.5, rel=1e-12)
    assert rows["nap"]["resolve_cpu"] < 0.02  # it sleeps
    assert all(0.02 < rows["nap"][name] < 4.0 for name in ("first", "resolve"))
    assert rows["hang-again"]["resolve"] is None  # unknown, not 0
    assert 40e6 < rows["hoard"]["memory"] < 90e6
    assert rows["fill"]["memory"] < 20e6
    assert [rows["hang"][name] for name in ("value", "error", "first", "resolve")] == [None] * 4
    assert own["versions"]["numpy"]
    assert own["machine"]["cores"] >= 1


def test_infeasible_data_are_not_solved(rogues: None, tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        run(plan("segfault", instances=20, sizes=(("users", 1),)), store, jobs=1)
        rows = list(store.view())
    refused = [row for row in rows if row["status"] == "infeasible"]
    assert 0 < len(refused) < 20
    assert {row["message"] for row in refused} == {"capacity above 2.9"}
    assert {row["status"] for row in rows} == {"infeasible", "crashed"}


def test_without_fork_each_task_has_a_process(rogues: None) -> None:
    worker = Worker(environment={"MECOPT_NO_FORK": "1"})
    try:
        truth = worker.ask("truth", 60, problem="rogues.MAX", seed=1, sizes={})
        asked = {"problem": "rogues.MAX", "data": truth.said["data"], "units": "none", "repeats": 0}
        good, crash = (
            worker.ask("solve", 60, method=method, accuracy_name="low", **asked)
            for method in ("fill", "segfault")
        )
    finally:
        worker.close()
    assert (good.how, good.said["claimed"]) == ("done", "optimal")
    assert crash.how == "crashed"


def test_an_optimum_known_too_roughly_is_not_asked_for(
    rogues: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One method proves an interval, the next hangs: what was proved until then counts."""
    monkeypatch.setattr(chunks, "TRUTH_LIMIT", 1.0)
    with Store(tmp_path / "s.sqlite") as store:
        slow = Plan(("rogues.SLOW",), ("rough",), ("low", "medium"), instances=1, seed=1, repeats=0)
        run(slow, store, jobs=1)
        low, medium = store.view()
    assert (low["status"], medium["status"]) == ("optimal", "unknown")
    assert low["error"] == pytest.approx(1e-4, rel=1e-6)  # it may be at either end
    assert medium["message"] == "the optimum is known to 0.0001 only"
    assert low["proved_by"] == "rough"


def test_a_stopped_run_leaves_no_false_crash(rogues: None, tmp_path: Path) -> None:
    def stop(done: int, total: int, row: Row) -> None:
        raise KeyboardInterrupt

    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(KeyboardInterrupt):
            run(plan("nap", instances=40), store, jobs=2, progress=stop)
        assert {row["status"] for row in store.view()} <= {"optimal", "infeasible"}
