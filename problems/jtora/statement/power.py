r"""UPA as the referee reads it: uplink powers against given interference, user by user.

    min  sum_u (phi_u + psi_u p_u)/log2(1 + theta_u p_u)   s.t.  0 < p_u <= P_u

Any guess at a user's least cost gives a lower bound on it; see `ratio_bound`. Tran and Pompili 2019, (23).
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from mecopt.arithmetic import Arithmetic, Numbers
from mecopt.instance import Array, Instance
from mecopt.result import Names

from . import ratio_bound

Data = SimpleNamespace
Variables = Mapping[str, Any]


class PowerStatement:
    """Minimise the cost of all uploads."""

    def lift(self, ops: Arithmetic, s: Instance) -> Data:
        """The data, `(*batch, users)`."""
        return Data(**{name: ops.number(array) for name, array in s.data.items()})

    def infeasible(self, s: Instance) -> Names:
        """A user whom the server does not hear."""
        reasons = np.full(s.batch_shape, "", dtype=object)
        deaf = s.sinr_per_watt == 0
        for cell in np.argwhere(deaf.any(axis=-1)):
            at = tuple(cell)
            who = int(np.argmax(deaf[at])) + 1
            reasons[at] = f"user {who} has sinr_per_watt = 0 and cannot upload anything"
        return reasons

    def value(self, ops: Arithmetic, d: Data, x: Variables) -> Numbers:
        """The objective; at p = 0 the limit, which is finite where phi = 0."""
        power = ops.number(x["transmit_power"])
        still = ops.is_zero(power)
        rate = ops.log1p(d.sinr_per_watt * ops.where(still, 1.0, power)) / ops.ln2
        inside = (d.time_weight + d.energy_weight * power) / rate
        patient = ops.is_zero(d.time_weight)
        limit = ops.where(patient, d.energy_weight * ops.ln2 / d.sinr_per_watt, np.inf)
        return ops.sum(ops.where(still, limit, inside))

    def violations(self, d: Data, x: Variables) -> dict[str, Array]:
        """Relative to the budget, `(*batch,)`."""
        power, most = x["transmit_power"], d.max_transmit_power
        return {
            "power at most P": np.max((power - most) / most, axis=-1),
            "power not negative": np.max(-power / most, axis=-1),
        }

    def feasible_neighbour(self, ops: Arithmetic, d: Data, x: Variables) -> Variables:
        """Powers clipped to [0, P]."""
        power = ops.number(x["transmit_power"])
        nothing = ops.number(np.zeros(power.shape))
        return {"transmit_power": ops.minimum(ops.maximum(power, nothing), d.max_transmit_power)}

    def bound(self, ops: Arithmetic, d: Data, prices: Variables) -> Numbers:
        """What the guesses `rate_price` prove."""
        guesses = ops.number(prices["rate_price"])
        data = (d.time_weight, d.energy_weight, d.sinr_per_watt, d.max_transmit_power)
        return ops.sum(ratio_bound.bound_from_guess(ops, guesses, *data))

    def best_prices(self, d: Data) -> dict[str, Array]:
        """Guesses by Dinkelbach's iteration."""
        data = (d.time_weight, d.energy_weight, d.sinr_per_watt, d.max_transmit_power)
        return {"rate_price": ratio_bound.guess(*data)}
