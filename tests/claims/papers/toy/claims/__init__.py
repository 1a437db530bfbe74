"""Claims of the toy paper."""

ORDER = ("TOY-1", "TOY-2", "TOY-2.corrected")
