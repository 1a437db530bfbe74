"""Cases drawn from a Hypothesis strategy without Hypothesis' engine.

The engine keeps what it needs to mutate, steer and shrink a case: some 25 microseconds a choice, more than
a millisecond a case, as much as many a check takes. Cases that are only looked at need none of it. This
rests on how Hypothesis is made inside, so that whatever goes wrong is `CannotSampleError`, and the engine
does the work.
"""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, NoReturn

from hypothesis.errors import StopTest, UnsatisfiedAssumption
from hypothesis.strategies import SearchStrategy

from mecopt.claims.claim import Case

try:
    from hypothesis.control import BuildContext
    from hypothesis.internal.conjecture.choice import ChoiceTemplate
    from hypothesis.internal.conjecture.data import ConjectureData
except ImportError:  # another version of Hypothesis
    ConjectureData = object  # type: ignore[assignment, misc]


class CannotSampleError(Exception):
    """This version of Hypothesis does not draw in this way, or the strategy itself fails."""


class _Choices(ConjectureData):
    """Choices much as Hypothesis distributes them, none of them written down."""

    def draw_integer(
        self,
        min_value: int | None = None,
        max_value: int | None = None,
        *,
        weights: Mapping[int, float] | None = None,
        **rest: Any,
    ) -> Any:
        """Uniform between two ends but for the weights, so that decades are drawn evenly; faster, too."""
        if min_value is None or max_value is None or rest:
            return super().draw_integer(min_value, max_value, weights=weights, **rest)  # type: ignore[arg-type]
        random: Any = self._random
        place = random.random()
        for value, weight in (weights or {}).items():
            if place < weight:
                return value
            place -= weight
        return random.randint(min_value, max_value)

    def draw(self, strategy: SearchStrategy[Any], *args: Any, **kwargs: Any) -> Any:
        """A value of the strategy."""
        return strategy.do_draw(self)

    def _draw(self, kind: str, constraints: Mapping[str, Any], *, observe: bool, forced: Any) -> Any:
        return getattr(self.provider, f"draw_{kind}")(**constraints) if forced is None else forced

    def _pooled_constraints(self, kind: str, constraints: Any) -> Any:
        return constraints

    def start_span(self, label: int) -> None:
        """Collections compare the depth before and after an element."""
        self.depth += 1

    def stop_span(self, *, discard: bool = False) -> None:
        """As `start_span`."""
        self.depth -= 1

    def conclude_test(self, *args: Any, **kwargs: Any) -> NoReturn:
        """What a filter ends in that finds nothing."""
        raise StopTest(self.testcounter)


def sampled(strategy: SearchStrategy[Any], random: Random) -> Iterator[Case | None]:
    """Cases without end, the simplest first; None for one that the strategy turned down.

    Raises `CannotSampleError`.
    """
    yield _one(
        strategy, lambda: ConjectureData(random=random, prefix=(ChoiceTemplate("simplest", count=None),))
    )
    while True:
        yield _one(strategy, lambda: _Choices(random=random))


def _one(strategy: SearchStrategy[Any], make: Callable[[], ConjectureData]) -> Case | None:
    try:
        strategy.validate()
        choices = make()
        with BuildContext(choices, is_final=False, wrapped_test=sampled):
            case: Case = choices.draw(strategy)
    except (StopTest, UnsatisfiedAssumption):
        return None
    except Exception as error:
        raise CannotSampleError from error
    return case
