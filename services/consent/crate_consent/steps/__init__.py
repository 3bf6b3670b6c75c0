"""What consent does for each task: read, decide by the rules, and leave all effects in one commit."""
