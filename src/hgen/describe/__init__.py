"""Say what a symbol does, in words that fit it alone and give nothing away."""
