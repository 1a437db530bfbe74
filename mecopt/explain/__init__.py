"""Explain a problem: its mathematics, its CVXPY model node by node, the cones, the closed form."""

import inspect
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

from mecopt.errors import DataError
from mecopt.explain.svg import as_svg
from mecopt.explain.tree import Node, as_text, model_tree
from mecopt.instance import Instance
from mecopt.problem import TOL_SOLVER, Problem
from mecopt.solvers import installed
from mecopt.watch import watching

__all__ = ["Explanation", "as_svg", "as_text", "explain", "explain_model", "model_tree"]

SMALL = 3
"""Entries per axis of the instance that is modelled when none is given: enough to see the pattern."""

CONE_NAMES = {
    "zero": "equalities",
    "nonneg": "linear inequalities",
    "soc": "second-order cones",
    "exp": "exponential cones",
}


@dataclass(frozen=True)
class Explanation:
    """What there is to say of a problem; parts that a problem does not have are empty."""

    title: str
    source: str
    mathematics: str
    model: str
    trees: tuple[Node, ...]
    curvature: str
    cones: str
    closed_form: str

    def __str__(self) -> str:
        mathematics = self.mathematics and f"THE PROBLEM  {self.mathematics}"
        parts = [self.title, self.source and f"Source: {self.source}", mathematics]
        if self.trees:
            parts.append(f"THE MODEL  {self.model}".rstrip())
            parts.append(f"Its expressions, with sign and curvature; it {self.curvature}")
            parts.append(as_text(list(self.trees)))
        parts += [self.cones and f"COMPILES TO  {self.cones}", self.closed_form]
        return "\n\n".join(part for part in parts if part)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values."""
        return {
            "title": self.title,
            "source": self.source,
            "mathematics": self.mathematics,
            "model": self.model,
            "tree": [_as_dict(root) for root in self.trees],
            "curvature": self.curvature,
            "cones": self.cones,
            "closed_form": self.closed_form,
        }


def explain(problem: Problem, instance: Instance | None = None) -> Explanation:
    """Explain a paper's problem; `instance` is modelled, by default a small one of the paper's scenario.

    The model is what `problem.model` hands out, else the first program that the conic method solves; it is
    left out where the paper has neither. Raises `DataError` for an instance with a batch axis.
    """
    if instance is None:
        sizes: dict[str, Any] = {name: min(count, SMALL) for name, count in problem.sizes.items()}
        instance = problem.sample(**sizes)
    if instance.batch_shape:
        raise DataError("instance", f"is a batch of shape {instance.batch_shape}", "give one instance")
    shown, text = _model_of(problem, instance)
    return Explanation(
        title=f"{problem.key}: {problem.title}",
        source=problem.source,
        mathematics=_text_of(type(problem.statement)),
        model=text,
        trees=shown.trees if shown else (),
        curvature=shown.curvature if shown else "",
        cones=shown.cones if shown else "",
        closed_form=_closed_form(problem),
    )


def _model_of(problem: Problem, instance: Instance) -> tuple[Explanation | None, str]:
    """The model of an instance, and what its module says."""
    if problem.model is not None:
        return explain_model(problem.model(instance)), _text_of(problem.model)
    if problem.conic is None:
        return None, ""
    seen: list[Explanation] = []
    solver = next(iter(installed(problem.cones)))
    with watching(look=lambda model: seen.append(explain_model(model))):
        problem.conic(instance, solver.name, TOL_SOLVER)
    if not seen:
        return None, ""
    more = f"\n\n(The first of {len(seen)} programs that this instance needs.)" if len(seen) > 1 else ""
    return seen[0], _text_of(problem.conic) + more


def explain_model(model: Any, title: str = "") -> Explanation:
    """Explain anybody's CVXPY model."""
    follows = "follows the rules of DCP" if model.is_dcp() else "does not follow the rules of DCP"
    again = (
        ", and DPP: compiled once for all data"
        if model.is_dcp() and model.is_dpp() and model.parameters()
        else ""
    )
    cones = _cones(model)
    return Explanation(title, "", "", "", tuple(model_tree(model)), follows + again, cones, "")


def _cones(model: Any) -> str:
    from mecopt.dcp.program import compile_model

    if model.is_mixed_integer():
        whole = sum(v.size for v in model.variables() if v.attributes["boolean"] or v.attributes["integer"])
        every = sum(v.size for v in model.variables())
        return f"a mixed-integer program: {whole} of its {every} variables are whole numbers"
    try:
        program = compile_model(model)
    except DataError as error:
        return f"no cone program of mecopt's ({error})"
    rows: Counter[str] = Counter()
    sizes: dict[str, list[int]] = {}
    for block in program.blocks:
        rows[block.kind] += block.size if block.kind in ("zero", "nonneg") else 1
        sizes.setdefault(block.kind, []).append(block.size)
    parts = [f"{count} {CONE_NAMES[kind]}" for kind, count in rows.items()]
    own, all_ = int(program.own_columns().sum()), program.c.size
    return f"{', '.join(parts)}; {all_} variables, {own} of the model and {all_ - own} that CVXPY added"


def _text_of(thing: Any) -> str:
    """The docstring of the module that something is defined in: a statement's opens with its mathematics."""
    module = sys.modules.get(getattr(thing, "__module__", ""))
    return inspect.cleandoc(module.__doc__) if module is not None and module.__doc__ else ""


def _closed_form(problem: Problem) -> str:
    method = next((m for m in problem.own_methods if m.name == "closed-form"), None)
    if method is None:
        return ""
    run: Any = method.run
    while isinstance(run, partial):
        run = run.func
    return f"THE CLOSED FORM  {method.summary}\n\n{_text_of(run)}"


def _as_dict(node: Node) -> dict[str, Any]:
    return {
        "label": node.label,
        "kind": node.kind,
        "sign": node.sign,
        "curvature": node.curvature,
        "shape": list(node.shape),
        "children": [_as_dict(child) for child in node.children],
    }
