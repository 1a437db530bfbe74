"""Times that a busy machine distorts little: processor time, in turns (A B A B), the least of some rounds."""

import time
from collections.abc import Callable, Mapping
from typing import Any

ROUNDS = 5


def in_turns(
    functions: Mapping[str, Callable[..., Any]], *arguments: Any, rounds: int = ROUNDS
) -> dict[str, float]:
    """Seconds of processor time that each takes on these arguments; a first round warms up."""
    best = dict.fromkeys(functions, float("inf"))
    for turn in range(rounds + 1):
        for name, function in functions.items():
            start = time.process_time()
            function(*arguments)
            if turn:
                best[name] = min(best[name], time.process_time() - start)
    return best
