"""Keeps the webhook's certificate valid, in one Secret that all replicas share, and the API server trusting it."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sdep.admission.certificates import Material, expiry, of_data, renewed
from sdep.cluster.client import Cluster
from sdep.errors import InvalidError, SdepError
from sdep.render.manifest import Key
from sdep.settings import OperatorSettings

SECRET = "seldon-webhook-server-cert"  # noqa: S105 - the name of a secret
SERVICE = "seldon-webhook-service"
CONFIGURATION = "seldon-validating-webhook-configuration"
_LOOK_EVERY_SECONDS = 10.0
_LOG = logging.getLogger(__name__)


class Keeper:
    """`context` serves the newest certificate: a connection that is opened after a rotation meets the new one."""

    def __init__(self, cluster: Cluster, settings: OperatorSettings) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.loaded = asyncio.Event()
        self.expires = 0.0
        self._cluster = cluster
        self._namespace = settings.pod_namespace
        self._folder = Path(settings.webhook_cert_dir) if settings.webhook_cert_dir else None
        self._served: tuple[str, str] | None = None

    async def run(self) -> None:
        """Look at what there is, again and again, and mend it."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """One look; what goes wrong is logged, and the certificate stays that is served."""
        try:
            await (self._read_folder(self._folder) if self._folder else self.keep())
        except SdepError as error:
            _LOG.warning("the webhook's certificate: %s", error.message)
        except (OSError, ValueError) as error:  # ssl's own error is an OSError
            _LOG.warning("the webhook's certificate can not be used: %s", error)

    async def keep(self) -> None:
        """Renew what is due, have the API server trust it, then serve it."""
        material = await self._shared(datetime.now(UTC))
        await self._trust(material)
        self._serve(material.certificate, material.key)

    async def _shared(self, now: datetime) -> Material:
        """What the Secret holds. Of two replicas that renew at once one writes, and the other takes what that one wrote."""
        host = f"{SERVICE}.{self._namespace}.svc"
        key = Key("v1", "Secret", self._namespace, SECRET)
        tries = 2
        while True:
            tries -= 1
            there = await self._cluster.get(key)
            held = of_data(there.get("data") or {}) if there else None
            wanted = renewed(held, (host, f"{host}.cluster.local"), now)
            if wanted is held:
                return wanted
            try:
                await self._write(key, there, wanted)
            except InvalidError:
                if not tries:
                    raise
                continue
            _LOG.info("the webhook's certificate is renewed")
            return wanted

    async def _write(self, key: Key, there: dict[str, Any] | None, material: Material) -> None:
        if there is None:
            metadata = {"name": key.name, "namespace": key.namespace}
            fresh = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata}
            await self._cluster.create(key, {**fresh, "data": material.data()})
        else:
            await self._cluster.replace(key, {**there, "data": material.data()})

    async def _trust(self, material: Material) -> None:
        """Put our authorities into the webhook's configuration, wherever they are not there."""
        key = Key(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            "",
            f"{CONFIGURATION}-{self._namespace}",
        )
        configuration = await self._cluster.get(key)
        if configuration is None:
            return
        bundle = base64.b64encode(material.authorities.encode()).decode()
        operations: list[dict[str, Any]] = []
        for number, webhook in enumerate(configuration.get("webhooks") or ()):
            if webhook["clientConfig"].get("caBundle") != bundle:
                path = f"/webhooks/{number}"
                operations += [
                    {"op": "test", "path": f"{path}/name", "value": webhook["name"]},
                    {"op": "add", "path": f"{path}/clientConfig/caBundle", "value": bundle},
                ]
        if operations:
            await self._cluster.json_patch(key, operations)
            _LOG.info("%s trusts the webhook's certificate", key.name)

    async def _read_folder(self, folder: Path) -> None:
        certificate, key = folder / "tls.crt", folder / "tls.key"
        self._serve(*await asyncio.to_thread(lambda: (certificate.read_text(), key.read_text())))

    def _serve(self, certificate: str, key: str) -> None:
        if (certificate, key) == self._served:
            return
        # Python loads a certificate from files alone.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
            pair.write(certificate + "\n" + key)
            pair.flush()
            self.context.load_cert_chain(pair.name)
        self._served = (certificate, key)
        self.expires = expiry(certificate).timestamp()
        self.loaded.set()
        _LOG.info("the webhook serves a certificate that is valid until %s", expiry(certificate).isoformat())
