"""A real broker, and a journal whose reader is the bus."""
