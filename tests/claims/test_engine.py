"""The verdict on one claim: every verdict, shrinking, mutants, determinism."""

import math
import random
import sys
import types
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, ProofError, claim, decades, verify_claim

toy = partial(
    claim,
    id="T",
    source="Nobody 2024",
    statement="x ≥ 0.",
    recorded="supported",
    draws=st.fixed_dictionaries({"x": decades(1e-6, 1e6)}),
    subject=0.0,
    mutants=[Mutant("far below", -1e9)],
    tol=1e-12,
    tol_reason="relative to 1",
)
refuted = partial(
    toy, recorded="refuted", explanation="No.", corrected_by="U", mutants=[Mutant("far above", 1e9)]
)


def exact(x: float) -> Interval:
    return Interval(x, x)


def test_true_claim_is_supported_and_its_margin_is_the_smallest_slack() -> None:
    v = verify_claim(toy()(lambda c, s: c["x"] + s))
    assert v.verdict == "supported"
    assert v.as_recorded
    assert v.instances >= 100
    assert v.margin == 1e-6
    assert (v.caught, v.mutants) == (1, 1)


def test_intervals_earn_certified() -> None:
    v = verify_claim(toy(recorded="certified")(lambda c, s: exact(c["x"] + s)))
    assert v.verdict == "certified"
    assert v.as_recorded


def test_one_undecided_interval_is_only_support() -> None:
    def check(c: dict, s: float) -> Interval:
        return Interval(s - 1 if c["x"] > 100 else s, s + 2)

    assert verify_claim(toy()(check)).verdict == "supported"


def test_an_enclosure_that_says_nothing_fails() -> None:
    v = verify_claim(toy()(lambda c, s: Interval(-math.inf, math.inf)))
    assert v.verdict == "refuted"
    assert v.counterexample is not None
    assert not v.counterexample.certified
    assert not v.as_recorded


def test_nan_fails() -> None:
    v = verify_claim(toy()(lambda c, s: math.nan if c["x"] == 7 else 1.0 + s))
    assert v.verdict in ("refuted", "supported")  # 7 is rarely drawn
    v = verify_claim(toy(draws=st.just({"x": 7.0}))(lambda c, s: math.nan))
    assert v.verdict == "refuted"
    assert v.to_dict()["margin"] is None


def test_false_claim_is_refuted_shrunk_and_certified() -> None:
    draws = st.fixed_dictionaries(
        {"bits": st.lists(decades(1e-3, 1e9), min_size=1, max_size=6), "B": decades(1e-6, 1e6)}
    )
    v = verify_claim(refuted(draws=draws)(lambda c, s: exact(2.5 - len(c["bits"]) * c["B"] + s)))
    assert v.verdict == "refuted"
    assert v.as_recorded
    assert v.counterexample is not None
    assert v.counterexample.case == {"bits": [1], "B": 10}
    assert v.counterexample.slack == -7.5
    assert v.counterexample.certified


def test_rare_violation_is_found_by_steering() -> None:
    """x y > 9e11 has a chance of about 1 in 600 per random draw."""
    draws = st.fixed_dictionaries({"x": decades(1e-6, 1e6), "y": decades(1e-6, 1e6), "z": decades(1e-6, 1e6)})
    v = verify_claim(refuted(draws=draws)(lambda c, s: exact(9e11 - c["x"] * c["y"] + s)), samples=400)
    assert v.verdict == "refuted"


def test_refutation_without_certificate_is_an_error_where_a_refutation_is_recorded() -> None:
    check = refuted()(lambda c, s: 2.5 - c["x"] + s)
    v = verify_claim(check)
    assert v.verdict == "error"
    assert "certify" in v.note
    assert v.counterexample is not None
    assert not v.counterexample.certified
    assert verify_claim(replace(check, recorded="supported")).verdict == "refuted"


def test_vacuous() -> None:
    v = verify_claim(toy()(lambda c, s: None))
    assert v.verdict == "vacuous"
    assert v.instances == 0
    assert not v.as_recorded


def test_hypothesis_met_on_some_cases_counts_those() -> None:
    v = verify_claim(toy()(lambda c, s: c["x"] + s if c["x"] > 1 else None), samples=50)
    assert v.verdict == "supported"
    assert v.instances >= 30
    assert v.margin > 1


@pytest.mark.parametrize("answer", [True, "1", [1.0], 1j])
def test_what_is_no_slack_is_an_error(answer: object) -> None:
    v = verify_claim(toy()(lambda c, s: answer))
    assert v.verdict == "error"


def test_raising_check_is_an_error_that_names_the_case() -> None:
    v = verify_claim(toy()(lambda c, s: c["y"]))
    assert v.verdict == "error"
    assert v.note == "KeyError: 'y' on the case {'x': 1}"


def test_drawing_that_fails_is_an_error() -> None:
    v = verify_claim(toy(draws=decades(1, 10).map(lambda x: 1 / 0))(lambda c, s: 1.0))
    assert v.verdict == "error"
    assert "ZeroDivisionError" in v.note


def test_case_that_is_not_json_is_an_error() -> None:
    v = verify_claim(toy(draws=st.just({"x": np.arange(3)}))(lambda c, s: 1.0))
    assert v.verdict == "error"
    assert "not JSON" in v.note


def test_check_that_cannot_fail_is_rejected() -> None:
    v = verify_claim(toy(mutants=[Mutant("sign", 1), Mutant("factor", 2)])(lambda c, s: 1.0))
    assert v.verdict == "supported"
    assert not v.as_recorded
    assert v.survivors == ("sign", "factor")
    assert "does not notice: sign, factor" in v.reason


def test_check_that_always_fails_is_rejected() -> None:
    v = verify_claim(refuted(mutants=[Mutant("correct", 1)])(lambda c, s: exact(-1.0)))
    assert v.verdict == "refuted"
    assert v.survivors == ("correct",)
    assert not v.as_recorded


@pytest.mark.parametrize("error", [ZeroDivisionError, ValueError, OverflowError])
def test_mutant_that_raises_is_caught(error: type[Exception]) -> None:
    def check(c: dict, s: float) -> float:
        if s:
            raise error("wrong formula")
        return 1.0

    assert verify_claim(toy()(check)).survivors == ()


def test_mutant_that_breaks_the_check_is_an_error() -> None:
    v = verify_claim(toy(mutants=[Mutant("typo", "a")])(lambda c, s: c["x"] + s))
    assert v.verdict == "error"
    assert "mutant 'typo'" in v.note


def test_a_case_that_no_longer_counts_does_not_catch_a_mutant() -> None:
    v = verify_claim(toy()(lambda c, s: None if s else 1.0))
    assert v.survivors == ("far below",)


def test_few_samples_do_not_let_mutants_survive() -> None:
    check = toy(mutants=[Mutant("wrong above 1e5", 1)])(lambda c, s: -1.0 if s and c["x"] > 1e5 else 1.0)
    assert verify_claim(check, samples=2).survivors == ()


def test_proof() -> None:
    proved = toy(recorded="proved", proof=lambda: "trivial")(lambda c, s: 1.0 + s)
    v = verify_claim(proved)
    assert v.verdict == "proved"
    assert v.proof == "trivial"

    def fails() -> str:
        raise ProofError("no idea")

    v = verify_claim(replace(proved, proof=fails))
    assert v.verdict == "supported"
    assert v.note == "proof failed: no idea"
    assert not v.as_recorded
    assert verify_claim(replace(proved, proof=lambda: str(1 / 0))).verdict == "error"


def test_proof_of_something_else_does_not_save_a_false_claim() -> None:
    v = verify_claim(toy(recorded="proved", proof=lambda: "trivial")(lambda c, s: exact(-1.0)))
    assert v.verdict == "refuted"
    assert "went through" in v.note


def test_stored_counterexample_is_used_when_the_search_finds_none() -> None:
    check = refuted(draws=st.fixed_dictionaries({"x": st.floats(0, 1)}))(
        lambda c, s: exact(0.5 if c["x"] != 0.123 else -1.0)
    )
    assert verify_claim(check).verdict == "certified"
    v = verify_claim(check, known={"x": 0.123})
    assert v.verdict == "refuted"
    assert v.counterexample is not None
    assert v.counterexample.case == {"x": 0.123}


def test_a_stored_counterexample_that_stands_is_not_shrunk_again() -> None:
    calls: list[dict] = []

    def check(c: dict, s: float) -> Interval:
        calls.append(c)
        return exact(6.0 + s - c["x"])

    draws = st.fixed_dictionaries({"x": decades(1e-6, 1e6)})
    v = verify_claim(refuted(draws=draws)(check), samples=50, known={"x": 1234.5})
    assert v.verdict == "refuted"
    assert v.counterexample is not None
    assert v.counterexample.case["x"] != 1234.5  # a rounder one is drawn
    drawn = [c["x"] for c in calls[: v.instances]]  # then come the mutants
    assert 40 <= len(set(drawn)) == v.instances <= 50  # some are drawn twice and checked once
    assert v.violations == sum(x > 6 for x in drawn)
    assert v.margin == min(6.0 - x for x in drawn)


def test_one_sample_is_the_stored_counterexample() -> None:
    v = verify_claim(refuted()(lambda c, s: exact(-1.0 + 2 * s)), samples=1, known={"x": 4.0, "y": 1.0})
    assert v.verdict == "refuted"
    assert v.counterexample is not None
    assert v.counterexample.case == {"x": 4, "y": 1}


def test_shrinking_a_stored_counterexample_on_request() -> None:
    draws = st.fixed_dictionaries({"x": st.lists(decades(1e-6, 1e6), min_size=3, max_size=9)})
    check = refuted(draws=draws)(lambda c, s: exact(2e3 + s - sum(c["x"])))
    known = {"x": [2001.25, 7.5, 3.25]}
    found = [verify_claim(check, known=known, shrink=shrink).counterexample for shrink in (False, True)]
    assert found[0] is not None
    assert found[1] is not None
    assert sorted(found[1].case["x"]) == [1, 1, 10000]
    assert found[0].case != found[1].case


def test_a_stored_counterexample_that_no_longer_refutes_is_looked_for_again() -> None:
    draws = st.fixed_dictionaries({"x": decades(1, 1e6)})
    v = verify_claim(refuted(draws=draws)(lambda c, s: exact(1e3 + s - c["x"])), known={"x": 1.0})
    assert v.counterexample is not None
    assert v.counterexample.case == {"x": 10000}


def test_slow_check_runs_a_bounded_number_of_times() -> None:
    calls = 0

    def check(c: dict, s: float) -> Interval:
        nonlocal calls
        calls += 1
        return exact(-sum(c["x"]))

    draws = st.fixed_dictionaries({"x": st.lists(decades(1e-9, 1e9), min_size=6, max_size=60)})
    verify_claim(refuted(draws=draws)(check), samples=100)
    assert calls < 1900  # with those drawn for the mutants
    calls = 0
    verify_claim(toy(max_samples=5)(lambda c, s: 1.0 + s if check({"x": [1]}, s) else 1.0))
    assert calls <= 5 + 1


def test_check_cannot_change_the_case() -> None:
    def check(c: dict, s: float) -> Interval:
        c["x"].append(0.0)
        return exact(5 - c["x"][0] + s)

    v = verify_claim(
        refuted(draws=st.fixed_dictionaries({"x": st.lists(decades(1, 100), min_size=1)}))(check)
    )
    assert v.counterexample is not None
    assert v.counterexample.case == {"x": [10]}


def test_a_check_with_global_random_numbers_gives_the_same_verdict() -> None:
    def noisy(case: dict, subject: float) -> float:
        return case["x"] + subject + random.random() + np.random.random()

    check = toy()(noisy)
    first = verify_claim(check)
    random.seed(5)
    np.random.seed(6)
    assert verify_claim(check).margin == first.margin
    assert first.instances >= 100


def test_same_seed_same_verdict_bit_for_bit() -> None:
    draws = st.fixed_dictionaries({"x": st.floats(0, 1e9), "n": st.integers(0, 10**9), "t": st.text()})
    check = refuted(draws=draws)(lambda c, s: exact(1e6 - c["x"] - c["n"] + s))
    first = verify_claim(check, seed=3)
    assert verify_claim(check, seed=3) == first
    assert verify_claim(check, seed=4) != first


def test_loaded_modules_do_not_change_the_cases(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Hypothesis draws constants from the source of local modules unless it is kept from it."""
    seen: list[dict] = []

    def check(c: dict, s: float) -> float:
        seen.append(c)
        return 1.0 + s

    about_integers = toy(draws=st.fixed_dictionaries({"x": st.lists(st.integers())}))(check)
    verify_claim(about_integers)
    before, seen = seen, []
    source = tmp_path / "local_module.py"
    source.write_text(f"NUMBERS = {[10**6 + 7 * i for i in range(500)]}")
    module = types.ModuleType("local_module")
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, "local_module", module)
    verify_claim(about_integers)
    assert seen == before


def test_warnings_of_extreme_cases_stay_quiet() -> None:
    def check(c: dict, s: float) -> float:
        warnings.warn("overflow", stacklevel=1)
        return float(np.float64(1e308) * 10 - 1) + s

    assert verify_claim(toy(mutants=[Mutant("nan", math.nan)])(check)).verdict == "supported"
