"""Exceptions. Each message says what was given, what is allowed and what to do."""

import difflib
from collections.abc import Iterable


class MecoptError(Exception):
    """Base of every exception that mecopt raises on purpose."""


class DataError(MecoptError, ValueError):
    """Malformed data: the field, what was given, what is allowed."""

    def __init__(self, field: str, given: str, allowed: str) -> None:
        self.field, self.given, self.allowed = field, given, allowed
        super().__init__(f"{field}: {given}; {allowed}")


class UnknownName(MecoptError, LookupError):
    """A problem, method, solver or claim that does not exist here."""

    def __init__(self, kind: str, name: str, choices: Iterable[str], *, where: str = "") -> None:
        self.kind, self.name, self.choices = kind, name, tuple(choices)
        close = difflib.get_close_matches(str(name), self.choices, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        place = f" for {where}" if where else ""
        super().__init__(
            f"unknown {kind} {name!r}{place}{hint} Choose from: {', '.join(self.choices) or 'none'}."
        )


class SolverError(MecoptError):
    """A solver did not return a point; the message names the solver and what it said."""
