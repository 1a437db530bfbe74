"""Many claims: targets, order, worker processes that die, replay of counterexamples."""

import json
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

import mecopt.claims
from mecopt import DataError, UnknownName, verify
from mecopt.claims import ClaimError, Mutant, Verdict, claim, claim_papers, claims_of, decades, replay
from mecopt.claims.collect import arrange, find

pytestmark = pytest.mark.usefixtures("toy_papers")
TOY = ["TOY-1", "TOY-2", "TOY-2.corrected", "TOY-3"]


def test_verdicts_come_in_the_order_of_the_paper() -> None:
    assert "toy" in claim_papers()
    assert [c.id for c in claims_of("toy")] == TOY
    verdicts = verify("toy", samples=60, jobs=1)
    assert [v.id for v in verdicts] == TOY
    assert [v.verdict for v in verdicts] == ["supported", "refuted", "certified", "proved"]
    assert all(v.as_recorded for v in verdicts)
    assert {v.paper for v in verdicts} == {"toy"}


def test_processes_change_nothing() -> None:
    arrived: list[tuple[int, int, str]] = []

    def note(done: int, total: int, verdict: Verdict) -> None:
        arrived.append((done, total, verdict.id))

    assert verify("toy", samples=60, jobs=2, progress=note) == verify("toy", samples=60, jobs=1)
    assert [a[:2] for a in arrived] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(a[2] for a in arrived) == TOY


def test_targets_are_claims_or_papers_each_once() -> None:
    verdicts = verify(["TOY-3", "toy", "TOY-3"], samples=5, jobs=1)
    assert [v.id for v in verdicts] == ["TOY-3", "TOY-1", "TOY-2", "TOY-2.corrected"]


def test_claims_of_papers_not_named_are_not_imported() -> None:
    claims_of.cache_clear()
    assert find("toy") == [("toy", name) for name in TOY]
    assert claims_of.cache_info().currsize == 1


def test_correction_is_named_with_its_verdict() -> None:
    (alone,) = verify("TOY-2", samples=60, jobs=1)
    assert alone.correction is not None
    assert alone.correction.id == "TOY-2.corrected"
    assert alone.correction.verdict == "certified"
    assert alone.to_dict()["correction"]["statement"] == "Every n from 0 to 100 obeys n² ≤ 100 n."


def test_everything_that_goes_wrong_has_a_verdict_and_no_claim_takes_others_down() -> None:
    start = time.perf_counter()
    found = {v.id: v for v in verify("broken", samples=60, jobs=2)}
    assert time.perf_counter() - start < 60
    assert {name: v.verdict for name, v in found.items()} == {
        "BAD-crash": "error",
        "BAD-raise": "error",
        "BAD-vacuous": "vacuous",
        "BAD-survivor": "supported",
        "BAD-wrong": "refuted",
        "BAD-uncertified": "error",
    }
    assert not any(v.as_recorded for v in found.values())
    assert "died (exit status 3)" in found["BAD-crash"].note
    assert found["BAD-survivor"].survivors == ("harmless",)


def test_a_check_that_never_ends_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mecopt.claims.pool.TIME_LIMIT", 0.2)  # less than a process takes to start
    verdicts = verify("toy", samples=60, jobs=2)
    assert {v.note for v in verdicts} == {"the check did not end within 0.2 s"}
    assert {v.verdict for v in verdicts} == {"error"}


def test_unknown_target_says_what_there_is() -> None:
    with pytest.raises(UnknownName, match=r"unknown paper or claim 'TOY-l'; did you mean 'TOY-"):
        verify("TOY-l")
    with pytest.raises(UnknownName, match="Choose from"):
        claims_of("nobody")


@pytest.mark.parametrize(
    "bad", [{"samples": 0}, {"seed": -1}, {"jobs": 0}, {"samples": 1.5}, {"samples": True}]
)
def test_wrong_numbers(bad: dict) -> None:
    with pytest.raises(DataError, match=next(iter(bad))):
        verify("toy", **bad)


GOOD = {
    "id": "A",
    "source": "s",
    "statement": "s",
    "recorded": "supported",
    "draws": decades(1, 2),
    "subject": None,
    "mutants": [Mutant("m", 1)],
    "tol": 0.0,
    "tol_reason": "exact",
}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"mutants": []}, "at least one mutant"),
        ({"mutants": [Mutant("m", 1), Mutant("m", 2)]}, "same name"),
        ({"tol_reason": ""}, "tol_reason"),
        ({"tol": float("nan")}, "tol=nan"),
        ({"recorded": "true"}, "choose from proved"),
        ({"recorded": "vacuous"}, "choose from proved"),
        ({"recorded": "proved"}, "no proof"),
        ({"recorded": "refuted", "corrected_by": "B"}, "explanation"),
        ({"recorded": "refuted", "explanation": "No."}, "corrected_by"),
        ({"corrected_by": "A"}, "itself"),
        ({"source": ""}, "source"),
    ],
)
def test_malformed_claims_are_refused(change: dict, complaint: str) -> None:
    with pytest.raises(ClaimError, match=complaint):
        claim(**(GOOD | change))(lambda case, subject: 1.0)


def test_claims_of_a_paper_must_fit_together() -> None:
    a = claim(**GOOD)(lambda case, subject: 1.0)
    b = replace(a, id="B", recorded="refuted", explanation="No.", corrected_by="A")
    assert arrange([b, a], ["A", "not written yet"]) == (a, b)
    with pytest.raises(ClaimError, match="two claims have the id 'A'"):
        arrange([a, replace(a)], [])
    with pytest.raises(ClaimError, match="is no claim of this paper"):
        arrange([b], [])
    with pytest.raises(ClaimError, match="itself recorded as refuted"):
        arrange([a, b, replace(b, id="C", corrected_by="B")], [])


def test_replay(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(json.dumps({"claim": "TOY-2", "case": {"n": 101}}))
    again = replay(file)
    assert again.violated
    assert again.certified
    file.write_text(json.dumps({"claim": "TOY-2", "case": {"n": 100}}))
    assert not replay(file).violated
    file.write_text(json.dumps({"claim": "TOY-2.corrected", "case": {"n": 101}}))
    assert replay(file).slack is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        ("[]", "holds a JSON array"),
        ("{}", "no text 'claim'"),
        ('{"claim": "TOY-2"}', "no object 'case'"),
        ('{"claim": "TOY-2", "case": [1]}', "no object 'case'"),
        ('{"claim": "TOY-2", "case": {"n": NaN}}', "NaN"),
        ('{"claim": "TOY-2", "claim": "TOY-2", "case": {}}', "twice"),
        ('{"claim": "TOY-2", "case": {"m": 1}}', "cannot be checked"),
        ('{"claim": "TOY-2", "case": {"n": "x"}}', "cannot be checked"),
    ],
)
def test_malformed_counterexample_files(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "c.json"
    file.write_text(text)
    with pytest.raises(DataError, match=complaint):
        replay(file)


def test_missing_counterexample_file_and_unknown_claim(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        replay(tmp_path / "none.json")
    (tmp_path / "c.json").write_text('{"claim": "NO", "case": {}}')
    with pytest.raises(UnknownName, match="NO"):
        replay(tmp_path / "c.json")


def test_example_of_the_package_runs() -> None:
    """The docstring of mecopt.claims shows a complete claim."""
    page = mecopt.claims.__doc__ or ""
    code = textwrap.dedent(page.split("::\n", 1)[1].split("\nThe check gets", 1)[0])
    names: dict = {}
    exec(code, names)  # the text is our own docstring
    verdict = mecopt.claims.verify_claim(names["priority_bound"])
    assert verdict.verdict == "supported"
    assert verdict.as_recorded
