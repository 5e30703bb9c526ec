"""The scorers of the static families: answers are judged by their syntax trees, and nothing is run."""
