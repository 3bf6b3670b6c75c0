"""Pages of the research database manager (RDBM): a package a subject, each a feature of its own."""
