"""Answers to `solve`, `certify`, `list` and a replay: as JSON-able dicts and as text."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mecopt.claims.cases import tidy
from mecopt.claims.replay import Replay
from mecopt.errors import DataError
from mecopt.fields import Field
from mecopt.instance import Instance, finite_or_none
from mecopt.problem import Output, Problem, papers
from mecopt.result import Certificate, Result
from mecopt.solving import judged_status

STYLES = {"optimal": "bold green", "feasible": "yellow", "infeasible": "bold yellow", "failed": "bold red"}


def flat(values: Any) -> list[Any]:
    """The entries of an array over the batch, or the single value."""
    return list(np.asarray(values, dtype=object).ravel())


def split_point(problem: Problem, content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Variables and multipliers of a point file: a flat mapping, or an answer of solve with its "x"."""
    entries = content["x"] if isinstance(content.get("x"), Mapping) else content
    prices = {m.name for m in problem.multipliers}
    known = {o.name for o in problem.outputs} | prices
    for name, value in entries.items():
        if name not in known:
            allowed = f"allowed: {', '.join(sorted(known))}"
            raise DataError(name, f"unknown in a point of {problem.key}", allowed)
        if value is None:
            raise DataError(name, "got null", "give numbers")
    x = {name: value for name, value in entries.items() if name not in prices}
    return x, {name: value for name, value in entries.items() if name in prices}


def judgement(problem: Problem, instance: Instance, certificate: Certificate, tol: float) -> dict[str, Any]:
    """What `certify` says, as a JSON-able dict."""
    reasons = np.asarray(problem.infeasible(instance), dtype=object)
    status, message = judged_status(certificate, reasons, np.full(reasons.shape, "", dtype=object), tol)
    numbers = ("value", "bound", "upper", "gap", "infeasibility", "rigorous")
    return {
        "problem": problem.key,
        "status": _plain(status),
        "message": _plain(message),
        **{name: _plain(getattr(certificate, name)) for name in numbers},
        "tol": tol,
    }


def show_result(problem: Problem, result: Result) -> None:
    """A result for the eye: status, certificate in words, the point with units."""
    console = Console(highlight=False)
    batch = np.shape(result.status)
    console.print(Text.assemble((problem.key, "bold"), f"  {problem.title}"))
    if batch:
        console.print(f"{result.method}, {np.prod(batch)} instances, {result.seconds:.3g} s\n")
        console.print(_batch_table(problem, result.status, result.certificate))
        return
    console.print(f"{result.method}, {result.seconds:.3g} s\n")
    console.print(_verdict(problem, result.status, result.message, result.certificate, result.tol))
    if result.status == "infeasible":
        return
    for group in _groups(problem.outputs + problem.multipliers):
        known = [o for o in group if o.name in result.x or o.name in result.multipliers]
        if known:
            console.print()
            console.print(_point_table(known, {**result.x, **result.multipliers}))


def show_certificate(problem: Problem, certificate: Certificate, judged: Mapping[str, Any]) -> None:
    """A judgement for the eye."""
    console = Console(highlight=False)
    console.print(Text.assemble((problem.key, "bold"), f"  {problem.title}\n"))
    if isinstance(judged["status"], list):
        console.print(_batch_table(problem, np.array(judged["status"], dtype=object), certificate))
        return
    console.print(_verdict(problem, judged["status"], judged["message"], certificate, judged["tol"]))


def show_replay(found: Replay) -> None:
    """A replay for the eye."""
    console = Console(highlight=False)
    console.print(Text.assemble((found.claim, "bold"), f"  {found.statement}"))
    console.print(Text(f"Case: {json.dumps(tidy(found.case), ensure_ascii=False)}"), soft_wrap=True)
    if found.slack is None:
        console.print("The case does not meet the hypothesis of the claim.", style="bold yellow")
        return
    how = ", proved by a rigorous enclosure" if found.certified else ""
    said = ("violates", "bold red") if found.violated else ("does not violate", "bold green")
    measured = f": slack {found.slack:.3g}, tolerance {found.tol:g}{how if found.violated else ''}."
    console.print(Text.assemble("The case ", said, " the claim", measured))
    if found.violated and found.explanation:
        console.print(Text(found.explanation))


def papers_as_dict() -> dict[str, Any]:
    """Everything there is, as a JSON-able dict."""
    from mecopt.claims import claim_papers, claims_of

    with_claims = claim_papers()
    return {
        "papers": [
            {
                "key": paper.key,
                "title": paper.title,
                "source": paper.source,
                "doi": paper.doi,
                "claims": len(claims_of(key)) if key in with_claims else 0,
                "problems": [_heading(p) | {"methods": list(p.methods)} for p in paper.problems],
            }
            for key, paper in papers().items()
        ]
    }


def problem_as_dict(p: Problem) -> dict[str, Any]:
    """One problem with its data, outputs and methods, as a JSON-able dict."""
    return _heading(p) | {
        "source": p.source,
        "scenarios": list(p.scenarios),
        "data": [
            {"name": f.name, "symbol": f.symbol, "unit": f.unit, "meaning": f.meaning, "allowed": f.allowed}
            | _optional(f)
            for f in p.fields
        ],
        "outputs": [
            {"name": o.name, "symbol": o.symbol, "unit": o.unit, "meaning": o.meaning}
            for o in p.outputs + p.multipliers
        ],
        "methods": [{"name": m.name, "aim": m.aim, "summary": m.summary} for m in p.methods.values()],
    }


def _heading(p: Problem) -> dict[str, Any]:
    return {"key": p.key, "title": p.title, "sense": p.sense, "unit": p.unit}


def show_papers(found: Mapping[str, Any]) -> None:
    """`papers_as_dict` for the eye."""
    console = Console(highlight=False)
    for i, paper in enumerate(found["papers"]):
        console.print(Text.assemble("\n" if i else "", (paper["key"], "bold"), f"  {paper['title']}"))
        console.print(Text(f"{paper['source']}; {paper['claims']} claims"))
        for p in paper["problems"]:
            console.print(Text.assemble("\n  ", _title(p)))
            for line in Text(", ".join(p["methods"])).wrap(console, console.width - 4):
                console.print(Text.assemble("    ", line))


def show_problem(found: Mapping[str, Any]) -> None:
    """`problem_as_dict` for the eye."""
    console = Console(highlight=False)
    console.print(_title(found))
    console.print(Text(found["source"]))
    data = [[d["name"], d["symbol"], d["meaning"], d["allowed"] + _default(d)] for d in found["data"]]
    console.print("\nData, one JSON object", style="bold")
    console.print(_plain_table(data))
    console.print("\nOutputs", style="bold")
    console.print(_plain_table([[o["name"], o["symbol"], o["unit"], o["meaning"]] for o in found["outputs"]]))
    console.print("\nMethods", style="bold")
    console.print(_plain_table([[m["name"], m["aim"], m["summary"]] for m in found["methods"]]))


def _title(p: Mapping[str, Any]) -> Text:
    return Text.assemble((p["key"], "bold"), f"  {p['title']} ({p['sense']}, {p['unit']})")


def _optional(f: Field) -> dict[str, Any]:
    """What a field holds that is left out; nothing for one that is required."""
    if f.default_from:
        return {"default": f.default_from}
    return {} if f.default is None else {"default": finite_or_none(f.default)}


def _default(field: Mapping[str, Any]) -> str:
    if "default" not in field:
        return ""
    default = field["default"]
    if default is None:
        return "; optional"
    return f"; default {default if isinstance(default, str) else f'{default:g}'}"


def _plain_table(lines: list[list[str]]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for i in range(len(lines[0])):
        table.add_column(no_wrap=i == 0)
    for line in lines:
        table.add_row(*map(Text, line))
    return table


def _verdict(problem: Problem, status: str, message: str, c: Certificate, tol: float) -> Text:
    """A certificate in words."""
    text = Text.assemble((status, STYLES.get(status, "bold")))
    if status == "infeasible":
        return text.append(f": {message}")
    side, place = ("lower", "above") if problem.sense == "min" else ("upper", "below")
    text.append(f"\nvalue {c.value:.10g} {problem.unit}")
    text.append(f"\n{side} bound {c.bound:.10g} {problem.unit}, ")
    text.append("proved in ball arithmetic" if c.rigorous else "computed in floating point, not proved")
    if c.gap >= 0:
        text.append(f"\nat most {c.gap:.2g} {place} the optimum, relatively (asked for {tol:g})")
    if message:
        return text.append(f"\n{message}")
    if c.infeasibility == 0:
        return text.append("\nevery constraint met")
    return text.append(f"\nconstraints missed by at most {c.infeasibility:.2g} of their bounds")


def _batch_table(problem: Problem, status: Any, c: Certificate) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("instance", justify="right")
    table.add_column("status")
    for name in (f"value ({problem.unit})", f"bound ({problem.unit})", "gap", "infeasibility"):
        table.add_column(name, justify="right")
    for cell in np.ndindex(np.shape(status)):
        at = ",".join(map(str, cell))
        word = Text(str(status[cell]), STYLES.get(str(status[cell]), "bold"))
        figures = [f"{array[cell]:.8g}" for array in (c.value, c.bound)]
        table.add_row(at, word, *figures, *(f"{array[cell]:.1e}" for array in (c.gap, c.infeasibility)))
    return table


def _groups(outputs: tuple[Output, ...]) -> list[list[Output]]:
    """Outputs that can share a table."""
    axes = dict.fromkeys(o.axes for o in outputs)
    return [[o for o in outputs if o.axes == a] for a in axes]


MOST_COLUMNS = 4
"""More scalars than this do not fit a line of a terminal: one line each."""


def _point_table(outputs: list[Output], values: Mapping[str, Any]) -> Table:
    """One line per user (or whatever the axis is); scalars in one line, many of them in one line each."""
    axes = outputs[0].axes
    if not axes and len(outputs) > MOST_COLUMNS:
        return _plain_table(
            [[o.name, f"{float(values[o.name]):.8g} {o.unit}".removesuffix(" 1")] for o in outputs]
        )
    table = Table(box=None, padding=(0, 2, 0, 0))
    for axis in axes:
        table.add_column(axis.removesuffix("s"), justify="right")
    for o in outputs:
        table.add_column(f"{o.name} ({o.unit})", justify="right")
    arrays = [np.asarray(values[o.name]) for o in outputs]
    for cell in np.ndindex(arrays[0].shape):
        table.add_row(*(str(i + 1) for i in cell), *(f"{array[cell]:.8g}" for array in arrays))
    return table


def _plain(value: Any) -> Any:
    return finite_or_none(np.asarray(value).tolist())
