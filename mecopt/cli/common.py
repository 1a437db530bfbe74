"""What the commands share: exit statuses and JSON on standard output."""

import json
from typing import Any

import click

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))
