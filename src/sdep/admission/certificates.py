"""A certificate authority of our own, and the serving certificate that it signs. Time is an argument."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFE = timedelta(days=3650)
LIFE = timedelta(days=365)
_ROTATE_AFTER = 2 / 3
_CLOCKS_DIFFER_BY = timedelta(minutes=5)
_FILES = ("ca.crt", "tls.crt", "tls.key", "ca.key")


@dataclass(frozen=True)
class Material:
    """PEM texts. `authorities` is what clients should trust: the newest authority first, then older ones that may still be met."""

    authorities: str
    certificate: str
    key: str
    authority_key: str

    def data(self) -> dict[str, str]:
        """As the `data` of a Secret."""
        texts = (self.authorities, self.certificate, self.key, self.authority_key)
        return {name: base64.b64encode(text.encode()).decode() for name, text in zip(_FILES, texts, strict=True)}


def of_data(data: Mapping[str, str]) -> Material | None:
    """What a Secret holds; None where anything is missing or no text."""
    try:
        return Material(*(base64.b64decode(data[name], validate=True).decode() for name in _FILES))
    except (KeyError, ValueError, TypeError):
        return None


def renewed(held: Material | None, names: tuple[str, ...], now: datetime) -> Material:
    """What should be held now: the very same object while nothing is due."""
    try:
        if held and is_current(held, names, now):
            return held
        authority = _authority(held, now) if held else None
    except ValueError:  # what is held is no certificate: start anew
        held = authority = None
    if held and authority:
        certificate, key = _serving(authority, _key(held.authority_key), names, now)
        return Material(held.authorities, certificate, key, held.authority_key)
    return _made(held, names, now)


def is_current(held: Material, names: tuple[str, ...], now: datetime) -> bool:
    """Whether certificate and authority are in the first two thirds of their life, and fit each other and the names."""
    certificate = x509.load_pem_x509_certificate(held.certificate.encode())
    authority = _authority(held, now)
    key = _key(held.key)
    return (
        authority is not None
        and now < _rotation(certificate)
        and certificate.issuer == authority.subject
        and key.public_key() == certificate.public_key()
        and set(names) <= set(_names(certificate))
    )


def expiry(certificate: str) -> datetime:
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc


def _authority(held: Material, now: datetime) -> x509.Certificate | None:
    """The newest authority, unless its own time has come or its key is not there."""
    newest = x509.load_pem_x509_certificates(held.authorities.encode())[0]
    fits = _key(held.authority_key).public_key() == newest.public_key()
    return newest if fits and now < _rotation(newest) else None


def _made(held: Material | None, names: tuple[str, ...], now: datetime) -> Material:
    """A new authority and all that it signs; authorities that are still valid stay trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sdep webhook authority {now:%Y-%m-%d %H:%M:%S}")])
    authority = (
        _builder(name, name, key, now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, serving_key = _serving(authority, key, names, now)
    older = x509.load_pem_x509_certificates(held.authorities.encode()) if held else []
    trusted = [authority, *(old for old in older[:1] if now < old.not_valid_after_utc)]
    return Material("".join(_pem(one) for one in trusted), certificate, serving_key, _key_pem(key))


def _serving(
    authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, names: tuple[str, ...], now: datetime
) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        _builder(subject, authority.subject, key, now, LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return _pem(certificate), _key_pem(key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _CLOCKS_DIFFER_BY)
        .not_valid_after(now.astimezone(UTC) + life)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _rotation(certificate: x509.Certificate) -> datetime:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return start + (end - start) * _ROTATE_AFTER


def _names(certificate: x509.Certificate) -> list[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def _key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the key is of another kind than those made here")  # noqa: TRY004 - a kind of bad text
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
