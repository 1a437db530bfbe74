"""Claims that must all fail the run, each for a reason of its own."""

import os
from functools import partial

from hypothesis import strategies as st

from mecopt.claims import Mutant, claim

broken = partial(
    claim,
    source="Nobody 2024",
    statement="x ≥ 0.",
    recorded="supported",
    draws=st.fixed_dictionaries({"x": st.integers(0, 1000)}),
    subject=0,
    mutants=[Mutant("all wrong", -2000)],
    tol=0.0,
    tol_reason="whole numbers",
)


@broken(id="BAD-crash")
def dies(case, subject):
    os._exit(3)


@broken(id="BAD-raise")
def raises(case, subject):
    return 1 / (case["x"] - case["x"])


@broken(id="BAD-vacuous")
def never_counts(case, subject):
    return None


@broken(id="BAD-survivor", mutants=[Mutant("all wrong", -2000), Mutant("harmless", 1)])
def misses_a_mutant(case, subject):
    return case["x"] + subject


@broken(id="BAD-wrong", statement="x ≤ 10.")
def does_not_hold(case, subject):
    return 10 - case["x"] + subject


@broken(
    id="BAD-uncertified",
    recorded="refuted",
    mutants=[Mutant("larger", 2000)],
    explanation="Too small.",
    corrected_by="BAD-vacuous",
)
def refuted_in_floats_only(case, subject):
    return 10.0 - case["x"] + subject
