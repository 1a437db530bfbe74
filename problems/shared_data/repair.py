"""Make what a solver found feasible to rounding, without hiding by how much it missed the optimum."""

from typing import TYPE_CHECKING, Any

import numpy as np

from mecopt.instance import Array, Instance

if TYPE_CHECKING:
    from .model import Scaling

STRAY = 1e-6
"""Shares of a user's upload this small may be what a solver leaves of nothing: they get their fair time."""

MOST_STRETCH = 1e-3
"""Downloads are lengthened by this much at most where a solver misses the budget by its tolerance."""

FLOORS = range(-6, 12)
"""Powers of 2 tried as a floor of the download times, in units of those at the reference exponent."""

LEAST_EXPONENT = 1e-9


def feasible(
    s: Instance, d: dict[str, Any], u: "Scaling", found: dict[str, Array], *, equal: bool
) -> dict[str, Array]:
    """Undo the solver's constraint violations: clip bits, lengthen downloads to the budget, shrink
    uploads.
    """
    shared = np.maximum(found["shared"], 0.0)
    shared = shared * (float(s.shared_bits) / np.sum(shared)) if np.sum(shared) > 0 else 0.0 * shared
    local = d["private"] if d["closed"] else np.clip(found["local"] * u.bits, 0.0, d["most_local"])
    bits = d["private"] - local
    results = s.output_ratio * bits
    window = u.download * max(float(found["window"]), 0.0)
    time = np.where(results > 0, np.clip(found["download"] * u.download, 0.0, window), 0.0)
    time = np.where((results > 0) & equal, window, time)
    time = _long_enough(s, d, u, results, time)
    if equal:
        time = np.where(results > 0, np.max(time), 0.0)
    stretch = _stretch(s, d, results, time)
    time, window = time * stretch, max(window * stretch, float(np.max(time * stretch)))
    left = max(d["left"] - window, 0.0)
    spans = {}
    for name, load in (("shared_time", shared), ("private_time", bits)):
        raw = np.where(load > 0, np.maximum(found[name] * u.left, 0.0), 0.0)
        fair = left * load / np.where(load > 0, shared + bits, 1.0)
        spans[name] = np.where(load <= STRAY * (shared + bits), np.maximum(raw, fair), raw)
    total = spans["shared_time"] + spans["private_time"]
    # time that a solver leaves unused is good for something
    factor = np.where(total > 0, left / np.where(total > 0, total, 1.0), 1.0)
    if equal and np.any(total > 0):
        factor = np.full_like(factor, np.min(factor[total > 0]))
    return {
        "uploaded_shared_bits": shared,
        "local_bits": local,
        "shared_upload_time": spans["shared_time"] * factor,
        "private_upload_time": spans["private_time"] * factor,
        "download_time": np.minimum(time, window),
        "download_window": np.array(window),
    }


def _long_enough(s: Instance, d: dict[str, Any], u: "Scaling", results: Array, time: Array) -> Array:
    """Download times with a floor, where they break the budget by more than `_stretch` mends.

    A few stray bits in no time cost any energy. The floor is that of all results at one exponent, the
    steepest that keeps the budget within the factors tried.
    """
    usual = results / (d["down_nat"] * max(u.download_exponent, LEAST_EXPONENT))
    floored = time
    for power in FLOORS:
        if not _over(s, d, results, floored * (1 + MOST_STRETCH)):
            break
        floored = np.minimum(np.maximum(time, usual * 2.0**power), d["left"])
    return floored


def _over(s: Instance, d: dict[str, Any], results: Array, time: Array) -> bool:
    """Whether downloads of these lengths take more than the base station has."""
    sends = results > 0
    with np.errstate(all="ignore"):
        span = np.where(sends, time, 1.0)
        energy = np.where(sends, d["down_scale"] * span * np.expm1(results / (d["down_nat"] * span)), 0.0)
        return not float(np.sum(energy)) <= float(s.max_bs_energy)


def _stretch(s: Instance, d: dict[str, Any], results: Array, time: Array) -> float:
    """How much longer downloads must take to meet the budget: 1 if they do, at most a thousandth more."""

    def over(factor: float) -> bool:
        return _over(s, d, results, time * factor)

    if not over(1.0):
        return 1.0
    low, high = 0.0, MOST_STRETCH
    for _ in range(60):  # down to rounding
        middle = (low + high) / 2
        low, high = (middle, high) if over(1.0 + middle) else (low, middle)
    return 1.0 + high
