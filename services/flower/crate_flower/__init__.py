"""Flower as this site runs it: behind its own log-in, watching and not commanding."""
