"""Prices for very many devices: found on a sample, settled on all of them, and the devices' answers to them.

With many devices the dual value is nearly smooth: a sample knows the prices but for the square root of its
size,
and a few ascent steps on all devices settle them.
"""

import numpy as np

from mecopt.instance import Array

from . import pricing
from .closed_form import Association, Prices, Terms
from .improvement import improve

SAMPLE = 2000
"""Devices in the sample."""

STEPS = 12
"""Steps on all devices: each looks at every link."""

FEW = 20_000
"""Links up to which the answer is improved by moves as well."""


def solve(t: Terms) -> tuple[Association, Prices]:
    """An association and prices."""
    users = len(t.local_cost)
    stride = max(users // SAMPLE, 1)
    sampled = pricing.converging(_sample(t, stride))
    start = _vector(t, sampled.prices, 1.0)
    found = pricing.converging(t, max_steps=STEPS, start=start) if stride > 1 else sampled
    best = improve(t, found.best) if t.root_comm.size <= FEW else found.best
    return best, found.prices


def _sample(t: Terms, stride: int) -> Terms:
    """Every stride-th device, each standing for stride: roots, costs and memory grow so that prices stay."""
    some = slice(None, None, stride)
    return Terms(
        root_comm=t.root_comm[some] * stride,
        root_comp=t.root_comp[some] * stride,
        edge_cost=t.edge_cost[some] * stride,
        local_cost=t.local_cost[some] * stride,
        serial=t.serial[some] * stride,
        memory=t.memory[some] * stride,
        capacity=t.capacity,
    )


def _vector(t: Terms, p: Prices, scale: float) -> Array:
    rows = [p.band, p.cores]
    if np.isfinite(t.capacity).any():
        rows.append(p.memory * np.where(np.isfinite(t.capacity), t.capacity, 0.0))
    return scale * np.concatenate(rows)
