"""The work queue: everything that waits for a person."""
