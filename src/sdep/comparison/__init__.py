"""What a shadow would have answered, beside what clients were answered: pairs, counts of them, and what they say. Pure."""
