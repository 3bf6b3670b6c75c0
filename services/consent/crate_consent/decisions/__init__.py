"""What happens to a contact request, decided from values alone; effects are elsewhere."""
