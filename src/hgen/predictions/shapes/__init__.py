"""The shapes in which harnesses leave agents' answers: one module for each, which yields predictions."""
