"""Offloading when users share part of the input (problem P1).

X. He, H. Xing, Y. Chen, A. Nallanathan, "Energy-Efficient Mobile-Edge Computation Offloading for Applications
with Shared Data", 2018.
"""

from mecopt.problem import Method, Paper, Problem

from . import closed_form, model, scenario
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
    ),
    sampler=scenario.sample,
    scenarios=scenario.SCENARIOS,
    conic=model.solve,
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
