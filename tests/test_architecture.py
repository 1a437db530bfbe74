"""The rules of the house, read off the import statements.

A rule takes the project's sources and yields what offends it. Each is also fed an offence, to prove that it
can fail.
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAPERS = "mecopt.problems"
FORMULAS = {"closed_form", "water_filling", "compiled_policy", "many_users"}
METHODS = FORMULAS | {
    *("model", "algorithms", "phases", "methods", "averaged", "dual", "outer_approximation", "exact"),
    *("pricing", "improvement", "large", "baselines"),
    *("saddle", "window", "lagrangian", "prices", "nlp", "scip", "smoothing", "surrogate", "projection"),
    *("curve", "many_users", "compiled_policy", "compiled_priorities"),
    *(
        "subset_programme",
        "branch_and_bound",
        "interior_point",
        "restricted_dual",
        "local_search",
        "node_bound",
    ),
    *("nlp", "scip", "smoothing", "projection", "simulation", "links"),
}
HEAVY = {"cvxpy", "sympy", "hypothesis", "flint", "matplotlib", "scipy", "jinja2", "numba"}

Rule = Callable[["Sources"], Iterator[str]]
Sources = Mapping[str, str]
"""Module name -> source text; a package stands under its own name."""


def read(folder: Path, package: str) -> dict[str, str]:
    """The modules of a source folder, under the names they are imported by."""
    sources = {}
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        name = ".".join([package, *parts]).removesuffix(".__init__")
        sources[name] = file.read_text(encoding="utf-8")
    return sources


PROJECT = read(ROOT / "mecopt", "mecopt") | read(ROOT / "problems", PAPERS)


def base_of(node: ast.ImportFrom, module: str, sources: Sources) -> str:
    """The absolute name that a `from ... import` statement starts from."""
    if node.level == 0:
        return node.module or ""
    is_package = any(name.startswith(f"{module}.") for name in sources)
    package = module if is_package else module.rpartition(".")[0]
    parents = package.split(".")
    return ".".join([*parents[: len(parents) - node.level + 1], *([node.module] if node.module else [])])


def imports(module: str, sources: Sources) -> set[str]:
    """What a module imports, anywhere in it, also through `import_module("...")`.

    `from a import b` is `a.b` if that is a module and both `a` and `a.b` if not known to be one.
    """
    names = set()
    for node in ast.walk(ast.parse(sources[module])):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, module, sources)
            members = {f"{base}.{alias.name}" for alias in node.names}
            names |= members if members <= sources.keys() else members | {base}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names |= {
                arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            }
    return names


def reach(module: str, sources: Sources) -> set[str]:
    """What a module imports, directly or through other modules of the project."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        new = imports(waiting.pop(), sources) - seen
        seen |= new
        waiting += new & sources.keys()
    return seen


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def is_part(name: str, paper: str, parts: Set[str]) -> bool:
    """Whether a module is, or lies in, one of these parts of the paper, at any depth."""
    return within(name, paper) and not parts.isdisjoint(name.removeprefix(paper).split("."))


def papers(sources: Sources) -> set[str]:
    return {".".join(name.split(".")[:3]) for name in sources if name.startswith(f"{PAPERS}.")}


def toolkit_knows_no_paper(sources: Sources) -> Iterator[str]:
    for module in sources:
        if not within(module, PAPERS):
            for name in imports(module, sources):
                if name.startswith((f"{PAPERS}.", "problems.")) or name == "problems":
                    yield f"{module} imports {name}"


def no_paper_imports_another(sources: Sources) -> Iterator[str]:
    for paper in papers(sources):
        for module in filter(lambda name: within(name, paper), sources):
            for name in imports(module, sources):
                if name.startswith((f"{PAPERS}.", "problems.")) and not within(name, paper):
                    yield f"{module} imports {name}"


def closed_form_and_model_are_strangers(sources: Sources) -> Iterator[str]:
    for paper in papers(sources):
        for one, other in ((FORMULAS, {"model"}), ({"model"}, FORMULAS)):
            for module in sources:
                if is_part(module, paper, one):
                    for name in reach(module, sources):
                        if is_part(name, paper, other):
                            yield f"{module} reaches {name}"


def referee_shares_no_code_with_methods(sources: Sources) -> Iterator[str]:
    known = papers(sources)
    for module in sources:
        if within(module, "mecopt.referee") or any(is_part(module, paper, {"statement"}) for paper in known):
            for name in reach(module, sources):
                if within(name, "mecopt.kernels") or any(is_part(name, paper, METHODS) for paper in known):
                    yield f"{module} reaches {name}"


RULES = [
    toolkit_knows_no_paper,
    no_paper_imports_another,
    closed_form_and_model_are_strangers,
    referee_shares_no_code_with_methods,
]

PAPER = f"{PAPERS}.tdma_ofdma"
OFFENCES = [
    (toolkit_knows_no_paper, {"mecopt.result": f"from {PAPER} import model"}),
    (toolkit_knows_no_paper, {"mecopt.result": "def f():\n    import problems.tdma_ofdma"}),
    (toolkit_knows_no_paper, {"mecopt.result": "from .problems.tdma_ofdma.model import build"}),
    (toolkit_knows_no_paper, {"mecopt.result": f"import importlib\nimportlib.import_module('{PAPER}')"}),
    (no_paper_imports_another, {f"{PAPERS}.other": "from mecopt.problems import tdma_ofdma"}),
    (
        no_paper_imports_another,
        {f"{PAPERS}.other": "", f"{PAPERS}.other.model": "from ..tdma_ofdma.model import x"},
    ),
    (closed_form_and_model_are_strangers, {f"{PAPER}.model": "from .closed_form import energy"}),
    (closed_form_and_model_are_strangers, {f"{PAPER}.model": "from . import closed_form"}),
    (closed_form_and_model_are_strangers, {f"{PAPER}.closed_form": f"import {PAPER}.model"}),
    (
        closed_form_and_model_are_strangers,
        {f"{PAPER}.closed_form": "from .middle import x", f"{PAPER}.middle": "from .model import x"},
    ),
    (closed_form_and_model_are_strangers, {f"{PAPER}.ofdma.model": "from . import water_filling"}),
    (referee_shares_no_code_with_methods, {f"{PAPER}.statement": "from .algorithms import greedy"}),
    (referee_shares_no_code_with_methods, {f"{PAPER}.ofdma.statement": "from .dual import solve"}),
    (referee_shares_no_code_with_methods, {f"{PAPER}.statement": "from mecopt.kernels import lambert"}),
    (referee_shares_no_code_with_methods, {"mecopt.referee": "from mecopt.kernels.rate import energy"}),
    (
        referee_shares_no_code_with_methods,
        {
            "mecopt.referee": "from mecopt import middle",
            "mecopt.middle": "def f():\n    from . import kernels",
        },
    ),
]


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_kept(rule: Rule) -> None:
    assert sorted(rule(PROJECT)) == []


@pytest.mark.parametrize(("rule", "offence"), OFFENCES)
def test_rule_can_fail(rule: Rule, offence: dict[str, str]) -> None:
    assert list(rule(PROJECT | offence))


def test_every_rule_is_proved_able_to_fail() -> None:
    assert {rule for rule, _ in OFFENCES} == set(RULES)


def test_the_rules_read_something() -> None:
    expected = {
        "mecopt",
        "mecopt.referee",
        PAPERS,
        PAPER,
        *(f"{PAPER}.{part}" for part in ("closed_form", "model", "algorithms", "statement")),
        *(f"{PAPER}.ofdma.{part}" for part in ("water_filling", "model", "phases", "statement")),
    }
    assert expected <= PROJECT.keys()
    assert f"{PAPER}.statement" in reach(PAPER, PROJECT)


def loaded_by(statement: str) -> set[str]:
    """Which heavy packages a fresh interpreter has loaded after a statement."""
    code = f"import sys; {statement}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    return HEAVY & set(
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    )


def test_import_is_light() -> None:
    assert loaded_by("import mecopt") == set()


def test_a_heavy_import_would_be_seen() -> None:
    assert "flint" in loaded_by("import mecopt, flint")
