"""The tree of a CVXPY model: each node with its sign, curvature and shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

SYMBOLS = {
    "AddExpression": "+",
    "NegExpression": "-",
    "MulExpression": "@",
    "multiply": "*",
    "DivExpression": "/",
    "index": "[ ]",
    "special_index": "[ ]",
    "Promote": "repeat",
    "Power": "power",
    "PowerApprox": "power",
    "Pnorm": "norm",
    "PnormApprox": "norm",
    "Inequality": "<=",
    "Equality": "==",
    "Zero": "== 0",
    "NonNeg": ">= 0",
    "Minimize": "minimize",
    "Maximize": "maximize",
}
"""What people write for CVXPY's classes; atoms have their own names."""

SIGNS = {"NONNEGATIVE": "+", "NONPOSITIVE": "-", "ZERO": "0", "UNKNOWN": "±"}

MOST = 7
"""Arguments shown of one node; sums over users look alike."""


@dataclass(frozen=True)
class Node:
    """One node; `kind` is objective, constraint, atom, variable, parameter, constant or more."""

    label: str
    kind: str
    sign: str
    curvature: str
    shape: tuple[int, ...]
    children: tuple["Node", ...] = ()

    @property
    def marks(self) -> str:
        """Sign and curvature in one word each."""
        return " ".join(part for part in (self.sign, self.curvature) if part)

    def __iter__(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child


def model_tree(problem: Any) -> list[Node]:
    """The objective's tree, then one per constraint."""
    roots = [_objective(problem.objective)]
    return roots + [_constraint(constraint) for constraint in problem.constraints]


def _objective(objective: Any) -> Node:
    return Node(_symbol(objective), "objective", "", "", (), (_expression(objective.args[0]),))


def _constraint(constraint: Any) -> Node:
    label = getattr(constraint, "label", None)
    name = _symbol(constraint) + (f"  ({label})" if label else "")
    return Node(name, "constraint", "", "", constraint.shape, _children(constraint))


def _expression(expression: Any) -> Node:
    import cvxpy as cp

    leaves = ((cp.Variable, "variable"), (cp.Parameter, "parameter"), (cp.Constant, "constant"))
    kind = next((name for leaf, name in leaves if isinstance(expression, leaf)), "atom")
    if kind == "constant":
        label = f"{np.asarray(expression.value).item():.4g}" if expression.size == 1 else "data"
    else:
        label = expression.name() if kind in ("variable", "parameter") else _symbol(expression)
    children = () if kind != "atom" else _children(expression)
    sign = SIGNS.get(str(expression.sign), "±")
    return Node(label, kind, sign, _curvature(expression), expression.shape, children)


def _curvature(expression: Any) -> str:
    """What the rules of DCP see; CVXPY's own word may be one of other rules, such as log-log convex."""
    if expression.is_constant():
        return "constant"
    if expression.is_affine():
        return "affine"
    return "convex" if expression.is_convex() else "concave" if expression.is_concave() else "unknown"


def _children(parent: Any) -> tuple[Node, ...]:
    shown = [_expression(argument) for argument in parent.args[:MOST]]
    left = len(parent.args) - len(shown)
    return (*shown, *([Node(f"... {left} more", "more", "", "", ())] if left else []))


def _symbol(thing: Any) -> str:
    name = type(thing).__name__
    return SYMBOLS.get(name, name)


def as_text(roots: list[Node]) -> str:
    """The trees in letters: one node a line, its sign and curvature on the right."""
    lines: list[tuple[str, str]] = []

    def walk(node: Node, first: str, rest: str) -> None:
        shape = " x ".join(str(n) for n in node.shape)
        lines.append((f"{first}{node.label}{f'  ({shape})' if shape else ''}", node.marks))
        for number, child in enumerate(node.children):
            last = number == len(node.children) - 1
            walk(child, rest + ("└ " if last else "├ "), rest + ("  " if last else "│ "))

    for root in roots:
        walk(root, "", "")
    width = max(len(left) for left, _ in lines)
    return "\n".join(f"{left.ljust(width)}  {right}".rstrip() for left, right in lines)
