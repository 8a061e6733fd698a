"""A program of its own, run by a model's Python; the runtime imports only how the two talk."""
