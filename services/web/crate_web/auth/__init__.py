"""Accounts: signing in and out, sessions, passwords."""
