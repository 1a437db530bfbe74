"""Find the claims: the `Claim` objects in the modules of `mecopt.problems.<key>.claims`."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from mecopt.claims.adopt import adopted
from mecopt.claims.cases import file_name
from mecopt.claims.claim import Case, Claim, ClaimError
from mecopt.claims.replay import read
from mecopt.errors import UnknownName

Target = tuple[str, str]
"""A paper's key and the id of one of its claims."""


def claim_papers() -> tuple[str, ...]:
    """Keys of the papers that have a package of claims."""
    keys = import_module("mecopt.problems").known()
    return tuple(key for key in keys if find_spec(f"mecopt.problems.{key}.claims"))


@cache
def claims_of(paper: str) -> tuple[Claim, ...]:
    """A paper's claims in its `ORDER` (ids in claims/__init__.py, which may name some yet to be written).

    Claims that it does not name come after them.

    Raises `UnknownName` for a paper without claims and `ClaimError` when the claims do not fit together.
    """
    if paper not in claim_papers():
        raise UnknownName("paper", paper, claim_papers())
    package = import_module(f"mecopt.problems.{paper}.claims")
    names = sorted(m.name for m in iter_modules(package.__path__))
    modules = [package, *(import_module(f"{package.__name__}.{name}") for name in names)]
    return arrange(_claims_in(modules), getattr(package, "ORDER", ()))


def arrange(claims: Sequence[Claim], order: Sequence[str]) -> tuple[Claim, ...]:
    """Claims checked against each other and sorted. Raises `ClaimError`."""
    by_id: dict[str, Claim] = {}
    for c in claims:
        if by_id.setdefault(c.id, c) is not c:
            raise ClaimError(f"two claims have the id {c.id!r}; ids are unique within a paper")
    for c in claims:
        if c.corrected_by and c.corrected_by not in by_id:
            raise ClaimError(f"claim {c.id}: corrected_by={c.corrected_by!r} is no claim of this paper")
        if c.corrected_by and by_id[c.corrected_by].recorded == "refuted":
            raise ClaimError(f"claim {c.id}: its correction {c.corrected_by} is itself recorded as refuted")
    place = {name: number for number, name in enumerate(order)}

    def key(c: Claim) -> tuple[int, bool]:
        # a correction ID.corrected follows ID without being named
        printed, _, variant = c.id.partition(".")
        return place.get(printed, len(place)), bool(variant)

    return tuple(sorted(by_id.values(), key=key))


def find(targets: str | Sequence[str] | None) -> list[Target]:
    """The claims named by paper keys, folders of papers and claim ids (None: all), each once.

    Raises `UnknownName`, and `DataError` for a folder that holds no paper with claims.
    """
    if targets is not None:
        targets = [adopted(name) for name in ([targets] if isinstance(targets, str) else targets)]
    if targets is None:
        return _targets(claim_papers())
    found: dict[Target, None] = {}
    for name in targets:
        # the claims of a paper that is named: those of the others take seconds to import
        papers = (name,) if name in claim_papers() else claim_papers()
        hits = [target for target in _targets(papers) if name in target]
        if not hits:
            raise UnknownName("paper or claim", name, [*papers, *(id for _, id in _targets(papers))])
        found |= dict.fromkeys(hits)
    return list(found)


def _targets(papers: Sequence[str]) -> list[Target]:
    return [(paper, c.id) for paper in papers for c in claims_of(paper)]


def get(target: Target) -> Claim:
    """The claim itself."""
    return next(c for c in claims_of(target[0]) if c.id == target[1])


def stored_case(target: Target) -> Case | None:
    """The case of the counterexample that a paper's folder stores for a claim, if any."""
    file = files(f"mecopt.problems.{target[0]}") / "counterexamples" / file_name(target[1])
    if not file.is_file():
        return None
    case: Case = read(Path(str(file)))["case"]
    return case


def _claims_in(modules: Sequence[ModuleType]) -> list[Claim]:
    """The claims that modules define or import, each once, in order of definition."""
    found = {id(value): value for m in modules for value in vars(m).values() if isinstance(value, Claim)}
    return list(found.values())
