"""Shares of a server's CPU (Section III-B): min Σ η_u/f_u subject to Σ f_u ≤ f_s."""

from collections.abc import Callable
from typing import Any

from flint import arb
from hypothesis import strategies as st

from mecopt.arithmetic import ball_arithmetic
from mecopt.claims import Interval, Mutant, claim, decades, smallest

from . import proofs
from .common import FAILS, HOLDS, PAPER, Ball, Case

Shares = Callable[[list[Ball], Ball], list[Ball]]

weights = st.lists(decades(1e-3, 1e3, special=[0.0]), min_size=1, max_size=5)
positive = st.lists(decades(1e-3, 1e3), min_size=1, max_size=5)
servers = st.fixed_dictionaries({"eta": weights, "speed": decades(1e-2, 1e3)})
loaded = st.fixed_dictionaries({"eta": positive, "speed": decades(1e-2, 1e3)})


def square_roots(eta: list[Ball], speed: Ball) -> list[Ball]:
    """(27)."""
    total = sum((e.sqrt() for e in eta), arb(0))
    if total == 0:
        raise ZeroDivisionError("0/0")
    return [speed * e.sqrt() / total for e in eta]


def proportional(eta: list[Ball], speed: Ball) -> list[Ball]:
    total = sum(eta, arb(0))
    if total == 0:
        raise ZeroDivisionError("0/0")
    return [speed * e / total for e in eta]


def equal(eta: list[Ball], speed: Ball) -> list[Ball]:
    return [speed / len(eta) for _ in eta]


def cost(eta: list[Ball], shares: list[Ball]) -> Ball:
    return sum((e / f for e, f in zip(eta, shares, strict=True) if e != 0), arb(0))


def dual(eta: list[Ball], speed: Ball) -> Ball:
    """2 √μ Σ √η − μ f_s at μ = (Σ √η/f_s)²: no shares cost less."""
    total = sum((e.sqrt() for e in eta), arb(0))
    price = (total / speed) ** 2
    return 2 * price.sqrt() * total - price * speed


def balls(case: Case) -> tuple[list[Ball], Ball]:
    return [arb(e) for e in case["eta"]], arb(case["speed"])


Entry = Callable[[Ball, Ball], Ball]

CURVATURE_MUTANTS = [
    Mutant("−2η/f³", lambda e, f: -2 * e / f**3),
    Mutant("−η/f², the slope", lambda e, f: -e / f**2),
]


def curvatures(case: Case, entry: Entry) -> Any:
    with ball_arithmetic():
        eta, speed = balls(case)
        share = speed / len(eta)
        step = share / 1024
        found = []
        for e in eta:
            value = entry(e, share)
            # against a second difference: right to (step/share)²
            difference = (e / (share + step) - 2 * e / share + e / (share - step)) / step**2
            scale = difference if difference > 0 else arb(1)
            near = Interval.from_arb(arb("1e-3") - abs(value - difference) / scale)
            found += [near, HOLDS if value > 0 else FAILS]
        return smallest(*found)


@claim(
    id="JTORA-E26",
    source=f"{PAPER}, (26)",
    statement="The Hessian of the CRA objective is diagonal with strictly positive entries 2 η_u/f³, so "
    "(25) is convex. (rec.)",
    recorded="refuted",
    draws=servers,
    subject=lambda e, f: 2 * e / f**3,
    mutants=[*CURVATURE_MUTANTS, Mutant("2η/f³ + 1", lambda e, f: 2 * e / f**3 + 1)],
    tol=1e-9,
    tol_reason="entries relative to a second difference with an allowance of 1e-3; signs are 1 or −1",
    explanation="A user with β^t = 0 has η = 0 and an entry 0: the problem is convex, not strictly so.",
    corrected_by="JTORA-E26.corrected",
)
def strictly_curved(case: Case, entry: Entry) -> Any:
    return curvatures(case, entry)


@claim(
    id="JTORA-E26.corrected",
    source=f"correction of {PAPER}, (26)",
    statement="The entries are 2 η_u/f³, positive for η_u > 0 (and 0 for η_u = 0): (25) is convex.",
    recorded="proved",
    draws=loaded,
    subject=lambda e, f: 2 * e / f**3,
    mutants=[*CURVATURE_MUTANTS, Mutant("η/f³", lambda e, f: e / f**3)],
    tol=1e-9,
    tol_reason="entries relative to a second difference with an allowance of 1e-3; signs are 1 or −1",
    proof=proofs.hessian,
)
def curved_with_weight(case: Case, entry: Entry) -> Any:
    return curvatures(case, entry)


SHARE_MUTANTS = [Mutant("η for √η", proportional), Mutant("equal shares", equal)]


def optimal_shares(case: Case, shares: Shares) -> Any:
    """Slack of 'these are feasible, positive and cost no more than the dual bound'."""
    with ball_arithmetic():
        eta, speed = balls(case)
        try:
            found = shares(eta, speed)
        except ZeroDivisionError:
            return FAILS  # undefined
        if not all(f > 0 for f in found):
            return FAILS
        least = dual(eta, speed)
        scale = least if least > 0 else arb(1)
        used = sum(found, arb(0))
        return smallest(
            Interval.from_arb((least - cost(eta, found)) / scale), Interval.from_arb((speed - used) / speed)
        )


@claim(
    id="JTORA-E27",
    source=f"{PAPER}, (27)",
    statement="The optimal share is f_us = f_s √η_u/Σ √η. (rec.)",
    recorded="refuted",
    draws=servers,
    subject=square_roots,
    mutants=[
        *SHARE_MUTANTS,
        Mutant(
            "only where all √η > 0, else equal",
            lambda e, s: square_roots(e, s) if all(x > 0 for x in e) else equal([arb(1)], s),
        ),
    ],
    tol=1e-30,
    tol_reason="cost relative to the dual bound, in balls of 1e-48",
    explanation="With β^t = 0 for all users of a server every η is 0 and (27) is 0/0; with some η = 0 it "
    "gives these users nothing, against f_us > 0 in (12): their task would never end.",
    corrected_by="JTORA-E27.corrected",
)
def shares_by_roots(case: Case, shares: Shares) -> Any:
    return optimal_shares(case, shares)


@claim(
    id="JTORA-E27.corrected",
    source=f"correction of {PAPER}, (27)",
    statement="Where all η > 0 the optimal share is f_us = f_s √η_u/Σ √η; users with η = 0 need a positive "
    "share, as small as one likes.",
    recorded="proved",
    draws=loaded,
    subject=square_roots,
    mutants=SHARE_MUTANTS,
    tol=1e-30,
    tol_reason="cost relative to the dual bound, in balls of 1e-48",
    proof=proofs.shares,
)
def shares_by_roots_with_weight(case: Case, shares: Shares) -> Any:
    return optimal_shares(case, shares)


def root_value(eta: list[Ball], speed: Ball) -> Ball:
    return sum((e.sqrt() for e in eta), arb(0)) ** 2 / speed


@claim(
    id="JTORA-E28",
    source=f"{PAPER}, (28)",
    statement="The optimal CRA value is Σ_s (Σ √η)²/f_s, as an infimum where some η = 0. (rec.)",
    recorded="proved",
    draws=servers,
    subject=root_value,
    mutants=[
        Mutant("Σ η/f_s", lambda eta, speed: sum(eta, arb(0)) / speed),
        Mutant("not squared", lambda eta, speed: sum((e.sqrt() for e in eta), arb(0)) / speed),
        Mutant("times the number of users", lambda eta, speed: len(eta) * sum(eta, arb(0)) / speed),
    ],
    tol=1e-9,
    tol_reason="relative to the value; users with η = 0 get 1e-12 of the server, and the dual bound is exact",
    proof=proofs.shares,
)
def value_by_roots(case: Case, value: Callable[[list[Ball], Ball], Ball]) -> Any:
    with ball_arithmetic():
        eta, speed = balls(case)
        claimed, least = value(eta, speed), dual(eta, speed)
        total = sum((e.sqrt() for e in eta), arb(0))
        spare = speed * arb("1e-12")
        if total == 0:
            return Interval.from_arb(-abs(claimed))
        shares = [(speed - len(eta) * spare) * e.sqrt() / total + spare for e in eta]
        reached = cost(eta, shares)
        return smallest(
            Interval.from_arb((claimed - least) / least),
            Interval.from_arb((reached - claimed) / least),
            Interval.from_arb((claimed - reached) / least),
        )
