"""TensorFlow Serving's predict protocol, for models of any kind."""
