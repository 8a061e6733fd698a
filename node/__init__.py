"""A single-node Kubernetes for machines without Docker, in namespaces of its own."""
