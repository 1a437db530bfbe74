"""The problems as disciplined convex programs.

given_loads     everything but the offloaded fraction, convex in logarithms
surrogate       the convex programme (28) that Algorithm 1 solves again and again, in radiated powers
gain_surrogate  the same in the relay's gain, as the paper has it
single          the special cases DF only (45), (48) and AF only
units           DF only in SI units
"""
