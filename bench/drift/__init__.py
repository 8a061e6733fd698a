"""Generated streams with known changes, and when which detector finds them."""
