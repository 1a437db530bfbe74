"""Charts as inline SVG: no library, no network. Colours are classes: dark and light are CSS's affair."""

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 18, 12, 42

Points = Sequence[tuple[float, float]]


class Axis:
    """A scale from data to pixels, linear or logarithmic, with its ticks."""

    def __init__(self, low: float, high: float, start: float, end: float, *, kind: str) -> None:
        self.low, self.high, self.start, self.end, self.kind = low, high, start, end, kind

    def __call__(self, value: float) -> float:
        """The pixel of a value; what lies outside goes to the edge."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.kind == "log":
            low, high, at = math.log(low), math.log(high), math.log(at)
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Values and labels: powers of ten, or quarters."""
        if self.kind == "share":
            return [(k / 4, f"{25 * k} %") for k in range(5)]
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        step = max(1, math.ceil((last - first) / 6))
        marks = [(10.0**k, power(k)) for k in range(first, last + 1, step)]
        if last - first > 1:
            return marks
        between = [factor * 10.0**k for k in range(first, last) for factor in (2, 5)]
        return marks + [(value, f"{value:g}") for value in between]


def power(exponent: int) -> str:
    """A power of ten as people write it."""
    if -2 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def decades(values: Sequence[float], least: float = 1.0) -> tuple[float, float]:
    """The powers of ten around positive values, at least so many decades apart."""
    usable = [v for v in values if v > 0 and math.isfinite(v)] or [1.0]
    low, high = math.floor(math.log10(min(usable))), math.ceil(math.log10(max(usable)))
    return 10.0**low, 10.0 ** max(high, low + least)


def _frame(x: Axis, y: Axis, x_label: str, y_label: str) -> list[str]:
    parts = []
    for value, label in y.ticks():
        at = y(value)
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 7}" y="{at + 4:.1f}" text-anchor="end">{label}</text>')
    for value, label in x.ticks():
        at = x(value)
        parts.append(f'<path class="grid" d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(
            f'<text class="tick" x="{at:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{label}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text class="axis" x="{middle}" y="{HEIGHT - 5}" text-anchor="middle">{escape(x_label)}</text>'
    )
    height = (TOP + HEIGHT - BOTTOM) / 2
    turned = f"translate(13 {height}) rotate(-90)"
    parts.append(f'<text class="axis" transform="{turned}" text-anchor="middle">{escape(y_label)}</text>')
    return parts


def _svg(parts: Sequence[str], title: str) -> Markup:
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
    return Markup(head + "".join(parts) + "</svg>")  # every text in it has been escaped


def profiles(curves: Mapping[str, Points], colours: Mapping[str, int], title: str) -> Markup:
    """Step curves: share of the instances solved within a factor of the fastest."""
    reach = [ratio for curve in curves.values() for ratio, _ in curve]
    x = Axis(1.0, decades([*reach, 1.0])[1], LEFT, WIDTH - RIGHT, kind="log")
    y = Axis(0.0, 1.0, HEIGHT - BOTTOM, TOP, kind="share")
    parts = _frame(x, y, "time, as a multiple of the fastest", "instances solved")
    for name, curve in curves.items():
        path, last = f"M{x(1.0):.1f} {y(0.0):.1f}", 0.0
        for ratio, share in curve:
            path += f"H{x(ratio):.1f}V{y(share):.1f}"
            last = share
        path += f"H{x(x.high):.1f}"
        label = f"<title>{escape(name)}: {last:.0%}</title>"
        parts.append(f'<path class="line c{colours[name]}" d="{path}">{label}</path>')
    return _svg(parts, title)


def scatter(groups: Mapping[str, Points], colours: Mapping[str, int], allowed: float, title: str) -> Markup:
    """Error against time, one dot per solve; a line at the error allowed."""
    points = [point for group in groups.values() for point in group]
    x = Axis(*decades([seconds * 1e3 for seconds, _ in points]), LEFT, WIDTH - RIGHT, kind="log")
    y = Axis(LEAST_ERROR, MOST_ERROR, HEIGHT - BOTTOM, TOP, kind="log")
    parts = _frame(x, y, "time in ms", "relative error")
    edge, line = WIDTH - RIGHT, y(allowed)
    parts.append(f'<path class="limit" d="M{LEFT} {line:.1f}H{edge}"/>')
    parts.append(f'<text class="tick" x="{edge}" y="{line - 5:.1f}" text-anchor="end">asked for</text>')
    for name, group in groups.items():
        dots = "".join(f"M{x(seconds * 1e3):.1f} {y(error):.1f}h0" for seconds, error in group)
        parts.append(f'<path class="dots c{colours[name]}" d="{dots}"><title>{escape(name)}</title></path>')
        if colours[name] >= FILLED:
            parts.append(f'<path class="holes c{colours[name]}" d="{dots}"/>')
    return _svg(parts, title)


FILLED = 10
"""Contenders with a colour of this number or more have rings for dots."""

LEAST_ERROR, MOST_ERROR = 1e-16, 1e2
"""Errors outside are drawn at the edge: below the last digit, or beyond any use."""
