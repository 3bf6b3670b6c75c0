"""Pure ASGI middleware, one to a file: they wrap messages and never buffer a body."""
