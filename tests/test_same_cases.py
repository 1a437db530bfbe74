"""The cases of a seed do not depend on the process: names are hashed otherwise in each."""

import os
import subprocess
import sys

DRAW = """
import json
from dataclasses import replace
from mecopt.claims import collect
from mecopt.claims.search import Search

for target in collect.find(None):
    cases = []
    look = replace(collect.get(target), check=lambda case, subject: cases.append(case) or 1.0)
    Search(look).draw(12, 0)
    print(target[1], json.dumps(cases, sort_keys=True))
"""


def cases(hash_seed: str) -> list[str]:
    env = os.environ | {"PYTHONHASHSEED": hash_seed}
    run = subprocess.run([sys.executable, "-c", DRAW], env=env, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def test_a_seed_draws_the_same_cases_in_every_process() -> None:
    one, other = cases("1"), cases("2")
    assert len(one) > 300
    assert [line.split(" ", 1)[0] for line, again in zip(one, other, strict=True) if line != again] == []
