"""Functions emptied and mutated, to see which tests notice; and variants that none may notice."""
