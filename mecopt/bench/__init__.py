"""Compare solvers on instances whose exact optimum is known: `mecopt bench`, `mecopt sweep`, `mecopt report`.

plan      which method meets which instance, in which units, at which accuracy
host      a process that forks one child per solve, which may hang or crash
worker    the other end of it, with the deadline
measure   what runs in a child: the true optimum, a timed solve, the judgement of its point
chunk     all solves of one instance, as records
status    claims against the truth: optimal, inaccurate, wrong, failed, timeout, crashed
store     records in SQLite, one transaction each; merging; export
local, cluster   run chunks in processes here, or on a Dask cluster
score, charts, page   what the report shows
"""
