"""A verification run in the terminal: a line per claim as it comes, then what was refuted or failed."""

import json
import math
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from mecopt.claims import Verdict, claims_of
from mecopt.claims.adopt import replay_command
from mecopt.claims.cases import tidy
from mecopt.claims.claim import VERDICTS

STYLES = {
    "proved": "bold green",
    "certified": "green",
    "supported": "cyan",
    "refuted": "bold red",
    "vacuous": "bold yellow",
    "error": "bold magenta",
}
IN_FULL = 5
"""Refuted claims that the terminal tells in full."""

NUMBERS = (("cases", 7), ("margin", 10), ("mutants", 9))


class LiveTable:
    """Lines on standard output in the papers' order, a bar on standard error while the run lasts.

    Neither has control codes where it is no terminal. With `quiet` (standard output belongs to JSON)
    every claim gets a line on standard error instead.
    """

    def __init__(self, targets: Sequence[tuple[str, str]], *, quiet: bool = False) -> None:
        self.out = Console(highlight=False)
        self.err = Console(stderr=True, highlight=False)
        self.quiet = quiet
        self.waiting = list(targets)
        self.early: dict[tuple[str, str], Verdict] = {}
        # On a terminal the bar and the lines above it must be drawn by one console.
        screen = self.out if self.out.is_terminal and not self.quiet else self.err
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self.bar = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
        self.task = self.bar.add_task("checking claims", total=len(targets))
        self.widths = _widths(targets, self.out.width)

    def __enter__(self) -> "LiveTable":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, done: int, total: int, verdict: Verdict) -> None:
        """Take a verdict; print all lines that are due."""
        self.bar.update(self.task, completed=done)
        if self.quiet:
            if not self.err.is_terminal:
                line = f"[{done}/{total}] {verdict.id}: {verdict.verdict}"
                self.err.print(line, soft_wrap=True, markup=False)
            return
        if done == 1:
            head = _line(["claim", "source", *(name for name, _ in NUMBERS), "verdict"], self.widths)
            self._print(Text(head, "bold"))
        self.early[verdict.paper, verdict.id] = verdict
        while self.waiting and self.waiting[0] in self.early:
            self._row(self.early.pop(self.waiting.pop(0)))

    def _row(self, v: Verdict) -> None:
        cells = [v.id, v.source, str(v.instances), _figure(v.margin), f"{v.caught}/{v.mutants}", ""]
        row = Text(_line(cells, self.widths)).append(v.verdict, STYLES[v.verdict])
        self._print(row if v.as_recorded else row.append(" !", "bold red"))

    def _print(self, text: Text) -> None:
        self.out.print(text, soft_wrap=True)
        self.out.file.flush()


def summary(verdicts: Sequence[Verdict], *, report: str | None, seconds: float) -> None:
    """What was refuted, claims that fail the run, and the count; on standard output.

    A few refuted claims are told in full; more than a reader would scroll through are left to the report.
    """
    console = Console(highlight=False)
    refuted = [v for v in verdicts if v.verdict == "refuted"]
    if len(refuted) > IN_FULL:
        console.print()
        _refuted_ids(console, refuted)
    elif refuted:
        console.print("\nRefuted", style="bold")
        for v in refuted:
            _erratum(console, v)
    failing = [v for v in verdicts if not v.as_recorded]
    if failing:
        console.print("\nNeeds attention", style="bold red")
    for v in failing:
        said = "; ".join(part for part in (v.reason, v.note) if part)
        _hang(console, Text(f"  {v.id}  ", "bold"), Text(said))
    console.print()
    _hang(console, Text(""), Text(_count(verdicts, seconds)))
    if report:
        console.print(Text(f"Report: {report}"), soft_wrap=True)


def _refuted_ids(console: Console, refuted: Sequence[Verdict]) -> None:
    """The refuted claims' ids by paper, and where to read about them."""
    for paper in dict.fromkeys(v.paper for v in refuted):
        ids = [v.id for v in refuted if v.paper == paper]
        _hang(console, Text(f"Refuted in {paper}: ", "bold red"), Text(" ".join(ids)))
    first = refuted[0].id
    _hang(console, Text(""), Text(f"`mecopt verify {first}` tells one; the report tells all."))


def _erratum(console: Console, v: Verdict) -> None:
    found, correction = v.counterexample, v.correction
    parts = [("printed", Text(v.statement)), ("but", Text(v.explanation))]
    if found:
        proof = "proved by a rigorous enclosure" if found.certified else "not proved"
        parts += [
            ("example", Text(json.dumps(tidy(found.case), ensure_ascii=False))),
            ("", Text(f"slack {_figure(found.slack)}, tolerance {v.tol:g}, {proof}")),
            ("", Text(f"violated on {v.violations} of {v.instances} cases")),
        ]
    if correction:
        verdict = (correction.verdict, STYLES[correction.verdict])
        parts.append(("holds", Text.assemble(f"{correction.statement} ({correction.id}, ", verdict, ")")))
    if v.file:
        parts.append(("again", Text(replay_command(v.paper, v.file))))
    console.print(Text.assemble("\n", (v.id, "bold"), f"  {v.source}"))
    for label, text in parts:
        _hang(console, Text(f"  {label:<9}", "dim"), text)


def _hang(console: Console, label: Text, text: Text) -> None:
    """Text wrapped beside its label; nothing for no text."""
    for i, line in enumerate(text.wrap(console, max(console.width - len(label), 30)) if text else []):
        console.print(Text.assemble(label if i == 0 else " " * len(label), line), soft_wrap=True)


def _count(verdicts: Sequence[Verdict], seconds: float) -> str:
    counts = Counter(v.verdict for v in verdicts)
    kinds = ", ".join(f"{counts[name]} {name}" for name in VERDICTS if counts[name])
    caught, mutants = sum(v.caught for v in verdicts), sum(v.mutants for v in verdicts)
    failing = sum(not v.as_recorded for v in verdicts)
    end = f"{failing} not as recorded." if failing else "All as recorded."
    return f"{len(verdicts)} claims: {kinds}; {caught} of {mutants} mutants caught; {seconds:.0f} s. {end}"


def _widths(targets: Sequence[tuple[str, str]], total: int) -> list[int]:
    """Column widths: the source gives way first."""
    papers = dict.fromkeys(paper for paper, _ in targets)
    claims = [c for paper in papers for c in claims_of(paper) if (paper, c.id) in targets]
    ids = max([len(c.id) for c in claims] + [len("claim")]) + 2
    sources = max([len(c.source) for c in claims] + [len("source")]) + 1
    fixed = sum(width for _, width in NUMBERS) + 2 + max(map(len, STYLES)) + 2
    return [ids, max(min(sources, total - ids - fixed), 10), *(width for _, width in NUMBERS)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, source, *numbers, verdict = cells
    source = source if len(source) < widths[1] else source[: widths[1] - 2] + "…"
    right = "".join(f"{cell:>{width}}" for cell, width in zip(numbers, widths[2:], strict=True))
    return f"{name:<{widths[0]}}{source:<{widths[1]}}{right}  {verdict}"


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1e}"
