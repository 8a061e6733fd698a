"""The packages that a model was saved with: whether the image's agree with them, and an environment of their own where not."""
