"""The folders in which tasks leave hgen: one module per format."""
