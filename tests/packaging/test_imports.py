"""The papers import as `mecopt.problems.<key>` wherever mecopt comes from, each from exactly one place.

Every case runs in a virtual environment of its own, which borrows the dependencies of the environment under
test but not its mecopt; each test asserts which files were imported, so a leak cannot pass.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("pip", reason="wheels are installed with pip")
pytest.importorskip("hatchling", reason="wheels are built with hatchling, from the extra 'test'")

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).parents[2]

PROBE = """
import importlib, json, sys
from pathlib import Path
import mecopt, mecopt.problems
from mecopt.problem import papers
key = sys.argv[1]
print(json.dumps({
    "toolkit": str(Path(mecopt.__file__).resolve().parent),
    "paper": str(Path(importlib.import_module(f"mecopt.problems.{key}").__file__).resolve().parent),
    "papers": list(papers()),
    "homes": [folder for folder in mecopt.problems.__path__ if (Path(folder) / key).is_dir()],
}))
"""

PRIVATE_PAPER = """
from mecopt.problem import Paper
PAPER = Paper(key="toy", title="A private paper", source="nobody, nowhere", doi="", problems=())
"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its interpreter, its scripts and where its packages lie."""

    python: Path
    packages: Path

    @property
    def script(self) -> Path:
        return self.python.with_name("mecopt" + self.python.suffix)

    def probe(self, cwd: Path, key: str = "tdma_ofdma", **env: str) -> dict:
        return json.loads(run(self.python, "-c", PROBE, key, cwd=cwd, **env).stdout)


def run(*command: str | Path, cwd: Path, check: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command that inherits nothing which could point at another mecopt."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MECOPT"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=inherited | {"PYTHONUTF8": "1"} | env,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if check and done.returncode != 0:
        pytest.fail(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def build(kind: str, source: Path, out: Path) -> Path:
    """Call the build backend as pip does: kind is `wheel`, `editable` or `sdist`."""
    out.mkdir(parents=True, exist_ok=True)
    code = f"import sys; from hatchling.build import build_{kind} as build; print(build(sys.argv[1]))"
    return out / run(sys.executable, "-c", code, out, cwd=source).stdout.split()[-1]


def environment(folder: Path, *wheels: Path) -> Environment:
    """A virtual environment with these wheels and the present environment's other packages."""
    venv.create(folder, symlinks=os.name != "nt")
    place = {"base": str(folder), "platbase": str(folder)}
    scripts = Path(sysconfig.get_path("scripts", "venv", place))
    env = Environment(
        scripts / f"python{'.exe' if os.name == 'nt' else ''}",
        Path(sysconfig.get_path("purelib", "venv", place)),
    )
    for wheel in wheels:
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            env.python,
            "install",
            "--no-deps",
            "--no-index",
            wheel,
        ]
        run(*pip, cwd=folder)
    # A plain path entry: the .pth files in there, an editable mecopt's among them, are not read. It comes
    # after the environment's own packages, and is written last so that pip above has not seen a mecopt there.
    borrowed = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (env.packages / "zz-borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    return env


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packaging").resolve()


@pytest.fixture(scope="module")
def wheel(work: Path) -> Path:
    return build("wheel", ROOT, work / "wheel")


@pytest.fixture(scope="module")
def with_wheel(work: Path, wheel: Path) -> Environment:
    return environment(work / "with-wheel", wheel)


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder with one private paper."""
    paper = tmp_path / "private" / "toy"
    paper.mkdir(parents=True)
    (paper / "__init__.py").write_text(PRIVATE_PAPER, encoding="utf-8")
    return paper.parent


def found(toolkit: Path, paper: Path, *others: str) -> dict:
    """What the probe must report."""
    built_in = {folder.parent.name for folder in (ROOT / "problems").glob("*/__init__.py")}
    return {
        "toolkit": str(toolkit),
        "paper": str(paper),
        "papers": sorted({*built_in, *others}),
        "homes": [str(paper.parent)],
    }


def test_checkout_with_nothing_installed(work: Path) -> None:
    bare = environment(work / "bare")
    assert bare.probe(ROOT) == found(ROOT / "mecopt", ROOT / "problems" / "tdma_ofdma")


def test_editable_install(work: Path, tmp_path: Path) -> None:
    editable = environment(work / "editable", build("editable", ROOT, work / "editable-wheel"))
    assert editable.probe(tmp_path) == found(ROOT / "mecopt", ROOT / "problems" / "tdma_ofdma")
    assert not (editable.packages / "mecopt").exists()


def test_wheel_in_an_empty_folder(with_wheel: Environment, tmp_path: Path) -> None:
    toolkit = with_wheel.packages / "mecopt"
    assert with_wheel.probe(tmp_path) == found(toolkit, toolkit / "problems" / "tdma_ofdma")
    assert "tdma_ofdma" in run(with_wheel.script, "list", cwd=tmp_path).stdout
    assert list(tmp_path.iterdir()) == []


def test_checkout_root_with_a_wheel_installed(with_wheel: Environment) -> None:
    assert with_wheel.probe(ROOT) == found(ROOT / "mecopt", ROOT / "problems" / "tdma_ofdma")
    assert "tdma_ofdma" in run(with_wheel.script, "list", cwd=ROOT).stdout


def test_private_papers(with_wheel: Environment, private: Path, tmp_path: Path) -> None:
    toolkit = with_wheel.packages / "mecopt"
    seen = with_wheel.probe(
        tmp_path, "toy", MECOPT_PROBLEMS=os.pathsep.join([str(private), str(private / "..")])
    )
    assert seen == found(toolkit, private / "toy", "toy")
    assert "toy" in run(with_wheel.script, "list", cwd=tmp_path, MECOPT_PROBLEMS=str(private)).stdout


def test_a_paper_is_not_found_twice(with_wheel: Environment, tmp_path: Path) -> None:
    toolkit = with_wheel.packages / "mecopt"
    papers = str(ROOT / "problems")
    assert with_wheel.probe(ROOT, MECOPT_PROBLEMS=papers) == found(
        ROOT / "mecopt", ROOT / "problems" / "tdma_ofdma"
    )
    done = run(with_wheel.python, "-c", PROBE, "tdma_ofdma", cwd=tmp_path, MECOPT_PROBLEMS=papers)
    assert json.loads(done.stdout)["paper"] == str(toolkit / "problems" / "tdma_ofdma")
    assert f"paper 'tdma_ofdma' in {papers} is not used" in done.stderr


def test_a_missing_private_folder_is_named(with_wheel: Environment, tmp_path: Path) -> None:
    done = run(
        with_wheel.script, "list", cwd=tmp_path, check=False, MECOPT_PROBLEMS=str(tmp_path / "nowhere")
    )
    assert done.returncode == 2
    assert "MECOPT_PROBLEMS" in done.stderr
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def shipped(folder: Path, prefix: str) -> set[str]:
    """The files of a source folder, as they are to be named in the wheel."""
    made = {"__pycache__", "__marimo__"}  # by running the sources
    files = [file for file in folder.rglob("*") if file.is_file() and made.isdisjoint(file.parts)]
    return {f"{prefix}/{file.relative_to(folder).as_posix()}" for file in files}


def test_wheel_has_every_file_and_no_other(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    content = {name for name in names if ".dist-info/" not in name}
    assert content == shipped(ROOT / "mecopt", "mecopt") | shipped(ROOT / "problems", "mecopt/problems")
    assert {
        "mecopt/py.typed",
        "mecopt/problems/__init__.py",
        "mecopt/problems/tdma_ofdma/__init__.py",
    } <= content


def test_wheel_from_sdist_is_the_same(wheel: Path, work: Path) -> None:
    sdist = build("sdist", ROOT, work / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(work / "unpacked", filter="data")
    (source,) = (work / "unpacked").iterdir()
    again = build("wheel", source, work / "wheel-from-sdist")
    assert contents(again) == contents(wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
