"""What makes a task sound: its checks by syntax, in a container, and by running tests."""
