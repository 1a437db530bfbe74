"""What the paper asserts, one claim per printed statement; `ORDER` is that of the paper."""

ORDER = (
    "SHARED-C1",
    "SHARED-C2",
    "SHARED-M1",
    "SHARED-P1a",
    "SHARED-P1b",
    "SHARED-P1c",
    "SHARED-P1d",
    "SHARED-P1e",
    "SHARED-L1",
    "SHARED-L1b",
    "SHARED-D1",
    "SHARED-A1",
    "SHARED-F2a",
    "SHARED-F2b",
    "SHARED-F2c",
    "SHARED-F2d",
    "SHARED-F3a",
    "SHARED-F3b",
    "SHARED-F3c",
    "SHARED-F3d",
)
