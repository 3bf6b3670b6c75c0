"""Researching: the SQL page, its gate, the runs and the structure of the research databases."""
