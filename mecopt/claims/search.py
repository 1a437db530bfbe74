"""Search for a violation: random draws, then draws steered towards smaller slack, then shrinking."""

import gc
import math
import pickle
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, core
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture import providers

from mecopt.claims.cases import canonical, complexity, short, tidy
from mecopt.claims.claim import Case, Claim
from mecopt.claims.sampling import CannotSampleError, sampled
from mecopt.claims.slack import Slack

SHRINK_CHECKS = 250  # new cases checked to make a counterexample smaller
STEERED_PART = 10  # one case in so many of a hunt is steered ...
STEERED_LEAST = 20  # ... and at least so many: fewer cannot be steered anywhere
CASES_AHEAD = 100  # cases that a claim is told of before their turn
DRAWS_PER_SAMPLE = 20  # draws that a filter turns down cost next to nothing
CHECKS_PER_SAMPLE = 4  # draws that miss the hypothesis of a claim cost checks, too


class CheckError(Exception):
    """A check, or the drawing of its cases, raised; the text says what and on which case."""


class _ViolationError(Exception):
    """Tells Hypothesis that the case is a counterexample."""


class _Stop(BaseException):
    """Leaves a Hypothesis run early. Not an Exception, or it would be taken for a counterexample."""


@dataclass(frozen=True)
class Seen:
    """A case and the slack found there (None: the hypothesis of the claim is not met)."""

    case: Case
    slack: Slack | None


@dataclass
class Search:
    """The cases of one claim seen so far, each checked once."""

    claim: Claim
    seen: dict[str, Seen] = field(default_factory=dict)

    def look(self, case: Case) -> Seen:
        """Check a case, or recall what its check said. Raises `CheckError`."""
        try:
            key = canonical(case)
        except (TypeError, ValueError) as error:
            raise CheckError(f"the case is not JSON ({error}): {short(case)}") from error
        if key not in self.seen:
            self.seen[key] = Seen(case, run_check(self.claim, case, self.claim.subject))
        return self.seen[key]

    def counted(self) -> list[tuple[Case, Slack]]:
        """The cases that meet the claim's hypothesis, in the order seen."""
        return [(s.case, s.slack) for s in self.seen.values() if s.slack is not None]

    def smallest_violation(self) -> tuple[Case, Slack] | None:
        """The smallest counterexample seen; one with a proof goes before any without."""
        tol = self.claim.tol
        found = [(case, slack) for case, slack in self.counted() if not slack.holds(tol)]
        return min(found, key=lambda v: (not v[1].proved_to_fail(tol), complexity(v[0])), default=None)

    def hunt(self, samples: int, seed: int) -> None:
        """Look for a violation, first on random cases; when there is one, shrink it. Raises `CheckError`."""
        steered = max(samples // STEERED_PART, STEERED_LEAST)
        try:
            if not self._sample(samples - steered, seed, stop=self.violated):
                samples = min(samples, steered)
        except CannotSampleError:
            pass
        self._run(_Hunt(self, samples), samples, seed, (Phase.generate, Phase.target, Phase.shrink))

    def draw(self, samples: int, seed: int) -> None:
        """Check further random cases without stopping at violations. Raises `CheckError`."""
        try:
            self._sample(samples, seed, stop=lambda slack: False)
        except CannotSampleError:
            self._run(_Visit(self, samples), samples, seed, (Phase.generate,))

    def violated(self, slack: Slack) -> bool:
        """Whether the claim fails for certain: an enclosure on both sides of -tol may yet hold."""
        tol = self.claim.tol
        return slack.proved_to_fail(tol) if slack.rigorous else not slack.holds(tol)

    def _sample(self, samples: int, seed: int, *, stop: Callable[[Slack], bool]) -> bool:
        """Check `samples` more cases that count, some of them again; whether `stop` said so before.

        The same seed visits the same cases. Raises `CheckError` and `CannotSampleError`.
        """
        if samples <= 0:
            return False
        most = len(self.seen) + CHECKS_PER_SAMPLE * samples
        counted = 0
        with _same_everywhere(), _seeded_once():
            drawn = sampled(self.claim.draws, Random(_seed(self.claim, seed)))
            drawn = islice(drawn, DRAWS_PER_SAMPLE * samples)
            for case in self._announced(drawn, min(samples, CASES_AHEAD)):
                slack = self.look(case).slack
                if slack is not None:
                    if stop(slack):
                        return True
                    counted += 1
                if counted >= samples or len(self.seen) >= most:
                    break
        return False

    def _announced(self, drawn: Iterator[Case | None], most: int) -> Iterator[Case]:
        """The cases, at most so many at a time, after the claim's `ahead` has seen those to come."""
        cases = (case for case in drawn if case is not None)
        while some := list(islice(cases, most)):
            if self.claim.ahead is not None:
                try:
                    self.claim.ahead(_copy(some))
                except Exception as error:
                    raise CheckError(f"looking ahead failed: {_say(error)}") from error
            yield from some

    def _run(self, visit: "_Visit", samples: int, seed: int, phases: tuple[Phase, ...]) -> None:
        """One Hypothesis run; the same seed visits the same cases."""

        @hypothesis.seed(_seed(self.claim, seed))
        @hypothesis.settings(
            max_examples=samples,
            phases=phases,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            # Claims speak about narrow sets of large cases and their checks may be slow: that is wanted.
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=self.claim.draws)
        def test(case: Case) -> None:
            visit(case)

        try:
            with _same_everywhere(), _seeded_once():
                test()
        except (_ViolationError, _Stop, Unsatisfiable):
            pass
        except Exception as error:
            raise CheckError(f"drawing cases failed: {_say(error)}") from error
        if visit.failure is not None:
            raise visit.failure


class _Visit:
    """What happens to each case of a run."""

    def __init__(self, search: Search, samples: int) -> None:
        self.search = search
        self.limit = len(search.seen) + CHECKS_PER_SAMPLE * samples
        self.failure: CheckError | None = None

    def __call__(self, case: Case) -> None:
        if len(self.search.seen) >= self.limit:
            raise _Stop
        try:
            slack = self.search.look(case).slack
        except CheckError as failure:
            self.failure = failure
            raise _Stop from failure
        if slack is None:
            hypothesis.reject()
        self.judge(slack)

    def judge(self, slack: Slack) -> None:
        """A plain visit takes every slack."""


class _Hunt(_Visit):
    """Steer towards small slack; stop at a violation, then spend a fixed number of checks on shrinking."""

    shrinking = False

    def judge(self, slack: Slack) -> None:
        if math.isfinite(slack.middle()):
            hypothesis.target(-slack.middle())
        if self.search.violated(slack):
            if not self.shrinking:
                self.shrinking = True
                self.limit = len(self.search.seen) + SHRINK_CHECKS
            raise _ViolationError


def _seed(claim: Claim, seed: int) -> int:
    return zlib.crc32(claim.id.encode()) + seed


def _copy(data: Any) -> Any:
    """A copy of JSON data, four times faster than `deepcopy`."""
    return pickle.loads(pickle.dumps(data))


def run_check(claim: Claim, case: Case, subject: Any) -> Slack | None:
    """The claim's check on one case. Raises `CheckError` for whatever it raises."""
    try:
        answer = claim.check(_copy(case), subject)
        return None if answer is None else Slack.read(answer)
    except Exception as error:
        raise CheckError(f"{_say(error)} on the case {short(tidy(case))}") from error


@contextmanager
def few_collections() -> Iterator[None]:
    """Collect garbage seldom, and never look again at what was there before.

    Half a million objects of imported libraries would be gone through thousands of times.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def quiet() -> Iterator[None]:
    """Extreme cases and mutants overflow and divide by zero on purpose; the slack tells."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _say(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {short(text, width=300)}" if text else type(error).__name__


@contextmanager
def _same_everywhere() -> Iterator[None]:
    """Keep Hypothesis from mixing constants of whatever modules are loaded into its draws.

    It reads them from the source of every imported module outside site-packages, so that the cases of
    one seed would differ between a checkout and a wheel, and between one process and two.
    """
    read: Callable[[], Any] | None = getattr(providers, "_get_local_constants", None)
    if read is None:  # another version of Hypothesis, which keeps them elsewhere or has none
        yield
        return
    empty = type(providers._local_constants)()
    providers.CONSTANTS_CACHE.cache.clear()
    providers._get_local_constants = lambda: empty
    try:
        yield
    finally:
        providers._get_local_constants = read
        providers.CONSTANTS_CACHE.cache.clear()


@contextmanager
def _seeded_once() -> Iterator[None]:
    """Seed the global random numbers before a run, as Hypothesis does before each of its cases.

    Each case is checked once and what its check says is kept, so that this is enough for one seed to give
    the same verdicts; to save, seed and restore two generators takes as long as to draw a small case.
    """
    engine: Any = core
    seeded: Callable[[], Any] | None = getattr(engine, "deterministic_PRNG", None)
    if seeded is None:  # another version of Hypothesis
        yield
        return
    with seeded():
        engine.deterministic_PRNG = nullcontext
        try:
            yield
        finally:
            engine.deterministic_PRNG = seeded
