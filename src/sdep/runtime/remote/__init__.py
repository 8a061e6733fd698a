"""Calling the containers of a graph: v1's microservice API, over REST and over gRPC."""
