"""Where the rarer pages of the RDBM are found, and the test mail."""
