"""The runner: executes researchers' statements on the research databases, read-only, and keeps results."""
