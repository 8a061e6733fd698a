"""Which look-ups a SeldonDeployment needs: its references, each with the tracking server and credentials to ask with."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Set as AbstractSet
from typing import Any

from sdep.api.graph import Unit
from sdep.api.seldon_deployment import SeldonDeployment
from sdep.cluster.client import Cluster
from sdep.errors import InvalidError, SdepError
from sdep.operator.store import ObjectName
from sdep.plan import UnitKey, fetched_as_written, units_with_models
from sdep.registry.reference import StorageReference, named_model, parse
from sdep.registry.resolved import Connection
from sdep.registry.resolver import Answer, Fault, Question, Resolver
from sdep.render.manifest import Key
from sdep.settings import OperatorSettings

_SecretName = tuple[str, str]


class Questions:
    """Remembers who asks what, so that a moved alias or a changed secret wakes just those whom it concerns."""

    def __init__(self, cluster: Cluster, resolver: Resolver, settings: OperatorSettings) -> None:
        self._cluster = cluster
        self._resolver = resolver
        self._settings = settings
        self._asked: dict[ObjectName, dict[UnitKey, Question]] = {}
        self._unaskable: set[ObjectName] = set()
        self._secrets: dict[_SecretName, dict[str, str]] = {}
        self._users: dict[_SecretName, set[ObjectName]] = {}

    async def answers(self, sdep: SeldonDeployment) -> dict[UnitKey, Answer]:
        """An answer for every unit with a model; what can not even be asked is a fault like any other."""
        answers: dict[UnitKey, Answer] = {}
        asked: dict[UnitKey, Question] = {}
        as_written = fetched_as_written(sdep)
        for key, unit in units_with_models(sdep):
            try:
                asked[key] = await self._question(sdep.key, unit, as_written=key in as_written)
            except SdepError as error:
                answers[key] = Answer(fault=Fault(error.reason, error.message))
        self._asked[sdep.key] = asked
        (self._unaskable.add if answers else self._unaskable.discard)(sdep.key)
        found = await asyncio.gather(*(self._resolver.resolve(question) for question in asked.values()))
        return {**answers, **dict(zip(asked, found, strict=True))}

    def forget(self, name: ObjectName) -> None:
        self._asked.pop(name, None)
        self._unaskable.discard(name)
        for users in self._users.values():
            users.discard(name)

    async def refresh(self) -> set[ObjectName]:
        """Ask everything again, with secrets read anew, and return the SeldonDeployments that have another answer now.

        Those that could not even ask are always among them: what they lack may be there by now.
        """
        woken = await self._refresh_secrets()
        moved = await self._resolver.refresh(question for asked in self._asked.values() for question in asked.values())
        return woken | self._who_ask(moved) | self._unaskable

    async def ask_about(self, models: AbstractSet[str]) -> set[ObjectName]:
        """Ask again what names one of these registered models, and return the SeldonDeployments that have another answer now."""
        questions = {question for asked in self._asked.values() for question in asked.values()}
        naming = [question for question in questions if named_model(question.reference) in models]
        return self._who_ask(await self._resolver.ask_again(naming))

    def connection_to(self, name: ObjectName, model: str) -> Connection | None:
        """How a SeldonDeployment asks for a registered model; None where it asks for no such model."""
        asked = self._asked.get(name, {}).values()
        return next(
            (question.connection for question in asked if model and named_model(question.reference) == model), None
        )

    def _who_ask(self, questions: AbstractSet[Question]) -> set[ObjectName]:
        return {name for name, asked in self._asked.items() if not questions.isdisjoint(asked.values())}

    async def _refresh_secrets(self) -> set[ObjectName]:
        """Forget secrets that nobody names any more; who names one that reads otherwise now is returned."""
        changed: set[ObjectName] = set()
        for key, before in list(self._secrets.items()):
            users = self._users.get(key, set())
            try:
                body = await self._cluster.get(Key("v1", "Secret", *key)) if users else None
            except SdepError:  # what can not be read just now is taken to be as it was
                continue
            if body is None or _text(body) != before:
                del self._secrets[key]
                changed |= users
        return changed

    async def _question(self, asker: ObjectName, unit: Unit, *, as_written: bool) -> Question:
        reference = parse(unit.model_uri or "", as_written=as_written)
        if isinstance(reference, StorageReference):
            return Question(reference, Connection(""))
        secret = unit.env_secret_ref_name or self._settings.default_env_secret
        given = await self._secret(asker, secret) if secret else {}
        return Question(
            reference,
            Connection(
                tracking_uri=given.get("MLFLOW_TRACKING_URI", self._settings.mlflow_tracking_uri),
                username=given.get("MLFLOW_TRACKING_USERNAME", ""),
                password=given.get("MLFLOW_TRACKING_PASSWORD", ""),
                token=given.get("MLFLOW_TRACKING_TOKEN", ""),
            ),
        )

    async def _secret(self, asker: ObjectName, name: str) -> dict[str, str]:
        namespace = asker[0]
        key = (namespace, name)
        self._users.setdefault(key, set()).add(asker)
        if key not in self._secrets:
            try:
                body = await self._cluster.get(Key("v1", "Secret", namespace, name))
            except InvalidError as error:
                refused = f"the operator may not read the secret {name!r} in namespace {namespace}"
                message = f"{refused}: add it to the chart's value mlflow.credentialsSecrets"
                raise InvalidError("SecretNotReadable", message) from error
            if body is None:
                message = f"the secret {name!r} does not exist in namespace {namespace}: create it, or correct envSecretRefName"
                raise InvalidError("SecretNotFound", message)
            self._secrets[key] = _text(body)
        return self._secrets[key]


def _text(secret: dict[str, Any]) -> dict[str, str]:
    decoded = {name: base64.b64decode(value) for name, value in (secret.get("data") or {}).items()}
    return {name: value.decode(errors="replace").strip() for name, value in decoded.items()}
