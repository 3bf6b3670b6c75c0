"""Mails that the system could not settle alone."""
