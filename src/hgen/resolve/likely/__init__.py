"""What a call likely means where nothing is certain; an answer from here never makes a function complete."""
