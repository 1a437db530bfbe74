"""Claims: printed statements, and the engine that returns verdicts on them.

A paper's claims live in the modules of `mecopt.problems.<key>.claims`. Each is one check under the
decorator `claim`::

    from math import log

    from hypothesis import strategies as st

    from mecopt.claims import Interval, Mutant, agree, claim, decades


    def printed(v: float) -> float:
        return v * log(v) - v + 1


    @claim(
        id="TOY-1",
        source="Nobody 2024, eq. (3)",
        statement="φ(v) = v ln v − v + 1 vanishes at v = 1 and is at least (v − 1)²/(2v).",
        recorded="supported",
        draws=st.fixed_dictionaries({"v": decades(1, 1e9)}),
        subject=printed,
        mutants=[
            Mutant("− 2 v for − v", lambda v: v * log(v) - 2 * v + 1),
            Mutant("log base 10", lambda v: v * log(v) / log(10) - v + 1),
        ],
        tol=1e-12,
        tol_reason="relative to v, the size of the terms that cancel; rounding is 1e-15",
    )
    def priority_bound(case, subject):
        v = case["v"]
        return (subject(v) - (v - 1) ** 2 / (2 * v)) / v

The check gets a *case* (JSON-able values) and a *subject* (the claim's own, or a mutant's) and returns
the slack relative to a named scale: >= 0 holds, negative is violated by that much. None means that the
case does not meet the claim's hypothesis. `Interval(lo, hi)` is a rigorous enclosure of the slack;
`agree`, `at_most`, `at_least` and `smallest` make slacks from floats, arrays and `arb` balls.

* A case passes when slack >= -tol; for an Interval, when its middle does. nan fails.
* `refuted` needs an Interval with hi < -tol on the counterexample; without it the verdict of a claim
  recorded as refuted is `error`. `certified` needs Intervals with lo >= -tol on every counted case.
* A mutant is caught when some case passes with the subject and fails with the mutant (slack < -tol,
  nan, ArithmeticError or ValueError). For a claim recorded as refuted, a mutant (say, the corrected
  formula) is also caught when it passes where the subject fails. A surviving mutant fails the run.
* Any exception of a check on the claim's own subject is an `error`: catch what the statement allows.
* A proof is a function without arguments that returns a short text or raises `ProofError`.
* A check that takes more than about 5 ms should set `max_samples`. `ahead` is told of the cases to come, so
  that what their checks ask for can be solved as one batch and remembered.
* Draw with `decades` and `instances` rather than `st.floats`, so that counterexamples shrink to
  `{"bandwidth": 1, "input_bits": [1], ...}`. Everything random comes from the case: put a seed in it
  (`st.integers(0, 999)`) if a check draws more.
* `problems/<key>/counterexamples/<id>.json` is checked first. While it refutes the claim, all cases are
  drawn and none is shrunk; `mecopt verify ID --shrink` looks for a smaller one.
* `ORDER` in `claims/__init__.py`, a tuple of ids, gives the order of the paper; `ID.corrected` follows
  `ID`. It may name claims yet to be written: test that `claims_of(key)` has them all.
"""

from mecopt.claims.claim import Claim, ClaimError, Mutant, ProofError, claim
from mecopt.claims.collect import claim_papers, claims_of
from mecopt.claims.draws import boundary, decades, field_values, fraction, instances
from mecopt.claims.engine import verify_claim
from mecopt.claims.replay import Replay, replay
from mecopt.claims.run import verify
from mecopt.claims.slack import Interval, Slack, SlackError, agree, at_least, at_most, smallest
from mecopt.claims.verdict import Correction, Counterexample, Verdict

__all__ = [
    "Claim",
    "ClaimError",
    "Correction",
    "Counterexample",
    "Interval",
    "Mutant",
    "ProofError",
    "Replay",
    "Slack",
    "SlackError",
    "Verdict",
    "agree",
    "at_least",
    "at_most",
    "boundary",
    "claim",
    "claim_papers",
    "claims_of",
    "decades",
    "field_values",
    "fraction",
    "instances",
    "replay",
    "smallest",
    "verify",
    "verify_claim",
]
