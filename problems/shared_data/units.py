"""P1' in other units than `model`'s, to see what units do to solvers: its program with other references."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mecopt.problem import Units

from . import model
from .model import Scaling


def unrotated(u: Scaling) -> Scaling:
    """Shares of data, time and energy, the cones as they are."""
    return replace(u, upload_exponent=0.0, download_exponent=0.0)


def si(u: Scaling) -> Scaling:
    """bit, s, J, the cones as they are."""
    return replace(unrotated(u), bits=1.0, left=1.0, download=1.0, energy=1.0)


def _units(name: str, summary: str, change: Callable[[Scaling], Scaling]) -> Units:
    return Units(name, summary, partial(model.solve, change=change))


SYSTEMS = (
    _units("unrotated", "the scaled model without the rotation of its cones", unrotated),
    _units("si", "bit, s, J; no rotation", si),
)
