r"""What P1 and its relatives ask for, as the referee reads it: objective, constraints, bound.

    min  w T + E     T = max{t_loc + t_af/eta, t_up + t_edge + t_down}            (17) to (19)
    s.t. p1 + p2 <= P_A,  q + p4 <= P_R,  f_A <= F_A,  f_R <= F_R,  0 <= beta, omega <= 1

with the times and energies of `branches`. The relatives:

    hybrid   P1
    half     FDHR: omega = 1/2
    slots    TDHR: every transmission has the full band; budgets hold per transmission, and
             T = max{tau + t_edge, max(tau, t_loc) + tau} + t_down,  tau = max{t_up, t_af/eta},
             where both branches carry something; the empty slot is dropped otherwise
    af, df   one branch carries everything in the full band

A branch without load costs nothing. The bound is that of `cuts`; nothing here knows of a method.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array, Instance
from mecopt.result import Names

from . import branches, cut_search, cuts
from .branches import Data

Mode = Literal["hybrid", "half", "slots", "af", "df"]

Variables = Mapping[str, Any]

CAPS = {
    "user_frequency": "max_user_frequency",
    "relay_frequency": "max_relay_frequency",
    "user_af_power": "max_user_power",
    "user_df_power": "max_user_power",
    "relay_af_power": "max_relay_power",
    "relay_df_power": "max_relay_power",
}
BUDGETS = (("user_af_power", "user_df_power"), ("relay_af_power", "relay_df_power"))
FORCED = {"af": 0.0, "df": 1.0}


@dataclass(frozen=True)
class RelayStatement:
    """P1 or one of its relatives."""

    mode: Mode

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """The data and what follows from it."""
        return branches.lift(ops, s)

    def infeasible(self, s: Instance) -> Names:
        """A branch that must carry something needs both of its hops."""
        af = (s.af_gain_user_relay > 0) & (s.af_gain_relay_receiver > 0)
        df = (s.df_gain_user_relay > 0) & (s.df_gain_relay_receiver > 0)
        if self.mode == "af":
            works, said = af, "the AF chain is dead: af_gain_user_relay or af_gain_relay_receiver is 0"
        elif self.mode == "df":
            works, said = df, "the DF chain is dead: df_gain_user_relay or df_gain_relay_receiver is 0"
        else:
            works, said = af | df, "both chains are dead: a gain is 0 in the AF chain and in the DF chain"
        return np.where(works, "", said).astype(object)

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """w T + E in joule; inf where a branch with load has no band, power or CPU."""
        time, energy = self.time_and_energy(ops, d, x)
        return d.weight * time + energy

    def time_and_energy(self, ops: Arithmetic, d: Data, x: Variables) -> tuple[Numbers, Numbers]:
        """T in seconds and E in joule."""
        shape = np.shape(x[next(iter(x))])
        beta = ops.number(x["beta"] if "beta" in x else np.full(shape, FORCED.get(self.mode, 0.0)))
        point = SimpleNamespace(**{name: ops.number(array) for name, array in x.items()})
        af_share, band, df_band = 1 - beta, *self._bands(ops, point, shape)
        af_idle, df_idle = ops.is_zero(af_share), ops.is_zero(beta)
        zero = ops.number(np.zeros(shape))
        if self.mode != "df":
            a = branches.af_branch(ops, d, af_share, band, point)
            a = branches.AfBranch(*(ops.where(af_idle, zero, part) for part in a))
        if self.mode != "af":
            b = branches.df_branch(ops, d, beta, df_band, point)
            b = branches.DfBranch(*(ops.where(df_idle, zero, part) for part in b))
        if self.mode == "af":
            return a.local_time + a.radio_time / d.af_prelog, a.local_energy + a.user_energy + a.relay_energy
        df_energy = b.edge_energy + b.up_energy + b.down_energy
        df_time = b.up_time + b.edge_time + b.down_time
        if self.mode == "df":
            return df_time, df_energy
        af_time = a.local_time + a.radio_time / d.af_prelog
        energy = a.local_energy + a.user_energy + a.relay_energy + df_energy
        longest = ops.maximum(af_time, df_time)
        if self.mode != "slots":
            return longest, energy
        slot = ops.maximum(b.up_time, a.radio_time / d.af_prelog)
        both = ops.maximum(slot + b.edge_time, ops.maximum(slot, a.local_time) + slot) + b.down_time
        return ops.where(af_idle | df_idle, longest, both), energy

    def _bands(self, ops: Arithmetic, point: Any, shape: tuple[int, ...]) -> tuple[Numbers, Numbers]:
        """Band fractions of AF and DF; a band that is not there counts as 0, which nothing survives."""
        if self.mode == "hybrid":
            zero = ops.number(np.zeros(shape))
            return ops.maximum(1 - point.omega, zero), ops.maximum(point.omega, zero)
        band = ops.number(np.full(shape, 0.5 if self.mode == "half" else 1.0))
        return band, band

    def violations(self, d: Data, x: Variables) -> Mapping[str, Array]:
        """Each constraint's violation relative to its bound."""
        found: dict[str, Array] = {}
        for name in x:
            cap = getattr(d, CAPS[name]) if name in CAPS else 1.0
            found[f"{name} at least 0"] = -x[name] / cap
            found[f"{name} at most its limit"] = x[name] / cap - 1
        if self.mode in ("hybrid", "half"):
            for one, other in BUDGETS:
                found[f"{one} and {other}"] = (x[one] + x[other]) / getattr(d, CAPS[one]) - 1
        return found

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """Clip to the limits; scale two powers that exceed their budget."""
        one = ops.number(np.ones(np.shape(x[next(iter(x))])))
        inside = {
            name: ops.minimum(
                ops.maximum(ops.number(array), 0 * one), getattr(d, CAPS[name]) if name in CAPS else one
            )
            for name, array in x.items()
        }
        if self.mode in ("hybrid", "half"):
            for pair in BUDGETS:
                total = inside[pair[0]] + inside[pair[1]]
                silent = ops.is_zero(total)
                scale = ops.minimum(one, getattr(d, CAPS[pair[0]]) / ops.where(silent, one, total))
                inside |= {name: inside[name] * scale for name in pair}
        return inside

    def bound(self, ops: Arithmetic, d: Data, prices: Mapping[str, Any]) -> Numbers:
        """The bound that the cuts prove; see `cuts`."""
        rows = prices["cuts"]
        shape = rows.shape[:-2]
        found = np.empty(shape, dtype=object)
        for cell in np.ndindex(shape):
            found[cell] = cuts.bound(ops, branches.pick(d, cell), self.mode, rows[cell])
        return found.astype(np.float64) if ops.name == "float64" else found

    def best_prices(self, d: Data) -> Mapping[str, Array]:
        """Cuts that cover every offloaded fraction; rows of nan fill up."""
        shape = np.shape(d.weight)
        found = [cut_search.cuts(branches.pick(d, cell), self.mode) for cell in np.ndindex(shape)]
        rows = np.full((len(found), max((len(f) for f in found), default=1), len(cuts.COLUMNS)), np.nan)
        for place, one in zip(rows, found, strict=True):
            place[: len(one)] = one
        return {"cuts": rows.reshape(shape + rows.shape[1:])}
