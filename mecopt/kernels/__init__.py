"""Scalar functions that closed forms and models are made of, each with the faces it needs.

    lambert    y(x) = 1 + W0((x - 1)/e), the rate exponent at a price of airtime; its inverse and slope
    rate       energy A t (2^(l/(B t)) - 1) of sending l bits in time t; marginals, optimal airtime, cone
    sharing    (sum sqrt w)^2, the least of sum w/y over shares y of one resource; shares, prices
    priority   psi(u) = u ln u - u + 1, the price of airtime at which offloading a bit stops paying
    ratio      least (phi + psi p)/ln(1 + theta p), the price of time and energy over the rate they buy

Faces: NumPy value, marginal (derivative), inverse, CVXPY. The NumPy faces work in float64, broadcast, return
a NumPy float for scalars, take nan to nan and emit no warning. No result depends on its place in an array.
"""
