"""Which skills a trajectory uses: the decomposition of the paper (Figure 1), by rules over what its actions run."""
