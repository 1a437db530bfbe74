"""Every checkable statement about TDMA offloading in the paper, in its order, with what we found."""

ORDER = (
    "TDMA-E2",
    "TDMA-E2b",
    "TDMA-F1",
    "TDMA-L1",
)
