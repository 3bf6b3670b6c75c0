"""The audit, read only."""
