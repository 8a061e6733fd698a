"""The data that a model was made with, as far as it was kept: what explanations and drift are measured against."""
