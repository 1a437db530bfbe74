"""Curves for lessons, as SVG without a plotting library: lines, and points that sliders move."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

WIDTH, HEIGHT, LEFT, BOTTOM = 560.0, 260.0, 70.0, 44.0
STROKES = (("#1f5fa8", ""), ("#b3541e", "6 4"), ("#2d7d46", "2 3"))
"""Colour and dashes of the curves, in their order: they differ without colours too."""


def curve(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    points: Mapping[str, tuple[float, float]] | None = None,
    x_label: str = "",
    y_range: tuple[float, float] | None = None,
) -> str:
    """An SVG picture of `lines` over `x` (values that are not finite are left out), and named `points`."""
    xs = np.asarray(x, dtype=float)
    curves = {name: np.asarray(values, dtype=float) for name, values in lines.items()}
    marks = points or {}
    everything = np.concatenate([*curves.values(), [y for _, y in marks.values()]])
    finite = everything[np.isfinite(everything)]
    low, high = y_range or (float(finite.min()), float(finite.max()))
    high = high if high > low else low + 1.0

    def place(a: float, b: float) -> tuple[float, float]:
        across = (a - xs[0]) / (xs[-1] - xs[0])
        up = (b - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - 12), 12 + (1 - up) * (HEIGHT - BOTTOM - 12)

    parts = [_axes((float(xs[0]), float(xs[-1])), (low, high), x_label)]
    for number, (name, ys) in enumerate(curves.items()):
        colour, dashes = STROKES[number % len(STROKES)]
        shown = [place(a, b) for a, b in zip(xs, ys, strict=True) if np.isfinite(b) and low <= b <= high]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in shown)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        )
        parts.append(_text(WIDTH - 16, 26 + 16 * number, name, colour, "end"))
    for name, (a, b) in marks.items():
        u, v = place(a, min(max(b, low), high))
        parts.append(f'<circle cx="{u:.1f}" cy="{v:.1f}" r="5" fill="#111"/>')
        parts.append(_text(u + 8, v - 8, name, "#111", "start"))
    size = f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" width="{WIDTH:.0f}" height="{HEIGHT:.0f}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12" role="img">'
    )
    return "\n".join(
        [head, f'<rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}" fill="#fff"/>', *parts, "</svg>"]
    )


def _axes(x: Sequence[float], y: Sequence[float], label: str) -> str:
    floor = HEIGHT - BOTTOM
    lines = f'<path d="M{LEFT} 12 V{floor} H{WIDTH - 12}" fill="none" stroke="#555"/>'
    ends = _text(LEFT, floor + 16, f"{x[0]:.3g}", "#333", "middle")
    ends += _text(WIDTH - 12, floor + 16, f"{x[1]:.3g}", "#333", "end")
    ends += _text(LEFT - 6, floor, f"{y[0]:.4g}", "#333", "end") + _text(
        LEFT - 6, 20, f"{y[1]:.4g}", "#333", "end"
    )
    return lines + ends + _text((LEFT + WIDTH) / 2, floor + 32, label, "#333", "middle")


def _text(x: float, y: float, text: str, colour: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'
