"""Patients' replies that came on paper."""
