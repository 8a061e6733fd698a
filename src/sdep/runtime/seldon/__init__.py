"""The Seldon protocol, version 1: SeldonMessage and Feedback as JSON."""
