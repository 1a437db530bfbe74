"""The picture of a reproduced figure. matplotlib is optional and imported only to draw."""

import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from mecopt.figures import Figure

ADVICE = "matplotlib is not installed; pip install 'mecopt[plots]' to get one. The numbers are written."

COLOURS = ("#0072b2", "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#56b4e9", "#444444", "#b8a800")
"""Okabe and Ito's, told apart by the colour-blind."""

MARKERS = "os^DvxP*"

WIDTH, HEIGHT = 7.2, 5.8
"""Of the picture, in inches."""

MARGIN = 0.02
"""Part of the width that stays free on either side of the words."""

DPI = 150

KEY_WIDTH = 45.0 * DPI / 72
"""Pixels that a legend of 8 points takes beside each label: the line, the marker and the space between."""

CUT = " Bars that reach below a tenth of the mean are cut there."


def available() -> bool:
    """Whether a picture can be drawn here."""
    return find_spec("matplotlib") is not None


def png(figure: Figure, data: Mapping[str, Any]) -> bytes:
    """Means with 95 % confidence intervals, the paper's own numbers hollow and dashed, the caption below."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = canvas.add_subplot()
    cut = [_curve(axes, figure, data, place) for place in range(len(data["schemes"]))]
    axes.set_ylabel(axis_label(data["y"]))
    if figure.log_y:
        axes.set_yscale("log")
    _horizontal(axes, figure, data)
    axes.grid(alpha=0.3)
    axes.set_title(data["title"], fontsize=11)
    # the curves in the schemes' order, then those of the paper
    drawn: list[Any] = [*axes.containers, *axes.lines]
    named = {str(line.get_label()): line for line in drawn if not str(line.get_label()).startswith("_")}
    labels = list(named)
    columns = legend_columns(labels)
    canvas.legend(list(named.values()), labels, loc="outside upper center", ncols=columns, fontsize=8)
    caption = note(data) + (CUT if any(cut) else "")
    canvas.supxlabel(wrapped(caption, size=7), fontsize=7, ha="left", x=MARGIN)
    image = io.BytesIO()
    canvas.savefig(image, format="png", dpi=DPI)
    return image.getvalue()


def room() -> float:
    """Pixels from margin to margin."""
    return DPI * WIDTH * (1 - 2 * MARGIN)


def length(text: str, size: float) -> float:
    """Pixels that a line of text takes as it is drawn, which is wider than its outlines add up to."""
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

    renderer: Any = RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]
    width, _, _ = renderer.get_text_width_height_descent(text, FontProperties(size=size), False)
    return float(width)


def wrapped(text: str, *, size: float) -> str:
    """The text in lines that fit between the margins; a word that is too long stands alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and length(longer, size) <= room():
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def legend_columns(labels: Sequence[str]) -> int:
    """As many columns as fit: three for three labels, else two, or one."""
    widths = [length(label, 8) + KEY_WIDTH for label in labels]
    for columns in (3, 2):
        parts = np.array_split(widths, columns)
        if (columns == 2 or len(labels) == 3) and sum(np.max(p, initial=0.0) for p in parts) <= room():
            return columns
    return 1


def _curve(axes: Any, figure: Figure, data: Mapping[str, Any], place: int) -> bool:
    """Draw one scheme; whether a bar had to be cut.

    On a logarithmic axis an interval that reaches below 0 has no lower end. The first scheme is
    drawn thick, below the others: it is often hidden by them.
    """
    scheme = data["schemes"][place]
    x = np.array(_places(scheme, data, place), dtype=np.float64)
    mean, half = (np.array(scheme[name], dtype=np.float64) for name in ("mean", "half_width_95"))
    low = np.fmin(half, 0.9 * mean) if figure.log_y else half
    width, size = (4.0, 8.0) if place == 0 else (1.5, 5.0)
    look = {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
    bars = np.nan_to_num(np.array([low, half]))
    label = scheme["label"]
    axes.errorbar(x, mean, bars, label=label, lw=width, ms=size, elinewidth=1, capsize=3, zorder=2, **look)
    if scheme["printed"]:
        printed = np.array(scheme["printed"], dtype=np.float64)
        axes.plot(x, printed, "--", label=f"{label}, the paper's numbers", lw=1, ms=5, mfc="none", **look)
    return bool(np.any(low < half))


def _single(data: Mapping[str, Any]) -> bool:
    """Whether there is one point only: the schemes then stand side by side."""
    return len(data["x"]["values"]) == 1


def _places(scheme: Mapping[str, Any], data: Mapping[str, Any], place: int) -> Sequence[float]:
    """Where a scheme's points lie along the horizontal axis."""
    if _single(data):
        return [place]
    found: Sequence[float] = scheme.get("across", data["x"]["values"])
    return found


def _horizontal(axes: Any, figure: Figure, data: Mapping[str, Any]) -> None:
    """The horizontal axis: schemes side by side, the abscissas, or a parametric figure's two ends."""
    x = data["x"]["values"]
    if _single(data):
        axes.set_xticks(range(len(data["schemes"])), [scheme["label"] for scheme in data["schemes"]])
        axes.set_xlabel(f"{data['x']['name']} = {x[0]:g} {data['x']['unit']}".rstrip())
    elif figure.across is None:
        axes.set_xlabel(axis_label(data["x"]))
        if figure.log_x:
            axes.set_xscale("log", base=2)
        axes.set_xticks(x, [f"{value:g}" for value in x])
    else:
        _parametric(axes, figure, data)


def _parametric(axes: Any, figure: Figure, data: Mapping[str, Any]) -> None:
    """Another quantity along the axis; the first and last abscissa stand at their points."""
    axes.set_xlabel(axis_label(data["across"]))
    if figure.log_x:
        axes.set_xscale("log")
    first, x = data["schemes"][0], data["x"]["values"]
    for end in (0, -1):
        if first["across"][end] is not None:
            place, side = (first["across"][end], first["mean"][end]), "left" if end else "right"
            axes.annotate(figure.at(x[end]), place, (0, 9), textcoords="offset points", fontsize=8, ha=side)


def axis_label(axis: Mapping[str, Any]) -> str:
    """Such as "slot duration, T (ms)"."""
    return f"{axis['name']} ({axis['unit']})" if axis["unit"] else str(axis["name"])


def note(data: Mapping[str, Any]) -> str:
    """The caption with what the run adds: how many realisations, and how many of them were left out."""
    used = data["realisations_used"]
    counted = (
        f" Means of {data['samples']} realisations, seed {data['seed']}, with 95 % confidence intervals."
    )
    if min(used) < data["samples"]:
        rows = zip(used, data["x"]["values"], strict=True)
        kept = ", ".join(f"{count} at {x:g}" for count, x in rows if count < data["samples"])
        counted += f" Only those that no scheme fails on: {kept}."
    return f"{data['caption']}{counted}"
