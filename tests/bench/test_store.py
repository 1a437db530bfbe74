"""Stores: what is written is there once; merging is exact; other people's files are left alone."""

import csv
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mecopt.bench import export
from mecopt.bench.chunk import Row
from mecopt.bench.page import page
from mecopt.bench.plan import Plan, chunks, shard
from mecopt.bench.run import run
from mecopt.bench.store import MergeConflict, Store
from mecopt.errors import DataError

PLAN = Plan(("rogues.MAX",), ("fill", "rough", "liar"), ("low", "medium"), instances=5, repeats=1)

CONTENT = (
    "SELECT id, instance, method, status, claimed, value, error, gap, infeasibility FROM rows ORDER BY id"
)


def content(store: Store) -> list[tuple[object, ...]]:
    """What does not depend on the clock."""
    return list(store.db.execute(CONTENT))


def raw(store: Store, table: str) -> list[tuple[object, ...]]:
    return sorted(store.db.execute(f"SELECT * FROM {table}"), key=repr)


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stores that tests open without `with`: Python 3.13 warns of connections left to the collector."""
    opened: list[Store] = []
    made = Store.__init__

    def noted(self: Store, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        opened.append(self)

    monkeypatch.setattr(Store, "__init__", noted)
    yield
    for store in opened:
        store.close()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run of the plan is kept once a test has done it."""
    return tmp_path_factory.mktemp("done") / "whole.sqlite"


@pytest.fixture
def whole(rogues: None, done: Path, tmp_path: Path) -> Store:
    if not done.exists():
        with Store(done) as store:
            run(PLAN, store, jobs=1)
    shutil.copy(done, tmp_path / "whole.sqlite")
    return Store(tmp_path / "whole.sqlite")


def test_shards_cover_the_plan_once(rogues: None) -> None:
    every = chunks(PLAN)
    parts = [shard(every, f"{i}/3") for i in (1, 2, 3)]
    assert sorted(chunk.id for part in parts for chunk in part) == sorted(chunk.id for chunk in every)
    for wrong in ("0/3", "4/3", "1", "a/b", "1/0", "-1/2", ""):
        with pytest.raises(DataError, match="shard"):
            shard(every, wrong)


def test_merged_shards_are_the_whole(whole: Store, tmp_path: Path) -> None:
    parts = []
    for i in (1, 2):
        part = Store(tmp_path / f"part{i}.sqlite")
        run(PLAN, part, jobs=1, shard=f"{i}/2")
        parts.append(part)
    merged = Store(tmp_path / "merged.sqlite")
    assert sum(merged.merge(part) for part in parts) == merged.count() == whole.count()
    assert content(merged) == content(whole)
    for table in ("rows", "instances", "runs"):  # bit for bit what the parts hold
        assert raw(merged, table) == sorted((row for part in parts for row in raw(part, table)), key=repr)
    assert [merged.merge(part) for part in parts] == [0, 0]
    back = Store(tmp_path / "back.sqlite")
    for part in reversed(parts):
        back.merge(part)
    assert raw(back, "rows") == raw(merged, "rows")


@pytest.mark.parametrize(
    "spoil", ["UPDATE rows SET value = value * 2", "UPDATE instances SET hash = 'other'"]
)
def test_contradicting_stores_are_not_merged(whole: Store, tmp_path: Path, spoil: str) -> None:
    other = Store(tmp_path / "other.sqlite")
    other.merge(whole)
    other.db.execute(f"{spoil} WHERE id = (SELECT max(id) FROM {spoil.split()[1]})")
    before = raw(whole, "rows")
    target = Store(tmp_path / "target.sqlite")
    target.merge(whole)
    with pytest.raises(MergeConflict, match="seed=4"):
        target.merge(other)
    assert raw(target, "rows") == before
    fresh = Store(tmp_path / "fresh.sqlite")
    fresh.merge(other)
    with pytest.raises(MergeConflict):
        fresh.merge(whole)


def test_what_is_there_is_not_done_again(whole: Store) -> None:
    before = raw(whole, "rows")
    tally = run(PLAN, whole, jobs=1)
    assert (tally.done, tally.skipped) == (0, 30)
    more = Plan(**{**PLAN.__dict__, "instances": 6})
    tally = run(more, whole, jobs=1)
    assert (tally.done, tally.skipped) == (6, 30)
    assert set(before) <= set(raw(whole, "rows"))


def test_a_plan_survives_its_store(whole: Store) -> None:
    assert whole.last_plan() == PLAN
    assert Plan.from_dict(json.loads(json.dumps(PLAN.to_dict()))) == PLAN


def test_csv_and_parquet_hold_every_row(whole: Store, tmp_path: Path) -> None:
    assert export.to_csv(whole, tmp_path / "t.csv") == 30
    with (tmp_path / "t.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    for read, row in zip(table, whole.view(), strict=True):
        assert read["id"] == row["id"]
        for name in ("value", "error", "first", "low"):
            assert (float(read[name]) if read[name] else None) == row[name]
    parquet = pytest.importorskip("pyarrow.parquet")
    assert export.to_parquet(whole, tmp_path / "t.parquet") == 30
    assert parquet.read_table(tmp_path / "t.parquet").to_pylist() == list(whole.view())


def test_an_empty_store_is_not_exported(tmp_path: Path) -> None:
    for write in (export.to_csv, export.to_parquet):
        with pytest.raises(DataError, match="holds no results"):
            write(Store(tmp_path / "s.sqlite"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    text, foreign, later = (tmp_path / name for name in ("text", "foreign", "later"))
    text.write_text("not a database, but long enough to be taken for one by its size" * 20)
    sqlite3.connect(foreign).execute("CREATE TABLE precious (x)").connection.close()
    Store(later).db.execute("PRAGMA user_version = 99")
    before = {file: file.read_bytes() for file in (text, foreign)}
    for file in (text, foreign, later, tmp_path):
        with pytest.raises(DataError, match="store"):
            Store(file)
    assert {file: file.read_bytes() for file in before} == before
    with pytest.raises(DataError, match="there is no file"):
        Store(tmp_path / "none", must_exist=True)
    assert not (tmp_path / "none").exists()


def test_two_writers_double_nothing(whole: Store) -> None:
    """Two runs that race for the same cell: the first row stays."""
    before = raw(whole, "rows")
    second = Store(whole.file)
    second.start(PLAN, "")
    kinds = {field.name: field for field in fields(Row)}
    (stored, *_) = whole._dicts("SELECT * FROM rows")
    again = Row(**{name: stored[name] for name in kinds} | {"value": -1.0})
    assert second.add(again) is False
    assert raw(whole, "rows") == before


def test_a_page_of_nothing_but_refusals(rogues: None, tmp_path: Path) -> None:
    plan = Plan(("rogues.MAX",), ("fill",), ("low",), instances=20, sizes=(("users", 1),), repeats=0)
    with Store(tmp_path / "s.sqlite") as store:
        run(plan, store, jobs=1)
        assert "infeasible data" in page(store)
        store.db.execute("DELETE FROM rows WHERE status != 'infeasible'")
        assert "0 solves" in page(store)
        store.db.execute("DELETE FROM rows")
        with pytest.raises(DataError, match="holds no results"):
            page(store)
