"""Seldon Core v1 over gRPC."""
