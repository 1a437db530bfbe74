"""The referee's own search for prices: the saddle point of P1', by nested bracketed roots in doubles.

    window t_dl     the prices of upload and download time balance      (outermost, in its logit)
    nu              the base station's budget is spent                  (in its logarithm)
    mu              the shared data is sent                             (exponent of the cheapest user)
    x = D^L         a local bit costs what an offloaded one does        (innermost)

It shares no code with the closed form. Whatever it returns is only a candidate: `statement.bound` is valid at
any prices, and loses the square of an error in them.
"""

import numpy as np

from mecopt.instance import Array, Indices, Mask
from mecopt.rootfind import Fall, falling_root

from .dual_newton import Prices, prices_at
from .dual_response import TOP, Data, Response, lag, respond, spent, total

NEEDED = (
    *("window", "private_bits", "most_local", "shared_bits", "output_ratio", "local_scale"),
    *("up_scale", "up_nat", "down_scale", "down_nat", "reception_power", "max_bs_energy"),
)
"""What of the statement's data the search reads."""

HOPEFUL = -2.0
"""Logit at which the search starts."""

FAR = 15.0
"""Logits of the window beyond which prices are so extreme that the next window had better start afresh."""

PRECISION = 1e-8
"""Of each root, where the numbers are of order one: the bound then misses 1e-14 or so."""

WIDEST, NARROWEST = 30.0, -22.0
"""Logits between which the window is searched. In narrower ones bits are too few to be told from none."""

CLOSE = 1e-6
"""A window this close to the shortest, in which hardly a bit is sent that need not be, is the shortest."""

LOG_RANGE = 80.0
"""nu is searched over this many e-foldings around the price at which nobody wants to offload."""


def _send_all(d: Data, window: Array, nu: Array) -> Array:
    """The exponent of the cheapest user at which all shared data is sent."""
    load = (d.shared_bits + d.private_bits) / (d.up_nat * (d.window - window))
    high = np.minimum(np.min(lag(d) + load, axis=-1, keepdims=True), TOP)

    def missing(lead: Array) -> Array:
        sent = np.sum(respond(d, window, nu, lead).shared, axis=-1, keepdims=True)
        return np.where(d.shared_bits > 0, 1.0 - sent / np.where(d.shared_bits > 0, d.shared_bits, 1.0), 0.0)

    return falling_root(missing, np.zeros(high.shape), high, precision=PRECISION)[1]


def _dear(d: Data) -> Array:
    """ln of a price of the base station's energy at which hardly anybody wants to offload."""
    wish = np.max(np.log(3 * d.local_scale * np.maximum(d.private_bits, 1e-300) ** 2), axis=-1, keepdims=True)
    worth = np.max(np.log(d.down_nat / d.down_scale), axis=-1, keepdims=True)
    ratio = np.log(np.where(d.output_ratio > 0, d.output_ratio, 1.0))
    return np.asarray(np.clip(wish + worth - ratio, -600.0, 600.0))


def _spend_all(d: Data, window: Array) -> Prices:
    """Prices at which the base station's budget is spent and all shared data is sent, by nested searches."""

    def over(log_nu: Array) -> Array:
        nu = np.exp(log_nu)
        energy = spent(d, respond(d, window, nu, _send_all(d, window, nu)))
        return np.asarray(np.nan_to_num(np.clip(np.log(energy / d.max_bs_energy), -1e3, 1e3)))

    middle = _dear(d)
    _, log_nu = falling_root(over, middle - LOG_RANGE, middle + LOG_RANGE, precision=PRECISION)
    return Prices(log_nu, _send_all(d, window, np.exp(log_nu)))


def _prices(d: Data, window: Array, start: Prices) -> Prices:
    """The same, by Newton's method where it arrives."""
    found, right = prices_at(d, window, start, _dear(d) - LOG_RANGE)
    rest = np.flatnonzero(~right[:, 0])
    if len(rest):
        nested = _spend_all(_rows(d, rest), window[rest])
        for target, source in zip(found, nested, strict=True):
            target[rest] = source
    return found


def _rows(d: Data, which: Indices) -> Data:
    """The data of some instances."""
    return Data(**{name: getattr(d, name)[which] for name in NEEDED})


def _flat(d: Data) -> Data:
    """The data with one batch axis, `(n, users)` or `(n, 1)`."""
    shape = np.shape(d.private_bits)[:-1]
    n = int(np.prod(shape, dtype=int))

    def one_axis(a: Array) -> Array:
        return np.broadcast_to(a, (*shape, a.shape[-1])).reshape(n, a.shape[-1])

    return Data(**{name: one_axis(np.asarray(getattr(d, name))) for name in NEEDED})


def _argument(y: Array) -> Array:
    return np.asarray(y * np.exp(y) - np.expm1(y))


def _time_prices(d: Data, r: Response, nu: Array) -> tuple[Array, Array]:
    """Prices of upload and of download time."""
    sigma = np.maximum(nu * d.down_scale * _argument(r.download) - d.reception_power, 0.0)
    return d.up_scale * _argument(r.upload), np.where(r.held & (r.offloaded > 0), sigma, 0.0)


def _pinned(d: Data, window: Array, r: Response, beta: Array, sigma: Array, nu: Array) -> tuple[Array, Array]:
    """sigma and nu where the window is the shortest that the budget allows for bits that must be sent.

    Any nu from some value up has the energy spent there: not the energy, but the balance of the prices of
    time tells which it is. Everybody then takes the whole window.
    """
    least = d.private_bits - d.most_local
    forced = d.output_ratio * least > 0
    each = np.where(forced, d.down_scale * _argument(d.output_ratio * least / (d.down_nat * window)), 0.0)
    none_else = total(r.offloaded - least) <= CLOSE * total(r.offloaded)
    pinned = none_else & _too_short(d, window * (1 - CLOSE))
    balanced = total(beta + np.where(forced, d.reception_power, 0.0)) / total(each)
    charged = np.where(forced, np.maximum(balanced * each - d.reception_power, 0.0), 0.0)
    return np.where(pinned, charged, sigma), np.where(pinned, balanced, nu)


def _too_short(d: Data, window: Array) -> Mask:
    """Windows in which the results that must be sent take more than the budget, whatever the prices."""
    bits = d.output_ratio * (d.private_bits - d.most_local)
    z = bits / (d.down_nat * window)
    least = total(np.where(bits > 0, d.down_scale * window * np.expm1(z), 0.0))
    return np.asarray(least > d.max_bs_energy)


def _bracket(fall: Fall, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Logits on either side of the root, next to where it usually is; an end of the range if it is beyond."""
    here = np.full(shape, HOPEFUL)
    down = ~(fall(here) > 0)
    other, done, step = here, np.zeros(shape, dtype=bool), 1.0
    while not done.all():
        ahead = np.clip(here + np.where(down, -step, step), NARROWEST, WIDEST)
        crossed = (fall(np.where(done, HOPEFUL, ahead)) > 0) == down
        last = (ahead <= NARROWEST) | (ahead >= WIDEST)
        other = np.where(done, other, ahead)
        here = np.where(done | crossed, here, ahead)
        done, step = done | crossed | last, 2 * step
    return np.minimum(here, other), np.maximum(here, other)


def best_prices(d: Data) -> dict[str, Array]:
    """Prices near those that maximise the dual bound, in the data's batch shape."""
    shape = np.shape(d.private_bits)[:-1]
    d = _flat(d)
    with np.errstate(all="ignore"):
        warm = cold = Prices(_dear(d) - 2.0, np.full(d.window.shape, np.inf))

        def at(logit: Array) -> tuple[Response, Array]:
            nonlocal warm
            window = d.window / (1.0 + np.exp(-logit))
            found = _prices(d, window, warm)
            # prices in windows of next to nothing are no start for others
            warm = Prices(*(np.where(np.abs(logit) < FAR, a, b) for a, b in zip(found, cold, strict=True)))
            return respond(d, window, np.exp(found.log_nu), found.lead), np.exp(found.log_nu)

        def download_dearer(logit: Array) -> Array:
            short = _too_short(d, d.window / (1.0 + np.exp(-logit)))
            beta, sigma = _time_prices(d, *at(np.where(short, HOPEFUL, logit)))
            paid, lost = np.minimum(total(sigma), 1e300), total(beta)
            return np.where(short, 1.0, np.nan_to_num((paid - lost) / (paid + lost), nan=-1.0))

        low, high = _bracket(download_dearer, d.window.shape)
        _, logit = falling_root(download_dearer, low, high, precision=PRECISION)
        r, nu = at(logit)
        beta, sigma = _time_prices(d, r, nu)
        sigma, nu = _pinned(d, d.window / (1.0 + np.exp(-logit)), r, beta, sigma, nu)
        mu = np.min(d.up_scale / d.up_nat * np.exp(r.upload), axis=-1, keepdims=True)
    users = np.shape(beta)[-1]
    return {
        "time_price": beta.reshape(*shape, users),
        "download_price": sigma.reshape(*shape, users),
        "energy_price": nu.reshape(shape),
        "shared_price": np.where(d.shared_bits > 0, mu, 0.0).reshape(shape),
    }
