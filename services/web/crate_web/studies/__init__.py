"""Studies as their researchers and the research database manager see them, and papers for all."""
