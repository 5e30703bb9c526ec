"""Python files as scorers see them: the seam for another language."""
