"""Routers that learn from feedback, and where what they learned is kept."""
