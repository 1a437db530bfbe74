"""Every checkable statement of the paper, in its order, and what holds instead."""

ORDER = (
    *(
        "RACO-EQ",
        "RACO-L1",
        "RACO-L1b",
        "RACO-L1c",
        "RACO-E23",
        "RACO-E26",
        "RACO-E27",
        "RACO-C28",
        "RACO-N28",
    ),
    *("RACO-A1a", "RACO-A1b", "RACO-A1c", "RACO-LSE", "RACO-B1", "RACO-B2", "RACO-B3", "RACO-B4", "RACO-B5"),
    *("RACO-E32", "RACO-E37", "RACO-E40", "RACO-E68", "RACO-E39", "RACO-A2a", "RACO-A2b", "RACO-A2c"),
    *("RACO-A2d", "RACO-A2e", "RACO-E41", "RACO-E43", "RACO-E44", "RACO-E45", "RACO-E46", "RACO-E49"),
    *("RACO-E50", "RACO-E52", "RACO-E53", "RACO-T1", "RACO-T2", "RACO-F2", "RACO-F3a", "RACO-F3b"),
    *("RACO-F4a", "RACO-F4b", "RACO-F4c", "RACO-F4d", "RACO-F5a", "RACO-F5b", "RACO-F5c"),
)
