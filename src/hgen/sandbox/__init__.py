"""Containers in which foreign code runs: a pristine copy of a tree, hard limits, and nothing left afterwards."""
