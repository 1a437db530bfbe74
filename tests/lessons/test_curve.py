"""Curves of lessons: valid SVG, points where they belong, nothing outside the picture."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from mecopt.lessons.curve import HEIGHT, WIDTH, curve

SVG = "{http://www.w3.org/2000/svg}"


def test_points_lie_on_their_curve() -> None:
    x = np.linspace(0, 2, 21)
    root = ET.fromstring(curve(x, {"square": x**2}, points={"one": (1.0, 1.0)}, x_label="a < b"))
    (line,) = root.iter(f"{SVG}polyline")
    (dot,) = root.iter(f"{SVG}circle")
    middle = line.get("points", "").split()[10]
    assert middle == f"{dot.get('cx')},{dot.get('cy')}"
    corners = [tuple(map(float, pair.split(","))) for pair in line.get("points", "").split()]
    assert all(0 <= u <= WIDTH and 0 <= v <= HEIGHT for u, v in corners)
    assert corners[0][1] > corners[-1][1]  # upwards is more


@pytest.mark.parametrize("y", [[1.0, np.inf, 2.0], [1.0, np.nan, 2.0], [3.0, 3.0, 3.0]])
def test_what_is_not_finite_is_left_out(y: list[float]) -> None:
    root = ET.fromstring(curve([0, 1, 2], {"y": y}, points={"far": (1.0, 2.5)}))
    (line,) = root.iter(f"{SVG}polyline")
    assert len(line.get("points", "").split()) == np.isfinite(y).sum()
