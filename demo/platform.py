"""A data platform as users have one: MLflow on a database and an S3 store, with trained and registered models."""

from __future__ import annotations

from pathlib import Path
from string import Template

from demo.kubectl import CommandError, Target, until

HERE = Path(__file__).parent
NAMESPACE = "data-platform"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "minio",
    "AWS_SECRET_ACCESS_KEY": "minio123",
    "MLFLOW_S3_ENDPOINT_URL": "http://minio-service:9000",
}
"""The three keys that the pods of `data-platform` download models with; this store lives in the demo alone."""


def install(target: Target) -> None:
    """MLflow and its store, ready to be asked."""
    _ensure(target, "namespace", NAMESPACE)
    put_secret(target, "mlflow-credentials", CREDENTIALS)
    for name in ("s3", "mlflow"):
        target.apply(manifest(target, name))
    for name in ("s3", "mlflow"):
        target.kubectl("rollout", "status", f"deployment/{name}", "-n", NAMESPACE, "--timeout=300s")


def put_secret(target: Target, name: str, values: dict[str, str]) -> None:
    """A secret in the platform's namespace with these keys, made or changed."""
    _ensure(target, "secret", "generic", name, *(f"--from-literal={key}={value}" for key, value in values.items()))


def train(target: Target) -> str:
    """Run the training job to its end; what it printed. Models that are registered already are left alone."""
    _ensure(target, "configmap", "training", f"--from-file={HERE / 'training'}")
    target.kubectl("delete", "job", "train-model", "-n", NAMESPACE, "--ignore-not-found")
    target.apply(manifest(target, "training"))
    until(lambda: bool(_ended(target)), "the training job ends", seconds=300)
    printed = target.kubectl("logs", "job/train-model", "-n", NAMESPACE)
    if _ended(target) == "Failed":
        raise CommandError(f"the training job failed:\n{printed}")
    return printed


def _ended(target: Target) -> str:
    """`Complete`, `Failed`, or "" while the job runs."""
    conditions = target.get("job", "train-model", "-n", NAMESPACE)["status"].get("conditions", ())
    return next((found["type"] for found in conditions if found["type"] in {"Complete", "Failed"}), "")


def manifest(target: Target, name: str) -> str:
    """A manifest of `platform/` with the target's images."""
    images = {f"{image.upper()}_IMAGE": reference for image, reference in target.images.items()}
    return Template((HERE / "platform" / f"{name}.yaml").read_text()).substitute(images)


def uninstall(target: Target) -> None:
    """What `install` and `train` made; the namespace stays, since others may live in it."""
    for name in ("training", "mlflow", "s3"):
        target.kubectl("delete", "--ignore-not-found", "-f", "-", stdin=manifest(target, name))
    target.kubectl("delete", "configmap/training", "secret/mlflow-credentials", "-n", NAMESPACE, "--ignore-not-found")


def _ensure(target: Target, *what: str) -> None:
    """`kubectl create`, or nothing where it is there already."""
    scope = [] if what[0] == "namespace" else ["-n", NAMESPACE]
    target.apply(target.kubectl("create", *what, *scope, "--dry-run=client", "-o", "yaml"))
