"""What people look at: a task, the statistics of a run, the card of a dataset."""
