"""Certificates: what is made is trusted, renewed in time, and the same for every replica."""

from __future__ import annotations

import asyncio
import base64
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from cryptography import x509

from sdep.admission import server
from sdep.admission.certificates import CA_LIFE, LIFE, Material, expiry, of_data, renewed
from sdep.admission.keeper import CONFIGURATION, SECRET, SERVICE, Keeper
from sdep.cluster.client import Cluster
from sdep.errors import InvalidError
from sdep.render.manifest import Key
from sdep.settings import OperatorSettings

NOW = datetime(2030, 1, 1, tzinfo=UTC)
NAMES = (f"{SERVICE}.ns.svc",)


def authorities(material: Material) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(material.authorities.encode())


def verifies(material: Material, authority: x509.Certificate) -> bool:
    try:
        x509.load_pem_x509_certificate(material.certificate.encode()).verify_directly_issued_by(authority)
    except ValueError:
        return False
    return True


def test_a_certificate_lives_a_year_and_its_authority_ten() -> None:
    made = renewed(None, NAMES, NOW)
    assert expiry(made.certificate) == NOW + LIFE == NOW + timedelta(days=365)
    assert authorities(made)[0].not_valid_after_utc == NOW + CA_LIFE
    assert verifies(made, authorities(made)[0])


def test_nothing_changes_before_two_thirds_of_its_life_and_then_the_certificate_alone() -> None:
    made = renewed(None, NAMES, NOW)
    assert renewed(made, NAMES, NOW + LIFE * 0.66) is made
    later = renewed(made, NAMES, NOW + LIFE * 0.67)
    assert later.authorities == made.authorities
    assert later.certificate != made.certificate
    assert verifies(later, authorities(made)[0])


def test_a_new_authority_comes_beside_the_old_one_so_that_what_it_signed_is_still_trusted() -> None:
    made = renewed(None, NAMES, NOW)
    later = renewed(made, NAMES, NOW + CA_LIFE * 0.67)
    new, old = authorities(later)
    assert old == authorities(made)[0]
    assert verifies(later, new)
    assert not verifies(later, old)


def test_another_name_of_the_service_makes_another_certificate() -> None:
    made = renewed(None, NAMES, NOW)
    other = renewed(made, (f"{SERVICE}.elsewhere.svc",), NOW)
    assert other.certificate != made.certificate
    assert other.authorities == made.authorities


@pytest.mark.parametrize("broken", ["authorities", "certificate", "key", "authority_key"])
def test_what_is_no_certificate_is_replaced(broken: str) -> None:
    made = renewed(None, NAMES, NOW)
    rubbish = Material(**{**made.__dict__, broken: "rubbish"})
    mended = renewed(rubbish, NAMES, NOW)
    assert verifies(mended, authorities(mended)[0])
    assert renewed(mended, NAMES, NOW) is mended


def test_a_key_of_another_certificate_is_noticed() -> None:
    made, other = renewed(None, NAMES, NOW), renewed(None, NAMES, NOW)
    mixed = Material(made.authorities, made.certificate, other.key, made.authority_key)
    assert renewed(mixed, NAMES, NOW) is not mixed


def test_a_secret_gives_back_what_was_put_in_and_one_of_v1_counts_as_none() -> None:
    made = renewed(None, NAMES, NOW)
    assert of_data(made.data()) == made
    v1 = {name: value for name, value in made.data().items() if name != "ca.key"}
    assert of_data(v1) is None
    assert of_data({**made.data(), "tls.key": "%"}) is None


class MemoryCluster:
    """A Secret and a webhook configuration with optimistic locking; every look lets the other replica go first."""

    def __init__(self) -> None:
        self.objects: dict[Key, dict[str, Any]] = {}
        self.version = 0

    async def get(self, key: Key) -> dict[str, Any] | None:
        found = self.objects.get(key)
        await asyncio.sleep(0)
        return found

    async def create(self, key: Key, body: dict[str, Any]) -> dict[str, Any]:
        if key in self.objects:
            raise InvalidError("Refused", "already exists")
        return self._store(key, body)

    async def replace(self, key: Key, body: dict[str, Any]) -> dict[str, Any]:
        if body["metadata"]["resourceVersion"] != self.objects[key]["metadata"]["resourceVersion"]:
            raise InvalidError("Refused", "the object has been modified")
        return self._store(key, body)

    async def json_patch(self, key: Key, operations: list[dict[str, Any]]) -> dict[str, Any]:
        for operation in operations:
            webhook = self.objects[key]["webhooks"][int(operation["path"].split("/")[2])]
            if operation["op"] == "test":
                assert webhook["name"] == operation["value"]
            else:
                webhook["clientConfig"]["caBundle"] = operation["value"]
        return self.objects[key]

    def _store(self, key: Key, body: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        self.objects[key] = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self.version)}}
        return self.objects[key]


SECRET_KEY = Key("v1", "Secret", "ns", SECRET)
CONFIGURATION_KEY = Key("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", f"{CONFIGURATION}-ns")


def keeper(cluster: MemoryCluster, folder: str = "") -> Keeper:
    settings = OperatorSettings(runtime_image="r", pod_namespace="ns", webhook_cert_dir=folder)
    return Keeper(cast("Cluster", cluster), settings)


async def test_two_replicas_that_start_at_once_agree_on_one_authority_which_the_api_server_is_told() -> None:
    cluster = MemoryCluster()
    cluster.objects[CONFIGURATION_KEY] = {"webhooks": [{"name": "v", "clientConfig": {}}]}
    first, second = keeper(cluster), keeper(cluster)
    await asyncio.gather(first.keep(), second.keep())
    assert first._served == second._served
    held = of_data(cluster.objects[SECRET_KEY]["data"])
    assert held is not None
    bundle = cluster.objects[CONFIGURATION_KEY]["webhooks"][0]["clientConfig"]["caBundle"]
    assert base64.b64decode(bundle).decode() == held.authorities


async def test_a_bundle_that_somebody_removed_comes_back() -> None:
    cluster = MemoryCluster()
    cluster.objects[CONFIGURATION_KEY] = {"webhooks": [{"name": "v", "clientConfig": {"caBundle": "other"}}]}
    kept = keeper(cluster)
    await kept.keep()
    bundle = cluster.objects[CONFIGURATION_KEY]["webhooks"][0]["clientConfig"].pop("caBundle")
    await kept.keep()
    assert cluster.objects[CONFIGURATION_KEY]["webhooks"][0]["clientConfig"]["caBundle"] == bundle


async def _certificate_met(port: int, trusted: str) -> bytes:
    """What a client that trusts `trusted` meets; it raises where it meets anything else."""
    context = ssl.create_default_context(cadata=trusted)
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=f"{SERVICE}.ns.svc")
    met = cast("ssl.SSLObject", writer.get_extra_info("ssl_object")).getpeercert(binary_form=True)
    writer.close()
    return met or b""


async def test_a_rotated_certificate_is_served_without_a_restart(unused_tcp_port: int) -> None:
    cluster = MemoryCluster()
    kept = keeper(cluster)
    await kept.keep()
    settings = OperatorSettings(runtime_image="r", webhook_port=unused_tcp_port)
    runner = await server.serve(settings, kept.context, lambda *_: None)
    try:
        held = of_data(cluster.objects[SECRET_KEY]["data"])
        assert held is not None
        before = await _certificate_met(unused_tcp_port, held.authorities)
        old = renewed(None, (f"{SERVICE}.ns.svc", f"{SERVICE}.ns.svc.cluster.local"), datetime.now(UTC) - LIFE * 0.7)
        await cluster.replace(SECRET_KEY, {**cluster.objects[SECRET_KEY], "data": old.data()})
        await kept.keep()
        assert await _certificate_met(unused_tcp_port, old.authorities) != before
    finally:
        await runner.cleanup()


async def test_the_server_answers_reviews_and_refuses_what_is_no_json(unused_tcp_port: int) -> None:
    kept = keeper(MemoryCluster())
    await kept.keep()
    seen: list[bool] = []
    settings = OperatorSettings(runtime_image="r", webhook_port=unused_tcp_port)
    runner = await server.serve(settings, kept.context, lambda allowed, _: seen.append(allowed))
    url = f"https://127.0.0.1:{unused_tcp_port}{server.PATH}"
    try:
        async with aiohttp.ClientSession() as session:
            async with session.post(url, ssl=False, json={"request": {"uid": "7"}}) as answer:
                assert (await answer.json())["response"] == {"allowed": True, "uid": "7"}
            async with session.post(url, ssl=False, data="[" * 100_000) as answer:
                assert answer.status == 400
    finally:
        await runner.cleanup()
    assert seen == [True]


async def test_mounted_files_are_served_and_read_again_when_they_change(tmp_path: Path) -> None:
    def write(material: Material) -> None:
        (tmp_path / "tls.crt").write_text(material.certificate)
        (tmp_path / "tls.key").write_text(material.key)

    cluster = MemoryCluster()
    kept = keeper(cluster, str(tmp_path))
    first, second = renewed(None, NAMES, NOW), renewed(None, NAMES, NOW + timedelta(days=1))
    write(first)
    await kept.look()
    assert kept.expires == expiry(first.certificate).timestamp()
    write(second)
    await kept.look()
    assert kept.expires == expiry(second.certificate).timestamp()
    assert not cluster.objects
