"""SeldonDeployment manifests, served from an MLflow registry."""

__version__ = "0.1.0"
