"""What the weight alpha does, and what the strongest signal is worth."""

from collections.abc import Callable
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, at_most, claim, decades, smallest
from mecopt.claims.exact import in_balls

from .common import (
    FROM_ZERO,
    PAPER,
    Association,
    Ball,
    Case,
    Data,
    associations,
    cost,
    data,
    least,
    linear,
    scale,
    squares,
    term_cases,
    total,
)
from .objective import CANCEL, delays, drained, local_ones

# ------------------------------------------------------------------------------------ what alpha does


def optimum(d: Data) -> Association | None:
    """The association of least cost, None where a ball cannot tell."""
    costs = {x: cost(d, x) for x in associations(d)}
    best = min(costs, key=lambda x: float(costs[x].mid()))
    return best if all(x == best or ball > costs[best] for x, ball in costs.items()) else None


Measure = Callable[[Data, Association], Ball]

TWO_WEIGHTS = {
    "alpha": st.sampled_from([0.0, 0.1, 1.0]),
    "more": decades(1e-2, 1e3),
    "E_loc": FROM_ZERO,
    "E_tx": FROM_ZERO,
}


RIVALS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("A", "S"), st.just([[1.0], [1.0]])),
        **dict.fromkeys(("s", "E_tx"), st.just([[0.0], [0.0]])),
        "D": st.sampled_from([[3.0, 2.5], [2.5, 3.0], [4.0, 2.5]]),
        "E_loc": st.sampled_from([[1.0, 0.5], [2.0, 0.5], [0.5, 2.0]]),
        "B": st.sampled_from([[1.0, 0.1], [10.0, 0.1], [0.1, 10.0]]),
        "alpha": st.sampled_from([0.0, 0.1]),
        "more": decades(1.0, 1e3),
    }
)
"""Two devices and a server that is worth its delay to one of them: who goes there changes with alpha."""


def between(case: Case, measure: Measure, sign: int) -> Any:
    """Slack of 'the measure of the optimum does not fall (sign 1) or rise (−1) as alpha grows'."""
    one, other = data(case), data({**case, "alpha": case["alpha"] + case["more"]})
    x, y = optimum(one), optimum(other)
    if x is None or y is None:
        return None
    before, after = measure(one, x), measure(other, y)
    size = scale(before, after)
    return Interval.from_arb(sign * (after - before) / size)


def home(d: Data, x: Association) -> Ball:
    return arb(len(local_ones(d, x)))


def local_energy(d: Data, x: Association) -> Ball:
    return total(d.E_loc[i] for i in local_ones(d, x)) + linear(d, x, d.E_tx)


@claim(
    id="AOI-AL1",
    source=f"{PAPER}, Section 6.2.4",
    statement="The delay of the optimal association is nondecreasing in α, so least at the smallest α.",
    recorded="certified",
    draws=term_cases(**TWO_WEIGHTS),
    subject=delays,
    mutants=[Mutant("cost for delay", lambda d, x: -cost(d, x)), Mutant("loss of the batteries", drained)],
    tol=1e-12,
    tol_reason=CANCEL,
    max_samples=120,
)
@in_balls
def delay_grows_with_alpha(case: Case, subject: Measure) -> Any:
    return between(case, subject, 1)


@claim(
    id="AOI-AL2",
    source=f"{PAPER}, Section 6.2.4",
    statement="A larger α means fewer local computations and less energy of the devices.",
    recorded="refuted",
    draws=term_cases(**TWO_WEIGHTS),
    subject=(home, local_energy),
    mutants=[Mutant("less loss of the batteries", (drained, drained))],
    tol=1e-12,
    tol_reason=CANCEL,
    explanation="Where sending takes more energy than computing (G < 0) a larger α brings tasks home. And "
    "what "
    "falls is energy relative to the battery: joules may rise when a full battery is used to spare an "
    "empty one.",
    corrected_by="AOI-AL2.corrected",
    max_samples=120,
)
@in_balls
def alpha_sends_away(case: Case, subject: tuple[Measure, Measure]) -> Any:
    slacks = [between(case, measure, -1) for measure in subject]
    return None if None in slacks else smallest(*slacks)


@claim(
    id="AOI-AL2.corrected",
    source=f"correction of {PAPER}, Section 6.2.4 and Fig. 8",
    statement="The loss of the batteries Σ E/B of the optimal association is nonincreasing in α.",
    recorded="certified",
    draws=st.one_of(term_cases(**TWO_WEIGHTS), RIVALS),
    subject=drained,
    mutants=[
        Mutant("joules for shares of the batteries", local_energy),
        Mutant("number of local computations", home),
        Mutant("cost", cost),
        Mutant("delay", delays),
    ],
    tol=1e-12,
    tol_reason=CANCEL,
    max_samples=120,
)
@in_balls
def alpha_spares_batteries(case: Case, subject: Measure) -> Any:
    return between(case, subject, -1)


@claim(
    id="AOI-AL3",
    source=f"{PAPER}, caption of Fig. 8",
    statement="As α grows delay rises and local energy falls because more is computed locally: the number "
    "of local "
    "computations does not fall.",
    recorded="refuted",
    draws=term_cases(**TWO_WEIGHTS),
    subject=home,
    mutants=[Mutant("delay", delays)],
    tol=1e-12,
    tol_reason=CANCEL,
    explanation="It contradicts Section 6.2.4. Where computing takes more energy than sending (G > 0, the "
    "paper's "
    "own case) a larger α sends tasks away: local energy falls because less is computed locally.",
    corrected_by="AOI-AL2.corrected",
    max_samples=120,
)
@in_balls
def alpha_brings_home(case: Case, subject: Measure) -> Any:
    return between(case, subject, 1)


# ------------------------------------------------------------------------------------ the strongest signal


def shared_upload(d: Data, x: Association) -> Ball:
    return squares(d, x, d.A)


def upload_alone(d: Data, x: Association) -> Ball:
    return linear(d, x, d.A)


def strongest_is_least(d: Data, upload: Measure) -> Any:
    """Slack of 'no association of the same devices uploads faster than everybody at its largest rate'."""
    strongest = tuple(min(range(d.servers), key=lambda j: float(row[j].mid())) for row in d.A)
    every = [x for x in associations(d) if min(x) >= 0]
    best = least(upload(d, x) for x in every)
    return at_most(upload(d, strongest), best, scale=scale(best))


@claim(
    id="AOI-SINR",
    source=f"{PAPER}, Section 6",
    statement="Max SINR bounds the communication latency from below: no association of the offloading "
    "devices has a "
    "smaller one.",
    recorded="refuted",
    draws=term_cases(),
    subject=shared_upload,
    mutants=[Mutant("each with the whole band", upload_alone)],
    tol=1e-12,
    tol_reason="relative to the least latency; ball arithmetic",
    explanation="Everybody at the same strong server shares its band: two devices there take (2 √A)² = 4 "
    "A, and "
    "2 A' when one goes to a server only a little weaker.",
    corrected_by="AOI-SINR.corrected",
    max_samples=100,
)
@in_balls
def printed_sinr(case: Case, subject: Measure) -> Any:
    return strongest_is_least(data(case), subject)


@claim(
    id="AOI-SINR.corrected",
    source=f"correction of {PAPER}, Section 6",
    statement="Max SINR has the least sum of upload delays over the whole band, Σ A: a lower bound on the "
    "latency of "
    "every association, for (Σ √A)² ≥ Σ A.",
    recorded="certified",
    draws=term_cases(),
    subject=upload_alone,
    mutants=[
        Mutant("with shared bands", shared_upload),
        Mutant("computing for upload", lambda d, x: linear(d, x, d.S)),
    ],
    tol=1e-12,
    tol_reason="relative to the least latency; ball arithmetic",
    max_samples=80,
)
@in_balls
def sinr(case: Case, subject: Measure) -> Any:
    d = data(case)
    every = [x for x in associations(d) if min(x) >= 0]
    below = [at_most(subject(d, x), shared_upload(d, x)) for x in every] if subject is upload_alone else []
    return smallest(strongest_is_least(d, subject), *below)
