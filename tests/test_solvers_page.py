"""The tables and figures of docs/solvers.md are what the stored comparison gives."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/solvers.py", "--check"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
