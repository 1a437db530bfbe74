"""The paper's procedures, the baselines it compares with, and searches of our own.

`bisection` is Algorithm 1; `moves` Routine 1 and `printed` Algorithm 2, evaluated plainly; `incremental` the
same search with what a move changes only; `baselines` Section V's; `restarts` a better search; `exact` the
optimum of small networks; `coupled` powers that know of each other.
"""
