"""Agents on tasks: models that are asked, the loop that runs their commands in a sandbox, and what they did."""
