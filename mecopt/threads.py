"""How many threads numerical libraries may start: one.

Their matrices are small here. Threads that wait for work spin, which took more processor time than the
mathematics (JTORA's claims: 20 s with two threads of OpenBLAS, 8 s with one), and processes that share the
cores get in each other's way. Read when a library is first imported.
"""

import os

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")

ONE_THREAD = dict.fromkeys(NAMES, "1")


def one_thread_unless_asked() -> None:
    """For this process and those it starts; what the environment already says stands."""
    for name in NAMES:
        os.environ.setdefault(name, "1")
