"""The HTTP transport: bytes in, bytes out; knows nothing of models or graphs."""
