"""The tree of a model as a picture: SVG without any library, readable without colours too."""

from html import escape

from mecopt.explain.tree import Node

COLOURS = {
    "constant": "#e8e8e8",
    "affine": "#dbe9f6",
    "convex": "#d9f0d3",
    "concave": "#fde3cf",
    "unknown": "#f6c9c9",
    "": "#ffffff",
}
"""Fill by curvature."""

WIDTH, HEIGHT, GAP_X, GAP_Y, LETTER = 96, 40, 12, 30, 7.2
"""Least box, gaps and width of a letter, in pixels."""


def as_svg(roots: list[Node]) -> str:
    """All trees below each other, with a legend of the colours."""
    parts: list[str] = []
    right, top = 0.0, 50.0
    for root in roots:
        drawing = _Drawing(top)
        drawing.place(root, 0)
        parts += drawing.parts
        right, top = max(right, drawing.right), drawing.bottom + GAP_Y
    legend, x = [], 10.0
    for name in ("constant", "affine", "convex", "concave", "unknown"):
        legend.append(_box(x, 10, 80, 22, COLOURS[name], [name]))
        x += 90
    width, height = max(right, x) + 10, top
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
    head += f'width="{width:.0f}" height="{height:.0f}" font-family="monospace" font-size="12" role="img">'
    title = "<title>The model's expression tree, coloured by curvature</title>"
    paper = f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
    return "\n".join([head, title, paper, *legend, *parts, "</svg>", ""])


class _Drawing:
    """One tree: leaves from left to right, parents above the middle of their children."""

    def __init__(self, top: float) -> None:
        self.top, self.right, self.bottom = top, 10.0, top
        self.parts: list[str] = []

    def place(self, node: Node, depth: int) -> float:
        """Draw a node and what is below it; returns the middle of its box."""
        shape = " x ".join(str(n) for n in node.shape)
        lines = [node.label if len(node.label) <= 26 else f"{node.label[:24]}..", node.marks]
        lines[0] += f" ({shape})" if shape else ""
        width = max(WIDTH, LETTER * max(len(line) for line in lines) + 12)
        y = self.top + depth * (HEIGHT + GAP_Y)
        start = self.right
        middles = [self.place(child, depth + 1) for child in node.children]
        middle = (middles[0] + middles[-1]) / 2 if middles else start + width / 2
        middle = max(middle, start + width / 2)
        for below in middles:
            self.parts.insert(0, _line(middle, y + HEIGHT, below, y + HEIGHT + GAP_Y))
        fill = COLOURS.get(node.curvature, COLOURS[""])
        self.parts.append(_box(middle - width / 2, y, width, HEIGHT, fill, [line for line in lines if line]))
        self.right = max(self.right, middle + width / 2 + GAP_X)
        self.bottom = max(self.bottom, y + HEIGHT)
        return middle


def _box(x: float, y: float, width: float, height: float, fill: str, lines: list[str]) -> str:
    text = "".join(
        f'<text x="{x + width / 2:.1f}" y="{y + height / 2 + 4 + 15 * (i - (len(lines) - 1) / 2):.1f}" '
        f'text-anchor="middle" fill="#111">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    frame = f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="5" '
    return f'{frame}fill="{fill}" stroke="#555"/>{text}'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#888"/>'
