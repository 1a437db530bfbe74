"""P1' written down once more, in CVXPY and in the units of its data: for numbers that are all around 1.

Shares no code with the package. `Model.prices` are CVXPY's dual values.
"""

from typing import Any

import cvxpy as cp
import numpy as np

from mecopt.instance import Array, Instance
from tests.shared_data.cases import P1

TIGHT = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-10)


def tame(*, batch: int, users: int, seed: int) -> Instance:
    """Numbers around 1, none of them 0, with something for everybody to share, compute and send."""
    rng = np.random.default_rng(seed)

    def some(low: float, high: float, *shape: int) -> Any:
        return np.exp(rng.uniform(np.log(low), np.log(high), (batch, *shape)))

    bits = some(1, 4, users)
    return P1.instance(
        {
            "input_bits": bits,
            "shared_bits": rng.uniform(0.1, 0.9, batch) * bits.min(axis=-1),
            "cycles_per_bit": some(0.5, 2),
            "energy_coefficient": some(0.5, 3),
            "max_latency": some(2, 4),
            "uplink_bandwidth": users * some(1, 3),
            "downlink_bandwidth": users * some(1, 3),
            "multicast_bandwidth": some(2, 6),
            "noise_psd": some(0.05, 0.2),
            "uplink_gain": some(0.5, 2, users),
            "downlink_gain": some(0.3, 3, users),
            "local_frequency": some(0.2, 2, users),
            "max_bs_power": some(1, 5),
            "max_bs_energy": some(0.05, 0.3) * users,
            "output_ratio": some(0.2, 1),
            "reception_power": some(0.02, 0.2),
        }
    )


class Model:
    """One instance. Only `senders` upload shared data; `times` may be "equal", `local` bits "forbidden"."""

    def __init__(
        self, s: Instance, *, senders: list[int] | None = None, times: str = "free", local: str = "free"
    ) -> None:
        v = {name: float(a) for name, a in s.data.items() if a.ndim == 0}
        users = len(s.input_bits)
        up, down = v["uplink_bandwidth"] / users, v["downlink_bandwidth"] / users
        wide = v["multicast_bandwidth"]
        snr = v["max_bs_power"] * s.downlink_gain / (v["noise_psd"] * wide)
        self.multicast = float(np.max(v["output_ratio"] * v["shared_bits"] / (wide * np.log2(1 + snr))))
        private = s.input_bits - v["shared_bits"]
        shared, here, t_shared, t_private, t_down = (cp.Variable(users, nonneg=True) for _ in range(5))
        window = cp.Variable(nonneg=True)
        grown = [cp.Variable(users) for _ in range(3)]  # t 2^(bits/(t W))
        loads = (shared, t_shared, up), (private - here, t_private, up)
        loads = (*loads, (v["output_ratio"] * (private - here), t_down, down))
        cones = [
            cp.constraints.ExpCone(bits * np.log(2) / band, time, top)
            for (bits, time, band), top in zip(loads, grown, strict=True)
        ]
        sending = v["noise_psd"] * up / s.uplink_gain
        answering = v["noise_psd"] * down / s.downlink_gain
        cube = v["energy_coefficient"] * v["cycles_per_bit"] ** 3 / v["max_latency"] ** 2
        energy = sending @ (grown[0] - t_shared) + sending @ (grown[1] - t_private)
        energy = energy + cube * cp.sum(cp.power(here, 3)) + v["reception_power"] * cp.sum(t_down)
        self.late = t_shared + t_private + self.multicast + window <= v["max_latency"]
        self.waits = t_down <= window
        self.budget = answering @ (grown[2] - t_down) <= v["max_bs_energy"]
        self.all_sent = cp.sum(shared) == v["shared_bits"]
        most = np.minimum(private, v["max_latency"] * s.local_frequency / v["cycles_per_bit"])
        rows = [*cones, self.late, self.waits, self.budget, self.all_sent, here <= most]
        if local == "forbidden":
            rows.append(here == 0)
        if senders is not None:
            rows += [shared[k] == 0 for k in range(users) if k not in senders]
        if times == "equal":
            rows += [a[1:] == a[:-1] for a in (t_shared, t_private) if users > 1]
            rows.append(t_down == window)
        fixed = users * v["reception_power"] * self.multicast
        self.problem = cp.Problem(cp.Minimize(energy + fixed), rows)
        found = float(self.problem.solve(solver="CLARABEL", **TIGHT))
        self.value = found if np.isfinite(found) else np.nan
        if np.isfinite(found):
            self.shared, self.offloaded = np.asarray(shared.value), float(np.sum(private - here.value))

    def prices(self) -> dict[str, Array]:
        return {
            "time_price": np.asarray(self.late.dual_value),
            "download_price": np.asarray(self.waits.dual_value),
            "energy_price": np.asarray(self.budget.dual_value),
            "shared_price": -np.asarray(self.all_sent.dual_value),
        }


def in_other_units(s: Instance, *, bit: float, second: float, joule: float) -> Instance:
    """One instance with its data in these units: its optimum is that of `s` in the new joule."""
    watt, hertz = joule / second, bit / second  # a band is worth bits a second
    units = {
        "input_bits": bit,
        "shared_bits": bit,
        "cycles_per_bit": 1 / bit,
        "energy_coefficient": joule * second**2,
        "max_latency": second,
        **dict.fromkeys(("uplink_bandwidth", "downlink_bandwidth", "multicast_bandwidth"), hertz),
        "noise_psd": watt / hertz,
        "local_frequency": 1 / second,
        "max_bs_power": watt,
        "max_bs_energy": joule,
        "reception_power": watt,
    }
    return P1.instance({name: array / units.get(name, 1.0) for name, array in s.data.items()})
