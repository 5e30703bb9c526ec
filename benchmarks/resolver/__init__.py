"""Measure resolvers against run-time traces; see README.md in this folder."""
