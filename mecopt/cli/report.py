"""`mecopt report`: a page, a table or a merged store from what `mecopt bench` and `mecopt sweep` stored."""

from contextlib import ExitStack
from pathlib import Path

import click

from mecopt.cli.common import AS_JSON, DONE, print_json


@click.command()
@click.argument("stores", nargs=-1, required=True, metavar="STORE...")
@click.option("--out", help="File of the page.  [default: the first store's name with .html]")
@click.option("--csv", "csv_file", metavar="FILE", help="Also export a flat table as CSV.")
@click.option("--parquet", metavar="FILE", help="Also export a flat table as Parquet.")
@click.option("--merge", metavar="FILE", help="Keep the union of the stores as a store of its own.")
@AS_JSON
def report(
    stores: tuple[str, ...],
    out: str | None,
    csv_file: str | None,
    parquet: str | None,
    merge: str | None,
    as_json: bool,
) -> int:
    """Write what STORE holds as one self-contained HTML page.

    Several stores, such as those of --shard, are taken together; rows that two of them share are
    there once, and stores that contradict each other are refused.

    \b
    mecopt report mecopt-bench.sqlite
    mecopt report part*.sqlite --merge all.sqlite --csv all.csv
    """
    from mecopt.bench import export
    from mecopt.bench.page import page
    from mecopt.bench.store import Store

    target = Path(out) if out else Path(stores[0]).with_suffix(".html")
    with ExitStack() as stack:
        opened = [stack.enter_context(Store(file, must_exist=True)) for file in stores]
        whole = opened[0]
        if merge is not None or len(opened) > 1:
            if merge is not None and Path(merge).exists():
                raise click.UsageError(f"--merge {merge}: the file exists, name a new one")
            whole = stack.enter_context(Store(merge or ":memory:"))
            for each in opened:
                whole.merge(each)
        html = page(whole)
        found: dict[str, object] = {"rows": whole.count()}
        if csv_file:
            export.to_csv(whole, csv_file)
            found["csv"] = csv_file
        if parquet:
            export.to_parquet(whole, parquet)
            found["parquet"] = parquet
        if merge:
            found["store"] = merge
        try:
            target.write_text(html, encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"--out {target}: cannot be written ({error.strerror})") from None
        found["page"] = str(target)
    if as_json:
        print_json(found)
    else:
        files = ", ".join(str(found[name]) for name in ("page", "csv", "parquet", "store") if name in found)
        click.echo(f"{found['rows']} rows: {files}")
    return DONE
