"""The lock file has a version for every requirement, and one that the requirement allows."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def complaints(requirements: list[str], lock: str) -> list[str]:
    """Requirements that no line of the lock file meets."""
    lines = [Requirement(line) for line in lock.splitlines() if not line.startswith("#")]
    locked = {canonicalize_name(line.name): line.specifier for line in lines}
    wrong = []
    for requirement in map(Requirement, requirements):
        version = re.fullmatch(r"==(\S+)", str(locked.get(canonicalize_name(requirement.name), "")))
        if version is None or not requirement.specifier.contains(version[1], prereleases=True):
            wrong.append(str(requirement))
    return wrong


def test_every_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    requirements = project["dependencies"] + [line for line in extras if not line.startswith("mecopt")]
    assert len(requirements) > 10
    assert complaints(requirements, (ROOT / "requirements.lock").read_text(encoding="utf-8")) == []


def test_a_missing_or_old_entry_is_noticed() -> None:
    lock = "# made by hand\nnumpy==1.26.0\nscs==3.2.4 ; python_version < '3.13'\n"
    assert complaints(["numpy>=1.26", "scs"], lock) == []
    assert complaints(["numpy>=2", "scipy>=1"], lock) == ["numpy>=2", "scipy>=1"]
