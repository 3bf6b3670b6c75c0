"""Clinicians with an account: requests about patients of their own."""
