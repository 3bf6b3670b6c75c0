"""Contact requests of researchers and of the research database manager: sent, listed, followed."""
