"""The whole product on a real Kubernetes with a real Istio, a real MLflow and a real S3 store."""
