"""The stages: one verb each, and none imports another."""
