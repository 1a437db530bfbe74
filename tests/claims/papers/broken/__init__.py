"""A made-up paper in whose claims everything goes wrong."""

from mecopt.problem import Paper

PAPER = Paper(key="broken", title="A broken paper", source="Nobody 2024", doi="10.0/broken", problems=())
