"""The command line: exit statuses, JSON, sentences for bad input."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mecopt import __version__
from mecopt.cli import main

ROOT = Path(__file__).parents[2]
PAPERS = ROOT / "tests" / "claims" / "papers"

P2 = {
    "problem": "P2",
    "input_bits": [5e5, 8e5, 6e5],
    "cycles_per_bit": [1000, 700, 1200],
    "energy_per_cycle": [1e-10, 1.5e-10, 5e-11],
    "local_frequency": [1e9, 6e9, 8e9],
    "channel_gain": [1e-3, 4e-4, 2e-3],
    "weight": [1, 1, 2],
    "bandwidth": 1e6,
    "noise_power": 1e-9,
    "slot_duration": 0.1,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy_papers: None) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p2.json").write_text(json.dumps(P2))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return status, said.out, said.err


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    """Status and the JSON object that is all of standard output."""
    status, out, _ = run(capsys, *arguments, "--json")
    assert out.count("\n") == 1
    return status, json.loads(out, parse_constant=pytest.fail)


def test_verify_json_and_report(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    status, found = answer(capsys, "verify", "toy", "--samples", "60", "--jobs", "1")
    assert status == 0
    assert set(found) == {"claims"}
    keys = {
        "id",
        "source",
        "statement",
        "verdict",
        "instances",
        "margin",
        "mutants",
        "counterexample",
        "correction",
    }
    assert all(keys <= set(c) for c in found["claims"])
    refuted = next(c for c in found["claims"] if c["verdict"] == "refuted")
    assert refuted["case"] == {"n": 101}
    assert refuted["mutants"]["caught"] == refuted["mutants"]["total"] == 2
    assert refuted["correction"]["id"] == "TOY-2.corrected"
    assert json.loads((folder / refuted["counterexample"]).read_text())["case"] == {"n": 101}
    status, again = answer(capsys, "verify", "--replay", refuted["counterexample"])
    assert status == 0
    assert again["violated"]
    assert again["certified"]


def test_verify_table(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "verify", "toy", "--samples", "60", "--jobs", "1", "--out", "a/b")
    assert status == 0
    assert "\x1b" not in out
    assert err == ""
    lines = out.splitlines()
    assert lines[0].split() == ["claim", "source", "cases", "margin", "mutants", "verdict"]
    assert [line.split()[0] for line in lines[1:5]] == ["TOY-1", "TOY-2", "TOY-2.corrected", "TOY-3"]
    assert lines[4].endswith("1/1  proved")
    assert '{"n": 101}' in out
    assert "mecopt verify --replay a/b/counterexamples/TOY-2.json" in out
    assert "All as recorded." in out
    assert Path("a/b/index.html").is_file()


def test_verify_fails_when_a_verdict_is_not_as_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "verify", "BAD-survivor", "BAD-wrong", "toy", "--samples", "60")
    assert status == 1
    assert "supported !" in out
    assert "the check does not notice: harmless" in out
    assert "2 not as recorded." in out


def test_verify_json_reports_progress_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = run(capsys, "verify", "TOY-1", "--samples", "5", "--jobs", "1", "--json")
    assert err == "[1/1] TOY-1: supported\n"


def test_replay_of_a_case_that_is_no_counterexample_fails(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.json").write_text('{"claim": "TOY-2", "case": {"n": 3}}')
    status, out, _ = run(capsys, "verify", "--replay", "c.json")
    assert status == 1
    assert "does not violate" in out
    assert run(capsys, "verify", "toy", "--replay", "c.json")[0] == 2


@pytest.mark.parametrize("method", ["closed-form", "cvxpy:CLARABEL"])
def test_solve_json(capsys: pytest.CaptureFixture[str], method: str) -> None:
    status, found = answer(capsys, "solve", "tdma_ofdma.P2", "p2.json", "--method", method)
    assert status == 0
    keys = {
        "problem",
        "method",
        "status",
        "value",
        "bound",
        "gap",
        "infeasibility",
        "rigorous",
        "seconds",
        "x",
    }
    assert keys <= set(found)
    assert found["status"] == "optimal"
    assert found["rigorous"] is True
    assert found["value"] == pytest.approx(0.038934138, rel=1e-6)
    assert found["x"]["time_price"] == pytest.approx(1.5166407, rel=1e-3)


def test_solve_for_the_eye(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "solve", "tdma_ofdma.P2", "p2.json")
    assert status == 0
    for part in (
        "optimal",
        "0.03893413822 J",
        "proved in ball arithmetic",
        "offloaded_bits (bit)",
        "566311.19",
    ):
        assert part in out


def test_solve_reads_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(P2)))
    assert answer(capsys, "solve", "tdma_ofdma.P2", "-")[1]["status"] == "optimal"
    monkeypatch.setattr(sys, "stdin", None)
    assert run(capsys, "solve", "tdma_ofdma.P2", "-")[0] == 2


def test_solve_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "solve", "tdma_ofdma.P2", "p2.json", "--method", "baseline:equal")[0] == 0
    too_tight = ("--method", "cvxpy:CLARABEL", "--tol", "1e-15")
    status, found = answer(capsys, "solve", "tdma_ofdma.P2", "p2.json", *too_tight)
    assert (status, found["status"]) == (1, "feasible")
    status, found = answer(capsys, "solve", "tdma_ofdma.P2", "p2.json", "--method", "baseline:all-local")
    assert (status, found["status"]) == (1, "failed")
    Path("p1.json").write_text(json.dumps(P2 | {"problem": "P1", "cloud_capacity": 1.0}))
    status, found = answer(capsys, "solve", "tdma_ofdma.P1", "p1.json")
    assert (status, found["status"], found["value"]) == (0, "infeasible", None)
    assert run(capsys, "solve", "tdma_ofdma.P1", "p1.json")[0] == 0


def test_solve_a_batch(capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.json").write_text(json.dumps(P2 | {"slot_duration": [0.1, 0.2]}))
    status, found = answer(capsys, "solve", "tdma_ofdma.P2", "b.json")
    assert (status, found["status"]) == (0, ["optimal", "optimal"])
    status, out, _ = run(capsys, "solve", "tdma_ofdma.P2", "b.json", "--no-rigorous")
    assert status == 0
    assert out.count("optimal") == 2


def test_certify(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "solve", "tdma_ofdma.P2", "p2.json", "--json")
    Path("best.json").write_text(json.dumps(answer(capsys, "solve", "tdma_ofdma.P2", "p2.json")[1]))
    status, found = answer(capsys, "certify", "tdma_ofdma.P2", "p2.json", "best.json")
    assert (status, found["status"]) == (0, "optimal")
    point = {"offloaded_bits": [5e5, 5e5, 6e5], "offloading_time": [0.03, 0.03, 0.03]}
    Path("point.json").write_text(json.dumps(point))
    status, found = answer(capsys, "certify", "tdma_ofdma.P2", "p2.json", "point.json")
    assert (status, found["status"]) == (1, "feasible")
    assert found["gap"] > 0.1
    status, out, _ = run(capsys, "certify", "tdma_ofdma.P2", "p2.json", "point.json")
    assert status == 1
    assert "above the optimum" in out
    Path("point.json").write_text(json.dumps(point | {"offloading_time": [1.0, 0.03, 0.03]}))
    assert answer(capsys, "certify", "tdma_ofdma.P2", "p2.json", "point.json")[1]["status"] == "failed"


@pytest.mark.parametrize(
    ("point", "complaint"),
    [
        ({"offloaded_bits": [1, 1, 1]}, "offloading_time"),
        ({"offloaded_bits": [1, 1, 1], "speed": [1, 1, 1]}, "speed: unknown"),
        ({"offloaded_bits": [1, 1, 1], "offloading_time": None}, "offloading_time: got null"),
        ({"offloaded_bits": [1, 1], "offloading_time": [1, 1]}, "offloaded_bits"),
        ({"offloaded_bits": "x", "offloading_time": [1, 1, 1]}, "offloaded_bits"),
    ],
)
def test_certify_refuses_malformed_points(
    capsys: pytest.CaptureFixture[str], point: dict, complaint: str
) -> None:
    Path("point.json").write_text(json.dumps(point))
    status, _, err = run(capsys, "certify", "tdma_ofdma.P2", "p2.json", "point.json")
    assert status == 2
    assert complaint in err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "holds a JSON array"),
        (b"3", "holds a JSON number"),
        (b"null", "holds a JSON null"),
        (b'{"a": 1, "a": 2}', "'a' twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b"[" * 100000, "nested too deeply"),
        (b"\xff\xfe\x00", "not a text file"),
        (b'{"bandwidth": 1}', "missing"),
        (json.dumps(P2 | {"bandwidth": -1}).encode(), "bandwidth: got -1.0"),
        (json.dumps(P2 | {"bandwith": 1}).encode(), "bandwith: unknown key"),
        (json.dumps(P2 | {"weight": "a"}).encode(), "weight: got"),
        (json.dumps(P2 | {"weight": True}).encode(), "weight: got"),
        (json.dumps(P2 | {"weight": None}).encode(), "weight: got"),
        (json.dumps(P2 | {"weight": [1, 2]}).encode(), "has 2 users"),
        (json.dumps(P2 | {"problem": "P1"}).encode(), "the data says 'P1'"),
    ],
)
def test_bad_instances_end_in_one_sentence(
    capsys: pytest.CaptureFixture[str], text: bytes, complaint: str
) -> None:
    Path("bad.json").write_bytes(text)
    status, out, err = run(capsys, "solve", "tdma_ofdma.P2", "bad.json")
    assert (status, out) == (2, "")
    assert complaint in err
    assert err.startswith("mecopt: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["solve", "tdma_ofdma.P2", "none.json"], "cannot be read"),
        (["solve", "tdma_ofdma.P2", "."], "cannot be read"),
        (["solve", "tdma_ofdma.P2", "\0"], "cannot be read"),
        (["solve", "tdma_ofdma.P9", "p2.json"], "unknown problem 'tdma_ofdma.P9'"),
        (["solve", "tdma_ofdma", "p2.json"], "unknown problem 'tdma_ofdma'"),
        (["solve", "nobody.P1", "p2.json"], "unknown problem 'nobody.P1'"),
        (["solve", "tdma_ofdma.P2", "p2.json", "--method", "foo"], "unknown method 'foo'"),
        (["solve", "tdma_ofdma.P2", "p2.json", "--tol", "nan"], "--tol nan"),
        (["solve", "tdma_ofdma.P2", "p2.json", "--tol", "-1"], "--tol -1"),
        (["solve", "tdma_ofdma.P2", "p2.json", "--tol", "x"], "not a valid float"),
        (["solve", "tdma_ofdma.P2"], "Missing argument"),
        (["certify", "tdma_ofdma.P2", "p2.json", "none.json"], "cannot be read"),
        (["verify", "nobody"], "unknown paper or claim 'nobody'"),
        (["verify", "toy", "--samples", "0"], "samples: got 0"),
        (["verify", "toy", "--seed", "-1"], "seed: got -1"),
        (["verify", "toy", "--jobs", "0"], "jobs: got 0"),
        (["verify", "toy", "--out", "p2.json"], "is a file"),
        (["verify", "toy", "--out", "."], "holds 'p2.json'"),
        (["verify", "--replay", "none.json"], "cannot be read"),
        (["verify", "--replay", "p2.json"], "no text 'claim'"),
        (["list", "nobody.P1"], "unknown problem"),
        (["frobnicate"], "No such command"),
        (["solve", "--frobnicate"], "No such option"),
    ],
)
def test_wrong_arguments(capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert complaint in err


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = answer(capsys, "list")
    assert status == 0
    papers = {paper["key"]: paper for paper in found["papers"]}
    assert papers["toy"]["claims"] == 4
    problems = {p["key"]: p for p in papers["tdma_ofdma"]["problems"]}
    assert set(problems) >= {"tdma_ofdma.P1", "tdma_ofdma.P2", "tdma_ofdma.P3"}
    assert {"closed-form", "cvxpy:CLARABEL", "cvxpy:SCS"} <= set(problems["tdma_ofdma.P2"]["methods"])
    status, out, _ = run(capsys, "list")
    assert status == 0
    assert "tdma_ofdma.P3" in out


def test_list_one_problem(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = answer(capsys, "list", "tdma_ofdma.P1")
    assert status == 0
    assert {"name": "cloud_capacity"}.items() <= found["data"][-1].items()
    assert "channel_gain" in run(capsys, "list", "tdma_ofdma.P1")[1]


@pytest.mark.parametrize("command", [[], ["verify"], ["solve"], ["certify"], ["list"]])
def test_help(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    status, out, _ = run(capsys, *command, "--help")
    assert status == 0
    assert "mecopt " in out
    assert run(capsys, "--version")[1] == f"mecopt {__version__}\n"


def spawn(*arguments: str) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT), "MECOPT_PROBLEMS": str(PAPERS)}
    command = [sys.executable, "-m", "mecopt.cli", *arguments]
    return subprocess.Popen(
        command,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts() -> None:
    """A job started in the background of a shell, as CI may be, hands down that SIGINT is to be ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _past_the_imports(process: "subprocess.Popen[str]") -> None:
    """Wait until it has started workers or worked for 3 s, twice what imports take, however late that is.

    What is interrupted during an import is for the imported library to say: some let it pass.
    """
    here = Path(f"/proc/{process.pid}")
    if not here.exists():
        time.sleep(8)
        return

    def has_children() -> bool:
        try:
            return any((thread / "children").read_text() for thread in (here / "task").iterdir())
        except OSError:  # a thread that ended meanwhile
            return False

    end = time.monotonic() + 60
    while time.monotonic() < end:
        user, system = (here / "stat").read_text().rpartition(")")[2].split()[11:13]
        if has_children() or (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") >= 3:
            return
        time.sleep(0.05)


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupt(jobs: str, folder: Path) -> None:
    with spawn("verify", "toy", "--samples", "100000", "--jobs", jobs) as process:
        _past_the_imports(process)
        process.send_signal(signal.SIGINT)
        try:
            _out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    # a shell says 130 to both: Python ends by the signal itself where it came during an `exec`, as in imports
    assert process.returncode in (130, -signal.SIGINT)
    assert err.strip() == "Interrupted."
    assert not (folder / "mecopt-report").exists()
    assert {entry.name for entry in folder.iterdir()} == {"p2.json"}


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["verify", "toy", "--samples", "5"]])
def test_reader_of_the_pipe_goes_away(arguments: list[str]) -> None:
    with spawn(*arguments) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) in (0, 1)
