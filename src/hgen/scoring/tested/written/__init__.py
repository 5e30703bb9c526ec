"""Tests that somebody has written, judged by what they do on forms of the true code and of mutants of it."""
