"""Answers that are judged by running tests: what is run, what was said, and the verdict."""
