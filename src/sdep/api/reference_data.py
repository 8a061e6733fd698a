"""Data that a model is held against, or explained by."""

from __future__ import annotations

from sdep.api.base import KubeModel


class ReferenceData(KubeModel):
    """A table, wherever a model may be stored: CSV, Parquet, JSON or NumPy's. Where none is named it is what MLflow knows of the model."""

    uri: str
