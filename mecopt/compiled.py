"""Compile loops with numba where it is installed; without it the same function runs as plain Python, slower.

Importing this module imports numba, so only modules full of compiled loops do, and they are imported where
they are used: `import mecopt` stays light. Compiled code is strict IEEE arithmetic (no `fastmath`): the same
numbers either way but for the last digit of `exp` and `log`, which come from another library.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

if TYPE_CHECKING:
    AVAILABLE: bool

    def jit(function: Function, /) -> Function:
        """What type checkers see: the function itself."""

    def inlined(function: Function, /) -> Function:
        """The same."""

else:
    try:
        import numba
    except ImportError:
        AVAILABLE = False

        def jit(function):
            """Leave the function as it is: numba is not installed."""
            return function

        inlined = jit

    else:
        AVAILABLE = True
        jit = numba.njit(cache=True, error_model="numpy", nogil=True)
        # for small functions of tuples of arrays: counting references to those costs 100 ns a call
        inlined = numba.njit(inline="always", error_model="numpy")
