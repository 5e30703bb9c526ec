"""Agents' answers: read beside their tasks, graded, and written out with their rewards."""
