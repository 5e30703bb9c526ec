"""What expressions, names, attributes and calls can be: types, inferred from the code."""
