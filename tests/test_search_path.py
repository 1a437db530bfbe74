"""Where `mecopt.problems` looks for papers."""

import os
from pathlib import Path

import pytest

from mecopt import problems
from mecopt.errors import DataError


@pytest.fixture
def toolkit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder mecopt/problems of a pretended checkout, without private papers."""
    monkeypatch.delenv("MECOPT_PROBLEMS", raising=False)
    own = tmp_path.resolve() / "mecopt" / "problems"
    own.mkdir(parents=True)
    return own


def paper(folder: Path, key: str) -> None:
    (folder / key).mkdir(parents=True)
    (folder / key / "__init__.py").touch()


def test_unmarked_folder_is_left_alone(toolkit: Path) -> None:
    checkout = toolkit.parents[1] / "problems"
    checkout.mkdir()
    assert problems._search_path(toolkit) == [str(toolkit)]
    (checkout / ".mecopt-problems").touch()
    assert problems._search_path(toolkit) == [str(toolkit), str(checkout)]


def test_a_folder_counts_once_however_it_is_spelled(
    toolkit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path.resolve() / "mine"
    mine.mkdir()
    (tmp_path / "link").symlink_to(mine)
    monkeypatch.chdir(tmp_path)
    spellings = [str(mine), "mine", str(tmp_path / "link"), str(mine / ".." / "mine"), "", str(toolkit)]
    monkeypatch.setenv("MECOPT_PROBLEMS", os.pathsep.join(spellings))
    assert problems._search_path(toolkit) == [str(toolkit), str(mine)]


def test_missing_folder_is_an_error(toolkit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MECOPT_PROBLEMS", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"MECOPT_PROBLEMS.*nowhere.*is not a folder"):
        problems._search_path(toolkit)


def test_hidden_paper_is_reported(tmp_path: Path) -> None:
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    paper(tmp_path / "first", "same")
    paper(tmp_path / "second", "other")
    problems._warn_hidden([first, second])
    paper(tmp_path / "second", "same")
    with pytest.warns(UserWarning, match="'same' in .*second is not used"):
        problems._warn_hidden([first, second])
