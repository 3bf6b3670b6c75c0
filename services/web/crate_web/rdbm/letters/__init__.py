"""Letters: opened, printed, and marked as posted."""
