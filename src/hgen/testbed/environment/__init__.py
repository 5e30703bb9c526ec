"""The environment in which a repository's tests run: its needs fetched as wheels, and installed without a network."""
