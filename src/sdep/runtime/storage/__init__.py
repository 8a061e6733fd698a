"""Where models are stored, and how they come from there: in parallel, continued where a connection broke, checked."""
