"""Demonstration data of crate-web and their loader."""
