"""One module for each export format; ``hgen.export.table`` names them."""
