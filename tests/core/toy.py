"""A problem small enough to solve by hand, maximised and with a price per user: what TDMA does not exercise.

    max sum_k v_k x_k   s.t.  0 <= x_k <= c_k;    optimum sum_k c_k v_k (v >= 0)

Dual bound: with any prices p_k, sum_k c_k max(p_k, v_k).
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from mecopt.instance import Field, Instance
from mecopt.problem import Method, Output, Problem
from mecopt.result import Point


class ToyStatement:
    """What the referee needs to know of the toy problem; deliberately picks poor prices of its own."""

    def __init__(self, own_price: float = 0.0) -> None:
        self.own_price = own_price

    def lift(self, ops: Any, s: Instance) -> Any:
        return SimpleNamespace(v=ops.number(s.profit), c=ops.number(s.capacity))

    def infeasible(self, s: Instance) -> Any:
        return np.where(np.any(s.capacity > 100, axis=-1), "capacity above 100", "").astype(object)

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
        return {"price": np.full(d.v.shape, self.own_price)}


def fill(s: Instance, tol: float) -> Point:
    """The optimum and its prices."""
    return Point({"amount": s.capacity}, {"price": s.profit})


TOY = Problem(
    key="toy.MAX",
    title="Fill everything",
    sense="max",
    unit="1",
    source="made up",
    fields=(
        Field("profit", "v", "1", "profit per unit", ("users",)),
        Field("capacity", "c", "1", "most units", ("users",), strict=True),
        Field("rounds", "n", "1", "a whole number", integer=True, minimum=1.0, default=1.0),
        Field("table", "M", "1", "one row per user", ("users", "columns"), default=0.5),
        Field("header", "H", "1", "fixes the columns", ("columns",)),
        Field("reserve", "r", "J", "null: no end", ("users",), strict=True, nullable=True, default=1.0),
        Field("speed", "f", "1/s", "one for all, or each its own", ("users",), broadcast=True, default=1.0),
        Field("size", "m", "byte", "with room", ("users",), default=0.0, together="room", broadcast=True),
        Field("room", "M", "byte", "with size", ("columns",), default=np.inf, together="size"),
        Field("share", "s", "1", "at most all of it", ("users",), broadcast=True, maximum=1.0, default=0.5),
        Field("choice", "j", "1", "a column", minimum=-1.0, integer=True, index_of="columns", default=-1.0),
    ),
    outputs=(Output("amount", "x", "1", "units", ("users",)),),
    multipliers=(Output("price", "p", "1", "price of a unit", ("users",)),),
    statement=ToyStatement(),
    own_methods=(Method("fill", "fill everything", fill),),
    sampler=lambda name, *, users, batch, rng: {"profit": rng.uniform(size=users), "capacity": [1.0] * users},
    scenarios=("plain",),
)

DATA = {"profit": [1.0, 2.0, 0.25], "capacity": [3.0, 0.1, 8.0], "header": [1.0, 2.0]}
"""Optimum 5.2 in decimal arithmetic."""
