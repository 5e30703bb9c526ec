"""The environment of an exported task: what its image is made of."""
