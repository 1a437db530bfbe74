"""Algorithm 1: the price updates (31) to (34), and what they need to know."""

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb

from mecopt.claims import Interval, Mutant, agree, at_most, claim, decades, smallest
from mecopt.claims.exact import FAILS, HOLDS, in_balls, vanishes

from .common import (
    FIELDS,
    PAPER,
    POSITIVE,
    Association,
    Ball,
    Case,
    Data,
    answer,
    data,
    dual,
    load,
    price_lists,
    scale,
    term_cases,
    total,
)

SIZE = "relative to the largest of the values compared; ball arithmetic"

PRICED = {"mu": price_lists(), "nu": price_lists()}
TWO_POINTS = PRICED | {"mu2": price_lists(), "nu2": price_lists()}

Slopes = Callable[[Data, Association, Any, Any], tuple[list[Ball], list[Ball]]]


def slopes(d: Data, x: Association, mu: Any, nu: Any) -> tuple[list[Ball], list[Ball]]:
    """Σ √A x − μ/2 and Σ √S x − ν/2."""
    n = range(d.servers)
    return [load(d, x, j, d.A) - mu[j] / 2 for j in n], [load(d, x, j, d.S) - nu[j] / 2 for j in n]


def printed_31(d: Data, x: Association, mu: Any, nu: Any) -> tuple[list[Ball], list[Ball]]:
    """√D_ES(s) in both (S where the roots of P5 belong)."""
    n = range(d.servers)
    return [load(d, x, j, d.S) - mu[j] / 2 for j in n], [load(d, x, j, d.S) - nu[j] / 2 for j in n]


def printed_32(d: Data, x: Association, mu: Any, nu: Any) -> tuple[list[Ball], list[Ball]]:
    """√D_ES(s) for μ, √D_ES(p) for ν: with the names of (10) serial and parallel."""
    n = range(d.servers)
    return [load(d, x, j, d.s) - mu[j] / 2 for j in n], [load(d, x, j, d.S) - nu[j] / 2 for j in n]


NEARBY = 2.0**-10
"""A step this short tells a wrong slope: concavity costs its square only."""


def is_supergradient(case: Case, subject: Slopes) -> Any:
    """Slack of g(p') ≤ g(p) + slope (p' − p), far away and close by in the same direction."""
    d, mu, nu = data(case), case["mu"], case["nu"]
    x = answer(d, mu, nu)
    if x is None:
        return None
    slopes_here = subject(d, x, mu, nu)
    return smallest(*(_below_tangent(case, d, slopes_here, step) for step in (1.0, NEARBY)))


def _below_tangent(case: Case, d: Data, found: tuple[list[Ball], list[Ball]], step: float) -> Any:
    mu, nu = case["mu"], case["nu"]
    there = [
        [a + step * (b - a) for a, b in zip(p, q, strict=True)]
        for p, q in ((mu, case["mu2"]), (nu, case["nu2"]))
    ]
    here, after, n = dual(d, mu, nu), dual(d, *there), d.servers
    pairs = zip(found, ((mu, there[0]), (nu, there[1])), strict=True)
    rise = total(s * (b - a) for slope, (p, q) in pairs for s, a, b in zip(slope, p[:n], q[:n], strict=True))
    return at_most(after, here + rise, scale=scale(here, after, rise))


@claim(
    id="AOI-E31",
    source=f"{PAPER}, (31)",
    statement="μ += η₁ (Σ √D_ES(s) x − μ/2), ν += η₂ (Σ √D_ES(s) x − ν/2) is a supergradient step of g.",
    recorded="refuted",
    draws=term_cases(**TWO_POINTS),
    subject=printed_31,
    mutants=[Mutant("√D_cm for μ", slopes)],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="The price of the band moves with the computing delay: both lines have the same root. For "
    "μ it must "
    "be √D_cm = √A, which (29) charges for.",
    corrected_by="AOI-E31.corrected",
)
@in_balls
def printed_step(case: Case, subject: Slopes) -> Any:
    return is_supergradient(case, subject)


@claim(
    id="AOI-E31.corrected",
    source=f"correction of {PAPER}, (31), (32)",
    statement="(Σ √A x − μ/2, Σ √S x − ν/2), x the devices' answers, is a supergradient of g, A the upload "
    "and S the "
    "parallel computing delay.",
    recorded="certified",
    draws=term_cases(**TWO_POINTS),
    subject=slopes,
    mutants=[
        Mutant("(31) as printed", printed_31),
        Mutant("(32) as printed", printed_32),
        Mutant("μ for μ/2", lambda d, x, mu, nu: slopes(d, x, [2 * p for p in mu], nu)),
        Mutant("sign", lambda d, x, mu, nu: tuple([-s for s in part] for part in slopes(d, x, mu, nu))),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    max_samples=150,
)
@in_balls
def step(case: Case, subject: Slopes) -> Any:
    return is_supergradient(case, subject)


@claim(
    id="AOI-E32",
    source=f"{PAPER}, (32)",
    statement="∂g/∂μ = Σ √D_ES(s) x − μ/2, ∂g/∂ν = Σ √D_ES(p) x − ν/2, the terms of (9) in the order of "
    "(10).",
    recorded="refuted",
    draws=term_cases(**TWO_POINTS),
    subject=printed_32,
    mutants=[Mutant("√A, √S", slopes)],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="It is another pair than in (31), and (D_ES(p) has the index kj where its factor has ij) "
    "no more "
    "right: √D_cm for μ and the root of the parallel delay for ν.",
    corrected_by="AOI-E31.corrected",
)
@in_balls
def printed_derivative(case: Case, subject: Slopes) -> Any:
    return is_supergradient(case, subject)


# ------------------------------------------------------------------------------------ local information

Update = Callable[[Data, Association, Any, Any, int], tuple[Ball, Ball]]


def own_column(d: Data, x: Association, mu: Any, nu: Any, j: int) -> tuple[Ball, Ball]:
    return load(d, x, j, d.A) - mu[j] / 2, load(d, x, j, d.S) - nu[j] / 2


def neighbour(d: Data, x: Association, mu: Any, nu: Any, j: int) -> tuple[Ball, Ball]:
    """Balance the loads of all servers."""
    k = (j + 1) % d.servers
    return own_column(d, x, mu, nu, j)[0] - mu[k] / 8, own_column(d, x, mu, nu, j)[1]


def ask_around(d: Data, mu: Any, nu: Any, i: int) -> int:
    """Somebody's answer that depends on the others' tasks."""
    others = total(d.A[k, 0] for k in range(d.users) if k != i)
    return -1 if others > d.D[i] else alone(d, mu, nu, i)


def alone(d: Data, mu: Any, nu: Any, i: int) -> int:
    """What one device answers by itself; -9 where a ball cannot tell."""
    given = (getattr(d, name) for name in FIELDS)
    part = Data(*(a[i : i + 1] if getattr(a, "ndim", 0) else a for a in given))
    found = answer(part, mu, nu)
    return -9 if found is None else found[0]


Parts = tuple[Update, Callable[[Data, Any, Any, int], int]]


@claim(
    id="AOI-LOC",
    source=f"{PAPER}, Section 4.4",
    statement="A server's prices change with its own price and the tasks sent to it only; a device answers "
    "from its "
    "own task, its links and the prices: nothing passes between servers or between devices.",
    recorded="certified",
    draws=term_cases(users=(2, 3), servers=(2, 2), **TWO_POINTS, other=POSITIVE),
    subject=(own_column, alone),
    mutants=[
        Mutant("another server's price", (neighbour, alone)),
        Mutant("others' tasks", (own_column, ask_around)),
    ],
    tol=0.0,
    tol_reason="answers and updates must be the very same",
    max_samples=100,
)
@in_balls
def local_information(case: Case, subject: Parts) -> Any:
    """Change what must not matter: other servers' prices and links, other devices' tasks."""
    update, reply = subject
    d, mu, nu = data(case), case["mu"], case["nu"]
    x = answer(d, mu, nu)
    if x is None:
        return None
    rows = {
        name: [row if i == 0 else [case["other"]] * 2 for i, row in enumerate(case[name])]
        for name in ("A", "S")
    }
    device = data({**case, **rows, "D": [case["D"][0], *[case["other"]] * (d.users - 1)]})
    columns = {name: [[row[0], case["other"]] for row in case[name]] for name in ("A", "S")}
    server = data({**case, **columns})
    changed = [mu[0], case["mu2"][1]], [nu[0], case["nu2"][1]]
    same_reply = reply(d, mu, nu, 0) == reply(device, mu, nu, 0)
    one, other = update(d, x, mu, nu, 0), update(server, x, *changed, 0)
    same_step = all((a - b).is_zero() or a.overlaps(b) for a, b in zip(one, other, strict=True))
    whole = subject[1] is not alone or alone(d, mu, nu, 0) == x[0]
    return HOLDS if same_reply and same_step and whole else FAILS


# ------------------------------------------------------------------------------------ (33), (34)

DIRECTION = {"more": decades(1e-2, 1e2)}

Sides = Callable[[Data, Association, Any, Any], tuple[Ball, Ball]]


def sides(d: Data, x: Association, mu: Any, nu: Any) -> tuple[Ball, Ball]:
    """−μ/2 and Σ √A x of the first server."""
    return -mu[0] / 2, load(d, x, 0, d.A)


def monotone(case: Case, subject: Sides, signs: tuple[int, int]) -> Any:
    """Slack of 'as the price μ of the first server grows, each side moves in its direction'."""
    d, mu, nu = data(case), case["mu"], case["nu"]
    higher = [mu[0] + case["more"], *mu[1:]]
    x, y = answer(d, mu, nu), answer(d, higher, nu)
    if x is None or y is None:
        return None
    before, after = subject(d, x, mu, nu), subject(d, y, higher, nu)
    size = scale(*before, *after)
    return smallest(
        *(Interval.from_arb(s * (b - a) / size) for s, a, b in zip(signs, before, after, strict=True))
    )


@claim(
    id="AOI-E33",
    source=f"{PAPER}, below (33)",
    statement="In (33), μ/2 = Σ √A x*, the affine term falls and the step-like term Σ √A x* rises with the "
    "price.",
    recorded="refuted",
    draws=term_cases(**PRICED, **DIRECTION),
    subject=sides,
    mutants=[Mutant("− Σ √A x*", lambda d, x, mu, nu: (sides(d, x, mu, nu)[0], -sides(d, x, mu, nu)[1]))],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="A higher price sends devices away: Σ √A x* falls in steps. Both sides of the slope fall "
    "with the "
    "price, which is why it crosses zero once. (g is not differentiable at the steps, so (33) need not "
    "have a root.)",
    corrected_by="AOI-E33.corrected",
)
@in_balls
def printed_monotonicity(case: Case, subject: Sides) -> Any:
    return monotone(case, subject, (-1, 1))


@claim(
    id="AOI-E33.corrected",
    source=f"correction of {PAPER}, below (33)",
    statement="−μ/2 falls and Σ √A x* does not rise with the price μ of its server.",
    recorded="certified",
    draws=term_cases(**PRICED, **DIRECTION),
    subject=sides,
    mutants=[
        Mutant(
            "load of the other resource at a fixed price",
            lambda d, x, mu, nu: (mu[0] / 2, load(d, x, 0, d.A)),
        ),
        Mutant("tasks kept at home", lambda d, x, mu, nu: (-mu[0] / 2, arb(sum(j != 0 for j in x)))),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    max_samples=120,
)
@in_balls
def monotonicity(case: Case, subject: Sides) -> Any:
    return monotone(case, subject, (-1, -1))


def gradient_of_gap(d: Data, x: Association, mu: Any, nu: Any) -> tuple[list[Ball], list[Ball]]:
    """∂ℓ/∂μ of ℓ = Σ (μ/2 − Σ √A x)² + ... at fixed x: 2 Δ/2."""
    return tuple([-s for s in part] for part in slopes(d, x, mu, nu))  # type: ignore[return-value]


def same_step(case: Case, subject: Slopes) -> Any:
    """Slack of 'the step is that of (31), corrected'."""
    d, mu, nu = data(case), case["mu"], case["nu"]
    x = answer(d, mu, nu)
    if x is None:
        return None
    pairs = zip(subject(d, x, mu, nu), slopes(d, x, mu, nu), strict=True)
    return smallest(
        *(agree(a, b, scale=scale(a, b)) for one, other in pairs for a, b in zip(one, other, strict=True))
    )


@claim(
    id="AOI-E34",
    source=f"{PAPER}, (34)",
    statement="With ℓ = Σ (Δ¹)² + (Δ²)², (31) is μ ← μ + η₁ ∂ℓ/∂μ, ν ← ν + η₂ ∂ℓ/∂ν.",
    recorded="refuted",
    draws=term_cases(**PRICED),
    subject=gradient_of_gap,
    mutants=[Mutant("− ∂ℓ", slopes)],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="At fixed x, ∂ℓ/∂μ = μ/2 − Σ √A x is minus the step of (31): pricing descends on ℓ, it would "
    "ascend with the printed sign.",
    corrected_by="AOI-E34.corrected",
)
@in_balls
def printed_rewriting(case: Case, subject: Slopes) -> Any:
    return same_step(case, subject)


def rewriting_proof() -> str:
    mu, load_ = sp.symbols("mu L", real=True)
    vanishes(-sp.diff((mu / 2 - load_) ** 2, mu) - (load_ - mu / 2), "step of (31)")
    return "−∂/∂μ (μ/2 − L)² = L − μ/2"


@claim(
    id="AOI-E34.corrected",
    source=f"correction of {PAPER}, (34)",
    statement="(31) with √A and √S is μ ← μ − η₁ ∂ℓ/∂μ, ν ← ν − η₂ ∂ℓ/∂ν at fixed x.",
    recorded="proved",
    draws=term_cases(**PRICED),
    subject=lambda d, x, mu, nu: tuple([-s for s in part] for part in gradient_of_gap(d, x, mu, nu)),
    mutants=[
        Mutant("+, as printed", gradient_of_gap),
        Mutant("twice", lambda d, x, mu, nu: tuple([2 * s for s in part] for part in slopes(d, x, mu, nu))),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    proof=rewriting_proof,
    max_samples=100,
)
@in_balls
def rewriting(case: Case, subject: Slopes) -> Any:
    return same_step(case, subject)
