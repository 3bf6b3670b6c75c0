"""The leaflets that the site publishes and puts into packs."""
