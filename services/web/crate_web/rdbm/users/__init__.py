"""Accounts of people, their roles and passwords."""
