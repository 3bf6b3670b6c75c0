"""The consent processor of crate-web."""
