"""The relay as a process of its own: publishes what is due, whoever wrote it (design 4)."""
