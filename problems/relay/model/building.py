"""The building blocks of (28) as rows of a CVXPY model; `surrogate` says what they are for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..links import Data
from .majorants import Values

if TYPE_CHECKING:
    import cvxpy as cp


class Form(NamedTuple):
    """The rows of the AF rate, and what only they know of: their variables and parameters at a plan, and the
    relay's AF power, as a share, that their variables stand for."""

    rows: "Callable[[Surrogate], None]"
    values: Callable[[Data, Values], Values]
    parameters: "Callable[[Surrogate, Data, Values], Values]"
    relay_power: Callable[[Data, Values], float]


@dataclass
class Surrogate:
    """One compiled programme. `parameters` fills its parameters; the variables are read by name."""

    noise_grows: bool
    form: Form
    variables: dict[str, "cp.Variable"] = field(default_factory=dict)
    parameters: dict[str, "cp.Parameter"] = field(default_factory=dict)
    rows: "list[cp.Constraint]" = field(default_factory=list)
    costs: list[Any] = field(default_factory=list)
    below: dict[str, tuple[str, str]] = field(default_factory=dict)
    above: dict[str, tuple[str, str]] = field(default_factory=dict)

    def variable(self, *names: str) -> Iterator[Any]:
        """New non-negative variables."""
        import cvxpy as cp

        for name in names:
            self.variables[name] = cp.Variable(nonneg=True, name=name)
            yield self.variables[name]

    def p(self, name: str) -> Any:
        """A non-negative parameter, made when first asked for."""
        import cvxpy as cp

        if name not in self.parameters:
            self.parameters[name] = cp.Parameter(nonneg=True, name=name)
        return self.parameters[name]

    def product_below(self, key: str, x: Any, u: str, v: str) -> None:
        """x <= u v by (27)."""
        import cvxpy as cp

        a, b = self.variables[u], self.variables[v]
        self.below[key] = (u, v)
        squares = cp.square(self.p(f"{key}.u") * a) + cp.square(self.p(f"{key}.v") * b)
        line = self.p(f"{key}.slope_u") * a + self.p(f"{key}.slope_v") * b - self.p(f"{key}.level")
        self.rows.append(x + squares <= line)

    def bound_above(self, key: str, u: str, v: str, *, squared: bool = False) -> Any:
        """The upper bound of factor u v (of factor u v^2 if `squared`), convex."""
        import cvxpy as cp

        a, b = self.variables[u], self.variables[v]
        self.above[key] = (u, v)
        inner = cp.square(b) if squared else b
        square = cp.square(self.p(f"{key}.u") * a + self.p(f"{key}.v") * inner)
        line = self.p(f"{key}.slope_u") * a + self.p(f"{key}.slope_v") * b
        return square - line + self.p(f"{key}.level")

    def product_above(self, key: str, u: str, v: str, *, squared: bool = False) -> None:
        """Add that upper bound to the objective."""
        self.costs.append(self.bound_above(key, u, v, squared=squared))
