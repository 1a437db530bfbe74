"""What a method returns (`Point`), what the referee says of it (`Certificate`), and both (`Result`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mecopt.instance import Array, finite_or_none

if TYPE_CHECKING:
    from mecopt.loops import Trace

Names = NDArray[np.object_]
"""Strings over the batch axes; a plain str where there are none."""


@dataclass(frozen=True)
class Point:
    """Variables, and multipliers where the method has them. A method says nothing about its own success.

    `x` and `multipliers` map output names to arrays `(*batch, *axes)`; an instance that the method could
    not finish holds nan. `message` says why, over the batch axes. `evidence`, None or over the batch axes, is
    for the statement's `searched_bound`: a search's tree, say, which the referee checks leaf by leaf.
    """

    x: Mapping[str, Array]
    multipliers: Mapping[str, Array] = field(default_factory=dict)
    message: Any = ""
    trace: "Trace | None" = None
    evidence: Any = None


@dataclass(frozen=True)
class Certificate:
    """The referee's findings, arrays over the batch axes.

    value         objective at the point, recomputed
    bound         no feasible point is better than this (lower bound when minimising)
    upper         objective of a feasible point within rounding of the given one (rigorous certificates)
    gap           distance between `bound` and the value (or `upper`, if farther), relative to the value
    infeasibility worst violation of a constraint, relative to its bound
    rigorous      bound and upper were proved in ball arithmetic, so the optimum lies between them
    """

    value: Array
    bound: Array
    upper: Array
    gap: Array
    infeasibility: Array
    rigorous: NDArray[np.bool_]

    def __getitem__(self, index: Any) -> "Certificate":
        return Certificate(**{name: getattr(self, name)[index] for name in self.__dataclass_fields__})

    def unwrapped(self) -> "Certificate":
        """The same with 0-d arrays turned into scalars."""
        return Certificate(
            **{name: np.asarray(getattr(self, name))[()] for name in self.__dataclass_fields__}
        )


@dataclass(frozen=True)
class Result:
    """A point and its certificate. `status` is one of optimal, feasible, stationary, infeasible, failed."""

    problem: str
    method: str
    tol: float
    status: Any
    x: Mapping[str, Array]
    multipliers: Mapping[str, Array]
    certificate: Certificate
    message: Any
    seconds: float
    trace: "Trace | None" = None

    @property
    def value(self) -> Array:
        """The objective as the referee computed it; nan where there is no point."""
        return self.certificate.value

    def __len__(self) -> int:
        return len(self.status)

    def __iter__(self) -> Iterator["Result"]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> "Result":
        """Index the batch axes."""
        return replace(
            self,
            status=self.status[index],
            x={name: array[index] for name, array in self.x.items()},
            multipliers={name: array[index] for name, array in self.multipliers.items()},
            certificate=self.certificate[index],
            message=self.message[index],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values, nan and infinities as None."""
        certificate = self.certificate
        x = {**self.x, **self.multipliers}
        return {
            "problem": self.problem,
            "method": self.method,
            "status": _plain(self.status),
            "message": _plain(self.message),
            "value": _plain(self.value),
            "bound": _plain(certificate.bound),
            "gap": _plain(certificate.gap),
            "infeasibility": _plain(certificate.infeasibility),
            "rigorous": _plain(certificate.rigorous),
            "tol": self.tol,
            "seconds": self.seconds,
            "x": {name: _plain(array) for name, array in x.items()},
        }


def _plain(value: Any) -> Any:
    return finite_or_none(np.asarray(value).tolist())
