"""`mecopt new`, and `mecopt verify FOLDER`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mecopt import skeleton
from mecopt.cli import main
from mecopt.errors import DataError
from mecopt.testing import LAWS

ROOT = Path(__file__).parents[2]


def mecopt(*arguments: str, cwd: Path, module: str = "mecopt.cli") -> subprocess.CompletedProcess[str]:
    """In a process of its own: papers once imported stay."""
    env = {k: v for k, v in os.environ.items() if k != "MECOPT_PROBLEMS"} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8")
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("own")
    done = mecopt("new", "my_paper", cwd=here)
    assert done.returncode == 0, done.stderr
    (here / "bystander").mkdir()
    (here / "bystander" / "__init__.py").write_text("raise RuntimeError('not a paper')", encoding="utf-8")
    return here / "my_paper"


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_it_verifies_at_once(paper: Path, jobs: str) -> None:
    done = mecopt("verify", "./my_paper", "--jobs", jobs, "--samples", "40", "--json", cwd=paper.parent)
    assert done.returncode == 0, done.stderr
    (claim,) = json.loads(done.stdout)["claims"]
    assert claim["verdict"] == "certified"
    assert (claim["mutants"]["caught"], claim["mutants"]["total"]) == (1, 1)


@pytest.mark.slow
def test_a_misprint_in_it_is_found(paper: Path, tmp_path: Path) -> None:
    (copy := tmp_path / "my_paper").mkdir()
    for file in paper.rglob("*.py"):
        (target := copy / file.relative_to(paper)).parent.mkdir(exist_ok=True)
        text = file.read_text(encoding="utf-8")
        target.write_text(text.replace("roots = np.sqrt(work)", "roots = work"), encoding="utf-8")
    done = mecopt("verify", "my_paper", "--jobs", "1", "--samples", "40", cwd=tmp_path)
    assert done.returncode == 1


@pytest.mark.slow
def test_its_own_tests_pass(paper: Path) -> None:
    done = mecopt("-q", "-p", "no:cacheprovider", str(paper), cwd=paper.parent, module="pytest")
    assert done.returncode == 0, done.stdout
    assert f"{len(LAWS) + 1} passed" in done.stdout  # its claims and every law


def test_its_code_is_as_tidy_as_ours(paper: Path) -> None:
    pytest.importorskip("ruff")
    command = [sys.executable, "-m", "ruff", "--config", str(ROOT / "pyproject.toml")]
    for what in (["check"], ["format", "--check"]):
        done = subprocess.run([*command[:3], *what, *command[3:], str(paper)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [("my-paper", "lower-case"), ("class", "lower-case"), ("tdma_ofdma", "already"), ("taken", "exists")],
)
def test_bad_names_write_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    assert main(["new", name]) == 2
    assert said in capsys.readouterr().err
    assert [p.name for p in tmp_path.rglob("*")] == ["taken"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        skeleton.write("fresh", tmp_path / "file")


BAD = {
    "empty": ({}, "has no __init__.py"),
    "no_claims": ({"__init__.py": ""}, "has no claims/__init__.py"),
    "no_paper": ({"__init__.py": "", "claims/__init__.py": ""}, "defines no PAPER"),
    "half": ({"__init__.py": "x = (", "claims/__init__.py": ""}, "SyntaxError"),
    "raises": ({"__init__.py": "1 / 0", "claims/__init__.py": ""}, "ZeroDivisionError"),
    "not-a-name": ({"__init__.py": "", "claims/__init__.py": ""}, "letters, digits"),
    "tdma_ofdma": ({"__init__.py": "", "claims/__init__.py": ""}, "has a paper of that name"),
    "other_key": (
        {
            "__init__.py": "from mecopt.problem import Paper\nPAPER = Paper('x', 'X', 'y', '', ())",
            "claims/__init__.py": "",
        },
        "has the key 'x'",
    ),
    "unclaimed": (
        {
            "__init__.py": "from mecopt.problem import Paper\nPAPER = Paper('unclaimed', 'X', 'y', '', ())",
            "claims/__init__.py": "",
        },
        "has no claims",
    ),
}


@pytest.mark.parametrize("name", [*BAD, "nowhere"])
def test_bad_folders_are_one_sentence(tmp_path: Path, name: str) -> None:
    files, said = BAD.get(name, ({}, "is no folder"))
    if name != "nowhere":
        (tmp_path / name).mkdir()
    for file, text in files.items():
        (path := tmp_path / name / file).parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    done = mecopt("verify", f"./{name}", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "mecopt-report").exists()
