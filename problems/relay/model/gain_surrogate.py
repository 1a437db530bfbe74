r"""The surrogate (28) of P2 in the relay's amplification gain G, as the paper has it: P2-G.

In place of the radiated power the gain is the variable, y = G g2 sigma1^2/sigma2^2. With a = theta1 p1

    1 + g1 = (1 + y + a y)/(1 + y),    q = (y + a y)/theta2

so that only the rows of the AF rate and of the relay's budget differ from those in the powers:

    s1 <= ln(1 + y + u) - ln(1 + y),   the last linearised at y0
    u  <= a y                          a product below, (27)
    q  >= (y + v)/theta2,  a y <= v    a product above; with q + p4 <= P_R this is (19h)

The gain is a number without noise in it only where the noise is that of the full band, whatever omega.
y is in units of theta2 P_R/(1 + theta1 P_A), and u and v in units of theta1 P_A times as much, so that (19h)
at full power is (1 - m) y + m v + p4 <= 1 with m = theta1 P_A/(1 + theta1 P_A). Source: Chen et al. 2020,
Section III.
"""

import math

from mecopt.errors import DataError

from ..links import Data
from .building import Form, Surrogate
from .majorants import Values

REFUSAL = "the gain form needs a noise that does not grow with the band: noise_model 'fixed'"


def unit_of_gain(d: Data) -> float:
    """y at full power of the user, all of the relay's power in AF."""
    return d.snr[1] / (1 + d.snr[0])


def rows(m: Surrogate) -> None:
    """The AF rate and the relay's AF power in the gain."""
    import cvxpy as cp

    if m.noise_grows:
        raise DataError("noise_model", "got 'band'", REFUSAL)
    gain, u, v = m.variable("gain", "u", "v")
    inside = m.p("unit_y") * gain + m.p("unit_ay") * u
    line = m.p("tangent_y") * gain + m.p("tangent_level")
    m.rows.append(m.p("r1.nats") * m.variables["s1"] <= cp.log1p(inside) - line)
    m.product_below("snr", u, "p1", "gain")
    m.rows.append(m.bound_above("budget", "p1", "gain") <= v)
    m.rows.append(m.p("noise_share") * gain + m.p("signal_share") * v <= m.variables["q"])


def values(d: Data, at: Values) -> Values:
    """The gain at a plan, both products tight."""
    gain = at["q"] * (1 + d.snr[0]) / (1 + d.snr[0] * at["p1"])
    return {"gain": gain, "u": at["p1"] * gain, "v": at["p1"] * gain}


def parameters(m: Surrogate, d: Data, at: Values) -> Values:
    """Units, the two shares of what the relay radiates, and the tangent of ln(1 + y)."""
    unit = unit_of_gain(d)
    y = unit * at["gain"]
    return {
        "unit_y": unit,
        "unit_ay": unit * d.snr[0],
        "noise_share": 1 / (1 + d.snr[0]),
        "signal_share": d.snr[0] / (1 + d.snr[0]),
        "tangent_y": unit / (1 + y),
        "tangent_level": max(math.log1p(y) - y / (1 + y), 0.0),
    }


def relay_power(d: Data, found: Values) -> float:
    """What the relay radiates at this gain and this power of the user."""
    return found["gain"] * (1 + d.snr[0] * found["p1"]) / (1 + d.snr[0])


GAIN = Form(rows, values, parameters, relay_power)
