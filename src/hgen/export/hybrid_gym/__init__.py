"""Tasks in the columns of the original Hybrid-Gym datasets."""
