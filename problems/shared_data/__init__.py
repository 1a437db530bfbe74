"""Offloading when users share part of the input (problem P1).

X. He, H. Xing, Y. Chen, A. Nallanathan, "Energy-Efficient Mobile-Edge Computation Offloading for Applications
with Shared Data", 2018.
"""

from mecopt.problem import Method, Paper, Problem

from . import algorithms, closed_form, dual, model, scenario, units
from .fields import FIELDS, KEY, OUTPUTS, PRICES, SOURCE, check
from .statement import SharedDataStatement

__all__ = ["P1", "PAPER"]

P1 = Problem(
    key=f"{KEY}.P1",
    title="offloading of shared and private data, reduced problem",
    sense="min",
    unit="J",
    source=f"{SOURCE}, (14), (15)",
    fields=FIELDS,
    outputs=OUTPUTS,
    multipliers=PRICES,
    statement=SharedDataStatement(),
    own_methods=(
        Method("closed-form", "prices and one-dimensional searches, exact", closed_form.solve),
        Method("budget-dual", "the dual in the price of the base station's energy alone, exact", dual.solve),
        Method(
            "ellipsoid",
            "Algorithm I, and a feasible point recovered from its multipliers",
            algorithms.one_by_one(algorithms.ellipsoid_recovered),
            tol=1e-6,
        ),
        Method(
            "ellipsoid-printed",
            "Algorithm I as printed: step 5 returns a minimiser of the Lagrangian",
            algorithms.one_by_one(algorithms.ellipsoid_printed),
            aim="heuristic",
            tol=1e-6,
        ),
        Method(
            "baseline:full-offloading",
            "no private bit computed locally",
            lambda s, tol: algorithms.full_offloading(s),
            aim="heuristic",
        ),
        Method(
            "baseline:equal-time",
            "the same times for all users in each phase",
            algorithms.equal_time,
            aim="heuristic",
            tol=1e-6,
        ),
        Method(
            "baseline:single-transmitter",
            "all shared data sent by one user, the best",
            lambda s, tol: algorithms.single_transmitter(s),
            aim="heuristic",
        ),
    ),
    sampler=scenario.sample,
    scenarios=scenario.SCENARIOS,
    conic=model.solve,
    model=model.of_instance,
    units=units.SYSTEMS,
    cones=model.CONES,
    sizes={"users": 4},
    check=check,
)

PAPER = Paper(
    key=KEY,
    title="Energy-efficient mobile-edge computation offloading for applications with shared data",
    source="He, Xing, Chen, Nallanathan, 2018",
    doi="",
    problems=(P1,),
)
