"""What a predictor answers, described: an OpenAPI document of the served graph, and a page to try it in a browser."""
