"""A made-up paper whose claims are all recorded rightly."""

from mecopt.problem import Paper

PAPER = Paper(key="toy", title="A toy paper", source="Nobody 2024", doi="10.0/toy", problems=())
