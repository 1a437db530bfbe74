"""Figure 3: energy against delay, and the relay's place."""

import itertools
from functools import lru_cache
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim

from .. import P1, links, simulation
from ..scenario import path_gain
from ..statement import RelayStatement
from .common import (
    PAPER,
    PROVED,
    PROVED_REASON,
    Case,
    difference,
)
from .schemes import SEEDS, Many, enclosed, no_more, worst

# ------------------------------------------------------------------------------- Figure 3a

WEIGHTS = (1e-3, 1e-2, 0.3, 10.0)
LIMIT = 1e6
"""A weight at which the energy is a hundred-thousandth of the cost, or less."""

LOOPS = ("cccp", "ibcd")


@lru_cache(maxsize=64)
def drawn(seed: int) -> Any:
    return simulation.draw(1, seed)[0]


@lru_cache(maxsize=4096)
def reached(seed: int, weight: float, speed: float, key: str) -> tuple[Interval, Interval, Interval]:
    """Energy, delay and cost of an algorithm's plan, enclosed."""
    s = drawn(seed).replace(weight=weight, max_relay_frequency=speed)
    plan = simulation.run(s, key)[0]
    statement = RelayStatement("hybrid")
    with ball_arithmetic() as ops:
        d = statement.lift(ops, s)
        time, energy = statement.time_and_energy(ops, d, statement.feasible_neighbour(ops, d, plan.outputs()))
        balls = [ball[()] if hasattr(ball, "shape") else ball for ball in (energy, time)]
        cost = arb(weight) * balls[1] + balls[0]
        found = [Interval.from_arb(ball) for ball in (*balls, cost)]
    return found[0], found[1], found[2]


@lru_cache(maxsize=256)
def least_delay(seed: int, speed: float) -> float | None:
    """A delay that no plan beats.

    w T + E <= T (w + P) for every plan, P the power with everything on, so that T >= V(w)/(w + P).
    """
    s = drawn(seed).replace(weight=LIMIT, max_relay_frequency=speed)
    best = enclosed(s, "hr")
    if best is None:
        return None
    d = links.data(s)
    power = d.kappa_user * d.user_frequency**3 + d.kappa_relay * d.relay_frequency**3
    return best.lo / (LIMIT + power + d.user_power + d.relay_power) * (1 - 1e-12)


def smaller(a: Interval, b: Interval) -> Interval:
    """Slack of a <= b, relative to b."""
    return difference(b, a, b.hi)


def curve(seed: int, key: str, speed: float, sign: int) -> list[Interval]:
    """Slacks of 'the energy rises and the delay falls with w'; a `sign` of -1 or 0 misprints the energy."""
    points = [reached(seed, w, speed, key) for w in WEIGHTS]
    found = []
    for one, other in itertools.pairwise(points):
        low, high = (one[0], other[0]) if sign > 0 else (other[0], one[0])
        found.append(smaller(low, high))
        if sign == 0:
            found.append(smaller(one[0], other[0]))
        found.append(smaller(other[1], one[1]))
    return found


def approach(seed: int, key: str, speed: float) -> Interval | None:
    """Slack of 'what the delay exceeds the least one by halves at least from w = 0.3 to 10'."""
    least = least_delay(seed, speed)
    if least is None:
        return None
    far, near = (reached(seed, w, speed, key)[1] for w in WEIGHTS[-2:])
    return Interval(((far.lo + least) / 2 - near.hi) / far.hi, ((far.hi + least) / 2 - near.lo) / far.hi)


def same_energy(seed: int, key: str) -> Interval:
    """Slack of 'at the smallest weight the energy is that of any F_R'."""
    return spread([reached(seed, WEIGHTS[0], speed, key)[0] for speed in simulation.RELAYS])


def same_optimum(seed: int) -> Interval | None:
    """Slack of 'at the smallest weight the optimum is that of any F_R'."""
    moved = [drawn(seed).replace(weight=WEIGHTS[0], max_relay_frequency=v) for v in simulation.RELAYS]
    found = [enclosed(s, "hr") for s in moved]
    return None if None in found else spread([f for f in found if f is not None])


def spread(found: list[Interval]) -> Interval:
    """Minus the relative difference of the largest and the smallest."""
    top = max(f.hi for f in found)
    far = (max(f.hi for f in found) - min(f.lo for f in found)) / top
    near = (max(f.lo for f in found) - min(f.hi for f in found)) / top
    return Interval(-far, -max(near, 0.0))


def above(seed: int, weight: float, reference: str, *, by: float = 0.0) -> Interval | None:
    """Slack of 'IBCD ends above the reference, an algorithm or the optimum, by this share of it'."""
    speed = simulation.RELAYS[1]
    one = (
        reached(seed, weight, speed, "cccp")[2]
        if reference == "cccp"
        else enclosed(drawn(seed).replace(weight=weight, max_relay_frequency=speed), reference)
    )
    if one is None:
        return None
    return no_more(one, reached(seed, weight, speed, "ibcd")[2], room=-by)


def everything(*slacks: Interval | None) -> Interval | None:
    return None if None in slacks else worst(*(s for s in slacks if s is not None))


STOP = 1e-4
STOP_REASON = "relative; loops that converge, at gains below 1e-6, are within 1e-5 of what they approach"


@claim(
    id="RACO-F3a",
    source=f"{PAPER}, Fig. 3a",
    statement="As w grows (1e-3, 1e-2, 0.3, 10) the energy rises and the delay falls and approaches its "
    "minimum; at w = 1e-3 the energy is that of any F_R; IBCD ends above CCCP, most visibly for large w "
    "(realisation by realisation, the loops stopped at gains of 1e-6 or after 100 iterations).",
    recorded="refuted",
    draws=SEEDS,
    subject=("cccp", 1),
    mutants=[Mutant("IBCD above the proved optimum", ("hr", 1)), Mutant("the energy falls", ("cccp", -1))],
    tol=STOP,
    tol_reason=STOP_REASON,
    explanation="The order of the two algorithms fails at small w. Where one branch alone is nearly best "
    "Algorithm 1 gives up the other slowly: on the counterexample 100 iterations at w = 1e-3 leave 2.5 % of "
    "the load with AF, Algorithm 2 none after 8, and Algorithm 1 ends 0.14 % above. (For the same reason its "
    "energy may depend on F_R there, by up to 0.9 % on 31 realisations.) The figure averages over "
    "realisations: in the mean of 50 IBCD is above CCCP at every weight tried, by 0.05 % at w = 1e-3 to "
    "1.8 % at w = 10.",
    corrected_by="RACO-F3a.corrected",
    max_samples=4,
)
def energy_against_delay(case: Case, subject: tuple[str, int]) -> Interval | None:
    reference, sign = subject
    seed, speed = case["seed"], simulation.RELAYS[1]
    order = [above(seed, w, reference) for w in WEIGHTS]
    lead = no_more(relative_lead(seed, WEIGHTS[0]), relative_lead(seed, WEIGHTS[-1]))
    curves = [slack for key in LOOPS for slack in curve(seed, key, speed, sign)]
    rest = [approach(seed, key, speed) for key in LOOPS], [same_energy(seed, key) for key in LOOPS]
    return everything(*order, lead, *curves, *rest[0], *rest[1])


def relative_lead(seed: int, weight: float) -> Interval:
    """What IBCD costs more than CCCP, in units of the latter, plus 1."""
    one, other = (reached(seed, weight, simulation.RELAYS[1], key)[2] for key in LOOPS)
    return Interval(other.lo / one.hi, other.hi / one.lo)


@claim(
    id="RACO-F3a.corrected",
    source=f"correction of {PAPER}, Fig. 3a",
    statement="As w grows (1e-3, 1e-2, 0.3, 10) the energy of both algorithms rises and their delay falls, "
    "at each of three F_R; from 0.3 to 10 what it exceeds the least possible delay by halves at least; at "
    "w = 1e-3 the optimum and the energy of IBCD are those of any F_R. IBCD ends above the proved optimum at "
    "every w, and at w = 10 above CCCP by 0.1 % at least (realisation by realisation).",
    recorded="certified",
    draws=SEEDS,
    subject=(1, 10.0, 0.001),
    mutants=[
        Mutant("the energy falls", (-1, 10.0, 0.001)),
        Mutant("the energy is constant", (0, 10.0, 0.001)),
        Mutant("above CCCP at w = 1e-3, too", (1, 1e-3, 0.001)),
        Mutant("by 5 %", (1, 10.0, 0.05)),
    ],
    tol=STOP,
    tol_reason=STOP_REASON,
    max_samples=2,
)
def energy_against_delay_as_measured(case: Case, subject: tuple[int, float, float]) -> Interval | None:
    """Why: of optima the curve is a theorem. w T + E compared at two weights gives (w − w′)(T − T′) ≤ 0, and
    E the other way. F_R does not bind while (w/2κ)^(1/3) < F_R, 8e7 Hz at w = 1e-3: the optimum is the
    same. (The energy at which CCCP stops need not be: a cost 1e-3 above the least leaves it open to 1 %.)
    Smoothing trades up to ln 2/μ = 0.07 s of the delay away, which at w = 10 is most of the cost: that this
    is at least 0.1 % is observed, not proved.
    """
    sign, weight, lead = subject
    seed = case["seed"]
    curves = [s for key in LOOPS for speed in simulation.RELAYS for s in curve(seed, key, speed, sign)]
    halves = [approach(seed, key, simulation.RELAYS[1]) for key in LOOPS]
    order = [above(seed, w, "hr") for w in WEIGHTS]
    first = above(seed, weight, "cccp", by=lead)
    return everything(*curves, *halves, *order, first, same_optimum(seed), same_energy(seed, "ibcd"))


# ------------------------------------------------------------------------------- Figure 3b


@lru_cache(maxsize=256)
def at_distance(weight: float, metres: float) -> Interval | None:
    """The optimum with the relay at this distance from the user, all gains at their averages."""
    near, far = path_gain(metres), path_gain(180.0 - metres)
    s = P1.sample(seed=0).replace(
        weight=weight,
        input_bits=1e6,
        **dict.fromkeys(("af_gain_user_relay", "df_gain_user_relay"), near),
        **dict.fromkeys(("af_gain_relay_receiver", "df_gain_relay_receiver"), far),
    )
    return enclosed(s, "hr")


WEIGHT = st.fixed_dictionaries({"weight": st.sampled_from([0.1, 0.3, 0.03, 1.0])})


def along(case: Case, order: Many) -> Interval | None:
    """Slack of 'the optimum rises along these distances'."""
    found = [at_distance(case["weight"], d) for d in order]
    if any(f is None for f in found):
        return None
    return worst(*(no_more(a, b) for a, b in itertools.pairwise(found) if a and b))


@claim(
    id="RACO-F3b",
    source=f"{PAPER}, Fig. 3b",
    statement="With the relay at distance d from the user the objective first decreases, then increases "
    "in d, least at the middle point (90 m of 180 m; average gains).",
    recorded="refuted",
    draws=WEIGHT,
    subject=(90.0, 30.0),
    mutants=[Mutant("least nearer to the user", (30.0, 90.0))],
    tol=1e-3,
    tol_reason="relative to the objective",
    explanation="Ten times as many bits travel to the relay (raw) as on to the receiver (results): at "
    "the assumed parameters the best place is about 30 m from the user, well before the "
    "middle.",
    corrected_by="RACO-F3b.corrected",
    max_samples=3,
)
def best_in_the_middle(case: Case, order: Many) -> Interval | None:
    return along(case, order)


@claim(
    id="RACO-F3b.corrected",
    source=f"correction of {PAPER}, Fig. 3b",
    statement="At the assumed parameters and average gains the optimum rises from 30 m over 90 m to 150 "
    "m, at w = 0.03, 0.1, 0.3 and 1: the relay belongs near the user.",
    recorded="certified",
    draws=WEIGHT,
    subject=(30.0, 90.0, 150.0),
    mutants=[
        Mutant("the other way round", (150.0, 90.0, 30.0)),
        Mutant("least at the middle", (90.0, 30.0, 150.0)),
    ],
    tol=PROVED,
    tol_reason=PROVED_REASON,
    max_samples=3,
)
def best_near_the_user(case: Case, order: Many) -> Interval | None:
    """Why: ten raw bits go to the relay for one bit of results that goes on: the first hop is worth more.

    The four cases are all there are. Over fading the mean of 50 realisations rises as well (0.42, 0.49,
    0.73 J at w = 0.1), single ones do not all.
    """
    return along(case, order)
