"""Tests of crate-web; each folder mirrors services/."""
