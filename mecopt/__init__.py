"""mecopt checks optimization claims: closed forms, solvers and rigorous bounds side by side."""

from typing import TYPE_CHECKING, Any

from mecopt.errors import DataError, MecoptError, SolverError, UnknownName

if TYPE_CHECKING:
    from mecopt.claims import verify
    from mecopt.problem import load, papers
    from mecopt.referee import certify

__version__ = "0.1.0"

__all__ = [
    "DataError",
    "MecoptError",
    "SolverError",
    "UnknownName",
    "certify",
    "load",
    "papers",
    "verify",
]

_HOMES = {
    "certify": "mecopt.referee",
    "load": "mecopt.problem",
    "papers": "mecopt.problem",
    "verify": "mecopt.claims",
}


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first used: `import mecopt` stays light."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'mecopt' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
