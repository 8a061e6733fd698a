"""Several processes that serve one predictor: a parent that accepts and watches, workers that answer."""
