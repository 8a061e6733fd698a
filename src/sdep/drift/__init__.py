"""Whether what a predictor sees now is like the data its model was made with: counts in, findings out."""
