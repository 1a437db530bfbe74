"""Compile loops with numba where it is installed; without it the same function runs as plain Python, slower.

Importing this module imports numba, so only modules full of compiled loops do, and they are imported where
they are used: `import mecopt` stays light. Compiled code is strict IEEE arithmetic (no `fastmath`): the same
numbers either way but for the last digit of `exp` and `log` of the math module, which come from another
library. (`mecopt.kernels.compiled` has its own, with the same digits everywhere.)
"""

import struct
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

if TYPE_CHECKING:
    AVAILABLE: bool

    def jit(function: Function, /) -> Function:
        """What type checkers see: the function itself."""

    def internal(function: Function, /) -> Function:
        """The same, for functions that only compiled ones call: they compile in half the time."""

    def inlined(function: Function, /) -> Function:
        """The same, for scalar functions inside loops."""

    def bits_of(x: float) -> int:
        """The 64 bits of a double as a signed integer."""

    def float_of(bits: int) -> float:
        """The double of these bits."""

    def spliced(function: Function, /) -> Function:
        """The same, for small functions of tuples of arrays."""

else:
    AVAILABLE = find_spec("numba") is not None
    if not AVAILABLE:

        def jit(function):
            """Leave the function as it is: numba is not installed."""
            return function

        internal = inlined = spliced = jit

        def bits_of(x):
            """The 64 bits of a double as a signed integer."""
            return struct.unpack("<q", struct.pack("<d", x))[0]

        def float_of(bits):
            """The double of these bits."""
            return struct.unpack("<d", struct.pack("<q", bits))[0]

    else:
        import numba
        from llvmlite import ir
        from numba.extending import intrinsic

        jit = numba.njit(cache=True, error_model="numpy", nogil=True)
        internal = numba.njit(
            cache=True, error_model="numpy", nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
        )
        # a loop that calls anything is not vectorised
        inlined = numba.njit(cache=True, error_model="numpy", nogil=True, forceinline=True)

        @intrinsic
        def bits_of(typing_context, x):
            """The 64 bits of a double as a signed integer."""
            return numba.int64(numba.float64), lambda context, builder, signature, arguments: builder.bitcast(
                arguments[0], ir.IntType(64)
            )

        @intrinsic
        def float_of(typing_context, bits):
            """The double of these bits."""
            return numba.float64(numba.int64), lambda context, builder, signature, arguments: builder.bitcast(
                arguments[0], ir.DoubleType()
            )

        # counting references to tuples of arrays costs 100 ns a call
        spliced = numba.njit(inline="always", error_model="numpy")
