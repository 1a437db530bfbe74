"""A made-up paper whose methods hang, crash, lie and print, for the tests of `mecopt bench`.

max sum_k v_k x_k   s.t.  0 <= x_k <= c_k;    optimum sum_k c_k v_k
"""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from mecopt.instance import Field, Instance
from mecopt.problem import Method, Output, Paper, Problem
from mecopt.result import Point


class FillStatement:
    """Dual bound: with any prices p, sum_k c_k max(p_k, v_k)."""

    def lift(self, ops: Any, s: Instance) -> Any:
        return SimpleNamespace(v=ops.number(s.profit), c=ops.number(s.capacity))

    def infeasible(self, s: Instance) -> Any:
        return np.where(np.any(s.capacity > 2.9, axis=-1), "capacity above 2.9", "").astype(object)

    def value(self, ops: Any, d: Any, x: Any) -> Any:
        return ops.sum(d.v * ops.number(x["amount"]))

    def violations(self, d: Any, x: Any) -> Any:
        return {
            "at most c": np.max((x["amount"] - d.c) / d.c, axis=-1),
            "at least 0": np.max(-x["amount"] / d.c, axis=-1),
        }

    def feasible_neighbour(self, ops: Any, d: Any, x: Any) -> Any:
        zero = ops.number(np.zeros(x["amount"].shape))
        return {"amount": ops.minimum(ops.maximum(ops.number(x["amount"]), zero), d.c)}

    def bound(self, ops: Any, d: Any, prices: Any) -> Any:
        return ops.sum(d.c * ops.maximum(ops.number(prices["price"]), d.v))

    def best_prices(self, d: Any) -> Any:
        return {"price": np.zeros(d.v.shape)}


def fill(s: Instance, tol: float) -> Point:
    return Point({"amount": s.capacity}, {"price": s.profit})


def scaled(factor: float, message: str = "") -> Callable[[Instance, float], Point]:
    return lambda s, tol: Point({"amount": factor * s.capacity}, message=message)


def hang(s: Instance, tol: float) -> Point:
    while True:
        time.sleep(60)


def segfault(s: Instance, tol: float) -> Point:
    ctypes.string_at(0)
    return fill(s, tol)


def abort(s: Instance, tol: float) -> Point:
    os.write(2, b"terminate called without an active exception\n")
    os.abort()


def leave(s: Instance, tol: float) -> Point:
    os._exit(0)


def kill_host(s: Instance, tol: float) -> Point:
    os.kill(os.getppid(), 9)
    time.sleep(60)
    return fill(s, tol)


def shout(s: Instance, tol: float) -> Point:
    print("garbage" * 1000)
    os.write(1, b"\x80\x04more garbage\n" * 1000)
    return fill(s, tol)


def fail(s: Instance, tol: float) -> Point:
    raise RuntimeError("no licence\nsecond line")


def hang_again(s: Instance, tol: float) -> Point:
    """Answers once, then hangs."""
    if getattr(sys, "asked_before", False):
        hang(s, tol)
    sys.asked_before = True  # type: ignore[attr-defined]
    return fill(s, tol)


def nap(s: Instance, tol: float) -> Point:
    time.sleep(0.02)
    return fill(s, tol)


def hoard(s: Instance, tol: float) -> Point:
    held = np.ones(50_000_000 // 8)
    return Point({"amount": s.capacity * held[0]})


METHODS = {
    "liar": scaled(0.5),
    "modest": scaled(0.5, "gave up half way"),
    "rough": scaled(1 - 1e-4),
    "greedy": scaled(1.5),
    "nothing": scaled(np.nan),
    "hang": hang,
    "segfault": segfault,
    "abort": abort,
    "leave": leave,
    "kill-host": kill_host,
    "shout": shout,
    "fail": fail,
    "hang-again": hang_again,
    "nap": nap,
    "hoard": hoard,
    "cvxpy:OWN": scaled(1.0),  # a paper's own model, which the toolkit does not know
}

MAX = Problem(
    key="rogues.MAX",
    title="Fill everything",
    sense="max",
    unit="1",
    source="made up",
    fields=(
        Field("profit", "v", "1", "profit per unit", ("users",)),
        Field("capacity", "c", "1", "most units", ("users",), strict=True),
    ),
    outputs=(Output("amount", "x", "1", "units", ("users",)),),
    multipliers=(Output("price", "p", "1", "price of a unit", ("users",)),),
    statement=FillStatement(),
    own_methods=(
        Method("fill", "the optimum", fill),
        # not to be run when the optimum is looked for
        *(Method(name, name, run, aim="heuristic") for name, run in METHODS.items()),
    ),
    sampler=lambda name, *, users, batch, rng: {
        "profit": 1.0 + rng.uniform(size=users),
        "capacity": 1.0 + (2.0 if name == "plain" else 0.0) * rng.uniform(size=users),
    },
    scenarios=("plain",),
    sizes={"users": 3},
)

SLOW = replace(
    MAX,
    key="rogues.SLOW",
    own_methods=(
        Method("rough", "leaves a gap of 1e-4", scaled(1 - 1e-4)),
        Method("hang", "for whoever waits for the optimum", hang),
    ),
)

PAPER = Paper("rogues", "Methods that misbehave", "Nobody 2024", "10.0/rogues", (MAX, SLOW))
