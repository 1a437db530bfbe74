"""Rigorous certificates of a large batch in several processes.

Ball arithmetic is one Python call per number, so threads do not help. Each worker is a fresh interpreter (it
does not run the caller's script again, as `multiprocessing` would) that gets a share of the batch over a
pipe; it takes most of a second to start, which pays from a few thousand instances on. Same digits.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from mecopt.errors import DataError, MecoptError
from mecopt.instance import Array, Instance
from mecopt.referee import certify as certify_here
from mecopt.result import Certificate

START = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from mecopt.parallel import serve
serve()
"""


def certify(
    instance: Instance,
    x: Mapping[str, Array],
    multipliers: Mapping[str, Array] | None = None,
    *,
    jobs: int | None = None,
) -> Certificate:
    """`mecopt.certify`, rigorous, with the first batch axis shared out over `jobs` processes (one per core).

    Raises `DataError` as that does, and for an instance without a batch axis.
    """
    if not instance.batch_shape:
        raise DataError("instance", "has no batch axis", "give a batch: only batches can be shared out")
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise DataError("jobs", f"got {jobs!r}", "give a whole number of at least 1")
    jobs = min(jobs or _cores(), max(len(instance), 1))
    if jobs == 1:
        return certify_here(instance, x, multipliers)
    prices = multipliers or {}  # none at all are as good as not given
    certify_here(instance[:0], _part(x, slice(0)), _part(prices, slice(0)))  # names and shapes
    edges = np.linspace(0, len(instance), jobs + 1).astype(int).tolist()
    shares = [slice(a, b) for a, b in pairwise(edges)]
    workers = [_start((instance[s], _part(x, s), _part(prices, s))) for s in shares]
    found = [_answer(worker) for worker in workers]
    names = Certificate.__dataclass_fields__
    return Certificate(**{name: np.concatenate([getattr(part, name) for part in found]) for name in names})


def _part(arrays: Mapping[str, Array], share: slice) -> dict[str, Array]:
    return {name: np.asarray(array)[share] for name, array in arrays.items()}


def _start(question: object) -> "subprocess.Popen[bytes]":
    worker = subprocess.Popen([sys.executable, "-c", START], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert worker.stdin is not None
    pickle.dump(sys.path, worker.stdin)
    pickle.dump(question, worker.stdin)
    worker.stdin.close()
    return worker


def _answer(worker: "subprocess.Popen[bytes]") -> Certificate:
    assert worker.stdout is not None
    with worker.stdout as pipe:
        words = pipe.read()
    if worker.wait() != 0:
        raise MecoptError(f"a certifying process died (exit status {worker.returncode})")
    found: Certificate = pickle.loads(words)
    return found


def serve() -> None:
    """The worker's side: one question, one answer."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get into the answer
    instance, x, multipliers = pickle.load(sys.stdin.buffer)
    with answers:
        pickle.dump(certify_here(instance, x, multipliers), answers)


def _cores() -> int:
    """The cores this process may use, fewer than the machine's in many containers."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
