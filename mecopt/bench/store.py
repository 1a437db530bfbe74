"""Records in one SQLite file, each written in a transaction of its own as it comes.

Whatever stops the program, what was written stays and is there once: a record's id names what was done, and
an id that is there is not written again. `view` joins everything into one flat table for export.
"""

import json
import os
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any

from mecopt.bench import machine
from mecopt.bench.chunk import InstanceRecord, Record, Row, as_dict
from mecopt.bench.plan import Plan
from mecopt.errors import DataError, MecoptError

FORMAT = 2
"""Changes with the tables."""

MARK = 0x6D65636F  # "meco"
"""SQLite's application id: tells a store from other people's databases."""

BUSY = 60.0
"""Seconds to wait for another process that writes to the same store."""

_TYPES = {str: "TEXT NOT NULL", float: "REAL", int: "INTEGER NOT NULL"}
RUN_COLUMNS = ("id", "command", "started", "plan", "machine", "versions", "load")
COLUMNS = {
    "instances": (*(f.name for f in fields(InstanceRecord)), "run"),
    "rows": (*(f.name for f in fields(Row)), "run"),
    "runs": RUN_COLUMNS,
}
TABLE = {InstanceRecord: "instances", Row: "rows"}


class Store:
    """An open store. Makes the file, unless `must_exist`; raises `DataError` for what is no store."""

    def __init__(self, file: str | Path, *, must_exist: bool = False) -> None:
        self.file = Path(file)
        if must_exist and not self.file.is_file():
            raise DataError("store", f"there is no file {file}", "give a file that mecopt bench has written")
        try:
            if not must_exist:
                self.file.absolute().parent.mkdir(parents=True, exist_ok=True)
            frozen = must_exist and not os.access(self.file, os.W_OK)
            name = f"{self.file.absolute().as_uri()}?immutable=1" if frozen else str(self.file)
            self.db = sqlite3.connect(name, timeout=BUSY, isolation_level=None, uri=frozen)
            try:
                self._check()
                if not frozen:
                    self._prepare()
            except BaseException:
                self.db.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise DataError(
                "store", f"{file} cannot be used ({error})", "give a store of mecopt, or a new file"
            ) from None
        self.run = ""

    def _is_new(self) -> bool:
        return self.db.execute("SELECT 1 FROM sqlite_master").fetchone() is None

    def _check(self) -> None:
        """Refuse what is not a store of this format."""
        mark, version = (self.db.execute(f"PRAGMA {name}").fetchone()[0] for name in _MARKS)
        if not self._is_new() and (mark, version) != (MARK, FORMAT):
            what = f"has format {version}" if mark == MARK else "is another program's database"
            raise DataError("store", f"{self.file} {what}", f"give a store of this version (format {FORMAT})")

    def _prepare(self) -> None:
        """Set it up for writing; make the tables in a new file."""
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        with self._transaction():  # whoever comes second waits here, and finds the tables
            if self._is_new():
                for statement in _schema():
                    self.db.execute(statement)

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is left in the journal goes into it."""
        self.db.close()

    def _transaction(self) -> "_Transaction":
        return _Transaction(self.db)

    def start(self, plan: Plan, command: str) -> str:
        """Note a new run, with all that its figures depend on; what is added from now on is its."""
        self.run = uuid.uuid4().hex[:12]
        values = (
            *(self.run, command, time.time()),
            *(json.dumps(v) for v in (plan.to_dict(), machine.machine(), machine.versions())),
            machine.load(),
        )
        self._insert("runs", values)
        return self.run

    def add(self, record: Record) -> bool:
        """Write one record in one transaction; False if it is there already."""
        return self._insert(TABLE[type(record)], (*as_dict(record).values(), self.run))

    def _insert(self, table: str, values: Iterable[Any]) -> bool:
        row = tuple(values)
        marks = ", ".join("?" * len(row))
        with self._transaction():
            # sqlite stores nan as NULL, which is what unknown is
            done = self.db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
        return done.rowcount == 1

    def done(self) -> set[str]:
        """The ids of all rows."""
        return {id for (id,) in self.db.execute("SELECT id FROM rows")}

    def count(self) -> int:
        """The number of rows."""
        return int(self.db.execute("SELECT count(*) FROM rows").fetchone()[0])

    def last_plan(self) -> Plan:
        """The plan of the run that started last. Raises `DataError` where there is none."""
        found = self.db.execute("SELECT plan FROM runs ORDER BY started DESC, rowid DESC LIMIT 1").fetchone()
        if found is None:
            raise DataError("store", f"{self.file} holds no run", "name the problems to start one")
        return Plan.from_dict(json.loads(found[0]))

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the first first."""
        rows = self._dicts("SELECT * FROM runs ORDER BY started, id")
        return [{**row, **{name: json.loads(row[name]) for name in _JSON}} for row in rows]

    def view(self) -> Iterator[dict[str, Any]]:
        """Every solve with its instance and its machine, flat, in the order of ids. Unknown is None."""
        yield from self._dicts(_VIEW)

    def _dicts(self, query: str) -> Iterator[dict[str, Any]]:
        cursor = self.db.execute(query)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))

    def merge(self, other: "Store") -> int:
        """Take over everything from another store; how many rows were new.

        All or nothing. Raises `MergeConflict` where both hold different solves, or data, under one id.
        """
        new = 0
        with self._transaction():
            for table in ("runs", "instances", "rows"):
                for row in other._dicts(f"SELECT * FROM {table} ORDER BY id"):
                    new += self._take(table, row) and table == "rows"
        return new

    def _take(self, table: str, row: Mapping[str, Any]) -> bool:
        there = next(self._dicts_of(table, row["id"]), None)
        if there is None:
            marks = ", ".join("?" * len(row))
            self.db.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(row.values()))
            return True
        # two runs may both have looked at an instance: it is the same if its data are
        compared = ("hash",) if table == "instances" else tuple(row)
        for name in compared:
            if there[name] != row[name]:
                raise MergeConflict(
                    f"{self.file} and the other store both have {row['id']!r} in {table}, with {name} "
                    f"{there[name]!r} here and {row[name]!r} there: keep them as two stores"
                )
        return False

    def _dicts_of(self, table: str, id: str) -> Iterator[dict[str, Any]]:
        cursor = self.db.execute(f"SELECT * FROM {table} WHERE id = ?", (id,))
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)


class MergeConflict(MecoptError):
    """Two stores contradict each other."""


class _Transaction:
    """BEGIN, then COMMIT, or ROLLBACK when something is raised."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __enter__(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self.db.execute("COMMIT" if kind is None else "ROLLBACK")


_MARKS = ("application_id", "user_version")
_JSON = ("plan", "machine", "versions")


def _schema() -> Iterator[str]:
    """The statements that make an empty store."""
    yield f"PRAGMA application_id = {MARK}"
    yield f"PRAGMA user_version = {FORMAT}"
    yield (
        "CREATE TABLE runs (id TEXT PRIMARY KEY, command TEXT NOT NULL, started REAL NOT NULL, "
        "plan TEXT NOT NULL, machine TEXT NOT NULL, versions TEXT NOT NULL, load REAL)"
    )
    for kind, table in TABLE.items():
        columns = ", ".join(
            f"{f.name} {'TEXT PRIMARY KEY' if f.name == 'id' else _TYPES[f.type]}"  # type: ignore[index]
            for f in fields(kind)
        )
        yield f"CREATE TABLE {table} ({columns}, run TEXT NOT NULL) WITHOUT ROWID"


_FROM_INSTANCE = ("problem", "seed", "scenario", "sizes", "hash", "low", "high", "proved_by")
_VIEW = f"""
SELECT rows.*, {", ".join(f"instances.{name}" for name in _FROM_INSTANCE)}, runs.machine, runs.load
FROM rows JOIN instances ON instances.id = rows.instance JOIN runs ON runs.id = rows.run
ORDER BY rows.id
"""
