r"""Algorithm 1: the price updates (31) to (34), what they need to know, and how fast they converge."""

import math
from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb
from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, at_most, claim, decades, smallest
from mecopt.claims.exact import FAILS, HOLDS, in_balls, vanishes

from .common import (
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


def is_supergradient(case: Case, subject: Slopes) -> Any:
    """Slack of g(p') ≤ g(p) + slope (p' − p)."""
    d, mu, nu = data(case), case["mu"], case["nu"]
    x = answer(d, mu, nu)
    if x is None:
        return None
    here, there = dual(d, mu, nu), dual(d, case["mu2"], case["nu2"])
    n = d.servers
    pairs = zip(subject(d, x, mu, nu), ((mu, case["mu2"]), (nu, case["nu2"])), strict=True)
    rise = total(s * (b - a) for slope, (p, q) in pairs for s, a, b in zip(slope, p[:n], q[:n], strict=True))
    return at_most(there, here + rise, scale=scale(here, there, rise))


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
    part = Data(*(a[i : i + 1] if getattr(a, "ndim", 0) else a for a in vars(d).values()))
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


# ------------------------------------------------------------------------------------ convergence

HALVES = st.sampled_from([[0.05, 0.0], [0.5, 0.0], [5.0, 0.0]])
RUNS = st.one_of(
    term_cases(
        users=(1, 1),
        servers=(1, 1),
        **{name: st.just(1.0) for name in ("A", "S")},
        **{name: st.just(0.0) for name in ("s", "E_loc", "E_tx", "alpha")},
        D=st.sampled_from([0.1, 1.0, 10.0]),
        **{name: st.just([0.0, 0.0]) for name in ("mu", "nu")},
        **dict.fromkeys(("mu2", "nu2"), HALVES),
        T=st.integers(0, 3),
    ),
    term_cases(users=(1, 2), servers=(1, 1), **TWO_POINTS, T=st.integers(0, 12)),
)
"""A start, a point to compare with, and the number of steps."""

Bound = Callable[[Ball, Ball, int], Ball]


def squared(balls: list[Ball]) -> Ball:
    return total(b * b for b in balls)


class Run:
    """T + 1 iterates with the step of (S28) from a start, against a point p' that stands for the best prices.

    δ₁ bounds the squared slopes of the run (that of the start, raised until it holds with the step that
    it makes),
    δ₂ the squared distances to p' in μ and in ν.
    """

    def __init__(self, case: Case) -> None:
        self.d, self.T, self.n = data(case), round(float(case["T"].mid())), 1
        self.start = case["mu"][:1], case["nu"][:1]
        self.target = case["mu2"][:1], case["nu2"][:1]
        self.delta2 = squared_distance(self.start[0], self.target[0]).max(
            squared_distance(self.start[1], self.target[1])
        )
        self.values: list[Ball] = []
        self.delta1 = arb(1)
        first = answer(self.d, *self.start)
        if first is None:
            return
        self.delta1 = max(
            (squared(s) for s in slopes(self.d, first, *self.start)), key=lambda b: float(b.mid())
        )
        for _ in range(200):
            largest = self._go()
            if largest is None or largest <= self.delta1 or largest.overlaps(self.delta1):
                break
            self.delta1 = arb((largest * 1.001).mid())

    def _go(self) -> Ball | None:
        eta = (self.delta2 / ((self.T + 1) * self.delta1)).sqrt()
        mu, nu = list(self.start[0]), list(self.start[1])
        self.values, largest = [], arb(0)
        for _ in range(self.T + 1):
            x = answer(self.d, mu, nu)
            if x is None:
                self.values = []
                return None
            self.values.append(dual(self.d, mu, nu))
            up = slopes(self.d, x, mu, nu)
            largest = largest.max(squared(up[0])).max(squared(up[1]))
            mu = [arb((p + eta * s).mid()) for p, s in zip(mu, up[0], strict=True)]
            nu = [arb((p + eta * s).mid()) for p, s in zip(nu, up[1], strict=True)]
        return largest

    def shortfall(self) -> Ball:
        """g(p') less the best value of the run."""
        best = self.values[0]
        for value in self.values:
            best = best.max(value)
        return dual(self.d, *self.target) - best


def squared_distance(one: list[Ball], other: list[Ball]) -> Ball:
    return squared([a - b for a, b in zip(one, other, strict=True)])


def printed_rate(delta1: Ball, delta2: Ball, T: int) -> Ball:
    return (delta1 * delta2 / (T + 1)).sqrt()


def converges(case: Case, bound: Bound) -> Any:
    run = Run(case)
    if not run.values or run.delta2.is_zero() or run.delta1.is_zero():
        return None
    limit = bound(run.delta1, run.delta2, run.T)
    return at_most(run.shortfall(), limit, scale=scale(limit, *run.values))


@claim(
    id="AOI-S28",
    source=f"{PAPER}, supplement (S28)",
    statement="With the squared slopes in μ and in ν at most δ₁ each, the squared distances at most δ₂ "
    "each and "
    "η = √(δ₂/((T + 1) δ₁)), g* − max g ≤ √(δ₁ δ₂/(T + 1)).",
    recorded="refuted",
    draws=RUNS,
    subject=printed_rate,
    mutants=[Mutant("twice that", lambda a, b, T: 2 * printed_rate(a, b, T))],
    tol=1e-12,
    tol_reason=SIZE,
    explanation="Slopes and distances in μ and in ν add up: (2 δ₂ + 2 δ₁ η² (T + 1))/(2 η (T + 1)) is "
    "twice the "
    "printed bound. It fails where both prices rise with g nearly straight.",
    corrected_by="AOI-S28.corrected",
    max_samples=200,
)
@in_balls
def printed_convergence(case: Case, subject: Bound) -> Any:
    return converges(case, subject)


def convergence_proof() -> str:
    a, b, n = sp.symbols("delta1 delta2 n", positive=True)
    eta = sp.sqrt(b / (n * a))
    vanishes((2 * b + 2 * a * eta**2 * n) / (2 * eta * n) - 2 * sp.sqrt(a * b / n), "bound at the step")
    return "(R² + G² η² n)/(2 η n) with R² = 2δ₂, G² = 2δ₁, n = T + 1 is 2 √(δ₁δ₂/n)"


@claim(
    id="AOI-S28.corrected",
    source=f"correction of {PAPER}, supplement (S28)",
    statement="Then g(p) − max g ≤ 2 √(δ₁ δ₂/(T + 1)) for every price p at these distances, the best one "
    "included.",
    recorded="proved",
    draws=RUNS,
    subject=lambda a, b, T: 2 * printed_rate(a, b, T),
    mutants=[
        Mutant("half of it, as printed", printed_rate),
        Mutant("T + 1 for its root", lambda a, b, T: 2 * (a * b).sqrt() / (T + 1) / 2),
    ],
    tol=1e-12,
    tol_reason=SIZE,
    proof=convergence_proof,
    max_samples=120,
)
@in_balls
def convergence(case: Case, subject: Bound) -> Any:
    return converges(case, subject)


PRECISIONS = term_cases(users=(1, 2), servers=(1, 1), **PRICED, epsilon=st.sampled_from([0.5, 0.3, 1.0]))

Steps = Callable[[float, float], int]


def enough(ratio: float, _: float) -> int:
    """Steps for a precision ε = √(δ₁ δ₂) ratio by (S28), corrected: T + 1 ≥ 4/ratio²."""
    return math.ceil(4 / ratio**2)


@claim(
    id="AOI-P1",
    source=f"{PAPER}, Proposition 1",
    statement="For every ε > 0 there are constant steps and a T in O(1/ε²) with g* − max g ≤ ε: T + 1 = 4 "
    "δ₁ δ₂/ε² "
    "will do.",
    recorded="certified",
    draws=PRECISIONS,
    subject=enough,
    mutants=[
        Mutant("one step on the band's price only", lambda ratio, _: -1),
        Mutant("steps on the band's price only", lambda ratio, _: -enough(ratio, _)),
    ],
    tol=1e-12,
    tol_reason="relative to ε; ball arithmetic",
    max_samples=60,
)
@in_balls
def proposition_1(case: Case, subject: Steps) -> Any:
    """ε is given relative to √(δ₁ δ₂); g* is bounded from above by P5 values and by the value at p = 2 Σ
    roots."""
    d = data(case)
    ratio = float(case["epsilon"].mid())
    count = subject(ratio, 0.0)
    reach = [2 * total(w[i, 0].sqrt() for i in range(d.users)) for w in (d.A, d.S)]
    start = [p.min(r) for p, r in zip((case["mu"][0], case["nu"][0]), reach, strict=True)]
    delta2 = (reach[0] ** 2).max(reach[1] ** 2)  # the best prices lie in [0, reach], as the start does
    delta1 = delta2 / 4  # |load − p/2| is at most reach/2
    eta = (delta2 / (abs(count) * delta1)).sqrt().min(arb(2))
    best, p = None, start
    for _ in range(abs(count)):
        x = answer(d, [p[0]], [p[1]])
        if x is None:
            return None
        value = dual(d, [p[0]], [p[1]])
        best = value if best is None else best.max(value)
        up = slopes(d, x, [p[0]], [p[1]])
        p = [arb((p[0] + eta * up[0][0]).mid()), arb((p[1] + (eta if count > 0 else 0) * up[1][0]).mid())]
    epsilon = ratio * (delta1 * delta2).sqrt()
    return at_most(highest(d, reach) - best, epsilon, scale=epsilon)


def highest(d: Data, reach: list[Ball], depth: int = 24) -> Ball:
    """g at a fine grid's best price: no more than g*, so a shortfall measured against it is real."""
    best = None
    for a in range(depth + 1):
        for b in range(depth + 1):
            value = dual(d, [reach[0] * a / depth], [reach[1] * b / depth])
            best = value if best is None else best.max(value)
    return best
