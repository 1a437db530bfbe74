"""(a - b)^2 against a^2 - b^2 and friends."""

from hypothesis import strategies as st

from mecopt.claims import Interval, Mutant, agree, claim, decades

PAIRS = st.fixed_dictionaries({"a": decades(1e-3, 1e3), "b": decades(1e-3, 1e3)})


@claim(
    id="TOY-3",
    source="Nobody 2024, eq. (3)",
    statement="a² − b² = (a − b)(a + b).",
    recorded="proved",
    draws=PAIRS,
    subject=lambda a, b: (a - b) * (a + b),
    mutants=[Mutant("(a − b)²", lambda a, b: (a - b) ** 2)],
    tol=1e-12,
    tol_reason="relative to a² + b²; rounding is 1e-15",
    proof=lambda: "expand both sides",
)
def factors(case, subject):
    a, b = case["a"], case["b"]
    return agree(subject(a, b), a * a - b * b, scale=a * a + b * b)


def whole(difference, scale):
    """Enclosure of an exact quotient: the cases are whole numbers."""
    return Interval(difference / scale - 1e-15, difference / scale + 1e-15)


@claim(
    id="TOY-2",
    source="Nobody 2024, Lemma 2",
    statement="Every n ≥ 0 obeys n² ≤ 100 n.",
    recorded="refuted",
    draws=st.fixed_dictionaries({"n": st.integers(0, 10**6)}),
    subject=lambda n: (n * n, 100 * n),
    mutants=[Mutant("n³ for n²", lambda n: (n**3, 100 * n)), Mutant("1000 n", lambda n: (n * n, 1000 * n))],
    tol=1e-9,
    tol_reason="relative to n² + 1; the enclosure is 1e-15 wide",
    explanation="It fails for every n above 100.",
    corrected_by="TOY-2.corrected",
)
def bounded(case, subject):
    left, right = subject(case["n"])
    return whole(right - left, left + 1)


@claim(
    id="TOY-2.corrected",
    source="correction of Nobody 2024, Lemma 2",
    statement="Every n from 0 to 100 obeys n² ≤ 100 n.",
    recorded="certified",
    draws=st.fixed_dictionaries({"n": st.integers(0, 200)}),
    subject=lambda n: (n * n, 100 * n),
    mutants=[Mutant("n³ for n²", lambda n: (n**3, 100 * n))],
    tol=1e-9,
    tol_reason="relative to n² + 1; the enclosure is 1e-15 wide",
)
def bounded_below_100(case, subject):
    if case["n"] > 100:
        return None
    left, right = subject(case["n"])
    return whole(right - left, left + 1)


@claim(
    id="TOY-1",
    source="Nobody 2024, eq. (1)",
    statement="a b ≤ (a² + b²)/2.",
    recorded="supported",
    draws=PAIRS,
    subject=lambda a, b: (a * a + b * b) / 2,
    mutants=[Mutant("÷ 3", lambda a, b: (a * a + b * b) / 3)],
    tol=1e-12,
    tol_reason="relative to a² + b²; rounding is 1e-15",
)
def means(case, subject):
    a, b = case["a"], case["b"]
    return (subject(a, b) - a * b) / (a * a + b * b)
