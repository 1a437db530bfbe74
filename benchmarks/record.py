"""Print figures of a benchmark and store them with what they depend on: machine, versions, seed, tolerance.

    record = Record("lambert", seed=0, tolerance=None, command="python benchmarks/lambert.py")
    record.add("ratio to SciPy", 9.1, "x in 1e-12 .. 1e12")
    record.save()                     # benchmarks/results/lambert.json

Absolute times drift between machines and hours; ratios measured side by side in one run carry over.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mecopt.bench.machine import machine, versions

FOLDER = Path(__file__).parent / "results"


@dataclass
class Record:
    """One run of one benchmark."""

    name: str
    command: str
    seed: int | None
    tolerance: float | None
    figures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, what: str, value: float, note: str = "", *, unit: str = "") -> None:
        """Print a figure and keep it."""
        self.figures.append({"what": what, "value": value, "unit": unit, "note": note})
        print(f"{what:<58} {value:>12.6g} {unit:<6} {note}", flush=True)

    def save(self, folder: Path = FOLDER) -> Path:
        """Write everything as one JSON file; returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        content = {
            "benchmark": self.name,
            "command": self.command,
            "seed": self.seed,
            "tolerance": self.tolerance,
            "machine": machine(),
            "versions": versions(),
            "figures": self.figures,
        }
        file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"stored in {file}")
        return file
