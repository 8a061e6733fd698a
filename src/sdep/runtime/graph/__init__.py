"""The inference graph: what its nodes do and in which order. Free of transports, clocks and files."""
