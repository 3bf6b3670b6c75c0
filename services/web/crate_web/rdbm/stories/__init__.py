"""Contact requests with all that happened to them, and what may be done about them."""
