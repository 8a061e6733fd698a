"""TLS: both protocols show the mounted certificate, and the next one once it is there."""

from __future__ import annotations

import datetime as dt
import ssl
import time
import urllib.request
from typing import TYPE_CHECKING

import grpc
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sdep.contract import ServedExplainer, ServedUnit
from sdep.runtime.errors import RemoteError
from sdep.runtime.explain.asking import Asking
from sdep.runtime.rpc import seldon_pb2 as pb
from tests.unit.runtime.conftest import model_unit
from tests.unit.runtime.program import running

if TYPE_CHECKING:
    from pathlib import Path


def _issue(folder: Path) -> bytes:
    """A certificate for localhost, as Kubernetes mounts one; its PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "tls.key").write_bytes(secret)
    (folder / "tls.crt").write_bytes(pem)
    return pem


def _shown(port: int) -> bytes:
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port), timeout=5))


def test_both_protocols_and_a_new_certificate(tmp_path: Path) -> None:
    """HTTPS and gRPC over TLS answer; a renewed certificate is shown to new connections within seconds, without a restart."""
    first = _issue(tmp_path)
    graph = ServedUnit(name="echo", implementation="SIMPLE_MODEL")
    with running(tmp_path, graph, SELDON_CERT_MOUNT_PATH=str(tmp_path)) as engine:
        trusting = ssl.create_default_context(cadata=first.decode())
        with urllib.request.urlopen(f"https://localhost:{engine.port}/ready", context=trusting, timeout=5) as answer:
            assert answer.status == 200
        assert _over_grpc(engine.grpc_port, first) == "x"
        second = _issue(tmp_path)
        deadline = time.monotonic() + 20
        while _shown(engine.port) != ssl.PEM_cert_to_DER_cert(second.decode()):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert _over_grpc(engine.grpc_port, second) == "x"


def test_an_explainer_asks_its_predictor_over_tls(root: Path, tmp_path: Path) -> None:
    """By an address that the certificate does not name, since whose it is was said in the manifest; over none where that is what it has."""
    _issue(tmp_path)
    rows = np.array([[1.0, 2.0, 3.0]])
    with running(root, model_unit("regression"), SELDON_CERT_MOUNT_PATH=str(tmp_path)) as engine:
        told = ServedExplainer(type="KernelShap", model="regression", predictor=f"https://127.0.0.1:{engine.port}")
        assert Asking(told, ("oil", "gas", "fx"))(rows).reshape(-1) == pytest.approx(rows @ [1, 2, 3] + 4)
        plain = told.model_copy(update={"predictor": f"http://127.0.0.1:{engine.port}"})
        with pytest.raises(RemoteError, match="no answer from http://"):
            Asking(plain, ())(rows)


def _over_grpc(port: int, trusted: bytes) -> str:
    with grpc.secure_channel(f"localhost:{port}", grpc.ssl_channel_credentials(trusted)) as channel:
        predict = channel.unary_unary(
            "/seldon.protos.Seldon/Predict", pb.SeldonMessage.SerializeToString, pb.SeldonMessage.FromString
        )
        return str(predict(pb.SeldonMessage(strData="x"), timeout=10).strData)


def test_a_folder_without_a_certificate(tmp_path: Path) -> None:
    """The program ends at once, and its last words name the folder and what is missing there."""
    graph = ServedUnit(name="echo", implementation="SIMPLE_MODEL")
    try:
        with running(tmp_path, graph, SELDON_CERT_MOUNT_PATH=str(tmp_path)):
            raise RuntimeError("it must not start")
    except AssertionError:
        assert f"{tmp_path} must hold tls.crt and tls.key" in (tmp_path / "termination").read_text()
