"""OFDMA: problems P4 (sub-channel assignment), P4R (its relaxation) and P5 (averaged counterpart)."""
