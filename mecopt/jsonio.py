"""Strict JSON from people: one object, no duplicate keys, no NaN; every complaint is a `DataError`."""

import json
import math
import sys
from pathlib import Path
from typing import Any

from mecopt.errors import DataError


def read_object(file: str | Path) -> dict[str, Any]:
    """The JSON object in a file, "-" being standard input. Raises `DataError` naming the file."""
    name = "standard input" if str(file) == "-" else str(file)
    return parse_object(_text(file, name), name)


def parse_object(text: str, name: str) -> dict[str, Any]:
    """The JSON object in a text; `name` says where it comes from. Raises `DataError`."""
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise DataError(name, f"not JSON ({error.msg}, {where})", "give one JSON object") from None
    except RecursionError:
        raise DataError(name, "nested too deeply", "give one flat JSON object") from None
    except ValueError as error:
        allowed = "give one JSON object with finite numbers and each key once"
        raise DataError(name, str(error), allowed) from None
    if not isinstance(value, dict):
        raise DataError(name, f"holds a JSON {_kind(value)}", "give one JSON object, {...}")
    return value


def _text(file: str | Path, name: str) -> str:
    try:
        if str(file) == "-":
            return sys.stdin.read()
        return Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(name, "not a text file in UTF-8", "give a JSON file") from None
    except (OSError, AttributeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "nothing to read"
        allowed = "give a readable JSON file, or - for standard input"
        raise DataError(name, f"cannot be read ({reason})", allowed) from None


def _no_constant(literal: str) -> float:
    raise ValueError(f"holds the number {literal}")


def _finite(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError(f"holds the number {literal}, too large for double precision")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(f"has the key {key!r} twice")
        seen[key] = value
    return seen


def _kind(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
