"""Every checkable statement about association and pricing in the paper, in its order, and what holds
instead."""

ORDER = tuple(
    f"AOI-{name}"
    for name in (
        *(
            "E5",
            "E8",
            "E13",
            "E14",
            "E15",
            "E18",
            "E20",
            "E21",
            "OBJ1",
            "S1",
            "NP",
            "E22",
            "E24",
            "E23",
            "O51",
        ),
        *(
            "E5P",
            "X5",
            "P6",
            "O43",
            "SC",
            "E29",
            "E30",
            "CV",
            "DQ",
            "E31",
            "E32",
            "LOC",
            "E33",
            "S18",
            "S23",
            "T1",
        ),
        *("E34", "P1", "S28", "S4", "S16", "S17", "SINR", "AL1", "AL2", "AL3"),
        *("F4", "F5", "F6", "T5", "CON", "F7"),
    )
)
