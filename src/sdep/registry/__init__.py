"""Which model exactly: references are read, looked up once and pinned."""
