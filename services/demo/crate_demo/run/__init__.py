"""`make run`: every service on this machine, with demonstration data and without servers."""
