"""The registry's door: MLflow's REST API, and the only file that knows it.

Spoken directly instead of through MLflow's client, which blocks, and whose import alone costs 80 MiB in a process that
otherwise needs 60. The calls are those of https://mlflow.org/docs/latest/api_reference/rest-api.html.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import replace
from typing import Any

import aiohttp

from sdep.api.status import Origin
from sdep.errors import InvalidError, SdepError, TransientError
from sdep.registry.origin import completed, from_run, from_tags
from sdep.registry.reference import (
    AliasReference,
    LoggedModelReference,
    RegistryReference,
    RunReference,
    StageReference,
    VersionReference,
)
from sdep.registry.resolved import Connection, ResolvedModel

_API = "/api/2.0/mlflow/"
_UNKNOWN = "Unknown"
"""Within this file: the server knows nothing by that name. Leaves it as a reason that says of what."""


_RUNS_REMEMBERED = 10_000
_NO_ANSWER = (AttributeError, KeyError, TypeError, ValueError)
"""What reading an answer of another shape than MLflow's comes to."""


class MlflowRegistry:
    """Look-ups in one or more tracking servers over one HTTP session."""

    def __init__(self, session: aiohttp.ClientSession, timeout_seconds: float) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._origins: OrderedDict[tuple[str, str], Origin] = OrderedDict()

    async def lookup(self, reference: RegistryReference, connection: Connection) -> ResolvedModel:
        """Ask the registry. Raises InvalidError where asking again is useless, TransientError where it may help."""
        if not connection.tracking_uri:
            raise InvalidError(
                "RegistryNotConfigured",
                "no MLflow tracking server is known: set mlflow.trackingUri in the chart's values, or "
                "MLFLOW_TRACKING_URI in the secret that envSecretRefName names",
            )
        try:
            return await self._with_origin(await self._find(reference, connection), connection)
        except InvalidError as error:
            if error.reason != _UNKNOWN:
                raise
            raise await self._unknown(reference, connection, error) from error
        except _NO_ANSWER as error:
            raise TransientError(
                "RegistryUnreachable",
                f"what answers at {connection.tracking_uri} is no MLflow ({type(error).__name__}: {error}): what is pinned stays",
            ) from error

    async def _with_origin(self, model: ResolvedModel, connection: Connection) -> ResolvedModel:
        """With what its run says of how it was made. Each run is read once; a model is never kept back for it."""
        if not model.run_id:
            return model
        known = (connection.tracking_uri, model.run_id)
        if known not in self._origins:
            try:
                found = await self._call(connection, "GET", "runs/get", {"run_id": model.run_id})
                self._origins[known] = from_run(found["run"])
            except InvalidError:  # the run is deleted, or not for these eyes
                self._origins[known] = Origin()
            except (TransientError, *_NO_ANSWER):
                return model
            if len(self._origins) > _RUNS_REMEMBERED:
                self._origins.popitem(last=False)
        return replace(model, origin=completed(model.origin, self._origins[known]))

    async def tagged(self, connection: Connection, key: str) -> dict[tuple[str, str], str]:
        """Every version, (model, number), that has this tag, with its value. Raises as `lookup` does."""
        found: dict[tuple[str, str], str] = {}
        query = {"filter": f"tags.`{key}` LIKE '%'", "max_results": "200"}
        try:
            while True:
                page = await self._call(connection, "GET", "model-versions/search", query)
                for version in page.get("model_versions", ()):
                    values = {tag["key"]: tag.get("value", "") for tag in version.get("tags", ())}
                    found[_text(version["name"]), _text(version["version"])] = values.get(key, "")
                if not (more := page.get("next_page_token")):
                    return found
                query = {**query, "page_token": more}
        except _NO_ANSWER as error:
            raise TransientError(
                "RegistryUnreachable", f"what answers at {connection.tracking_uri} is no MLflow"
            ) from error

    async def tag(self, connection: Connection, model: str, version: str, key: str, value: str) -> None:
        """Set a tag of a version, or remove it where the value is "". Raises as `lookup` does."""
        named = {"name": model, "version": version, "key": key}
        if value:
            await self._call(connection, "POST", "model-versions/set-tag", {**named, "value": value})
        else:
            await self._call(connection, "DELETE", "model-versions/delete-tag", named)

    async def _find(self, reference: RegistryReference, connection: Connection) -> ResolvedModel:
        match reference:
            case VersionReference(name, version):
                found = await self._call(connection, "GET", "model-versions/get", {"name": name, "version": version})
                return await self._registered(connection, found["model_version"])
            case AliasReference(name, alias):
                found = await self._call(connection, "GET", "registered-models/alias", {"name": name, "alias": alias})
                return await self._registered(connection, found["model_version"])
            case StageReference(name, stage):
                return await self._registered(connection, await self._newest(connection, name, stage))
            case LoggedModelReference(model_id):
                found = await self._call(connection, "GET", f"logged-models/{model_id}", {})
                return _logged(found["model"])
            case RunReference():
                return await self._of_run(connection, reference)

    async def _unknown(self, reference: RegistryReference, connection: Connection, error: InvalidError) -> InvalidError:
        """Which part of a reference is unknown: MLflow says of a missing model only that its version is missing."""
        if isinstance(reference, LoggedModelReference | RunReference):
            return InvalidError("ModelNotFound", f"MLflow at {connection.tracking_uri} says: {error.message}")
        try:
            await self._call(connection, "GET", "registered-models/get", {"name": reference.name})
        except InvalidError:
            message = (
                f"MLflow at {connection.tracking_uri} has no model {reference.name!r}: register it, or correct modelUri"
            )
            return InvalidError("ModelNotFound", message)
        return InvalidError(
            "ModelVersionNotFound", f"model {reference.name!r} {_missing(reference)}, or correct modelUri"
        )

    async def _newest(self, connection: Connection, name: str, stage: str) -> dict[str, Any]:
        wanted: dict[str, Any] = {"name": name} if stage == "latest" else {"name": name, "stages": [stage]}
        found = await self._call(connection, "POST", "registered-models/get-latest-versions", wanted)
        versions: list[dict[str, Any]] = found.get("model_versions", [])
        if not versions:
            raise InvalidError(
                "ModelVersionNotFound", f"model {name!r} has no version in stage {stage}: move one there"
            )
        return max(versions, key=lambda version: int(version["version"]))

    async def _registered(self, connection: Connection, version: dict[str, Any]) -> ResolvedModel:
        query = {"name": version["name"], "version": version["version"]}
        found = await self._call(connection, "GET", "model-versions/get-download-uri", query)
        source = version.get("source", "")
        return ResolvedModel(
            artifact_uri=_text(found["artifact_uri"]),
            name=_text(version["name"]),
            version=_text(version["version"]),
            run_id=version.get("run_id", ""),
            model_id=source.rsplit("/", 1)[1] if source.startswith("models:/m-") else "",
            origin=from_tags(version.get("tags")),
        )

    async def _of_run(self, connection: Connection, reference: RunReference) -> ResolvedModel:
        """A run's model: since MLflow 3 a logged model of that name, before it a folder among the run's artifacts."""
        info = (await self._call(connection, "GET", "runs/get", {"run_id": reference.run_id}))["run"]["info"]
        search = {
            "experiment_ids": [info["experiment_id"]],
            "filter": f"name = '{reference.path}' AND source_run_id = '{reference.run_id}'",
        }
        try:
            found = await self._call(connection, "POST", "logged-models/search", search)
        except InvalidError as error:  # a server older than MLflow 3 has no logged models
            if error.reason != _UNKNOWN:
                raise
            found = {}
        if models := found.get("models"):
            return _logged(models[0])
        return ResolvedModel(artifact_uri=f"{_text(info['artifact_uri'])}/{reference.path}", run_id=reference.run_id)

    async def _call(self, connection: Connection, method: str, call: str, arguments: dict[str, Any]) -> dict[str, Any]:
        url = connection.tracking_uri.rstrip("/") + _API + call
        sent: dict[str, Any] = {"params": arguments} if method == "GET" else {"json": arguments}
        headers = {"Authorization": f"Bearer {connection.token}"} if connection.token else {}
        auth = (
            aiohttp.BasicAuth(connection.username, connection.password) if connection.username and not headers else None
        )
        try:
            async with self._session.request(
                method, url, headers=headers, auth=auth, timeout=self._timeout, **sent
            ) as answer:
                body = await answer.text()
                if answer.ok:
                    found: dict[str, Any] = await answer.json(content_type=None)
                    return found
                raise _failure(answer.status, body, connection)
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            cause = str(error) or type(error).__name__
            raise TransientError(
                "RegistryUnreachable",
                f"MLflow at {connection.tracking_uri} does not answer ({cause}): what is pinned stays",
            ) from error


def _logged(model: dict[str, Any]) -> ResolvedModel:
    info = model["info"]
    return ResolvedModel(
        artifact_uri=_text(info["artifact_uri"]),
        run_id=info.get("source_run_id", ""),
        model_id=_text(info["model_id"]),
        origin=from_tags(info.get("tags")),
    )


def _text(value: object) -> str:
    """What the registry must say in words. Raises TypeError where it says something else, or nothing."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} stands where a text is expected")
    return value


def _failure(status: int, body: str, connection: Connection) -> SdepError:
    said = body.strip()[:1000]
    if "Invalid Host header" in body:
        return InvalidError(
            "RegistryRefusesHost",
            f"MLflow refuses the host name in {connection.tracking_uri}: start its server with --allowed-hosts for that name",
        )
    if status in {401, 403}:
        return InvalidError(
            "RegistryAccessDenied",
            f"MLflow at {connection.tracking_uri} refuses the credentials (HTTP {status}): check MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, in the secret that envSecretRefName names",
        )
    if status in {400, 404}:
        return InvalidError(_UNKNOWN, _sentence(said))
    return TransientError("RegistryUnreachable", f"MLflow at {connection.tracking_uri} answers HTTP {status}: {said}")


def _missing(reference: VersionReference | AliasReference | StageReference) -> str:
    match reference:
        case VersionReference(_, version):
            return f"has no version {version}: register it"
        case AliasReference(_, alias):
            return f"has no alias {alias!r}: set it on a version"
        case StageReference(_, "latest"):
            return "has no version: register one"
        case StageReference(_, stage):
            return f"has no version in stage {stage}: move one there"


def _sentence(body: str) -> str:
    """MLflow's own message out of its error body `{"error_code": …, "message": …}`."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body
