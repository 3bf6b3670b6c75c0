"""The mailer of crate-web."""
