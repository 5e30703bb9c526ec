"""The travelling grader: what grades on the spot, without hgen."""
