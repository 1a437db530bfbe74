"""Progress of many solves on standard error: a bar on a terminal, a line now and then elsewhere."""

import time
from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from mecopt.bench.chunk import Row

EVERY = 10.0
"""Seconds between lines where there is no terminal."""

BAD = ("wrong", "failed", "timeout", "crashed")


class Solves:
    """Takes rows as they are stored. With `quiet` (standard output belongs to JSON) there is no bar."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.terminal = self.console.is_terminal and not quiet
        columns = (
            *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()),
            TextColumn("{task.fields[last]}", style="dim"),
        )
        self.bar = Progress(*columns, console=self.console, transient=True, disable=not self.terminal)
        self.task = self.bar.add_task("solving", total=None, last="")
        self.counts: Counter[str] = Counter()
        self.spoken = time.monotonic()

    def __enter__(self) -> "Solves":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, done: int, total: int, row: "Row") -> None:
        """One more solve."""
        self.counts[row.status] += 1
        self.bar.update(
            self.task, completed=done, total=total, last=f"{row.method} {row.units}: {row.status}"
        )
        if not self.terminal and (time.monotonic() - self.spoken >= EVERY or done == total):
            self.spoken = time.monotonic()
            bad = "".join(f", {self.counts[name]} {name}" for name in BAD if self.counts[name])
            self.console.print(f"[{done}/{total}] solves{bad}", soft_wrap=True, markup=False)
