"""Claims of the paper, in its order."""

ORDER: tuple[str, ...] = ()
