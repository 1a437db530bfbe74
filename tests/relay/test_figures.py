"""Figures of the relay paper on one realisation: every scheme answers, nothing provable is violated."""

import pytest

from mecopt.figures import figures_of, reproduce

FIGURES = figures_of("relay")


def test_every_figure_and_table_is_there() -> None:
    assert list(FIGURES) == ["2", "table-2", "table-2-time", "3a", "3b", "4", "5a", "5b"]


@pytest.mark.parametrize("key", ["2", "table-2"])
def test_loops(key: str) -> None:
    found = reproduce(FIGURES[key], samples=1, seed=3)
    assert found["violations"] == []
    assert all(n == 1 for n in found["realisations_used"])


@pytest.mark.parametrize("key", ["3b", "5b"])
def test_schemes(key: str) -> None:
    from dataclasses import replace

    figure = replace(FIGURES[key], points=FIGURES[key].points[1:3])
    found = reproduce(figure, samples=1, seed=3)
    assert found["violations"] == []
    means = {scheme["key"]: scheme["mean"] for scheme in found["schemes"]}
    assert means["optimum"][0] <= means["cccp"][0] * (1 + 1e-7)
    if key == "5b":  # proportional to the task
        assert means["optimum"][1] / means["optimum"][0] == pytest.approx(2.0, rel=1e-6)
        assert means["cccp"][1] / means["cccp"][0] == pytest.approx(2.0, rel=1e-4)


def test_energy_against_delay() -> None:
    """As the weight grows every curve goes up and to the left."""
    from dataclasses import replace

    found = reproduce(replace(FIGURES["3a"], points=(0.01, 1.0)), samples=1, seed=3)
    assert found["across"] == {"name": "mean delay", "unit": "s"}
    for scheme in found["schemes"]:
        assert scheme["mean"][0] < scheme["mean"][1]
        assert scheme["across"][0] > scheme["across"][1]


def test_a_worse_optimum_would_be_seen() -> None:
    from dataclasses import replace

    figure = replace(FIGURES["5b"], points=(1.0,), orders=(("df", "optimum"),))
    assert reproduce(figure, samples=1, seed=3)["violations"]
