"""One patient's choices about research: what they are, were, and a new one."""
