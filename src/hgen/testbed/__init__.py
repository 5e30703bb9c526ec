"""A repository's own tests as an oracle: what they need, how they are run, and what they say of an answer."""
