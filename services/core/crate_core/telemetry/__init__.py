"""Logs, metrics and the private health port that every service shares.

`multiprocess.prepare()` must run before `metrics` is imported, so nothing is imported here.
"""
