"""A reproduced figure in the terminal: the abscissas across, a block of rows per scheme and ratio."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from mecopt.report.plot import axis_label, note

LABEL, COLUMN = 13, 9
"""Widths; seven abscissas fit into 80 columns."""


def show(data: Mapping[str, Any], files: Sequence[str]) -> None:
    """Print the means, the ratios, what failed, the caption and the files."""
    width = min(shutil.get_terminal_size().columns, 100)
    caption = textwrap.fill(note(data), width)
    click.echo("\n".join([data["title"], "", *lines(data), "", caption, f"Written: {', '.join(files)}", ""]))


def lines(data: Mapping[str, Any]) -> Iterator[str]:
    """The numbers, then the failures."""
    yield axis_label(data["x"])
    yield row("", [f"{x:g}" for x in data["x"]["values"]])
    for scheme in data["schemes"]:
        yield f"{scheme['label']}, {axis_label(data['y'])}"
        yield row("mean", map(number, scheme["mean"]))
        yield row("± (95 %)", map(number, scheme["half_width_95"]))
        if scheme["printed"]:
            yield row("paper's", map(number, scheme["printed"]))
    for ratio in data["ratios"]:
        yield f"{ratio['label']}, per realisation"
        yield row("median", map(number, ratio["median"]))
        yield row("maximum", map(number, ratio["max"]))
    yield from failures(data)


def failures(data: Mapping[str, Any]) -> Iterator[str]:
    """A sentence per scheme, abscissa and reason."""
    for scheme in data["schemes"]:
        for x, reasons in zip(data["x"]["values"], scheme["failed"], strict=True):
            for reason, count in reasons.items():
                yield f"{scheme['label']} failed on {count} of {data['samples']} at {x:g}: {reason}"


def row(label: str, cells: Any) -> str:
    return f"  {label:<{LABEL - 2}}" + "".join(f"{cell:>{COLUMN}}" for cell in cells)


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
