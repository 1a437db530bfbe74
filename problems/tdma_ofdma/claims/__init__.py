"""Every checkable statement about TDMA offloading in the paper, in its order, with what we found."""

ORDER: tuple[str, ...] = ()
