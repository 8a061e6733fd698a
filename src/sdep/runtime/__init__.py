"""The data plane: downloads models, runs a predictor's graph, answers over HTTP."""
