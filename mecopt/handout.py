"""Hand out a scaled CVXPY model together with the unit of its objective.

    model = mecopt.load("tdma_ofdma.P2").model(instance)
    model.solve(solver="CLARABEL")
    unscaled_value(model)                # in joule

The model is a plain `cvxpy.Problem`; `model.unit` and `model.offset` say that its value v stands for
unit v + offset in the unit of the paper's problem.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import cvxpy as cp


def in_units(problem: "cp.Problem", unit: float, *, offset: float = 0.0) -> "cp.Problem":
    """The problem, with `unit` > 0 and `offset` noted on it.

    Multiplying the objective instead would spoil what the scaling is for: the energies of a good cell are
    1e-7 J, less than what solvers take for nothing.
    """
    problem.unit, problem.offset = float(unit), float(offset)
    return problem


def unscaled_value(problem: "cp.Problem") -> float:
    """The value of a model handed out, in the unit of the paper's problem; nan before it is solved."""
    return float("nan") if problem.value is None else problem.unit * float(problem.value) + problem.offset
