"""The product's main job on a real cluster: install, train, serve, measure."""
