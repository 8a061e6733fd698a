"""A user's Python class, written for Seldon Core v1's wrapper, as the microservice of one unit."""
