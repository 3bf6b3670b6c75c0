"""Home, help, and what the site says about itself."""
