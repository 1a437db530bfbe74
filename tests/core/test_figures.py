"""What a reproduced figure says of given outcomes, and its files."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from mecopt import figures
from mecopt.errors import DataError, UnknownName
from mecopt.figures import Figure, Outcome, Scheme
from mecopt.report import plot, tables


def draw(samples: int, seed: int) -> list[float]:
    return [seed + i + 1.0 for i in range(samples)]


def measure(draw: float, x: float) -> Mapping[str, Outcome]:
    """The better scheme costs draw/x, the other twice that."""
    return {"best": Outcome(draw / x, draw / x, 0.1), "other": Outcome(2 * draw / x, 0.0, 0.2)}


FIGURE = Figure(
    key="1",
    title="A figure",
    caption="Nothing was assumed.",
    axis="length, L",
    unit="m",
    points=(1, 2),
    schemes=(Scheme("best", "best"), Scheme("other", "other", printed=(3.0, math.nan))),
    draw=draw,
    measure=measure,
    orders=(("best", "other"),),
    falls=("best",),
    ratios=(("other", "best"),),
    log_y=True,
)


def test_means_intervals_and_ratios() -> None:
    data = figures.reproduce(FIGURE, samples=3, seed=0)
    best, other = data["schemes"]
    assert best["mean"] == [2, 1]
    # Student's factor for 3 values is 4.3027
    assert best["half_width_95"] == pytest.approx([4.30265 / math.sqrt(3), 4.30265 / math.sqrt(12)], rel=1e-5)
    assert other["printed"] == [3.0, None]
    assert data["ratios"] == [{"label": "other / best", "median": [2, 2], "max": [2, 2]}]
    assert data["violations"] == []
    json.dumps(data, allow_nan=False)


def test_one_realisation_has_no_interval() -> None:
    data = figures.reproduce(FIGURE, samples=1, seed=0)
    assert data["schemes"][0]["half_width_95"] == [None, None]
    assert plot.png(FIGURE, data).startswith(b"\x89PNG")


def test_long_words_stay_inside_the_picture() -> None:
    long = replace(
        FIGURE,
        caption="The preferences of the WWW users, 100 of them (as assumed, at 20 dBm). " * 8,
        schemes=tuple(
            Scheme(name, "a scheme that says of itself what it does" * twice)
            for name, twice in (("best", 1), ("other", 2))
        ),
    )
    image = matplotlib.image.imread(io.BytesIO(plot.png(long, figures.reproduce(long, samples=3, seed=0))))
    height = len(image)
    for words in (image[: height // 12], image[-height // 12 :]):  # the legend, the caption
        edges = np.concatenate([words[:, :8], words[:, -8:]], axis=1)
        assert np.all(edges == 1.0)
        assert not np.all(words == 1.0)


def test_schemes_of_a_single_point_stand_side_by_side() -> None:
    one = replace(FIGURE, points=(1,), schemes=(Scheme("best", "best"), Scheme("other", "other")))
    picture = plot.png(one, figures.reproduce(one, samples=3, seed=0))
    image = matplotlib.image.imread(io.BytesIO(picture))[150:-150, :, :3]  # without legend and caption
    centres = []
    for colour in plot.COLOURS[:2]:
        wanted = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        columns = np.flatnonzero(np.any(np.all(np.abs(image - wanted) < 0.01, axis=-1), axis=0))
        centres.append(float(np.mean(columns)))
    assert centres[1] - centres[0] > image.shape[1] / 2


def test_failures_are_counted_and_left_out_of_every_mean() -> None:
    def sometimes(draw: float, x: float) -> Mapping[str, Outcome]:
        found = dict(measure(draw, x))
        return found | ({"other": Outcome(math.nan, said="lost")} if draw == x else {})

    data = figures.reproduce(replace(FIGURE, measure=sometimes), samples=3, seed=0)
    assert data["realisations_used"] == [2, 2]
    assert data["schemes"][0]["mean"] == [2.5, 1]
    assert data["schemes"][1]["failed"] == [{"lost": 1}, {"lost": 1}]
    assert "other failed on 1 of 3 at 1: lost" in list(tables.lines(data))
    assert "2 at 1" in plot.note(data)


def test_a_figure_of_failures_only_still_has_files_and_picture(tmp_path: Path) -> None:
    nothing = replace(FIGURE, measure=lambda d, x: dict.fromkeys(("best", "other"), Outcome(math.nan)))
    data = figures.reproduce(nothing, samples=2, seed=0)
    assert data["schemes"][0]["mean"] == [None, None]
    assert data["schemes"][0]["failed"][0] == {"no feasible point": 2}
    figures.write(data, tmp_path, picture=plot.png(nothing, data))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"orders": (("other", "best"),)}, "other is above best at L = 1 m, realisation 1: 2 > 1 J"),
        ({"rises": ("best",)}, "best falls from L = 1 m to 2, realisation 1: 1 > 0.5"),
    ],
)
def test_violated_orders_are_told(change: dict, sentence: str) -> None:
    honest = replace(
        FIGURE,
        measure=lambda d, x: {k: Outcome(o.value, o.value) for k, o in measure(d, x).items()},
        **change,
    )
    told = figures.reproduce(honest, samples=1, seed=0)["violations"]
    assert sentence in told


def test_files(tmp_path: Path) -> None:
    data = figures.reproduce(FIGURE, samples=3, seed=0)
    files = figures.write(data, tmp_path / "new", picture=plot.png(FIGURE, data))
    assert sorted(Path(f).name for f in files) == ["1.csv", "1.json", "1.png"]
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["1.csv", "1.json", "1.png"]
    with (tmp_path / "new" / "1.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {
        "x": "1",
        "scheme": "other",
        "mean_J": "4.0",
        "half_width_95_J": rows[1]["half_width_95_J"],
        "used": "3",
        "failed": "0",
        "printed_J": "3.0",
    }
    assert json.loads((tmp_path / "new" / "1.json").read_text())["schemes"][0]["mean"] == [2, 1]
    figures.write(data, tmp_path / "new", picture=None)
    assert not (tmp_path / "new" / "1.png").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        figures.check_folder(tmp_path / "file")


def test_unknown_names() -> None:
    with pytest.raises(UnknownName, match=r"unknown figure '9'.*table-1"):
        figures.find("tdma_ofdma", "9")
    with pytest.raises(UnknownName, match="unknown paper"):
        figures.find("no_paper", "3a")
    assert len(figures.find("tdma_ofdma", "all")) == 7
