"""Turn real Python repositories into proven training tasks for coding agents."""

__version__ = "0.2.0"
