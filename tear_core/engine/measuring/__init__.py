"""What the engine measures when it is asked: awareness, suites, the full gate. Replies go first."""
