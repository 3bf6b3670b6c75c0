"""The web front end and the runner of crate-web."""
