"""Cases as JSON: identity, size, tidy numbers."""

import json
import math
import re
from typing import Any

from mecopt.claims.claim import Case


def canonical(case: Case) -> str:
    """One text per case. Raises TypeError or ValueError for values that JSON does not have."""
    return json.dumps(case, sort_keys=True, allow_nan=False)


def tidy(value: Any) -> Any:
    """The same numbers as they are written by hand: 1 for 1.0."""
    if isinstance(value, dict):
        return {key: tidy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [tidy(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        return int(value)
    return value


def short(case: object, *, width: int = 160) -> str:
    """The case on one line, cut when long."""
    text = str(case)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def complexity(case: Case) -> tuple[int, int, int, str]:
    """Order of cases from smallest: fewer entries, rounder numbers, smaller whole numbers, then by text."""
    leaves = list(_leaves(case))
    whole = [abs(leaf) for leaf in leaves if isinstance(leaf, int)]
    return len(leaves), sum(map(_roughness, leaves)), sum(whole), canonical(case)


def file_name(claim_id: str) -> str:
    """The file of a claim's counterexample."""
    return re.sub(r"[^\w.-]", "-", claim_id) + ".json"


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _roughness(leaf: Any) -> int:
    """0 for the number 1, more for more digits and for distant decades."""
    if isinstance(leaf, str):
        return len(leaf)
    if not isinstance(leaf, float):
        return 0
    if leaf == 0 or not math.isfinite(leaf):
        return 1
    mantissa, _, exponent = f"{leaf:.16e}".partition("e")
    if float(f"{leaf:.14e}") == leaf:
        mantissa = f"{leaf:.14e}".partition("e")[0]
    digits = mantissa.replace(".", "").strip("-").rstrip("0")
    return 3 * (len(digits) - 1) + (digits != "1") + abs(int(exponent)) + (leaf < 0)
