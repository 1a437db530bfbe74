"""Export a store's flat table to CSV or Parquet."""

import csv
from pathlib import Path

from mecopt.bench.store import Store
from mecopt.errors import DataError


def to_csv(store: Store, file: str | Path) -> int:
    """Write the table as CSV, unknown as an empty field; how many rows it has."""
    rows = list(store.view())
    if not rows:
        raise DataError("store", f"{store.file} holds no results", "nothing is written")
    try:
        with Path(file).open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise DataError("csv", f"{file} cannot be written ({error.strerror})", "name another file") from None
    return len(rows)


def to_parquet(store: Store, file: str | Path) -> int:
    """Write the table as Parquet, unknown as null; how many rows it has. Needs pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        advice = "install it: pip install 'mecopt[cluster]'"
        raise DataError("parquet", "the package pyarrow is not installed", advice) from None
    rows = list(store.view())
    if not rows:
        raise DataError("store", f"{store.file} holds no results", "nothing is written")
    try:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), str(file))
    except OSError as error:
        raise DataError("parquet", f"{file} cannot be written ({error})", "name another file") from None
    return len(rows)
