"""`mecopt verify`: claims and their verdicts."""

import time
from pathlib import Path
from typing import Any

import click

from mecopt.cli.common import AS_JSON, DONE, FAILED, print_json
from mecopt.threads import one_thread_unless_asked


@click.command()
@click.argument("targets", nargs=-1, metavar="[PAPER|CLAIM|FOLDER]...")
@click.option("--samples", default=200, show_default=True, help="Cases to draw per claim.")
@click.option("--seed", default=0, show_default=True, help="The same seed draws the same cases.")
@click.option("--shrink", is_flag=True, help="Look for counterexamples smaller than the stored ones.")
@click.option("--jobs", type=int, help="Processes to use.  [default: one per core]")
@click.option("--out", default="mecopt-report", show_default=True, help="Folder of the report.")
@click.option("--replay", metavar="FILE", help="Check the case of a counterexample file again.")
@AS_JSON
def verify(
    targets: tuple[str, ...],
    samples: int,
    seed: int,
    shrink: bool,
    jobs: int | None,
    out: str,
    replay: str | None,
    as_json: bool,
) -> int:
    """Check claims: every one, or those of papers, ids, and folders with papers of your own.

    Each is tested on random and extreme cases, searched for a violation, and tried on misprints that
    the check must notice. Writes a report: index.html, verdicts.json, counterexamples.
    Exit status 1 when a verdict is not the recorded one.

    \b
    mecopt verify
    mecopt verify tdma_ofdma --samples 1000 --out report
    mecopt verify TDMA-L3 TDMA-T1b
    mecopt verify path/to/my_paper
    mecopt verify --replay mecopt-report/counterexamples/TDMA-T1d.json
    mecopt verify path/to/my_paper --replay mecopt-report/counterexamples/MINE-1.json
    """
    one_thread_unless_asked()
    if replay is not None:
        from mecopt.claims.adopt import adopted

        if any(adopted(target) == target for target in targets):
            raise click.UsageError("--replay takes one file; besides it only folders of your own papers")
        return _replay(replay, as_json=as_json)
    from mecopt import claims
    from mecopt.claims import collect
    from mecopt.report import terminal

    wanted = collect.find(targets or None)
    start = time.perf_counter()
    settings: dict[str, Any] = {"samples": samples, "seed": seed, "shrink": shrink, "jobs": jobs, "out": out}
    with terminal.LiveTable(wanted, quiet=as_json) as table:
        verdicts = claims.verify(targets or None, progress=table, **settings)
    if as_json:
        print_json({"claims": [v.to_dict() for v in verdicts]})
    else:
        page = str(Path(out) / "index.html")
        terminal.summary(verdicts, report=page, seconds=time.perf_counter() - start)
    return DONE if all(v.as_recorded for v in verdicts) else FAILED


def _replay(file: str, *, as_json: bool) -> int:
    """Done when the case still violates the claim, failed when it does not."""
    from mecopt import claims
    from mecopt.report import answers

    found = claims.replay(file)
    if as_json:
        print_json(found.to_dict())
    else:
        answers.show_replay(found)
    return DONE if found.violated else FAILED
