"""How right explanations are, and how fast."""
